"""Routing: every record gets exactly one way in or one way out, and clocks only move simulations."""

import pytest

from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.catalog import default_bundle
from schemas.codec import dumps
from schemas.events import InputRefused, MeasurementReceived
from schemas.ids import make_id
from schemas.topics import COMMANDS, MEASUREMENTS
from streams.core.context import SETTLED_MS, Reference
from streams.core.intake.accept import RawRecord
from streams.core.intake.route import CLOCK_HEADER, Routed, route

AT_MS = 1_771_488_000_000
BODY = {
    "id": "r-1",
    "patient": "p-1",
    "kind": "spo2",
    "value": 93,
    "unit": "%",
    "measured_at": rfc3339(AT_MS),
    "device": "oximeter-1",
}


def routed(
    value: bytes | None = dumps(BODY),
    *,
    key: bytes | None = b"p-1",
    headers: tuple[tuple[str, bytes], ...] = (),
    topic: str = MEASUREMENTS,
    simulation: bool = False,
) -> Routed:
    """A record, right by default, on partition 3 at offset 7."""
    record = RawRecord(topic, 3, 7, AT_MS, key, value, headers)
    return route(record, Reference(default_bundle(), "nattevagt/test"), simulation=simulation)


def clock(at_ms: int = AT_MS) -> tuple[tuple[str, bytes], ...]:
    """The header of a clock record."""
    return ((CLOCK_HEADER, rfc3339(at_ms).encode()),)


def test_a_reading_becomes_an_event_and_its_outcome_waits_for_step() -> None:
    """Nothing is audited twice."""
    found = routed()
    assert isinstance(found.event, MeasurementReceived)
    assert (None, None) == (found.audit, found.reject)


def test_a_refusal_is_audited_told_to_the_patient_and_kept_with_its_headers() -> None:
    """Original headers stay in front, untouched; why and where from come behind."""
    found = routed(b"{", headers=(("trace", b"1"), ("trace", b"2")))
    assert isinstance(found.event, InputRefused)
    assert found.audit is not None
    assert Outcome.REJECTED_MALFORMED == found.audit.outcome
    assert ("p-1", make_id(MEASUREMENTS, 3, 7, "outcome")) == (found.audit.patient, found.audit.id)
    assert found.reject is not None
    assert (("trace", b"1"), ("trace", b"2")) == found.reject[:2]
    added = dict(found.reject[2:])
    assert b"rejected.malformed" == added["nattevagt_outcome"]
    assert b"measurements.v1/3/7" == added["nattevagt_source"]
    assert added["nattevagt_reason"]
    assert added["nattevagt_next_step"]


@pytest.mark.parametrize("key", [None, b"no pseudonym", b"\xff"])
def test_a_refusal_without_a_pseudonym_is_told_to_nobodys_log(key: bytes | None) -> None:
    """It is audited all the same."""
    found = routed(key=key)
    assert found.event is None
    assert found.audit is not None
    assert found.audit.patient is None


def test_a_clock_record_is_recorded_in_a_simulation() -> None:
    """It is no data: nobody's log hears of it, and nothing is kept."""
    found = routed(b"", key=None, headers=clock(), simulation=True)
    assert found.audit is not None
    assert Outcome.ACCEPTED_RECORDED == found.audit.outcome
    assert (None, None, None) == (found.event, found.reject, found.audit.patient)


@pytest.mark.parametrize(
    ("simulation", "topic", "at_ms"),
    [(False, MEASUREMENTS, AT_MS), (True, COMMANDS, AT_MS), (True, MEASUREMENTS, AT_MS + 1)],
    ids=["in operation", "another topic", "another time than its header"],
)
def test_a_clock_record_is_refused_where_it_could_do_harm(simulation: bool, topic: str, at_ms: int) -> None:
    """In operation nobody may move the time of the watch."""
    found = routed(b"", key=None, headers=clock(at_ms), topic=topic, simulation=simulation)
    assert found.audit is not None
    assert Outcome.REJECTED_SCHEMA == found.audit.outcome
    assert found.reject is not None


def test_a_reading_that_carries_the_clocks_header_is_still_a_reading() -> None:
    """A header alone must never cost a reading."""
    assert isinstance(routed(headers=clock(), simulation=True).event, MeasurementReceived)


def test_rules_published_between_a_crash_and_the_repeat_do_not_judge_it_otherwise() -> None:
    """The same record, judged before the bundle was read and after: its own time and the bundle's decide."""
    record = RawRecord(
        MEASUREMENTS, 3, 7, AT_MS, b"p-1", dumps(BODY | {"measured_at": rfc3339(AT_MS - 2 * 86_400_000)})
    )
    strict = default_bundle().model_copy(
        update={"version": 2, "intake": default_bundle().intake.model_copy(update={"ancient_days": 1})}
    )
    for published_ms, refused in ((AT_MS - SETTLED_MS, True), (AT_MS - SETTLED_MS + 1, False), (AT_MS, False)):
        before, after = (Reference(default_bundle(), "nattevagt/test") for _ in range(2))
        after.add_rules(0, strict, published_ms)
        if not refused:
            assert route(record, before, simulation=False).audit == route(record, after, simulation=False).audit
        assert refused == isinstance(route(record, after, simulation=False).event, InputRefused)
