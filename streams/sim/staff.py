"""Simulated staff: nurses who take the most urgent alert when they are free and on duty, and one telephone at night.

They are diligent and never ill. What they cannot do is be there outside their hours.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from schemas.alert import AlertStep, AlertStepType
from schemas.command import Acknowledge, AnyCommand, Close, DeliveryReported
from schemas.ids import make_id
from schemas.notice import Notice, NoticeAction, RecipientRole, Reply
from streams.adapters.input_records import InputRecord, command
from streams.sim.patients import MINUTE_MS

ENDS = frozenset({AlertStepType.WITHDRAWN, AlertStepType.CLOSED, AlertStepType.EXPIRED})
WAITING = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED, AlertStepType.ESCALATED})

NOTICING_MS = 2 * MINUTE_MS
"""Nobody takes an alert in the minute in which it comes. Like all durations here our choice."""

WORK_MS = {2: 4 * MINUTE_MS, 3: 8 * MINUTE_MS, 4: 12 * MINUTE_MS, 5: 12 * MINUTE_MS}
"""From taking an alert to closing it, by tier: reading, calling, writing down."""

WAKES, WAKING_MS = 0.85, (5 * MINUTE_MS, 20 * MINUTE_MS)
"""Share of pages at night that the telephone on call answers, and how long that takes."""

READS, READING_MS = 0.8, (MINUTE_MS, 8 * MINUTE_MS)
"""Share of answers that the patient opens, and when."""

DELIVERED = 0.99
"""Share of notices that their channel takes."""


@dataclass(slots=True)
class Case:
    """An open alert as the list shows it. free: nobody has it."""

    step: AlertStep
    raised_ms: int
    free: bool


@dataclass(slots=True)
class Staff:
    """All teams. nurses: team -> when each is free again. agenda: (at_ms, order, command), what will be sent then.

    is_covered: does the team read at this instant? is_true: was somebody really ill then?
    """

    nurses: dict[str, list[int]]
    is_covered: Callable[[str, int], bool]
    is_true: Callable[[str, int], bool]
    random: Random
    cases: dict[str, Case] = field(default_factory=dict)
    agenda: list[tuple[int, int, AnyCommand | str]] = field(default_factory=list)
    number: int = 0

    def sees(self, step: AlertStep, at_ms: int) -> None:
        """A step of an alert's life."""
        if step.type in ENDS:
            self.cases.pop(step.alert_id, None)
            return
        held = self.cases.get(step.alert_id)
        free = step.type in WAITING or (held is not None and held.free and step.owner is None)
        self.cases[step.alert_id] = Case(step, at_ms if held is None else held.raised_ms, free)

    def is_told(self, notice: Notice, at_ms: int) -> None:
        """A notice: its channel reports, and the telephone on call rings."""
        result = "delivered" if self.random.random() < DELIVERED else "failed"
        report = _report(notice.patient, notice.id, notice.alert_id, notice.recipient, notice.channel, result)
        self._plan(at_ms + 1000, report)
        rings = notice.role is RecipientRole.ON_CALL and notice.action is NoticeAction.TRIGGER
        if rings and result == "delivered" and self.random.random() < WAKES:
            self._plan(at_ms + self.random.randrange(*WAKING_MS), notice.alert_id)

    def answers(self, reply: Reply, at_ms: int) -> None:
        """An answer to the patient, which most of them open."""
        if self.random.random() < READS:
            report = _report(reply.patient, reply.id, None, None, "app", "read")
            self._plan(at_ms + self.random.randrange(*READING_MS), report)

    def acts(self, now_ms: int) -> Iterator[InputRecord]:
        """Everything that somebody sends in this minute."""
        while self.agenda and self.agenda[0][0] <= now_ms:
            _, _, what = heapq.heappop(self.agenda)
            if isinstance(what, str):
                yield from self._takes(what, "duty", now_ms)
            elif not isinstance(what, Close):
                yield command(what, now_ms)
            elif what.alert_id in self.cases:
                yield command(self._newest(what, now_ms), now_ms)
        for team, free_ms in self.nurses.items():
            if self.is_covered(team, now_ms):
                yield from self._shift(team, free_ms, now_ms)

    def _shift(self, team: str, free_ms: list[int], now_ms: int) -> Iterator[InputRecord]:
        waiting = [
            case
            for case in self.cases.values()
            if case.free and case.step.team == team and case.raised_ms + NOTICING_MS <= now_ms
        ]
        waiting.sort(key=lambda case: (-case.step.tier, case.raised_ms, case.step.alert_id))
        for case in waiting:
            nurse = next((n for n, until in enumerate(free_ms) if until <= now_ms), None)
            if nurse is None:
                return
            free_ms[nurse] = now_ms + WORK_MS[max(2, case.step.tier)]
            yield from self._takes(case.step.alert_id, f"nurse-{team}-{nurse}", now_ms)

    def _takes(self, alert_id: str, by: str, now_ms: int) -> Iterator[InputRecord]:
        case = self.cases.get(alert_id)
        if case is None or not case.free:
            return
        case.free = False
        about = self._about(case.step, by, now_ms)
        yield command(Acknowledge.model_validate(about), now_ms)
        verdict = "true" if self.is_true(case.step.patient, case.raised_ms) else "false"
        close = Close.model_validate(about | {"verdict": verdict, "type": "close"})
        self._plan(now_ms + WORK_MS[max(2, case.step.tier)], close)

    def _newest(self, close: Close, now_ms: int) -> Close:
        """Whoever closes has looked at the list again."""
        step = self.cases[close.alert_id].step
        about = self._about(step, close.by, now_ms)
        return Close.model_validate(about | {"verdict": close.verdict, "type": "close"})

    def _about(self, step: AlertStep, by: str, now_ms: int) -> dict[str, object]:
        self.number += 1
        return {
            "id": f"{by}-{self.number}",
            "patient": step.patient,
            "by": by,
            "role": "nurse",
            "team": step.team,
            "alert_id": step.alert_id,
            "sequence": step.sequence,
            "seen_until": _instant(now_ms),
        }

    def _plan(self, at_ms: int, what: AnyCommand | str) -> None:
        self.number += 1
        heapq.heappush(self.agenda, (at_ms, self.number, what))


def _report(
    patient: str, notice_id: str, alert_id: str | None, recipient: str | None, channel: str, result: str
) -> DeliveryReported:
    body = {
        "id": make_id("delivery", notice_id, result),
        "patient": patient,
        "by": "notify",
        "role": "system",
        "notice_id": notice_id,
        "alert_id": alert_id,
        "recipient": recipient,
        "channel": channel,
        "result": result,
    }
    return DeliveryReported.model_validate(body)


def _instant(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
