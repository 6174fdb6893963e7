"""The demo's screen: header, patients, open alerts, refusals, three things to try. Pure: a board in, lines out."""

from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from schemas import texts
from schemas.alert import AlertStep
from schemas.base import rfc3339, to_ms
from schemas.overview import Overview
from schemas.texts import Language
from schemas.triage import TriageLevel
from streams.cli.board import Board

WIDE = 110
"""Columns from which last readings and NEWS2 get a place of their own."""

STYLES = {
    TriageLevel.RED: "bold red",
    TriageLevel.YELLOW: "bold yellow",
    TriageLevel.GREEN: "green",
    None: "bold blue",
}

WORDS: dict[str, tuple[str, str]] = {
    "clock": ("simuleret tid", "simulated time"),
    "inputs": ("input/s", "inputs/s"),
    "lag": ("venter", "waiting"),
    "accepted": ("godtaget", "accepted"),
    "refused": ("afvist", "refused"),
    "alerts": ("alarmer", "alerts"),
    "open": ("Åbne alarmer", "Open alerts"),
    "none": ("ingen", "none"),
    "patient": ("patient", "patient"),
    "colour": ("farve", "colour"),
    "tier": ("trin", "tier"),
    "age": ("alder", "age"),
    "why": ("hvorfor", "why"),
    "last": ("seneste målinger", "last readings"),
    "more": ("flere, mindre alvorlige", "more, less urgent"),
    "alert": ("alarm", "alert"),
    "state": ("tilstand", "state"),
    "rung": ("stige", "rung"),
    "next": ("næste frist", "next deadline"),
    "refusals": ("Senest afvist", "Last refused"),
    "try": ("Prøv i en anden terminal (Ctrl-C her slutter):", "Try in a second terminal (Ctrl-C here ends):"),
    "starting": ("starter …", "starting …"),
    "silent": ("tavs", "silent"),
    "story": ("historien fortælles", "telling the story"),
    "live": ("tiden går som på uret", "time goes on at 1x"),
    "acknowledged": ("taget af", "taken by"),
    "unanswered": ("ubesvaret", "unanswered"),
    "planned": ("planen er ikke begyndt", "the plan has not begun"),
    "ended": ("planen er udløbet", "the plan has ended"),
    "unconfirmed": ("ubekræftet", "unconfirmed"),
}


