"""What if: the same past through the same `step`, with other rules, another plan or another threshold.

Each person is played alone in a process of its own, by the worker's intake and fold without Kafka. A team that closes
every alert after a while is played too: an alert that nobody ever closes would carry all that follows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import Any, NamedTuple

from pydantic import ValidationError

from schemas.alert import AlertStep, AlertStepType
from schemas.base import DAY_MS, rfc3339, to_ms
from schemas.catalog import default_bundle
from schemas.codec import dumps, loads
from schemas.command import Close
from schemas.errors import ContractError
from schemas.model import ModelRecord, ModelSnapshot, Promoted
from schemas.plan import CarePlan
from schemas.rules import RuleBundle
from schemas.topics import CARE_PLANS, MODELS
from streams.adapters.input_records import InputRecord, command
from streams.core.effects import PublishAlert
from streams.core.intake.route import is_clock
from streams.core.learning.force import Models
from streams.replay.run import PureRun

HOUR_MS = 3_600_000
TICK_MS = 6 * HOUR_MS
"""How often time is told to pass for somebody who sends nothing (our choice: silence is told four times a day)."""

CLOSED_AFTER_MS = 24 * HOUR_MS
"""The played team closes an alert a day after it was raised (our choice)."""

NURSE = "backtest"
SHOW = "take one that `nattevagt model show MODEL` prints"
NEWS = (AlertStepType.RAISED, AlertStepType.UPGRADED)


@dataclass(frozen=True, slots=True)
class Variant:
    """rules: parts of the bundle to exchange. plan: fields of every care plan to exchange. min_tier: alerts below it
    are not counted. model: a snapshot as on models.v1 that is promoted from the first day on; None = none colours.
    base: the bundle whose parts are exchanged."""

    name: str = "as it is"
    rules: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    min_tier: int = 2
    model: ModelSnapshot | None = None
    base: RuleBundle = field(default_factory=default_bundle)

    def models(self) -> list[InputRecord]:
        """What stands on models.v1: the snapshot, and that it may colour."""
        snapshot = self.model
        if snapshot is None:
            return []
        about = {"model": snapshot.model, "digest": snapshot.digest, "by": NURSE, "reason": "what if", "at": rfc3339(0)}
        return [_model(snapshot), _model(Promoted.model_validate(about))]

    def bundle(self) -> RuleBundle:
        """The rules in force. Raises ContractError when they are none."""
        try:
            return RuleBundle.model_validate_json(dumps({**self.base.model_dump(mode="json"), **self.rules}))
        except ValidationError as fault:
            raise _refused(self.name, fault) from fault

    def changed(self, record: InputRecord) -> InputRecord:
        """A plan as this variant would have it; anything else as it is."""
        if record.topic != CARE_PLANS or not self.plan or record.value is None:
            return record
        body = {**loads(record.value), **self.plan}
        try:
            CarePlan.model_validate_json(dumps(body))
        except ValidationError as fault:
            raise _refused(self.name, fault) from fault
        return InputRecord(record.topic, record.key, dumps(body), record.at_ms, record.headers)


def variant(name: str, held: object, base: RuleBundle | None = None) -> Variant:
    """From JSON: {"rules": {...}, "plan": {...}, "min_tier": 2}, each of them optional. Raises ContractError.

    base: the bundle whose parts are exchanged; None = the shipped one.
    """
    if not isinstance(held, Mapping) or held.keys() - {"rules", "plan", "min_tier", "model"}:
        raise ContractError(
            f"The variant {name} is not understood.",
            next_step='write {"rules": {}, "plan": {}, "min_tier": 2, "model": {...}}',
        )
    model = held.get("model")
    made = Variant(
        name,
        dict(held.get("rules", {})),
        dict(held.get("plan", {})),
        int(held.get("min_tier", 2)),
        None if model is None else snapshot_of(name, model),
        default_bundle() if base is None else base,
    )
    made.bundle()
    return made


def snapshot_of(name: str, held: object) -> ModelSnapshot:
    """A snapshot that this release would serve. Raises ContractError, which names what is wrong with it."""
    try:
        snapshot = ModelSnapshot.model_validate_json(dumps(held))
    except ValidationError as fault:
        raise _refused(name, fault) from fault
    refused = Models().add(0, snapshot)
    if refused is not None:
        raise ContractError(f"The model of variant {name} was refused: {refused}.", next_step=SHOW)
    return snapshot


class Person(NamedTuple):
    """records: all inputs of one person in the order of time. events_ms: what happened, and when. days: watched.

    since_ms: alerts before it are not counted; what was sent then only warms up.
    """

    name: str
    records: tuple[InputRecord, ...]
    events_ms: tuple[int, ...]
    days: float
    since_ms: int = 0


class Raised(NamedTuple):
    """One alert that somebody has to answer. waited_min: from the reading until somebody was to be woken."""

    at_ms: int
    tier: int
    waited_min: float


class Lived(NamedTuple):
    """What one person's past would have been under a variant."""

    person: str
    raised: tuple[Raised, ...]
    events_ms: tuple[int, ...]
    days: float


