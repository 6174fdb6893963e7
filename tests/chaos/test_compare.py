"""The judge can say no: one record taken away, one byte changed, and the verdict names it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.catalog import default_bundle
from schemas.codec import dumps
from schemas.coverage import TeamCoverage
from schemas.topics import ALERTS, AUDIT, DEVICE_CLAIMS, OVERVIEW, PATIENT_EVENTS, REJECTED, SCORES, STATE
from streams.adapters.input_records import partition_of
from streams.adapters.settings import Settings
from streams.core.context import Reference
from streams.core.intake.accept import RawRecord
from streams.core.intake.route import route
from streams.core.record import PartitionRecord, decode_partition, encode_partition, partition_key
from streams.sim.load import load
from tests.chaos.compare import judge
from tests.chaos.evidence import Evidence, Place
from tests.chaos.fold import Expected, Said, expect

SETTINGS = Settings(simulation=True, replication=1, min_insync=1, partitions=2)
TOPIC_ID = "topic-id"


@pytest.fixture
def evidence() -> Evidence:
    """A small run as it should be: 60 readings of 5 patients with reds, repeats and nonsense, on two partitions."""
    story = load(5, 60, red_share=0.3, bad_share=0.2, partitions=SETTINGS.partitions)
    reference = Reference(default_bundle(), SETTINGS.code)
    for offset, record in enumerate(story.reference):
        reference.add_coverage(offset, TeamCoverage.model_validate_json(record.value or b""))
    found = Evidence(SETTINGS, reference, TOPIC_ID)
    for record in story.records:
        place = record.topic, record.place(SETTINGS.partitions)
        log = found.logs.setdefault(place, [])
        log.append(record.received(place[1], len(log)))
        routed = route(log[-1], reference, simulation=True)
        if routed.event is not None:
            body = dumps(routed.event.model_dump(mode="json"))
            key = routed.event.patient.encode()
            _append(found, (PATIENT_EVENTS, partition_of(key, SETTINGS.partitions)), Said(key, body, ()))
    for partition in range(SETTINGS.partitions):  # all of it counts as folded, so that `expect` folds it
        _mark(found, partition)
    owed = expect(found)
    for partition in range(SETTINGS.partitions):
        found.logs.pop((STATE, partition))
    _publish(found, owed)
    return found


def _mark(found: Evidence, partition: int) -> None:
    end = len(found.logs[PATIENT_EVENTS, partition]) - 1
    _append(found, (STATE, partition), Said(partition_key(partition), encode_partition(PartitionRecord(end)), ()))


def _append(found: Evidence, place: Place, body: Said) -> None:
    log = found.logs.setdefault(place, [])
    log.append(RawRecord(*place, len(log), 0, body.key, body.value, body.headers))


def _publish(found: Evidence, owed: Expected) -> None:
    for partition, values in owed.states.items():
        for key, value in values.items():
            _append(found, (STATE, partition), Said(key, value, ()))
    for place, bodies in (owed.alerts | owed.messages | owed.scores | owed.claims).items():
        for body in bodies.values():
            _append(found, place, body)
    for topic, bodies in ((AUDIT, owed.audit), (OVERVIEW, owed.overviews)):
        for body in bodies.values():
            _append(found, (topic, 0), body)
    for body in owed.rejected:
        _append(found, (REJECTED, 0), body)


def _log(evidence: Evidence, topic: str) -> list[RawRecord]:
    return next(records for place, records in sorted(evidence.logs.items()) if place[0].startswith(topic))


def test_a_run_as_it_should_be_is_clean(evidence: Evidence) -> None:
    """Nothing to say of it, and it is not empty."""
    verdict = judge(evidence)
    assert verdict.is_clean, verdict
    assert 0 not in (verdict.inputs, verdict.alerts, verdict.patients, verdict.events)


def _lose_audit(evidence: Evidence) -> None:
    _log(evidence, AUDIT).pop()


def _change_state(evidence: Evidence) -> None:
    log = _log(evidence, STATE)
    log[0] = replace(log[0], value=(log[0].value or b"").replace(b'"battery":{}', b'"battery":{"x":[1,2]}'))


def _lose_alert(evidence: Evidence) -> None:
    _log(evidence, ALERTS).pop(0)


def _swap_alerts(evidence: Evidence) -> None:
    log = _log(evidence, ALERTS)
    log[0], log[1] = log[1], log[0]


def _change_alert(evidence: Evidence) -> None:
    log = _log(evidence, ALERTS)
    log[0] = replace(log[0], value=(log[0].value or b"").replace(b'"sequence":1', b'"sequence":9'))


def _tell_twice(evidence: Evidence) -> None:
    log = _log(evidence, AUDIT)
    log.append(replace(log[0], value=(log[0].value or b"").replace(b'"outcome":"', b'"outcome":"un')))


def _lose_score(evidence: Evidence) -> None:
    _log(evidence, SCORES).pop()


def _change_score(evidence: Evidence) -> None:
    log = _log(evidence, SCORES)
    log.append(replace(log[-1], value=(log[-1].value or b"") + b" "))


def _lose_event(evidence: Evidence) -> None:
    _log(evidence, PATIENT_EVENTS).pop()


def _leave_unfolded(evidence: Evidence) -> None:
    log = _log(evidence, STATE)
    (place,) = [n for n, record in enumerate(log) if record.key == partition_key(log[0].partition)]
    held = decode_partition(log[place].value or b"")
    log[place] = replace(log[place], value=encode_partition(replace(held, offset=held.offset - 1)))


def _lose_rejected(evidence: Evidence) -> None:
    _log(evidence, REJECTED).pop()


def _lose_claim(evidence: Evidence) -> None:
    _log(evidence, DEVICE_CLAIMS).pop()


def _change_claim(evidence: Evidence) -> None:
    log = _log(evidence, DEVICE_CLAIMS)
    log[0] = replace(log[0], value=(log[0].value or b"").replace(b'"version":1', b'"version":9'))


def _old_overview(evidence: Evidence) -> None:
    log = _log(evidence, OVERVIEW)
    log[0] = replace(log[0], value=(log[0].value or b"").replace(b'"level":"', b'"level":"un'))


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (_lose_audit, {"lost", "audit_missing"}),
        (_change_state, {"states_wrong"}),
        (_lose_alert, {"alerts_missing"}),
        (_swap_alerts, {"alerts_out_of_order"}),
        (_change_alert, {"alerts_wrong"}),
        (_tell_twice, {"conflicting", "audit_wrong"}),
        (_lose_score, {"scores_missing"}),
        (_change_score, {"scores_wrong"}),
        (_lose_event, {"events_missing"}),
        (_leave_unfolded, {"unfolded"}),
        (_lose_rejected, {"rejected_missing"}),
        (_old_overview, {"overviews_wrong"}),
        (_lose_claim, {"claims_missing"}),
        (_change_claim, {"claims_wrong"}),
    ],
)
def test_one_harm_is_named(evidence: Evidence, harm: Callable[[Evidence], None], named: set[str]) -> None:
    """Each single harm turns the verdict, under its own name."""
    harm(evidence)
    verdict = judge(evidence)
    assert not verdict.is_clean
    assert {name: getattr(verdict, name) for name in named} == dict.fromkeys(named, 1), verdict


def test_a_repeat_with_the_same_bytes_is_harmless(evidence: Evidence) -> None:
    """A crash may repeat a slice: consumers that tell repeats by id see nothing of it."""
    for topic in (AUDIT, ALERTS, SCORES, STATE):
        log = _log(evidence, topic)
        log.append(log[-1])
    verdict = judge(evidence)
    assert verdict.is_clean, verdict
    assert (1, 2) == (verdict.audit_repeats, verdict.repeats)
