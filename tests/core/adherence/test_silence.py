"""Silence beside the colour: how far it has come, what to look at first, and who is told."""

from schemas.base import rfc3339
from streams.core.effects import SendReply
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    Patient,
    alerts,
    make_binding,
    make_bindings,
    make_outcome,
    make_refusal,
    make_slot,
    overviews,
)


def watched(**plan: object) -> Patient:
    """SpO2 is due between 04:00 and 10:00 each day, and it is 08:00; no score."""
    return Patient(**({"slots": [make_slot()], "rules": ["limits", "missing", "refused"]} | plan))


OWN = ("reminder.", "repeat.", "unread.not_watched", "information.ended")


def replies(patient: Patient) -> list[str]:
    """Keys of the answers to the patient so far that are not the ladder's own."""
    sent = [effect.reply.text_key for effect in patient.effects if isinstance(effect, SendReply)]
    return [key for key in sent if key.startswith(OWN)]


def shown(patient: Patient) -> tuple[str, str]:
    """Stage and cause of the overdue SpO2 in the newest overview."""
    one = overviews(patient.effects)[-1].overview.silences["spo2"]
    return one.stage, one.cause


def test_it_goes_from_reminded_to_silent_to_investigated() -> None:
    """Each stage by its own deadline, and the last by a person."""
    patient = watched()
    patient.measures(89)
    patient.waits(hours=24 + 2)
    assert ("reminded", "unknown") == shown(patient)
    patient.waits(hours=24)
    assert "silent" == shown(patient)[0]
    patient.commands("acknowledge")
    assert "investigated" == shown(patient)[0]


def test_while_the_path_is_late_nobody_is_reminded() -> None:
    """What was sent may be on its way: that is our doing, not the patient's."""
    patient = watched()
    patient.waits(hours=3, path_late=True)

    assert "late" == shown(patient)[0]
    assert [] == replies(patient)


def test_the_patient_is_reminded_once_for_each_occurrence() -> None:
    """At the deadline, and not again with every timer."""
    patient = watched()
    patient.waits(hours=2)
    patient.waits(hours=1)
    assert ["reminder.missing"] == replies(patient)
    patient.measures(96, minutes=24 * 60 - 3 * 60)
    patient.waits(hours=24 + 2)
    assert ["reminder.missing"] * 2 == replies(patient)


def test_several_missing_readings_are_one_message() -> None:
    """Nobody gets five messages at ten in the morning."""
    patient = watched(slots=[make_slot(kinds=["spo2", "pulse", "weight"])])
    patient.waits(hours=2)

    assert ["reminder.several"] == replies(patient)


def test_the_device_is_looked_at_first() -> None:
    """A battery that was nearly empty explains the silence."""
    patient = watched()
    patient.measures(96, battery_percent=10)
    patient.waits(hours=24 + 2)

    assert ("reminded", "device") == shown(patient)


def test_who_sends_something_else_has_left_it_out() -> None:
    """Path and person are alive; it is the oximeter that was not used."""
    patient = watched()
    patient.measures(80, kind="pulse", minutes=60)
    patient.waits(hours=1)

    assert ("reminded", "patient") == shown(patient)


def test_silence_soon_after_discharge_goes_up() -> None:
    """Two occurrences missed within thirty days of coming home."""
    patient = watched()
    patient.gets(make_outcome(kind="discharge"))
    patient.waits(hours=2)
    assert [] == patient.steps
    patient.waits(hours=24)

    first = alerts(patient.effects)[0].step
    assert ("raised", "missing.after_discharge", "yellow", 3) == (first.type, first.reason, first.level, first.tier)


def test_silence_long_after_discharge_does_not() -> None:
    """It is a place on the list, not an alert."""
    patient = watched()
    patient.gets(make_outcome(kind="discharge"))
    for _ in range(32):
        patient.measures(96, minutes=24 * 60)
    patient.waits(hours=72)

    assert [] == patient.steps


def test_nothing_for_seven_days_is_yellow() -> None:
    """Admission, holiday or a broken device: a person asks."""
    patient = watched()
    patient.measures(96)
    for _ in range(7):
        patient.waits(hours=24)
    assert [] == patient.steps
    patient.waits(hours=24)

    assert ("missing.long", "yellow", 2) == (patient.step.reason, patient.step.level, patient.step.tier)


