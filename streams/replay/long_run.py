"""A long run without Kafka: months of many patients, time moved deadline by deadline, effects told and forgotten."""

import heapq
from collections.abc import Callable

from schemas.events import PatientEvent, TimerFired
from schemas.ids import make_id
from schemas.rules import RuleBundle
from streams.core.effects import Effect
from streams.core.plan import NEVER
from streams.replay.run import PureRun


class LongRun(PureRun):
    """As `PureRun`, but effects go to `sink` and are forgotten, and only patients with a deadline due are looked at."""

    def __init__(self, sink: Callable[[Effect], None], *, rules: RuleBundle | None = None) -> None:
        super().__init__(rules=rules)
        self._sink = sink
        self._due: list[tuple[int, str]] = []
        self._next: dict[str, int] = {}

    def pass_to(self, until_ms: int) -> None:
        """Every deadline up to here fires, each at its own time and in order, whoever's it is."""
        while self._due and self._due[0][0] <= until_ms:
            due_ms, patient = heapq.heappop(self._due)
            if self._next.get(patient) != due_ms:
                continue  # it has moved since
            self.timers += 1
            self._append(
                TimerFired(
                    id=make_id(patient, "timer", due_ms, self.timers),
                    patient=patient,
                    until_ms=due_ms,
                    data_until_ms=due_ms,
                    stamp=self.reference.stamp,
                )
            )

    def _append(self, event: PatientEvent) -> None:
        super()._append(event)
        record = self._log(event.patient).slice.states.get(event.patient)
        if record is None:
            return
        due_ms = min(record.due_data_ms, record.due_ladder_ms)
        if due_ms < NEVER and self._next.get(event.patient) != due_ms:
            heapq.heappush(self._due, (due_ms, event.patient))
        self._next[event.patient] = due_ms

    def _take(self, effect: Effect) -> None:
        self._sink(effect)
