"""The account's ledger and the changelog's quiet, on records written here."""

import orjson

from streams.core.record import PartitionRecord, StateRecord, encode_partition, encode_state, partition_key
from streams.core.state import PatientState
from streams.replay.account import CLOCK, Ledger
from streams.replay.quiet import Changelog

PLACE = ("measurements.v1", 0)


def outcome(offset: int, said: str = "accepted.no_alert", **more: object) -> bytes:
    """One audit record about an input of PLACE."""
    source = {"topic": PLACE[0], "partition": PLACE[1], "offset": offset}
    body = {"id": f"id-{offset}", "type": "outcome", "source": source, "outcome": said, "patient": "p-1"}
    return orjson.dumps({**body, **more})


def ledger(*values: bytes) -> Ledger:
    """A ledger of these audit records."""
    made = Ledger()
    for value in values:
        made.add(value)
    return made


def test_an_input_without_an_outcome_is_missed() -> None:
    """Between the first offset that exists and the end."""
    assert 1 == ledger(outcome(5), outcome(7)).missing({PLACE: 5}, {PLACE: 8})
    assert 3 == ledger().missing({PLACE: 5}, {PLACE: 8})


def test_a_repeat_is_no_conflict_and_another_outcome_is() -> None:
    """A crash tells the same again; two different outcomes must never be told."""
    again = ledger(outcome(0), outcome(0))
    assert (1, set()) == (again.repeats, again.conflicts)
    both = ledger(outcome(0), outcome(0, "rejected.schema"))
    assert {(*PLACE, 0)} == both.conflicts
    assert {(*PLACE, 0)} == ledger(outcome(0), outcome(0, id="other")).conflicts


def test_a_gap_accounts_for_all_of_its_offsets() -> None:
    """Lost is an outcome, too."""
    source = {"topic": PLACE[0], "partition": PLACE[1], "offset": 1, "until_offset": 3}
    gap = ledger(outcome(0), outcome(1, "lost.gap", type="gap", source=source))
    assert 0 == gap.missing({PLACE: 0}, {PLACE: 4})
    assert {"accepted.no_alert": 1, "lost.gap": 3} == gap.outcomes()


def test_clock_records_are_counted_apart_and_decisions_of_time_not_at_all() -> None:
    """Neither is anything that anybody sent."""
    clock = outcome(0, "accepted.recorded")
    body = {key: value for key, value in orjson.loads(clock).items() if key != "patient"}
    made = ledger(orjson.dumps(body), orjson.dumps({"id": "d", "type": "decision", "patient": "p-1"}))
    assert {CLOCK: 1} == made.outcomes()
    assert 2 == made.records


def test_quiet_means_folded_to_the_end_and_nothing_due() -> None:
    """The highest applied offset wins, whatever order a zombie writes in."""
    log = Changelog()
    ends = {("patient-events.v1", 0): 3}
    assert 1 == log.waiting(ends, 1_000)
    log.add(0, partition_key(0), encode_partition(PartitionRecord(offset=2)))
    log.add(0, b"p-1", encode_state(StateRecord(2, 5_000, 5_000, PatientState("p-1"))))
    log.add(0, b"p-1", encode_state(StateRecord(1, 500, 5_000, PatientState("p-1"))))
    assert 0 == log.waiting(ends, 1_000)
    assert 1 == log.waiting(ends, 5_000)
    log.add(0, b"p-1", None)
    assert 0 == log.waiting(ends, 5_000)