def test_a_clock_ahead_is_a_finding_and_a_good_time_ends_it() -> None:
    """Readings from five minutes ahead are believed, and said."""
    patient = watched()
    patient.measures(96, ago=-5)
    assert "clock.ahead" in patient.triage.reasons
    patient.measures(96, minutes=30)
    assert "clock.ahead" not in patient.triage.reasons


def test_a_clock_that_stays_behind_is_a_finding_and_a_buffer_is_not() -> None:
    """Three readings one by one, each three hours old; against three that came together."""
    late, buffered = watched(), watched()
    for number in range(3):
        late.measures(96, minutes=20, ago=180)
        buffered.measures(96, minutes=0.1, ago=180 - number)
    assert "clock.behind" in late.triage.reasons
    assert "clock.behind" not in buffered.triage.reasons


def test_three_refused_in_a_row_and_one_beyond_red_are_tasks() -> None:
    """A person looks at the third, whatever was wrong with each, or at the first that would have been red."""
    patient = watched()
    patient.measures(96, device="found")
    patient.feed(make_refusal(received_ms=patient.now_ms, offset=7))
    assert [] == patient.steps
    patient.feed(make_refusal(received_ms=patient.now_ms, offset=8))
    assert ("refused.spo2.repeated", 2) == (patient.step.reason, patient.step.tier)

    other = watched()
    other.measures(80, device="found")
    assert "refused.spo2.beyond_red" == other.step.reason


def test_a_good_reading_ends_the_row() -> None:
    """Two, a good one, two: never three; a stranger's once before and once after: never again."""
    patient = watched()
    for n in (1, 2, 0, 3, 4):
        if n:
            patient.feed(make_refusal(received_ms=patient.now_ms, offset=n))
        else:
            patient.measures(96)
    other = watched()
    for device in ("found", "oximeter-1", "found"):
        other.measures(96, device=device)

    assert [] == patient.steps
    assert [] == other.steps


def test_an_unbound_device_that_keeps_sending_is_a_task_at_once() -> None:
    """The second time; the third adds no reason of its own."""
    patient = watched()
    patient.measures(96, device="found")
    patient.measures(96, device="found", minutes=10)
    assert ("raised", "refused.spo2.keeps_sending") == (patient.step.type, patient.step.reason)
    patient.measures(96, device="found", minutes=10)
    assert ("refused.spo2.keeps_sending",) == patient.state.alert.reasons


def test_the_patient_is_asked_again_once() -> None:
    """Until a good reading has come; never after a flood."""
    patient = watched()
    patient.measures(96, device="found")
    patient.measures(96, device="found")
    assert ["repeat.refused"] == replies(patient)
    patient.measures(96)
    patient.measures(96, device="found")
    assert ["repeat.refused"] * 2 == replies(patient)
    patient.gets(make_bindings(version=2, devices=[make_binding(max_per_hour=1)]))
    for _ in range(3):
        patient.measures(97)
    assert ["repeat.refused"] * 2 == replies(patient)


def test_who_sends_after_the_end_is_told_that_nobody_watches() -> None:
    """At the end once, and with every reading since."""
    patient = watched(slots=[], valid_until=rfc3339(T0 + HOUR))
    patient.measures(96)
    patient.waits(hours=2)
    assert ["information.ended"] == replies(patient)
    assert "rejected.state" == patient.measures(96).outcome
    assert ["information.ended", "unread.not_watched"] == replies(patient)


def test_the_dead_are_not_written_to() -> None:
    """Relatives read the telephone now."""
    patient = watched(slots=[], valid_until=rfc3339(T0 + HOUR))
    patient.gets(make_outcome(kind="death"))
    patient.waits(minutes=2 * HOUR / MINUTE)

    assert [] == replies(patient)


def test_a_plan_that_follows_at_once_ends_nothing() -> None:
    """The next version begins where the last one ended."""
    patient = watched(slots=[])
    patient.waits(hours=DAY / HOUR)

    assert [] == replies(patient)
