"""Lines for people, and whether anybody watches."""

import json

import orjson
import pytest
from aiokafka import ConsumerRecord

from schemas.alert import WatchAlive
from schemas.base import rfc3339
from schemas.texts import Language
from streams.cli.alive import LATE_S, SILENT_MS, AliveWatch
from streams.cli.tail import TOPICS, Tail, What
from tests.cli import night

PLACE = ("night-alerts.v1.lung", 0)


def of(what: What) -> list[ConsumerRecord]:
    """The night's records of one kind of topic."""
    return [one for one in night.records() if night.SETTINGS.unprefixed(one.topic).startswith(TOPICS[what][0])]


def sign(at_ms: int) -> ConsumerRecord:
    """A WatchAlive of this time."""
    value = WatchAlive(partition=0, assessed_up_to=rfc3339(at_ms)).model_dump_json().encode()
    return ConsumerRecord(*PLACE, 0, at_ms, 0, None, value, None, -1, -1, ())


def step(at_ms: int) -> ConsumerRecord:
    """Some step of an alert, with this record time."""
    value = next(one.value for one in of("alerts"))
    return ConsumerRecord(*PLACE, 0, at_ms, 0, b"lung-06", value, None, -1, -1, ())


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("what", ["alerts", "audit", "overview", "rejected"])
def test_every_record_has_one_line(what: What, language: Language) -> None:
    """Whatever the night wrote, a person can read it, and no payload is shown."""
    tail = Tail(what, None, language)
    lines = [tail.line(one, 0.0, 0) for one in of(what)]

    assert len(lines) > 20
    assert all(line and "\n" not in line for line in lines)


def test_an_alert_line_says_colour_step_reason_and_deadline() -> None:
    """What a nurse reads first."""
    line = Tail("alerts", None, "en").line(of("alerts")[0], 0.0, 0)

    assert line is not None
    for part in ("◆ YELLOW", "lung-06", "raised", "SpO2 below the yellow limit", "next deadline"):
        assert part in line


@pytest.mark.parametrize("what", ["alerts", "audit", "overview"])
def test_one_patient_only(what: What) -> None:
    """The audit's key is the input's place, so its body has to say whose it is."""
    tail = Tail(what, "lung-01", "en")
    lines = [line for one in of(what) if (line := tail.line(one, 0.0, 0))]

    assert lines
    assert all("lung-01" in line for line in lines)


def test_json_lines_carry_place_key_headers_and_value() -> None:
    """For jq."""
    line = Tail("alerts", None, "en", as_json=True).line(of("alerts")[0], 0.0, 0)
    body = json.loads(line or "")

    assert "night-alerts.v1.lung" == body["topic"]
    assert body["headers"]["ce_id"]
    assert "raised" == body["value"]["type"]


def test_refused_bytes_do_not_break_json() -> None:
    """rejected.v1 holds whatever was sent."""
    for one in of("rejected"):
        assert json.loads(Tail("rejected", None, "en", as_json=True).line(one, 0.0, 0) or "")


def test_signs_of_life_are_hidden_unless_asked_for() -> None:
    """One a minute and partition would bury the alerts."""
    assert Tail("alerts", None, "en").line(sign(0), 0.0, 0) is None
    assert "watch alive" in (Tail("alerts", None, "en", everything=True).line(sign(0), 0.0, 0) or "")


def test_in_operation_three_minutes_without_a_sign_are_told_once() -> None:
    """A quiet night and a dead pipeline must not look alike."""
    watch = AliveWatch(simulation=False)
    watch.begin([PLACE], 1_000)

    assert [] == watch.changes(0.0, 1_000 + SILENT_MS, "en")
    said = watch.changes(0.0, 1_001 + SILENT_MS, "en")
    assert "SILENT" in said[0]
    assert "night-alerts.v1.lung[0]" in said[0]
    assert [] == watch.changes(0.0, 2_000 + SILENT_MS, "en")

    watch.seen(sign(0), 0.0, 3_000 + SILENT_MS, alive=True)
    assert ["The watch is heard again."] == watch.changes(0.0, 3_001 + SILENT_MS, "en")


def test_in_a_simulation_the_topics_own_times_decide() -> None:
    """A replay that pauses for an hour is not silent; one whose steps go on without signs is."""
    watch = AliveWatch(simulation=True)
    watch.begin([PLACE], 0)
    watch.seen(sign(1_000), 0.0, 0, alive=True)

    assert [] == watch.changes(3600.0, 3_600_000, "en")
    watch.seen(step(1_001 + SILENT_MS), 3600.0, 0, alive=False)
    assert "TAVS" in watch.changes(3601.0, 0, "da")[0]


def test_in_a_simulation_a_sign_may_come_a_little_behind() -> None:
    """Days pass in seconds there, and the sign of the same moment is read a moment later."""
    watch = AliveWatch(simulation=True)
    watch.begin([PLACE], 0)
    watch.seen(sign(1_000), 10.0, 0, alive=True)
    watch.seen(step(1_001 + SILENT_MS), 10.1, 0, alive=False)

    assert [] == watch.changes(10.0 + LATE_S - 0.1, 0, "en")
    assert [] != watch.changes(10.0 + LATE_S, 0, "en")


def test_a_line_of_the_log_names_the_source() -> None:
    """From an event back to the input it came from."""
    offset, event, _ = night.events("lung-01")[0]
    value = orjson.dumps(event.model_dump(mode="json"))
    record = ConsumerRecord("night-patient-events.v1", 2, offset, 0, 0, b"lung-01", value, None, -1, -1, ())

    assert "CarePlanReceived     lung-01      care-plans.v1[" in (Tail("events", None, "en").line(record, 0.0, 0) or "")
