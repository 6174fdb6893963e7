"""Disease rules in a patient: colour, clock, doubt, what is not forgotten at once, and what time alone decides."""

from typing import Any

import pytest

from schemas.base import rfc3339
from tests.builders import DAY, MINUTE, T0, Patient, alerts, context


def patient(*rules: str, pregnant: bool = False, **circumstances: Any) -> Patient:
    """A plan with these families and nothing else."""
    return Patient(limits=[], rules=list(rules), circumstances=circumstances, pregnant=pregnant)


def test_weight_gain_is_red_and_tier_3() -> None:
    """HF-01 shows red and runs a clock of hours: colour and tier are two things."""
    heart = patient("hf")
    heart.measures(80, kind="weight")
    heart.measures(82.1, kind="weight", minutes=72 * 60)

    assert ("red", 3, ("hf.01",)) == (heart.triage.level, heart.triage.tier, heart.triage.reasons)
    assert {"weight_milli": 82_100, "change": 2_100, "limit": 2_000} == heart.triage.findings[0].evidence


def test_a_repeat_ends_the_doubt() -> None:
    """A weight gain waits for its repeat with the paging, at most 15 minutes."""
    heart = patient("hf")
    heart.measures(80, kind="weight")
    heart.measures(82.1, kind="weight", minutes=24 * 60)
    assert heart.step.unconfirmed
    assert rfc3339(heart.now_ms + 15 * MINUTE) == heart.step.page_from
    heart.measures(82.2, kind="weight", minutes=5)

    assert ["raised", "upgraded"] == heart.steps
    assert ("confirm.agreed", False) == (heart.step.reason, heart.step.unconfirmed)


def test_a_contradicting_repeat_withdraws() -> None:
    """The second value counts."""
    heart = patient("hf")
    heart.measures(80, kind="weight")
    heart.measures(82.1, kind="weight", minutes=24 * 60)
    heart.measures(80.2, kind="weight", minutes=5)

    assert ["raised", "withdrawn"] == heart.steps


def test_a_late_reading_is_too_late_for_a_repeat() -> None:
    """Measured three hours ago: nobody can repeat it, so nothing waits."""
    heart = patient("hf")
    heart.measures(75, kind="sbp", minutes=240, ago=180)

    assert (False, rfc3339(heart.now_ms)) == (heart.step.unconfirmed, heart.step.page_from)


@pytest.mark.parametrize(
    ("value", "kind", "family", "stated"),
    [
        (1.2, "glucose", "dm", {}),
        (2.9, "glucose", "dm", {}),
        (41.3, "temp", "ca", {"chemotherapy_at": rfc3339(T0)}),
        (38.3, "temp", "ca", {"chemotherapy_at": rfc3339(T0)}),
        (235, "sbp", "preg", {}),
        (160, "sbp", "preg", {}),
    ],
)
def test_what_does_not_wait_does_not_wait_in_the_confirm_band_either(
    value: float, kind: str, family: str, stated: dict[str, str]
) -> None:
    """Else the worse value would be answered later than the milder one."""
    ill = patient(family, pregnant=family == "preg", **stated)
    ill.measures(value, kind=kind)

    assert "red" == ill.triage.level
    assert (False, rfc3339(ill.now_ms)) == (ill.step.unconfirmed, ill.step.page_from)


def test_red_is_not_forgotten_by_one_good_reading() -> None:
    """Two calm ones are needed; meanwhile it is yellow and says so."""
    sweet = patient("dm")
    sweet.measures(2.8, kind="glucose")
    sweet.measures(6, kind="glucose", minutes=20)
    assert ("yellow", ("dm.02.was_red",)) == (sweet.triage.level, sweet.triage.reasons)
    sweet.measures(6.1, kind="glucose", minutes=20)

    assert ("green", ()) == (sweet.triage.level, sweet.triage.reasons)


def test_a_red_that_arrives_late_is_seen() -> None:
    """Fever on chemotherapy, uploaded after a normal reading: yellow, `was red`, and an alert."""
    ill = patient("ca", chemotherapy_at=rfc3339(T0 - DAY))
    for minutes in (10, 10, 10):
        ill.measures(36.8, kind="temp", minutes=minutes)
    ill.measures(38.6, kind="temp", ago=300)

    assert ["raised"] == ill.steps
    assert ("ca.03.was_red",) == ill.step.reasons


def test_a_second_fever_is_awaited_for_an_hour() -> None:
    """38.1 once: yellow at once and a repeat is asked for; no second reading, so doubt goes up after 60 minutes."""
    ill = patient("ca", chemotherapy_at=rfc3339(T0))
    ill.measures(38.1, kind="temp")
    assert ("yellow", 3) == (ill.triage.level, ill.triage.tier)
    assert ("ca.03w", "ca.03b.ask") == ill.triage.reasons
    assert T0 + 61 * MINUTE == ill.last.due_data_ms
    ill.waits(minutes=59.9)
    assert ["raised"] == ill.steps
    ill.waits(minutes=0.1)

    assert ("red", 5) == (ill.triage.level, ill.triage.tier)
    assert ["raised", "upgraded"] == ill.steps
    assert (0, "ca.03b") == (ill.state.recheck_ms, ill.step.reason)


