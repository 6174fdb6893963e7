"""Rehearsal: the last fortnight under the rules in force and under those that are to come, before they decide.

Each person's inputs of the window, and of a week before it for baselines, are played twice by the worker's own intake
and fold, in a process of its own. The played team of `whatif` closes every alert after a day on both sides, so what
people did about the old alerts is left out; models and records that intake refused are too.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from multiprocessing import get_context
from typing import NamedTuple

from schemas.alert import AlertStep
from schemas.base import DAY_MS, to_ms
from schemas.clinical_outcome import ClinicalOutcome
from schemas.codec import dumps, loads
from schemas.events import InputEvent, LogEvent
from schemas.ids import is_synthetic
from schemas.plan import CarePlan
from schemas.plan_template import PlanTemplate
from schemas.rules import RuleBundle
from schemas.topics import ANSWERS, BINDINGS, CARE_PLANS, CLINICAL_OUTCOMES, COMMANDS, CONSENTS, MEASUREMENTS
from streams.adapters.input_records import InputRecord
from streams.replay.lost_reds import ENDS, Both, Rehearsal, Seen, compared
from streams.replay.whatif import NEWS, Person, steps_of

DAYS = 14
WARM_DAYS = 7
"""Before the window: baselines and open alerts are as they would be; nothing in it counts (our choice: a week)."""

PRUNE_EVERY = 50_000

KEPT = frozenset({CARE_PLANS, CONSENTS, BINDINGS, CLINICAL_OUTCOMES})
"""What still holds however old it is."""

WORSE = frozenset({"admission", "exacerbation", "death"})
"""Outcomes that an alert should come before; an admission only when nobody had arranged it."""


@dataclass(slots=True)
class Gathered:
    """The inputs of a window that ends with the newest input there is, whatever a clock says."""

    days: int = DAYS
    newest_ms: int = 0
    _theirs: dict[str, list[InputRecord]] = field(default_factory=dict)
    _taken: int = 0

    @property
    def since_ms(self) -> int:
        """Where the window begins."""
        return self.newest_ms - self.days * DAY_MS

    @property
    def warm_ms(self) -> int:
        """Where playing begins."""
        return self.since_ms - WARM_DAYS * DAY_MS

    def take(self, event: LogEvent) -> None:
        """One event of patient-events; only inputs are played again, as time passes by itself."""
        if not isinstance(event, InputEvent) or is_synthetic(event.patient) or _is_answered(event):
            return
        self.newest_ms = max(self.newest_ms, event.received_ms)
        record = InputRecord(event.source.topic, event.patient.encode(), event.payload.encode(), event.received_ms)
        self._theirs.setdefault(event.patient, []).append(record)
        self._taken += 1
        if self._taken % PRUNE_EVERY == 0:
            self._prune()

    def people(self) -> list[Person]:
        """Everybody who sent something in the window; older plans and devices arrive as playing begins."""
        self._prune()
        found = []
        for name, own in sorted(self._theirs.items()):
            if any(one.topic in (MEASUREMENTS, ANSWERS) and one.at_ms >= self.since_ms for one in own):
                records = tuple(_not_before(one, self.warm_ms) for one in own)
                found.append(Person(name, records, self._happened(own), self._days(own), self.since_ms))
        return found

    def _happened(self, own: Sequence[InputRecord]) -> tuple[int, ...]:
        """What an alert should have come before: deteriorations of the window, each told once."""
        found = set()
        for one in own:
            if one.topic == CLINICAL_OUTCOMES and one.value is not None:
                outcome = ClinicalOutcome.model_validate_json(one.value)
                if outcome.kind in WORSE and not outcome.planned:
                    found.add(to_ms(outcome.happened_at))
        return tuple(sorted(at_ms for at_ms in found if at_ms >= self.since_ms))

    def _days(self, own: Sequence[InputRecord]) -> float:
        """Days of the window since this person sent anything, at least one."""
        return max((self.newest_ms - max(self.since_ms, own[0].at_ms)) / DAY_MS, 1.0)

    def _prune(self) -> None:
        for own in self._theirs.values():
            own[:] = [one for one in own if one.topic in KEPT or one.at_ms >= self.warm_ms]


def _is_answered(event: InputEvent) -> bool:
    """Is it about an alert, or about a message? On the other side there may be none, and the played team answers."""
    if event.source.topic != COMMANDS:
        return False
    return bool({"alert_id", "notice_id"} & loads(event.payload.encode()).keys())


def _not_before(record: InputRecord, at_ms: int) -> InputRecord:
    return record if record.at_ms >= at_ms else InputRecord(record.topic, record.key, record.value, at_ms)


class Side(NamedTuple):
    """One of the two. rules: a bundle as JSON. template: one whose plans are played as it says now; None = none is."""

    rules: bytes
    template: bytes | None = None


def side(bundle: RuleBundle, template: PlanTemplate | None = None) -> Side:
    """As it travels to other processes."""
    said = None if template is None else template.model_dump_json().encode()
    return Side(bundle.model_dump_json().encode(), said)


def rehearse(
    people: Sequence[Person],
    reference: Sequence[InputRecord],
    sides: tuple[Side, Side],
    gathered: Gathered,
    workers: int = 1,
    tick: Callable[[int], None] = lambda _: None,
) -> Rehearsal:
    """Everybody on both sides. tick: told after each person how many are done."""
    one = partial(_both, tuple(reference), sides)
    if workers == 1 or len(people) < workers:
        return compared(map(one, people), gathered.days, gathered.since_ms, tick)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        lives = pool.map(one, people, chunksize=4)
        return compared(lives, gathered.days, gathered.since_ms, tick)


def _both(reference: Sequence[InputRecord], sides: tuple[Side, Side], person: Person) -> Both:
    before, after = (
        tuple(
            _seen(step)
            for step in steps_of(reference, _bundle(one.rules), partial(_filled, one.template), person)
            if step.type in NEWS or step.type in ENDS
        )
        for one in sides
    )
    return Both(person.name, before, after)


def _seen(step: AlertStep) -> Seen:
    at_ms = to_ms(datetime.fromisoformat(step.at))
    return Seen(step.alert_id, at_ms, step.type, step.level, step.tier, step.reason)


@lru_cache(maxsize=4)
def _bundle(text: bytes) -> RuleBundle:
    return RuleBundle.model_validate_json(text)


@lru_cache(maxsize=2)
def _template(text: bytes) -> PlanTemplate:
    return PlanTemplate.model_validate_json(text)


def _filled(text: bytes | None, record: InputRecord) -> InputRecord:
    """A plan made from this template as it says now: its rules and slots, and its limits where it has any."""
    if text is None or record.topic != CARE_PLANS or record.value is None:
        return record
    template, body = _template(text), loads(record.value)
    if body.get("template") != template.id:
        return record
    said = template.model_dump(mode="json", include={"rules", "slots"} | ({"limits"} if template.limits else set()))
    plan = CarePlan.model_validate_json(dumps(body | said))
    return InputRecord(record.topic, record.key, dumps(plan.model_dump(mode="json")), record.at_ms)
