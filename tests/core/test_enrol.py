"""Plans and bindings: versions, which is in force when, and what that does to slots and alerts."""

import pytest

from schemas.base import rfc3339
from streams.core.state import MAX_PLANS
from tests.builders import DAY, HOUR, T0, Patient, make_binding, make_bindings, make_limit, make_plan, make_slot

STRICT = [make_limit(red_below=94)]


def test_a_higher_version_replaces_a_lower() -> None:
    """At once when it has begun."""
    patient = Patient(rules=["limits"])
    patient.measures(92)
    assert "green" == patient.triage.level
    assert "accepted.recorded" == patient.gets(make_plan(version=2, limits=STRICT, rules=["limits"])).outcome

    assert ("red", ["raised"]) == (patient.triage.level, patient.steps)


@pytest.mark.parametrize(
    ("contract", "version"), [(make_plan, 1), (make_plan, 2), (make_bindings, 1), (make_bindings, 2)]
)
def test_a_version_that_is_not_higher_changes_nothing(contract, version: int) -> None:
    """The same again is a duplicate; another text with an old version contradicts."""
    patient = Patient()
    patient.gets(contract(version=2))
    before = (patient.state.plans, patient.state.bindings)
    changed = {"team": "heart"} if contract is make_plan else {"devices": []}

    assert "rejected.state" == patient.gets(contract(version=version, **changed)).outcome
    assert "rejected.duplicate" == patient.gets(contract(version=2)).outcome
    assert before == (patient.state.plans, patient.state.bindings)


def test_a_scheduled_plan_comes_into_force_at_its_time() -> None:
    """No event but a timer is needed: its slots are clocked, its limits hold for what is measured from then on."""
    patient = Patient(rules=["limits"])
    patient.measures(92)
    patient.gets(make_plan(version=2, valid_from=rfc3339(T0 + 5 * HOUR), limits=STRICT, slots=[make_slot()]))
    assert T0 + 5 * HOUR == patient.last.due_data_ms
    assert "green" == patient.triage.level
    patient.now_ms = T0
    patient.waits(hours=5)

    assert ([], "green") == (patient.steps, patient.triage.level)
    assert ("accepted.alert", 2) == (patient.measures(92).outcome, patient.step.plan_version)
    assert T0 + DAY + 2 * HOUR == patient.last.due_data_ms


def test_a_scheduled_plan_is_not_lost_while_data_wait() -> None:
    """The ladder's time passes its beginning before intake has caught up; then it begins all the same."""
    patient = Patient()
    patient.gets(make_plan(version=2, valid_from=rfc3339(T0 + HOUR), slots=[make_slot()]))
    patient.waits(hours=2, data_until_ms=T0)
    assert {} == patient.state.slots
    assert T0 + HOUR == patient.last.due_data_ms
    patient.waits()

    assert ["morning"] == list(patient.state.slots)
    assert T0 + DAY + 2 * HOUR == patient.last.due_data_ms


def test_when_a_plan_ends_no_older_one_comes_back() -> None:
    """A higher version replaces a lower one for good: this is how an open-ended plan is ended."""
    patient = Patient()
    patient.gets(make_plan(version=2, valid_until=rfc3339(T0 + HOUR)))
    assert "active" == patient.effects[-1].overview.status
    patient.waits(hours=1)

    assert "ended" == patient.effects[-1].overview.status
    assert "rejected.state" == patient.measures(86).outcome


def test_a_correction_begins_before_the_plan_it_replaces() -> None:
    """Version 3 from now on overtakes version 2 from tomorrow."""
    patient = Patient()
    patient.gets(make_plan(version=2, valid_from=rfc3339(T0 + DAY)))
    patient.gets(make_plan(version=3))
    patient.waits(hours=48)

    assert 3 == patient.effects[-1].overview.plan_version


