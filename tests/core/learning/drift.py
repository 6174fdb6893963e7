"""A story of drift: a year of simulated people, and half-way a new oximeter that reads too low.

Everything between the devices and the colour is the product's own: `step`, examples, learners, models.v1. Only the
people are made up, so no claim about patients follows from it; what it shows is that the watch over the scores works.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.base import rfc3339
from schemas.clinical_outcome import ClinicalOutcome
from schemas.example import Example
from schemas.model import FellBack, ModelRecord, ModelSnapshot, Promoted
from streams.core.context import Context
from streams.core.effects import PublishExample
from streams.core.learning.designs import DESIGNS
from streams.core.learning.force import Models
from streams.core.learning.learner import Learner
from streams.core.models.snapshot import ENOUGH_OUTCOMES
from streams.core.state import PatientState
from streams.core.step import step
from tests.builders import DAY, HOUR, T0, context, make_bindings, make_event, make_measurement, make_plan

HAZARD = 0.006
"""Events per patient-day, about two a year: more than published for homes, so that a year of few people will do."""

LEAD_DAYS = 5
QUIET = {"kind": "spo2", "red_below": 72}
"""The rules stay out of this story: an alert that nobody answers would be most of it."""

FALL = 5.0
"""Points of SpO2 that it has fallen by the day of an event, beginning five days before."""


@dataclass(slots=True)
class Person:
    """level: own SpO2. event_day: of the next event. state: as the product holds it."""

    name: str
    level: float
    event_day: int
    state: PatientState
    sent: int = 0

    def spo2(self, chance: random.Random, day: int, bias: float) -> float:
        """What the device shows that day."""
        left = self.event_day - day
        fallen = FALL * (LEAD_DAYS - left) / LEAD_DAYS if 0 <= left < LEAD_DAYS else 0.0
        return float(min(max(round(self.level - fallen + bias + chance.gauss(0, 1)), 76), 100))


@dataclass(slots=True)
class Story:
    """bias: points by which the new device reads too low from `drift_day` on. log: models.v1. days: told so far."""

    people: int = 80
    drift_day: int = 200
    bias: float = -4.0
    seed: int = 1
    log: list[ModelRecord] = field(default_factory=list)
    models: Models = field(default_factory=Models)
    examples: int = 0
    events: list[int] = field(default_factory=list)
    fell_days: list[int] = field(default_factory=list)
    promoted_day: int | None = None

    def tell(self, days: int) -> None:
        """So many days of everybody, one reading each, every example learned from at once."""
        chance = random.Random(self.seed)
        people = [self._person(chance, n) for n in range(self.people)]
        learners = [Learner(design, "story") for design in DESIGNS]
        for day in range(days):
            surroundings = Context(**{**_parts(context()), "models": self.models.now})
            for person in people:
                for example in self._day(chance, person, day, surroundings):
                    self._learn(learners, example, day)
            self._promote(day)

    def _person(self, chance: random.Random, number: int) -> Person:
        name = f"drift-{number:03d}"
        person = Person(name, chance.uniform(92, 96), _next_event(chance, 0), PatientState(name))
        for contract in (make_plan(patient=name, rules=["limits"], limits=[QUIET]), make_bindings(patient=name)):
            self._send(person, contract, T0, context())
        return person

    def _day(self, chance: random.Random, person: Person, day: int, surroundings: Context) -> Iterator[Example]:
        at_ms = T0 + day * DAY + chance.randrange(HOUR)
        value = person.spo2(chance, day, self.bias if day >= self.drift_day else 0.0)
        reading = make_measurement(value, at_ms=at_ms, patient=person.name)
        yield from self._send(person, reading, at_ms, surroundings)
        if day == person.event_day:
            happened = rfc3339(at_ms + HOUR)
            fact = {"id": f"e{day}", "patient": person.name, "kind": "exacerbation", "source": "hospital"}
            body = ClinicalOutcome.model_validate({**fact, "happened_at": happened, "known_at": happened})
            self.events.append(day)
            person.event_day = _next_event(chance, day + 20)
            yield from self._send(person, body, at_ms + 2 * HOUR, surroundings)

    def _send(self, person: Person, contract: object, at_ms: int, surroundings: Context) -> list[Example]:
        person.sent += 1
        event = make_event(
            contract,  # type: ignore[arg-type]  # any contract of the builders
            received_ms=at_ms,
            offset=person.sent,
            id=f"{person.name}/{person.sent}",
        )
        done = step(person.state, event, surroundings)
        person.state = done.state
        found = [effect.example for effect in done.effects if isinstance(effect, PublishExample)]
        self.examples += len(found)
        return [example.model_copy(update={"partition": 0, "offset": self.examples}) for example in found]

    def _learn(self, learners: list[Learner], example: Example, day: int) -> None:
        offset = learners[0].upto + 1
        for learner in learners:
            for record in learner.take(offset, example):
                self._publish(record)
                if isinstance(record, FellBack) and record.model == DESIGNS[0].id:
                    self.fell_days.append(day)

    def _promote(self, day: int) -> None:
        """A person promotes once, as soon as enough is known."""
        served = self.models.now.served[DESIGNS[0].id]
        if self.promoted_day is None and served.outcomes >= ENOUGH_OUTCOMES:
            act = {
                "model": DESIGNS[0].id,
                "digest": served.digest,
                "by": "dr-1",
                "reason": "figures",
                "at": rfc3339(T0),
            }
            self._publish(Promoted.model_validate(act))
            self.promoted_day = day

    def _publish(self, record: ModelRecord) -> None:
        self.log.append(record)
        refused = self.models.add(len(self.log) - 1, record)
        assert refused is None, refused

    @property
    def snapshots(self) -> list[ModelSnapshot]:
        """Of the first design."""
        return [one for one in self.log if isinstance(one, ModelSnapshot) and one.model == DESIGNS[0].id]


def _next_event(chance: random.Random, since: int) -> int:
    return since + LEAD_DAYS + int(chance.expovariate(HAZARD))


def _parts(surroundings: Context) -> dict[str, object]:
    return {name: getattr(surroundings, name) for name in ("rules", "teams", "code")}