@dataclass(frozen=True, slots=True)
class Size:
    """Columns and lines of the terminal."""

    width: int
    height: int

    def rows(self, patients: int, alerts: int) -> tuple[int, int, int]:
        """Rows for patients, alerts and refusals; headers and hints take 12 lines, whatever the size."""
        left = max(6, self.height - 12)
        refusals = 2 if left < 22 else 5
        shown_alerts = min(max(1, alerts), max(2, (left - refusals) // 3))
        return max(2, min(patients, left - refusals - shown_alerts)), shown_alerts, refusals


def word(name: str, language: Language) -> str:
    """A word of the screen."""
    return WORDS[name][0 if language == "da" else 1]


def screen(board: Board, at_s: float, size: Size, language: Language) -> RenderableType:
    """The whole screen. at_s: steady clock."""
    patients = sorted(board.overviews.values(), key=urgency)
    alerts = sorted(board.open.values(), key=lambda step: (-step.tier, -step.level.severity, step.raised_at))
    people, open_rows, refusals = size.rows(len(patients), len(alerts))
    return Group(
        *_header(board, at_s, language),
        _patients(patients[:people], board.now_ms, size, language),
        _more(len(patients) - people, language),
        _alerts(alerts[:open_rows], board, size, language),
        _refusals(board, refusals, language),
        *tries(board, language),
    )


def urgency(one: Overview) -> tuple[int, int, int, str]:
    """Order of the list: clock, then colour, then silence, then name."""
    return (-one.tier, -(one.level.severity if one.level else 0), -len(one.silence), one.patient)


def _header(board: Board, at_s: float, language: Language) -> list[Text]:
    told = rfc3339(board.now_ms)[:19].replace("T", " ") if board.now_ms else word("starting", language)
    pace = word("story", language) if board.story else word("live", language)
    if board.speed is not None:
        pace = f"{pace}, {board.speed:,.0f}x"
    first = Text.assemble(
        ("nattevagt ", "bold"),
        f"Kafka {board.settings.broker}  ",
        (f"prefix {board.settings.topic_prefix}", "dim"),
    )
    second = Text(f"{word('clock', language)} {told}Z ({pace})")
    return [first, second, Text(figures(board, at_s, language))]


def figures(board: Board, at_s: float, language: Language) -> str:
    """How fast, how far behind, and what came of it so far."""
    restarts = f", worker restarts {board.restarts}" if board.restarts else ""
    return (
        f"{board.per_second(at_s):.0f} {word('inputs', language)}, {word('lag', language)} {board.lag}, "
        f"{word('accepted', language)} {board.accepted}, {word('refused', language)} {board.refused}, "
        f"{word('alerts', language)} {len(board.raised)}{restarts}"
    )


def _table(size: Size) -> Table:
    return Table(box=None, padding=(0, 1, 0, 0), width=size.width, header_style="bold", pad_edge=False)


def _patients(rows: list[Overview], now_ms: int, size: Size, language: Language) -> Table:
    table = _table(size)
    table.add_column(word("patient", language), width=9, no_wrap=True)
    table.add_column(word("colour", language), width=8, no_wrap=True)
    table.add_column(word("tier", language), width=4, justify="right", no_wrap=True)
    table.add_column(word("age", language), width=5, justify="right", no_wrap=True)
    table.add_column(word("why", language), ratio=1, no_wrap=True, overflow="ellipsis")
    if size.width >= WIDE:
        table.add_column(word("last", language), ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column("NEWS2", width=6, no_wrap=True)
    for one in rows:
        cells: list[RenderableType] = [
            Text(one.patient),
            Text(texts.colour(one.level, language), STYLES[one.level]),
            str(one.tier),
            age(one, now_ms),
            why(one, language),
        ]
        if size.width >= WIDE:
            cells += [Text(last(one, language)), news2(one)]
        table.add_row(*cells)
    return table


def _more(count: int, language: Language) -> Text:
    return Text(f"  + {count} {word('more', language)}" if count > 0 else "", "dim")


def why(one: Overview, language: Language) -> Text:
    """The reasons in words; silence in blue. Of a patient whose plan is not in force only that is said."""
    if one.status != "active":
        return Text(word(one.status, language), "blue")
    silent = Text(
        f"{word('silent', language)}: {', '.join(texts.kind(kind, language) for kind in one.silence)}", "blue"
    )
    others = [code for code in one.reasons if not code.startswith("missing.") or code == "missing.after_concern"]
    words = Text("; ".join(texts.reason(code, language) for code in others))
    parts = ([words] if words else []) + ([silent] if one.silence else [])
    return Text("; ").join(parts)


def age(one: Overview, now_ms: int) -> str:
    """How old the newest reading is; empty when there is none."""
    newest = max((_ms(reading.measured_at) for reading in one.last.values()), default=None)
    return "" if newest is None else span(now_ms - newest)


def span(ms: int) -> str:
    """A length of time in two characters or three: 5 s, 12 m, 7 h, 3 d."""
    seconds = max(0, ms) // 1000
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def last(one: Overview, language: Language) -> str:
    """The newest reading of each kind, those that decided first."""
    named = {part for code in one.reasons for part in code.split(".")}
    return ", ".join(
        f"{texts.kind(kind, language)} {texts.reading(kind, reading.value_milli, reading.unit)}"
        for kind, reading in sorted(one.last.items(), key=lambda item: (item[0] not in named, item[0]))
    )


def news2(one: Overview) -> str:
    """The score when it is complete, else its bounds."""
    if one.news2 is None:
        return "-"
    low, high = one.news2.lower, one.news2.upper
    return str(low) if low == high and not one.news2.missing else f"{low}-{high}"


def _alerts(rows: list[AlertStep], board: Board, size: Size, language: Language) -> RenderableType:
    table = _table(size)
    table.add_column(word("alert", language), width=8, no_wrap=True)
    table.add_column(word("patient", language), width=9, no_wrap=True)
    table.add_column(word("colour", language), width=8, no_wrap=True)
    table.add_column(word("rung", language), width=5, justify="right", no_wrap=True)
    table.add_column(word("next", language), width=13, no_wrap=True)
    table.add_column(word("state", language), ratio=1, no_wrap=True, overflow="ellipsis")
    for step in rows:
        table.add_row(
            step.alert_id[:8],
            step.patient,
            Text(texts.colour(step.level, language), STYLES[step.level]),
            str(step.rung),
            _deadline(step, board.now_ms),
            state(step, board, language),
        )
    title = Text(f"{word('open', language)} ({len(board.open)})", "bold underline")
    return Group(title, table) if rows else Group(title, Text(f"  {word('none', language)}"))


def state(step: AlertStep, board: Board, language: Language) -> str:
    """Who has it, or that nobody has; and what the last step was about."""
    overview = board.overviews.get(step.patient)
    owner = overview.alert.owner if overview is not None and overview.alert is not None else step.by
    held = f"{word('acknowledged', language)} {owner}" if owner else word("unanswered", language)
    doubt = f", {word('unconfirmed', language)}" if step.unconfirmed else ""
    return f"{held}{doubt}; {texts.reason(step.reason, language)}"


def _deadline(step: AlertStep, now_ms: int) -> str:
    if step.next_deadline is None:
        return "-"
    return f"{step.next_deadline[11:16]} ({span(_ms(step.next_deadline) - now_ms)})"


def _refusals(board: Board, count: int, language: Language) -> Group:
    title = Text(word("refusals", language), "bold underline")
    rows = list(board.refusals)[-count:]
    lines = [
        Text(f"  {one.source} {one.outcome}: {one.reason}", no_wrap=True, overflow="ellipsis") for one in reversed(rows)
    ]
    return Group(title, *(lines or [Text(f"  {word('none', language)}")]))


def tries(board: Board, language: Language) -> list[Text]:
    """Three things to try, with names that exist right now."""
    shown = min(board.open.values(), key=lambda step: (step.by is not None, -step.tier, step.raised_at), default=None)
    alert_id = "ALERT_ID" if shown is None else shown.alert_id[:8]
    commands = (
        "nattevagt produce --patient lung-03 --kind spo2 --value 82",
        f"nattevagt acknowledge {alert_id} --by nurse-1",
        f"nattevagt explain {alert_id}",
    )
    return [Text(word("try", language), "bold"), *(Text(f"  {one}", no_wrap=True) for one in commands)]


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))
