"""Showing the board while something happens: as a screen on a terminal, else as plain lines."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live

from schemas import texts
from schemas.alert import AlertStep
from schemas.base import rfc3339
from schemas.texts import Language
from streams.adapters.clock import steady_s
from streams.cli.board import Board
from streams.cli.demo_view import Size, figures, screen, tries
from streams.cli.lines import short
from streams.cli.stage import Stage
from streams.cli.telling import measure, read
from streams.sim.story import Story

FRAME_S, LINE_S = 0.25, 5.0
"""How often the screen, or without a terminal the line of figures, is renewed (our choice)."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to show: to_stderr keeps stdout for the account; screen is only tried on a terminal."""

    language: Language
    to_stderr: bool
    screen: bool


@contextlib.asynccontextmanager
async def shown(manner: Manner, story: Story, stage: Stage, board: Board) -> AsyncIterator[None]:
    """Inside, the board is filled from the topics and shown. Raises what the reader raised."""
    console = Console(stderr=manner.to_stderr, highlight=False)
    on_screen = manner.screen and console.is_terminal
    with _on_screen(console, board, manner.language) if on_screen else _as_lines(console, board, manner) as face:
        tasks = [
            asyncio.create_task(read(board, story, face.on_step)),
            asyncio.create_task(measure(board, stage)),
            asyncio.create_task(_paint(face)),
        ]
        try:
            yield
            await asyncio.sleep(FRAME_S)  # what has just been decided is still read
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


@dataclass(frozen=True, slots=True)
class _Face:
    """on_step: told of each step of an alert's life. paint: called every every_s seconds."""

    on_step: Callable[[AlertStep], None]
    paint: Callable[[], None]
    every_s: float


async def _paint(face: _Face) -> None:
    while True:
        face.paint()
        await asyncio.sleep(face.every_s)


@contextlib.contextmanager
def _on_screen(console: Console, board: Board, language: Language) -> Iterator[_Face]:
    with Live(console=console, screen=True, auto_refresh=False) as live:

        def paint() -> None:
            size = Size(console.width, console.height)
            live.update(screen(board, steady_s(), size, language), refresh=True)

        yield _Face(lambda _: None, paint, FRAME_S)


@contextlib.contextmanager
def _as_lines(console: Console, board: Board, manner: Manner) -> Iterator[_Face]:
    """The same in a file or a pipe: steps as they come, figures now and then, what to try once."""
    hinted = False

    def on_step(step: AlertStep) -> None:
        words = texts.reason(step.reason, manner.language)
        said = texts.say(texts.STEPS[step.type], manner.language)
        colour = texts.colour(step.level, manner.language)
        console.out(f"{short(step.at)}  {step.patient:9} {colour:9} {said:13} {step.alert_id[:8]}  {words}")

    def paint() -> None:
        nonlocal hinted
        now = short(rfc3339(board.now_ms)) if board.now_ms else ""
        console.out(f"{now}  {figures(board, steady_s(), manner.language)}")
        if not (board.story or hinted) and manner.screen:
            hinted = True
            for line in tries(board, manner.language):
                console.out(line.plain)

    yield _Face(on_step, paint, LINE_S)
