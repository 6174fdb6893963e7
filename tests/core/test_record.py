"""What the changelog holds: bytes that come back as the same value, versioned, canonical."""

from dataclasses import fields

import orjson
import pytest

from schemas.base import rfc3339
from schemas.errors import StateError
from schemas.events import Stamp
from streams.core.evolve import evolve
from streams.core.learning.floor import Standing
from streams.core.record import (
    PartitionRecord,
    StateRecord,
    decode_partition,
    decode_state,
    encode_partition,
    encode_state,
    glance,
    offset_of,
    partition_key,
)
from streams.core.state import Contested, Identified, PatientState, TakenSpan
from tests.builders import (
    DAY,
    PATIENT,
    T0,
    Patient,
    make_consent,
    make_invalidate,
    make_outcome,
    make_refusal,
    make_slot,
    make_status,
)


def full() -> PatientState:
    """A state in which every part is filled."""
    holiday = {"begins": rfc3339(T0 + 20 * DAY), "ends": rfc3339(T0 + 21 * DAY)}
    patient = Patient(slots=[make_slot()], rules=["limits", "news2", "missing", "dm"], absences=[holiday])
    for day in range(20):
        patient.measures(95 + day % 3, minutes=24 * 60)
    patient.gets(make_outcome())
    patient.measures(65, battery_percent=5)
    patient.measures("V", kind="consciousness")
    patient.gets(make_invalidate(at_ms=patient.now_ms, value_milli=1))
    patient.fills("hf-daily", items={"dyspnoea": True}, wants_contact=True)
    patient.gets(make_status(at_ms=patient.now_ms, fault="E1"))
    patient.commands("request_contact")
    patient.feed(make_refusal(received_ms=patient.now_ms))
    patient.measures(14, kind="glucose")
    patient.gets(
        make_consent(monitoring="given", showing="withdrawn", blocks={"teams": ["heart"], "recipients": ["n9"]})
    )
    patient.waits(hours=3, path_late=True, stamp=Stamp(coverage=1, rules=2, models=3))
    standing = Standing(T0, T0 + 1, T0, 120_000, 90_000, "0" * 64)
    taken = Contested("scale-1", 7, (TakenSpan(T0, T0 + DAY, ("weight",)), TakenSpan(T0 + DAY, T0 + 2 * DAY, ())))
    answered = (Identified("weight", T0, mine=True),)
    return evolve(patient.state, standing=standing, identified=answered, contested=(taken,), told_unwatched_ms=T0)


@pytest.mark.parametrize("state", [PatientState("p1"), Patient().state, full()], ids=["new", "quiet", "full"])
def test_a_state_comes_back_as_it_was(state: PatientState) -> None:
    """Equal as a value, and the same bytes again."""
    data = encode_state(record := StateRecord(7, 8, 9, state))

    assert record == decode_state(data)
    assert data == encode_state(decode_state(data))
    assert 7 == offset_of(data)


def test_every_part_of_the_state_is_kept() -> None:
    """A new field that is not encoded would silently be lost in the next recovery."""
    empty, filled = PatientState("p1"), full()
    names = [field.name for field in fields(PatientState)]
    kept = {name for name in names if getattr(filled, name) != getattr(empty, name)}

    assert set(names) - {"patient", "handled_ms"} == kept


def test_a_partition_record_comes_back_as_it_was() -> None:
    """Watermark, topic id, sources, heartbeat."""
    record = PartitionRecord(41, "topic-id", {"measurements.v1/3": 17}, 1_000)

    assert record == decode_partition(encode_partition(record))
    assert 41 == offset_of(encode_partition(record))
    assert b"__pos__/3" == partition_key(3)


@pytest.mark.parametrize("decode", [decode_state, decode_partition, offset_of])
def test_a_newer_version_is_refused(decode) -> None:
    """A release never guesses at what a later one wrote."""
    for data in (encode_state(StateRecord(1, 1, 1, PatientState("p1"))), encode_partition(PartitionRecord())):
        newer = orjson.dumps(orjson.loads(data) | {"v": 2})
        with pytest.raises(StateError, match="version 2"):
            decode(newer)


def test_a_glance_says_what_the_whole_record_says() -> None:
    """With an open alert and without one."""
    patient = Patient()
    for value in (96, 86):
        patient.measures(value)
        record = StateRecord(7, 11, 13, patient.state)
        assert (PATIENT, 11, 13, patient.state.alert) == glance(encode_state(record))
