"""What `nattevagt model compare` shows: models beside the rules, with what is not known counted both ways."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemas.model import Figures
from streams.adapters.model_log import RULES
from streams.core.learning.fared import Fared, Interval

TITLE, CELL = 46, 22
FEW_EVENTS = 20
"""Days before an event below which a group's figure is not told: it would be noise, and of very few people."""

Row = tuple[str, Callable[[Fared], str]]


def as_json(found: Mapping[str, Fared]) -> dict[str, Any]:
    """name -> figures, the same with unknown labels as quiet, intervals, and each group's ranking."""
    return {
        name: {
            **fared.figures().model_dump(),
            "auroc_interval": _plain(fared.auroc()),
            "auroc_above_rules": None if name == RULES else _plain(fared.above(found[RULES])),
            "unknown_as_quiet": fared.total.unknown_as_quiet().figures().model_dump(),
            "groups": {group: _group(fared, group) for group in groups_of(found)},
        }
        for name, fared in found.items()
    }


def lines(found: Mapping[str, Fared]) -> Iterator[str]:
    """The table, and below it the same by sex and age."""
    yield _line("", *found)
    for title, tell in _rows(found[RULES]):
        yield _line(title, *[tell(fared) for fared in found.values()])
    yield ""
    yield _line("AUROC by sex and age", *found)
    for group in groups_of(found):
        yield _line(group.replace(":", ", "), *[_number(_group(fared, group)) for fared in found.values()])


def groups_of(found: Mapping[str, Fared]) -> list[str]:
    """Every sex and age band that anybody has; `unknown` is one of each."""
    return sorted({group for fared in found.values() for group in fared.by_group})


def _group(fared: Fared, group: str) -> float | None:
    """None = too few events to say, or nobody."""
    tally = fared.by_group.get(group)
    return None if tally is None or tally.event_days < FEW_EVENTS else tally.auroc()


def _rows(rules: Fared) -> list[Row]:
    """The titles, and what each says. Of the rules only the ranking means something: they give no probability."""
    return [
        ("AUROC [95 %, over people]", lambda one: _interval(one.auroc())),
        ("above the rules [95 %]", lambda one: "-" if one is rules else _interval(one.above(rules))),
        ("unknown labels", lambda one: _number(one.figures().unknown_share)),
        *_both_ways("AUROC", lambda f: f.auroc),
        *_both_ways("calibration error", lambda f: f.calibration_error, but=rules),
        *_both_ways("observed / expected", _ratio, but=rules),
        *_both_ways("events caught at 1 % of days", lambda f: _share(f, "100")),
        *_both_ways("events caught at 5 % of days", lambda f: _share(f, "500")),
    ]


def _both_ways(title: str, tell: Callable[[Figures], float | None], but: Fared | None = None) -> list[Row]:
    """Without what is not known, and with it as quiet. but: who has no such figure."""

    def without(one: Fared) -> str:
        return "-" if one is but else _number(tell(one.figures()))

    def counted(one: Fared) -> str:
        return "-" if one is but else _number(tell(one.total.unknown_as_quiet().figures()))

    return [(title, without), (f"{title}, unknown = quiet", counted)]


def _ratio(figures: Figures) -> float | None:
    return figures.observed_milli / figures.expected_milli if figures.expected_milli else None


def _share(figures: Figures, burden: str) -> float | None:
    return figures.caught[burden] / 1_000 if burden in figures.caught else None


def _plain(found: Interval | None) -> dict[str, float | None] | None:
    return None if found is None else found._asdict()


def _interval(found: Interval | None) -> str:
    if found is None or found.low is None or found.high is None:
        return "-" if found is None else f"{found.value:.3f} [few]"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _line(title: str, *cells: str) -> str:
    return f"{title:<{TITLE}}" + "".join(f"{cell:>{CELL}}" for cell in cells)