def test_a_lower_second_temperature_ends_the_waiting() -> None:
    """37.6 half an hour later."""
    ill = patient("ca", chemotherapy_at=rfc3339(T0))
    ill.measures(38.1, kind="temp")
    ill.measures(37.6, kind="temp", minutes=30)

    assert (0, "green") == (ill.state.recheck_ms, ill.triage.level)


@pytest.mark.parametrize(("days", "level"), [(0, "red"), (42, "red"), (42.1, "green"), (-1, "green")])
def test_chemotherapy_holds_for_six_weeks(days: float, level: str) -> None:
    """The evidence decides, not the hour of arrival."""
    ill = patient("ca", chemotherapy_at=rfc3339(T0 + MINUTE - round(days * DAY)))
    ill.measures(38.5, kind="temp")

    assert level == ill.triage.level


def test_symptoms_are_not_read_from_nowhere() -> None:
    """A family without a reading and without an answer is silent."""
    assert () == patient("hf", "copd", "gen").triage.findings[1:]


@pytest.mark.parametrize(
    ("rules", "stated", "reasons"),
    [
        (["copd"], {}, ("reference.target",)),
        (["copd"], {"spo2_target": "none"}, ()),
        (["asthma"], {}, ("reference.best",)),
        (["ca"], {}, ("reference.chemotherapy",)),
        (["pd"], {}, ("reference.discharge",)),
        (["preg"], {}, ("reference.pregnancy",)),
        (["hf.77"], {}, ("reference.rule",)),
        (["hf.01", "htn"], {}, ()),
    ],
)
def test_a_rule_without_its_reference_is_a_task(
    rules: list[str], stated: dict[str, str], reasons: tuple[str, ...]
) -> None:
    """It watches nothing, and somebody must know."""
    someone = patient(*rules, **stated)

    assert reasons == someone.triage.reasons


def test_a_plan_may_name_single_rows() -> None:
    """Only these decide."""
    heart = patient("hf.06b")
    heart.measures(75, kind="sbp")
    assert "green" == heart.triage.level
    heart.measures(171, kind="sbp")
    assert ("hf.06b",) == heart.triage.reasons


def test_a_row_of_a_bundle_of_ones_own_decides() -> None:
    """A new rule is one row of the published bundle."""
    row = (
        context()
        .rules.table[0]
        .model_validate(
            {
                "id": "hf.99",
                "words": {"da": "puls over 90", "en": "pulse above 90"},
                "when": {"test": "last", "kind": "pulse", "op": ">", "value": 90},
                "level": "yellow",
                "tier": 2,
                "status": "of this test",
                "source": "of this test",
            }
        )
    )
    heart = Patient(limits=[], rules=["hf"], surroundings=context(table=(row,)))
    heart.measures(91, kind="pulse")

    assert ("hf.99",) == heart.triage.reasons


def test_comparators_never_colour() -> None:
    """3 lb in a day is there for backtests only."""
    heart = patient("hf")
    heart.measures(80, kind="weight")
    heart.measures(81.4, kind="weight", minutes=24 * 60)

    assert "green" == heart.triage.level


def test_a_cuff_gives_no_second_sign() -> None:
    """Systolic and diastolic come from one inflation; a pulse beside them agrees."""
    heart = patient("htn", "hf")
    heart.measures(185, kind="sbp")
    heart.measures(115, kind="dbp", minutes=0)
    assert all(step.step.unconfirmed for step in alerts(heart.effects))
    heart.measures(115, kind="pulse", minutes=0)

    assert not heart.step.unconfirmed


def test_another_familys_red_is_no_reason_for_an_alert() -> None:
    """A late fever is nobody's business where no rule of the plan speaks of fever."""
    heart = patient("hf")
    heart.measures(37, kind="temp")
    heart.measures(39.5, kind="temp", ago=300)

    assert [] == heart.steps


def test_two_late_fevers_are_seen() -> None:
    """Each alone would have waited for the other; together they were red, whatever came in between."""
    ill = patient("ca", chemotherapy_at=rfc3339(T0 - DAY))
    ill.measures(36.8, kind="temp")
    ill.measures(36.8, kind="temp", minutes=10)
    ill.measures(38.1, kind="temp", ago=300)
    assert [] == ill.steps
    ill.measures(38.1, kind="temp", ago=290)

    assert ("ca.03b.was_red",) == ill.step.reasons
