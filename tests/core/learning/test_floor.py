"""The floor: a promoted model raises a colour to yellow, lowers none, and keeps to its budget."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.model import FellBack, Figures, ModelSnapshot, Promoted, content_digest
from schemas.rules import ModelRules, RuleBundle
from schemas.triage import TriageLevel
from streams.core.learning.designs import DESIGNS
from streams.core.learning.floor import least_risk, said, stand
from streams.core.learning.force import InForce, Models
from streams.core.models.snapshot import ENOUGH_OUTCOMES, Snapshot
from tests.builders import DAY, TEAM, Patient, alerts, context, make_snapshot, rules
from tests.core.learning.test_force import act, fell

RISK = DESIGNS[0]
QUANTILES = {"5": 900_000, "50": 400_000, "100": 120_000, "500": 20_000}


def models(*, fallen: bool = False, outcomes: int = ENOUGH_OUTCOMES) -> InForce:
    """A promoted model that looks at one thing: SpO2 below its band."""
    weights = {"spo2.low.1": 3.0, "spo2.low.2": 3.0}
    parameters = Snapshot(bias=-4.0, weights=weights, variances={}).dump()
    one = make_snapshot(parameters, model=RISK.id, design=RISK.digest, outcomes=outcomes)
    one = whole(one.model_copy(update={"figures": Figures(quantiles=QUANTILES)}))
    log = Models()
    for offset, record in enumerate([one, act(Promoted, one), *([fell()] if fallen else [])]):
        assert log.add(offset, record) is None
    return log.now


def whole(snapshot: ModelSnapshot) -> ModelSnapshot:
    """The same with the digest of its content."""
    content = snapshot.model_dump(mode="json", exclude={"digest"})
    return snapshot.model_copy(update={"digest": content_digest(content)})


def watched(in_force: InForce | None = None, **changed: Any) -> Patient:
    """A patient whose limits say green down to 88, watched with this model."""
    surroundings = replace(context(**changed), models=in_force or models())
    limits = [{"kind": "spo2", "red_below": 80, "yellow_below": 82}]
    return Patient(surroundings=surroundings, limits=limits, rules=["limits"])


def test_a_promoted_model_raises_green_to_yellow() -> None:
    """SpO2 90 is inside this person's limits, and the risk is above what the team's budget allows for."""
    patient = watched()
    patient.measures(97)
    assert TriageLevel.GREEN is patient.triage.level
    patient.measures(90)

    assert (TriageLevel.YELLOW, 2) == (patient.triage.level, patient.triage.tier)
    assert ("model.risk",) == patient.step.reasons
    score = [effect.score for effect in patient.effects if hasattr(effect, "score")][-1]
    assert score.digest == patient.triage.findings[-1].evidence["digest"]


def test_a_shadow_colours_nothing() -> None:
    """Not promoted, not enough outcomes, or fallen back: the same readings, and the rules alone decide."""
    for in_force in (Models().now, models(outcomes=ENOUGH_OUTCOMES - 1), models(fallen=True)):
        patient = watched(in_force)
        patient.measures(97)
        patient.measures(90)
        assert TriageLevel.GREEN is patient.triage.level
        assert [] == alerts(patient.effects)


def test_it_never_lowers_what_the_rules_say() -> None:
    """Whatever it says of a red reading, red it stays, with the tier of the rules."""
    for in_force in (Models().now, models()):
        patient = watched(in_force)
        patient.measures(97)
        patient.measures(79)
        assert (TriageLevel.RED, 3) == (patient.triage.level, patient.triage.tier)


def test_a_fall_back_takes_its_colour_away_at_once() -> None:
    """The next event is stamped behind the drift; an alert that stands stays for a person to close."""
    patient = watched()
    patient.measures(90)
    patient.context = replace(patient.context, models=models(fallen=True))
    patient.waits(hours=1)

    assert TriageLevel.GREEN is patient.triage.level
    assert patient.state.alert is not None


def test_it_speaks_once_about_a_patient_and_then_is_quiet() -> None:
    """Closed once is closed for seven days, however often the risk crosses its line; then it may speak again."""
    patient = watched()
    patient.measures(90)
    patient.commands("close")
    for _ in range(6):
        patient.measures(97, minutes=12 * 60)
        patient.measures(90, minutes=12 * 60)
    assert ["raised", "closed"] == patient.steps
    patient.measures(97, minutes=12 * 60)
    patient.measures(90, minutes=12 * 60)

    assert ["raised", "closed", "raised"] == patient.steps


def test_an_opinion_about_an_old_reading_says_nothing_of_today() -> None:
    """Two daily slots later it is silent."""
    patient = watched()
    patient.measures(90)
    patient.waits(hours=49)

    assert "model.risk" not in patient.triage.reasons


@pytest.mark.parametrize(
    ("changed", "least"),
    [
        ({}, 120_000),
        ({"per_10000_days": 49}, 900_000),
        ({"per_10000_days": 50}, 400_000),
        ({"per_10000_days": 4}, None),
        ({"per_10000_days": 0}, None),
        ({"by_team": {TEAM: 500}}, 20_000),
        ({"by_team": {TEAM: 0}}, None),
        ({"by_team": {"heart": 0}}, 120_000),
    ],
)
def test_a_team_has_a_budget(changed: dict[str, Any], least: int | None) -> None:
    """The line is where, in the days the model was judged by, it spoke on no more of them than the budget."""
    served = models().may_colour
    assert served is not None
    assert least == least_risk(served, TEAM, rules(model=ModelRules.model_validate(changed)))
    assert (least is None) is (
        said(served, 999_999, TEAM, rules(model=ModelRules.model_validate(changed))) is None or least == 1_000_000
    )


def test_tier_3_only_when_somebody_has_signed() -> None:
    """And never 4 or 5, whatever is signed."""
    bundle = rules(model=ModelRules(tier=3), signed_by="dr-1")
    patient = watched(model=ModelRules(tier=3), signed_by="dr-1")
    patient.measures(90)

    assert (TriageLevel.YELLOW, 3, 3) == (patient.triage.level, patient.triage.tier, bundle.model.tier)
    with pytest.raises(ValidationError, match="signed"):
        RuleBundle(model=ModelRules(tier=3))
    with pytest.raises(ValidationError):
        ModelRules.model_validate({"tier": 4})


def test_below_the_line_it_only_remembers_that_it_spoke() -> None:
    """The quiet time runs on; behind it nothing is left."""
    word = said(models().may_colour, 500_000, TEAM, rules())
    spoke = stand(None, word, rules(), DAY)
    assert spoke is not None
    quiet = stand(spoke, None, rules(), 2 * DAY)
    assert quiet is not None

    assert (spoke.since_ms, spoke.until_ms, 0) == (quiet.since_ms, quiet.until_ms, quiet.risk_ppm)
    assert stand(quiet, None, rules(), 9 * DAY) is None
    assert stand(None, None, rules(), DAY) is None


def test_drift_of_a_shadow_changes_no_colour() -> None:
    """Only the champion can fall."""
    log = Models()
    assert log.add(0, fell()) is None
    assert isinstance(fell(), FellBack)
    assert log.now.fallen is None