def lived(reference: Sequence[InputRecord], tried: Variant, person: Person) -> Lived:
    """One person under one variant."""
    steps = steps_of((*reference, *tried.models()), tried.bundle(), tried.changed, person)
    found = (_raised(step) for step in steps if step.type in NEWS and step.tier >= tried.min_tier)
    raised = tuple(each for each in found if each.at_ms >= person.since_ms)
    return Lived(person.name, raised, person.events_ms, person.days)


def steps_of(
    reference: Sequence[InputRecord],
    rules: RuleBundle,
    changed: Callable[[InputRecord], InputRecord],
    person: Person,
) -> list[AlertStep]:
    """Every step of one person's alerts under these rules. changed: what becomes of each record before it is fed."""
    run = PureRun(1, rules=rules)
    for record in reference:
        run.feed(record)
    opened: dict[str, int] = {}
    tick = person.records[0].at_ms + TICK_MS
    for record in person.records:
        while tick < record.at_ms:
            _pass(run, person.name, tick, opened)
            tick += TICK_MS
        run.feed(changed(record))
    _pass(run, person.name, tick, opened)
    return [effect.step for effect in run.effects if isinstance(effect, PublishAlert)]


def play(
    people: Sequence[Person],
    reference: Sequence[InputRecord],
    tried: Variant,
    workers: int,
    tick: Callable[[int], None] = lambda _: None,
) -> list[Lived]:
    """Everybody, in parallel; in the order of `people`. tick: told after each person how many are done."""
    found: list[Lived] = []
    one = partial(lived, reference, tried)
    if workers == 1:
        lives: Iterable[Lived] = map(one, people)
        return _collected(lives, found, tick)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return _collected(pool.map(one, people, chunksize=4), found, tick)


def people_of(records: Iterable[InputRecord], events: Mapping[str, Sequence[int]]) -> list[Person]:
    """Inputs of many, person by person; clock records are left out, as time passes by itself here."""
    theirs: dict[str, list[InputRecord]] = {}
    for record in records:
        if record.key is not None and not is_clock(record.received(0, 0)):
            theirs.setdefault(record.key.decode(), []).append(record)
    return [
        Person(name, tuple(own), tuple(events.get(name, ())), max((own[-1].at_ms - own[0].at_ms) / DAY_MS, 1.0))
        for name, own in sorted(theirs.items())
    ]


def _collected(lives: Iterable[Lived], found: list[Lived], tick: Callable[[int], None]) -> list[Lived]:
    for life in lives:
        found.append(life)
        tick(len(found))
    return found


def _pass(run: PureRun, name: str, now_ms: int, opened: dict[str, int]) -> None:
    """Time passes; an alert that has been open for long enough is closed by somebody who has seen it."""
    run.advance(now_ms)
    alert = run.open_alert(name)
    if alert is None or now_ms - opened.setdefault(alert[0], now_ms) < CLOSED_AFTER_MS:
        return
    body = {
        "id": f"close-{alert[0][:16]}-{now_ms}",
        "patient": name,
        "by": NURSE,
        "role": "nurse",
        "alert_id": alert[0],
        "sequence": alert[1],
        "verdict": "known",
        "seen_until": rfc3339(now_ms),
    }
    run.feed(command(Close.model_validate_json(dumps(body)), now_ms))


def _raised(step: AlertStep) -> Raised:
    at, measured = _ms(step.at), _ms(step.measured_at)
    woken = at if step.page_from is None else _ms(step.page_from)
    return Raised(at, step.tier, max(woken - measured, 0) / 60_000)


def _model(record: ModelRecord) -> InputRecord:
    return InputRecord(MODELS, record.model.encode(), record.model_dump_json().encode(), 0)


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))


def _refused(name: str, fault: ValidationError) -> ContractError:
    where = ".".join(str(part) for part in fault.errors()[0]["loc"])
    return ContractError(f"The variant {name} is not valid at {where}.", next_step="see `nattevagt rules show`")