def test_a_plan_that_has_not_begun_is_planned() -> None:
    """Known, but nobody is watched yet."""
    patient = Patient(known=False)
    patient.gets(make_plan(valid_from=rfc3339(T0 + DAY)))

    assert ("planned", None) == (patient.effects[-1].overview.status, patient.effects[-1].overview.level)


def test_bindings_alone_make_a_patient_known_and_planned() -> None:
    """Its readings wait for a plan."""
    patient = Patient(known=False)
    patient.gets(make_bindings())

    assert "planned" == patient.effects[-1].overview.status
    assert "rejected.unknown_patient" == patient.measures(96).outcome


def test_the_plan_in_force_is_never_crowded_out() -> None:
    """However many versions are scheduled, today's is kept; the state stays bounded."""
    patient = Patient(rules=["limits"])
    for version in range(2, 12):
        patient.gets(make_plan(version=version, valid_from=rfc3339(T0 + version * DAY)))
    assert MAX_PLANS == len(patient.state.plans)
    patient.measures(86)

    assert ["raised"] == patient.steps
    assert 1 == patient.step.plan_version


def test_old_versions_fall_out() -> None:
    """The newest four, when the newest is in force."""
    patient = Patient()
    for version in range(2, 8):
        patient.gets(make_plan(version=version))

    assert MAX_PLANS == len(patient.state.plans)
    assert 7 == patient.effects[-1].overview.plan_version


def test_an_unchanged_slot_keeps_its_clock_and_its_silence() -> None:
    """A new version for another reason must not hide that the reading is missing."""
    patient = Patient(slots=[make_slot(), make_slot(id="evening", at=["20:00"])])
    patient.waits(hours=3)
    patient.gets(make_plan(version=2, slots=[make_slot(), make_slot(id="evening", at=["21:00"])]))

    assert {"spo2"} == set(patient.triage.silence)
    assert T0 + 15 * HOUR == patient.last.due_data_ms


def test_a_changed_zone_clocks_all_slots_anew() -> None:
    """08:00 is another instant there."""
    patient = Patient(slots=[make_slot()])
    patient.gets(make_plan(version=2, slots=[make_slot()], zone="UTC"))

    assert T0 + 3 * HOUR == patient.last.due_data_ms


def test_an_earlier_plan_judges_whether_a_late_reading_counts() -> None:
    """Validity is a question of when it was measured."""
    patient = Patient(known=False)
    patient.gets(make_plan(valid_from=rfc3339(T0 - HOUR)))
    patient.gets(make_bindings())

    assert "accepted.no_alert" == patient.measures(96, ago=60).outcome
    assert "rejected.state" == patient.measures(96, ago=63).outcome


def test_bindings_hold_when_the_device_measured() -> None:
    """[valid_from, valid_until): a buffered reading belongs to whoever had the device then."""
    patient = Patient()
    patient.gets(make_bindings(version=2, devices=[make_binding(valid_until=rfc3339(T0 + HOUR))]))
    patient.now_ms = T0 + HOUR + 60_000

    assert "accepted.no_alert" == patient.measures(96, minutes=0, ago=1 + 1 / MINUTES).outcome
    assert "rejected.unbound_device" == patient.measures(96, minutes=0, ago=1).outcome


MINUTES = 60_000


def test_bindings_name_kinds() -> None:
    """An oximeter does not weigh."""
    patient = Patient()
    patient.gets(make_bindings(version=2, devices=[make_binding(kinds=["spo2", "pulse"])]))

    assert "accepted.no_alert" == patient.measures(80, kind="pulse").outcome
    assert "rejected.unbound_device" == patient.measures(80, kind="weight").outcome
    assert "rejected.unbound_device" == patient.measures(96, device="another").outcome


def test_without_bindings_no_device_speaks() -> None:
    """A plan alone lets nobody in."""
    patient = Patient(known=False)
    patient.gets(make_plan())

    assert "rejected.unbound_device" == patient.measures(96).outcome
