"""Plan templates: each file is a plan that can be watched, cites its sources, and makes a small state."""

import pytest

from schemas.base import rfc3339
from schemas.catalog import default_bundle, plan_templates
from schemas.vitals import VITALS
from streams.core.intake.content import check_plan
from streams.core.record import StateRecord, encode_state
from tests.builders import DAY, PATIENT, T0, TEAM, Patient, context, make_binding, make_bindings

EXPECTED = {
    *("cancer-treatment", "copd", "diabetes", "heart-failure", "hypertension", "post-discharge"),
    *("pregnancy", "rehabilitation"),
}

PERSON = {"patient": PATIENT, "id": "plan-1", "version": 1, "team": TEAM, "valid_from": rfc3339(T0 - 30 * DAY)}

CEILING_BYTES = 16_384
"""design.md, section 3, point 3."""


def test_there_is_one_for_each_programme() -> None:
    """The eight of the issue."""
    assert EXPECTED == set(plan_templates())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_template_is_a_plan_that_can_be_watched(name: str) -> None:
    """Rules, kinds and families exist; every slot is watched for its absence."""
    template = plan_templates()[name]
    plan = template.filled(**PERSON)
    check_plan(plan, context())
    families = {row.family for row in default_bundle().table}

    assert name == plan.template
    assert all(template.sources)
    assert "missing" in plan.rules
    assert {rule for rule in plan.rules if rule in families} or name == "rehabilitation"
    assert ("news2" in plan.rules) <= (not plan.pregnant)


def test_the_state_after_a_year_of_the_densest_template_is_small() -> None:
    """Three kinds twice a day and one more, every day, with a new version of the plan each quarter."""
    template = max(plan_templates().values(), key=lambda one: sum(len(s.kinds) * len(s.at) for s in one.slots))
    patient = Patient(known=False)
    patient.gets(template.filled(**PERSON))
    patient.gets(make_bindings(devices=[make_binding()]))
    kinds = sorted({kind for slot in template.slots for kind in slot.kinds})
    for half_day in range(2 * 365):
        if half_day % 182 == 181:
            version = 2 + half_day // 182
            began = rfc3339(patient.now_ms)
            patient.gets(template.filled(**PERSON | {"version": version, "valid_from": began}))
        for place, kind in enumerate(kinds):
            bands = VITALS[kind].accept or (0, 0)
            middle = (bands[0] + bands[1]) / 2000 + (half_day * 7 + place) % 5
            patient.measures(middle, kind=kind, minutes=720 if place == 0 else 1)

    assert len(encode_state(StateRecord(0, 0, 0, patient.state))) <= CEILING_BYTES
