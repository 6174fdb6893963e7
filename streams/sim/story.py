"""A story: input records in one order with the simulation's clock between them, the same for the same seed.

Whoever answers an alert has to name it, and its id follows from what came before. So a story is written
while somebody watches it: `Watch` is given every record and says which alert is open.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from typing import Literal, Protocol

from schemas.command import Acknowledge, Close, Role
from schemas.coverage import Recipient, Shift, TeamCoverage
from streams.adapters.input_records import InputRecord, bindings, clocks, command, coverage, plan
from streams.sim.patients import MINUTE_MS, Patient

TICK_MS = 10 * MINUTE_MS
"""Simulated time between two clock records: no deadline of the shipped rules is shorter."""

FIRST_NIGHT_MS = 1_771_488_000_000
"""2026-02-19 08:00 UTC, our choice: a winter morning on which stories end unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Story:
    """reference: coverage, to be published before all else. records: everything else in order, clock included.

    The last records tell every partition that it is `end_ms`. partitions: how many the story is written for,
    because ids name them. people: who is in it, one sentence each.
    """

    name: str
    start_ms: int
    end_ms: int
    partitions: int
    reference: tuple[InputRecord, ...]
    records: tuple[InputRecord, ...]
    people: dict[str, str]


class Watch(Protocol):
    """Whoever follows the story while it is written; `streams.replay.run.PureRun` does."""

    def feed(self, record: InputRecord) -> object:
        """The next record."""

    def advance(self, until_ms: int) -> None:
        """It is this late."""

    def open_alert(self, patient: str) -> tuple[str, int] | None:
        """(id, newest sequence) of the patient's open alert; None = there is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person does about a patient's alert at `at_ms`: acknowledge, or close with a verdict.

    sequence: the step this person has seen; None = the newest. The alert is the open one, or the last that was.
    """

    at_ms: int
    patient: str
    by: str
    role: Role = "nurse"
    verdict: Literal["true", "false", "technical", "known"] | None = None
    sequence: int | None = None

    def record(self, alert: tuple[str, int]) -> InputRecord:
        """The command about this alert."""
        alert_id, newest = alert
        seen = newest if self.sequence is None else self.sequence
        until = datetime.fromtimestamp(self.at_ms / 1000, UTC)
        name = f"{self.by}-{self.at_ms}"
        if self.verdict is None:
            body: Acknowledge | Close = Acknowledge(
                id=name, patient=self.patient, by=self.by, role=self.role, alert_id=alert_id, sequence=seen
            )
        else:
            body = Close(
                id=name,
                patient=self.patient,
                by=self.by,
                role=self.role,
                alert_id=alert_id,
                sequence=seen,
                seen_until=until,
                verdict=self.verdict,
            )
        return command(body, self.at_ms)


def teams(at_ms: int) -> tuple[InputRecord, ...]:
    """Coverage of lung and heart: weekdays 08-16, outside those hours the duty telephone (our choice)."""
    return tuple(
        coverage(
            TeamCoverage(
                team=team,
                version=1,
                shifts=(Shift(days=(1, 2, 3, 4, 5), start="08:00", until="16:00"),),
                recipients=(Recipient(id=f"nurse-{team}-1", role="nurse"),),
                outside_hours="on_call",
                on_call=Recipient(id=f"duty-{team}", role="on_call"),
            ),
            at_ms,
        )
        for team in ("heart", "lung")
    )


def enrolled(patients: Sequence[Patient], since_ms: int, at_ms: int, times: tuple[str, ...]) -> tuple[InputRecord, ...]:
    """All plans, then all bindings: two waits for intake instead of two for each patient."""
    plans = [plan(patient.plan(since_ms, times), at_ms) for patient in patients]
    return *plans, *(bindings(patient.bindings(since_ms), at_ms) for patient in patients)


def ticking(records: Iterable[InputRecord], start_ms: int, end_ms: int, partitions: int) -> Iterator[InputRecord]:
    """The records by their time, with the clock between them; it strikes after all that happened until then."""
    ticks = (tick for at_ms in range(start_ms + TICK_MS, end_ms, TICK_MS) for tick in clocks(at_ms, partitions))
    yield from merge(sorted(records, key=_when), ticks, key=_when)
    yield from clocks(end_ms, partitions)


def answered(records: Iterable[InputRecord], answers: Iterable[Answer], watch: Watch) -> Iterator[InputRecord]:
    """The records, with the answers of people between them. Raises ValueError when there is nothing to answer."""
    waiting = sorted(answers, key=lambda answer: answer.at_ms)
    known: dict[str, tuple[str, int]] = {}
    for record in records:
        while waiting and waiting[0].at_ms < record.at_ms:
            said = _said(waiting.pop(0), known, watch)
            watch.feed(said)
            yield said
        watch.feed(record)
        yield record


def _said(answer: Answer, known: dict[str, tuple[str, int]], watch: Watch) -> InputRecord:
    watch.advance(answer.at_ms)
    alert = watch.open_alert(answer.patient)
    if alert is not None:
        known[answer.patient] = alert
    if answer.patient not in known:
        raise ValueError(f"{answer.patient} has no alert to answer")
    return answer.record(known[answer.patient])


def _when(record: InputRecord) -> int:
    return record.at_ms
