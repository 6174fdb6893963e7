"""Lost reds: two lives of the same people side by side, and why a change between them wants a named person's yes."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.alert import AlertStepType
from schemas.triage import TriageLevel
from streams.core.plan import NEVER
from streams.replay.whatif import NEWS

SOON_MS = 15 * 60_000
"""A red that the new rules raise so much later is not lost: the longest wait for a repeat (clinical README 1)."""

TWICE = 2
"""More than so many times the alerts, or one lost red, and somebody has to say yes."""

ENDS = frozenset({AlertStepType.CLOSED, AlertStepType.WITHDRAWN, AlertStepType.EXPIRED})


class Seen(NamedTuple):
    """One step of an alert's life that told somebody something, or ended it."""

    alert_id: str
    at_ms: int
    type: AlertStepType
    level: TriageLevel
    tier: int
    reason: str


class Both(NamedTuple):
    """One person on both sides."""

    person: str
    before: tuple[Seen, ...]
    after: tuple[Seen, ...]


class Red(NamedTuple):
    """A red that one side has and the other has not."""

    person: str
    at_ms: int
    tier: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the change would have done. lost, gained: reds. slower: reds that stay red with a longer clock.

    reasons: reason that raised -> alerts (before, after).
    """

    people: int
    days: int
    before: int
    after: int
    lost: tuple[Red, ...] = ()
    gained: tuple[Red, ...] = ()
    slower: tuple[Red, ...] = ()
    reasons: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Is there nothing to rehearse with?"""
        return self.people == 0

    @property
    def objections(self) -> tuple[str, ...]:
        """Why a named person has to say yes; none = it may go live."""
        found = []
        if self.after > TWICE * self.before:
            found.append(f"more than twice the alerts: {self.before} before, {self.after} after")
        if self.lost:
            found.append(f"lost reds: {len(self.lost)}")
        return tuple(found)

    @property
    def line(self) -> str:
        """In one line, for the audit. Nobody is named."""
        if self.is_empty:
            return f"no history of {self.days} days to rehearse with"
        return (
            f"rehearsed over {self.days} days, {self.people} people: alerts {self.before} before, {self.after} after, "
            f"reds lost {len(self.lost)}, gained {len(self.gained)}, slower {len(self.slower)}"
        )


def compared(
    lives: Iterable[Both], days: int, since_ms: int, tick: Callable[[int], None] = lambda _: None
) -> Rehearsal:
    """All of them; what came before the window counts only as an alert that was open. tick: told after each one."""
    lost: list[Red] = []
    gained: list[Red] = []
    slower: list[Red] = []
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    people = 0
    for life in lives:
        people += 1
        for seen, count in ((life.before, before), (life.after, after)):
            count.update(s.reason for s in seen if s.type is AlertStepType.RAISED and s.at_ms >= since_ms)
        gone, late = _against(life.person, life.before, life.after, since_ms)
        lost, slower = lost + gone, slower + late
        gained += _against(life.person, life.after, life.before, since_ms)[0]
        tick(people)
    reasons = {name: (before[name], after[name]) for name in sorted(before | after)}
    return Rehearsal(people, days, before.total(), after.total(), tuple(lost), tuple(gained), tuple(slower), reasons)


class _Span(NamedTuple):
    """An alert while it is red: [from_ms, until_ms], and (at, tier) of its news."""

    from_ms: int
    until_ms: int
    news: tuple[tuple[int, int], ...]

    def tier_at(self, at_ms: int) -> int:
        """The highest clock it had by then."""
        return max((tier for when, tier in self.news if when <= at_ms), default=0)


def _against(person: str, had: Sequence[Seen], other: Sequence[Seen], since_ms: int) -> tuple[list[Red], list[Red]]:
    """Reds of one side that the other has not, and that it has with a longer clock; each alert once."""
    spans = _red_spans(other)
    lost: dict[str, Red] = {}
    slower: dict[str, Red] = {}
    for seen in had:
        if seen.type not in NEWS or seen.level is not TriageLevel.RED or seen.at_ms < since_ms:
            continue
        until_ms = seen.at_ms + SOON_MS
        there = [span for span in spans if span.from_ms <= until_ms and seen.at_ms <= span.until_ms]
        red = Red(person, seen.at_ms, seen.tier, seen.reason)
        if not there:
            lost.setdefault(seen.alert_id, red)
        elif max(span.tier_at(until_ms) for span in there) < seen.tier:
            slower.setdefault(seen.alert_id, red)
    return list(lost.values()), list(slower.values())


def _red_spans(steps: Sequence[Seen]) -> list[_Span]:
    found: list[_Span] = []
    for alert_id in dict.fromkeys(step.alert_id for step in steps):
        own = [step for step in steps if step.alert_id == alert_id]
        news = [step for step in own if step.type in NEWS]
        reds = [step.at_ms for step in news if step.level is TriageLevel.RED]
        ended = [step.at_ms for step in own if step.type in ENDS]
        if reds:
            until_ms = ended[0] if ended else NEVER
            found.append(_Span(reds[0], until_ms, tuple((step.at_ms, step.tier) for step in news)))
    return found
