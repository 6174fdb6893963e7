"""The demo's screen, drawn from a night without Kafka."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from schemas.texts import Language
from streams.cli.board import Board
from streams.cli.demo_view import Size, figures, screen, span, tries, urgency
from tests.cli import night


def drawn(board: Board, size: Size, language: Language = "en") -> list[str]:
    """The screen as lines of plain text."""
    out = io.StringIO()
    console = Console(file=out, width=size.width, height=size.height, color_system=None, legacy_windows=False)
    console.print(screen(board, 101.0, size, language))
    return out.getvalue().rstrip("\n").splitlines()


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("size", [Size(80, 24), Size(80, 40), Size(140, 40)], ids=str)
def test_the_screen_fits(size: Size, language: Language) -> None:
    """Nothing is wider or higher than the terminal, so nothing scrolls away."""
    lines = drawn(night.board(), size, language)

    assert len(lines) <= size.height
    assert max(map(cell_len, lines)) <= size.width


def test_before_anything_is_known_the_screen_says_so() -> None:
    """The first frame is drawn before the first record is read."""
    lines = drawn(Board(night.SETTINGS, 90.0), Size(80, 24))

    assert any("starting" in line for line in lines)
    assert "  none" in lines


def test_the_worst_stand_first_with_symbol_and_word() -> None:
    """No colour is needed to see who is in danger."""
    lines = drawn(night.board(), Size(80, 24))
    first = next(line for line in lines if line.startswith("lung-01"))

    assert "▲ RED" in first
    assert "NEWS2 at least 7" in first
    assert lines.index(first) < next(n for n, line in enumerate(lines) if line.startswith("lung-06"))


def test_silence_is_told_and_never_green() -> None:
    """heart-04 was well and stopped measuring."""
    line = next(line for line in drawn(night.board(), Size(140, 40)) if line.startswith("heart-04"))

    assert "○ BLUE" in line
    assert "silent: " in line


def test_an_ended_plan_is_told() -> None:
    """heart-05 is not silent but discharged."""
    line = next(line for line in drawn(night.board(), Size(140, 40)) if line.startswith("heart-05"))

    assert "the plan has ended" in line


def test_who_does_not_fit_is_counted() -> None:
    """Thirteen people and 24 lines: nobody disappears without a word."""
    board = night.board()
    lines = drawn(board, Size(80, 24))
    shown = sum(line.startswith(tuple(board.overviews)) for line in lines if "…" not in line[:9])

    assert 13 == len(board.overviews)
    assert any(line.startswith("  + ") for line in lines)
    assert shown < 13


def test_the_hints_name_an_alert_that_nobody_has() -> None:
    """The commands can be typed as they stand."""
    board = night.board()
    lines = [line.plain for line in tries(board, "en")]
    alert_id = lines[2].split()[2]

    assert any(key.startswith(alert_id) for key in board.open)
    assert all(line.strip().startswith("nattevagt ") for line in lines[1:])


def test_the_figures_are_those_of_the_run() -> None:
    """Accepted and refused together are all inputs but the clock's."""
    board, (_, run) = night.board(), night.night()
    clocks = sum(1 for told in run.outcomes.values() if told[0].patient is None and told[0].outcome.is_accepted)

    assert run.sent - clocks == board.accepted + board.refused
    assert 8 == len(board.raised)
    assert 10.0 == board.first_alert_s
    assert f"accepted {board.accepted}, refused {board.refused}, alerts 8" in figures(board, 101.0, "en")


def test_urgency_is_tier_then_colour_then_silence() -> None:
    """The order of the list."""
    ranked = sorted(night.board().overviews.values(), key=urgency)

    assert "lung-01" == ranked[0].patient
    assert [one.tier for one in ranked] == sorted((one.tier for one in ranked), reverse=True)


@pytest.mark.parametrize(
    ("ms", "expected"), [(0, "0 s"), (59_999, "59 s"), (60_000, "1 m"), (7_200_000, "2 h"), (200_000_000, "2 d")]
)
def test_span(ms: int, expected: str) -> None:
    """An age takes one glance."""
    assert expected == span(ms)
