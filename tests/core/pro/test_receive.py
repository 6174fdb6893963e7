"""A filled form becomes a colour, a finding and an outcome; what cannot be judged is seen by a person."""

import pytest

from schemas.audit import AuditBody, Outcome
from schemas.base import rfc3339
from schemas.triage import TriageLevel
from streams.core.effects import PublishScore
from streams.core.learning.designs import DESIGNS
from streams.core.pro.held import MAX_FORMS, MAX_QUESTIONNAIRES, MAX_SYMPTOMS
from streams.core.record import StateRecord, decode_state, encode_state
from streams.core.signal.tracks import ANSWERS
from tests.builders import (
    DAY,
    HOUR,
    T0,
    Patient,
    context,
    make_answers,
    make_event,
    make_refusal,
    overviews,
    rejects,
    rules,
)

SICK = {"woke": True}


def test_a_calm_form_is_green_and_no_alert() -> None:
    """Nothing measured, nothing overdue: a form alone may say green."""
    patient = Patient()

    assert patient.fills().outcome is Outcome.ACCEPTED_NO_ALERT
    assert patient.triage.level is TriageLevel.GREEN


def test_a_red_form_raises_an_alert_with_its_reason() -> None:
    """Woke breathless is urgent in BEAT-HF; our tier is 3."""
    patient = Patient()

    assert patient.fills(items=SICK).outcome is Outcome.ACCEPTED_ALERT
    assert ("pro.hf-daily.woke_breathless",) == patient.step.reasons
    assert (TriageLevel.RED, 3) == (patient.step.level, patient.step.tier)


def test_a_second_red_form_is_carried_by_the_open_alert() -> None:
    """The same concern again is not a second alert."""
    patient = Patient()
    patient.fills(items=SICK)

    assert patient.fills(items=SICK, minutes=60).outcome is Outcome.ACCEPTED_SUPPRESSED
    assert ["raised"] == patient.steps


def test_the_wish_for_contact_is_never_green() -> None:
    """However calm the answers are, a person answers."""
    patient = Patient()
    patient.fills(wants_contact=True)

    assert ("pro.hf-daily.wants_contact",) == patient.step.reasons
    assert TriageLevel.YELLOW is patient.triage.level


def test_a_wish_for_contact_alone_is_a_form() -> None:
    """No answer at all but `call me`: yellow, and the missing answers are named."""
    patient = Patient()
    patient.fills("phq9", wants_contact=True)

    assert {"pro.phq9.wants_contact", "pro.phq9.incomplete", "pro.phq9.self_harm_unanswered"} <= set(
        patient.triage.reasons
    )


def test_item_nine_overrides_a_minimal_total() -> None:
    """PHQ-9 total 2, but thoughts of self-harm on more than half the days."""
    patient = Patient()
    names = ("interest", "mood", "sleep", "energy", "appetite", "self_worth", "concentration", "movement")
    patient.fills("phq9", items={**dict.fromkeys(names, 0), "self_harm": 2})

    assert (TriageLevel.RED, 4) == (patient.step.level, patient.step.tier)
    assert "pro.phq9.self_harm_often" == patient.step.reasons[0]


def test_an_unanswered_question_is_yellow_and_told_to_the_sender() -> None:
    """Required, asked and missing is never green."""
    patient = Patient()
    items = {**make_answers().items}
    items.pop("woke")
    body = patient.gets(make_answers("hf-daily").model_copy(update={"items": items}))

    assert body.outcome is Outcome.ACCEPTED_ALERT
    assert ("pro.hf-daily.incomplete",) == patient.step.reasons
    assert "a person looks meanwhile" in (body.next_step or "")


def test_symptoms_become_facts_that_rules_read() -> None:
    """The newest form that asked decides, whatever the order of arrival."""
    patient = Patient()
    patient.fills(items={"dyspnoea": True, "change": 2}, minutes=60)
    patient.fills(minutes=1, ago=50)

    assert (1, T0 + HOUR) == patient.state.symptoms["dyspnoea_more"]
    assert (2, T0 + HOUR) == patient.state.symptoms["change"]


def test_a_colour_ends_with_its_validity_and_the_overview_says_so() -> None:
    """48 hours for a daily form: after that nothing may be said of a patient who measures nothing."""
    patient = Patient()
    patient.fills()
    effects = patient.waits(hours=49)

    assert patient.triage.level is None
    assert overviews(effects)[-1].overview.level is None


def test_an_overview_holds_scores_and_the_next_day() -> None:
    """What the team needs to see of a form is in one record."""
    patient = Patient()
    patient.fills("phq9", totals={"44261-6": 12})
    form = overviews(patient.effects)[-1].overview.answers["phq9"]

    assert {"total": 12} == form.scores
    assert rfc3339(T0 + 60_000 + 14 * DAY) == form.next_at
    assert "moderate" in form.reasons


@pytest.mark.parametrize(
    ("changed", "outcome", "reason"),
    [
        ({"form": "unheard-of"}, Outcome.REJECTED_SCHEMA, "questionnaire: not in the catalogue"),
        ({"version": 7}, Outcome.REJECTED_SCHEMA, "questionnaire: not in the catalogue"),
        ({"items": {"colour_of_car": 1}}, Outcome.REJECTED_SCHEMA, "items: one is not in the questionnaire"),
        ({"items": {"woke": 1}}, Outcome.REJECTED_SCHEMA, "items.woke: not a boolean"),
        ({"items": {"change": 9}}, Outcome.REJECTED_SCHEMA, "items.change: not a choice"),
        ({"items": {"change": True}}, Outcome.REJECTED_SCHEMA, "items.change: not a choice"),
        ({"totals": {"nobody": 3}}, Outcome.REJECTED_SCHEMA, "totals: a code is not one of"),
        ({"answered_at": rfc3339(T0 - 40 * DAY)}, Outcome.REJECTED_STATE, "no plan was in force"),
    ],
)
def test_what_cannot_be_judged_is_refused_and_seen(changed: dict[str, object], outcome: Outcome, reason: str) -> None:
    """The form goes to rejected.v1 whole, says what to do, and a person has it on the list: it might have been red."""
    patient = Patient()
    body = patient.fills(**changed)

    assert outcome is body.outcome
    assert (body.reason or "").startswith(reason)
    assert body.next_step
    assert 1 == len(rejects(patient.effects))
    assert "pro.form.unreadable" in patient.step.reasons
    assert TriageLevel.YELLOW is patient.triage.level


@pytest.mark.parametrize(
    "changed",
    [{"items": {"q1": 9}}, {"items": {"q1": 2.5}}, {"items": {"q1": "2"}}, {"totals": {"MCS88173": 101}}],
    ids=["above", "no whole number", "text", "total above"],
)
def test_a_number_outside_its_scale_is_refused(changed: dict[str, object]) -> None:
    """WHO-5 items go from 0 to 5, its total to 100."""
    assert Patient().fills("who5", **changed).outcome is Outcome.REJECTED_SCHEMA


def test_an_empty_form_is_refused_and_seen() -> None:
    """Nothing answered and no wish: nothing to judge."""
    patient = Patient()

    assert patient.fills("phq9").outcome is Outcome.REJECTED_SCHEMA
    assert "pro.form.unreadable" in patient.step.reasons


def test_a_form_that_intake_refused_is_seen_too() -> None:
    """Its bytes could not be read; that it came is known."""
    patient = Patient()
    patient.feed(make_refusal(kind="answers", outcome=Outcome.REJECTED_MALFORMED))

    assert "pro.form.unreadable" in patient.step.reasons


def test_nobody_answers_for_a_patient_without_a_plan() -> None:
    """No state is made by a form."""
    patient = Patient(known=False)

    assert patient.fills().outcome is Outcome.REJECTED_UNKNOWN_PATIENT
    assert not patient.state.is_known


def test_the_same_form_again_is_a_duplicate() -> None:
    """Whatever its id."""
    patient = Patient()
    patient.fills(items=SICK)
    again: AuditBody = patient.gets(make_answers(at_ms=T0 + 60_000, items=SICK, id="other"))

    assert again.outcome is Outcome.REJECTED_DUPLICATE


def test_an_older_red_form_behind_a_green_one_is_still_seen() -> None:
    """It was offline for a while: yellow, `late`, beside the newer green."""
    patient = Patient()
    patient.fills(minutes=600)
    body = patient.fills(items=SICK, minutes=1, ago=300)

    assert body.outcome is Outcome.ACCEPTED_ALERT
    assert ("pro.hf-daily.late",) == patient.step.reasons
    assert 2 == len(patient.state.answers["hf-daily"].forms)


def test_a_late_form_completes_a_run_of_days() -> None:
    """Day 1 arrives after day 2: the second day is now the second day of an exacerbation."""
    signs = {"dyspnoea": True, "sputum": True}
    patient = Patient()
    patient.fills("copd-diary", minutes=24 * 60, items=signs)
    assert TriageLevel.GREEN is patient.triage.level
    patient.fills("copd-diary", minutes=1, ago=24 * 60, items=signs)

    assert "pro.copd-diary.type2" in patient.triage.reasons


def test_answers_to_a_hidden_question_are_judged_and_never_green() -> None:
    """An institution's form with a gate: the hidden answer is red, so the form is."""
    own = {
        "id": "gate",
        "version": 1,
        "title": {"en": "Gate"},
        "rights": "own_words",
        "licence": "own",
        "source": "test",
        "valid_hours": 24,
        "items": [
            {"id": "ill", "type": "boolean"},
            {"id": "pain", "type": "boolean", "show_if": [[{"item": "ill", "any_of": [1]}]]},
            {"id": "words", "type": "text", "required": False},
            {"id": "litres", "type": "decimal", "required": False, "high": 5000},
        ],
        "rows": [
            {
                "reason": "pain",
                "when": [{"item": "pain", "any_of": [1]}],
                "level": "red",
                "tier": 3,
                "text": {"en": "Pain"},
            },
            {"reason": "calm", "level": "green", "tier": 0, "text": {"en": "Calm"}},
        ],
    }
    bundle = type(rules()).model_validate_json(rules().model_copy(update={}).model_dump_json())
    bundle = type(bundle).model_validate({**bundle.model_dump(), "questionnaires": [own]})
    patient = Patient(surroundings=context(questionnaires=bundle.questionnaires))
    body = patient.fills("gate", items={"ill": False, "pain": True})

    assert ("pro.gate.pain", "pro.gate.not_asked") == patient.triage.reasons
    assert "asked" in (body.reason or "")
    patient.fills("gate", items={"ill": False})
    assert () == patient.triage.reasons
    patient.fills("gate", items={"ill": False, "words": "please call", "litres": 2.25})
    assert ("pro.gate.free_text",) == patient.triage.reasons
    assert (0, None, 1, 2250) == patient.state.answers["gate"].forms[-1].values
    assert patient.fills("gate", items={"ill": False, "litres": 5.1}).outcome is Outcome.REJECTED_SCHEMA
    assert patient.fills("gate", items={"ill": False, "litres": True}).outcome is Outcome.REJECTED_SCHEMA
    assert patient.fills("gate", items={"ill": False, "words": 3}).outcome is Outcome.REJECTED_SCHEMA


def test_two_totals_that_differ_are_read_by_a_person() -> None:
    """The items add up to 0, the other system says 12."""
    patient = Patient()
    names = ("nervous", "cannot_stop", "worry", "relaxing", "restless", "annoyed", "afraid")
    patient.fills("gad7", items=dict.fromkeys(names, 0), totals={"70274-6": 12})

    assert ("pro.gad7.totals_differ",) == patient.triage.reasons


def test_a_score_without_bands_is_read_by_a_person() -> None:
    """CAT by its MedCom code: no licence, no bands, so never green."""
    patient = Patient()
    patient.fills("total-scores", totals={"MCS88137": 23})

    assert ("pro.total-scores.read",) == patient.triage.reasons
    assert {"cat": 23} == patient.state.answers["total-scores"].scores


def test_memory_of_forms_is_bounded_and_comes_back() -> None:
    """Many forms of many questionnaires: a few are kept, and the bytes say the same."""
    patient = Patient()
    for day in range(6):
        for name in ("hf-daily", "copd-diary", "global-change"):
            patient.fills(name, minutes=60 * (day + 1))
    forms = ("phq9", "gad7", "phq2", "who5", "paid5", "esas", "ecog")
    for name in forms:
        patient.fills(name, wants_contact=True)
    record = StateRecord(0, 0, 0, patient.state)

    assert record == decode_state(encode_state(record))
    assert MAX_QUESTIONNAIRES == len(patient.state.answers)
    assert all(len(filled.forms) <= MAX_FORMS for filled in patient.state.answers.values())
    assert len(patient.state.symptoms) <= MAX_SYMPTOMS
    assert len(encode_state(record)) < 8_000


def test_a_closed_concern_stays_closed_until_a_newer_form() -> None:
    """A person has answered it; the same form raises nothing again, the next one does."""
    patient = Patient()
    patient.fills(items=SICK)
    patient.commands("close")
    patient.waits(hours=1)
    assert ["raised", "closed"] == patient.steps
    patient.fills(items=SICK)

    assert ["raised", "closed", "raised"] == patient.steps


def test_an_event_of_answers_has_its_topic() -> None:
    """The builder makes what intake makes."""
    assert "answers.v1" == make_event(make_answers()).source.topic


def test_a_red_form_that_comes_when_it_no_longer_speaks_keeps_its_colour() -> None:
    """The telephone was off for two days, and nothing newer says otherwise."""
    patient = Patient()
    body = patient.fills(items=SICK, minutes=1, ago=50 * 60)

    assert body.outcome is Outcome.ACCEPTED_ALERT
    assert ("pro.hf-daily.late",) == patient.step.reasons
    assert (TriageLevel.RED, 3) == (patient.step.level, patient.step.tier)


def test_a_green_form_that_comes_too_late_is_not_answered_green() -> None:
    """Two days ago all was well."""
    patient = Patient()
    patient.measures(96)
    body = patient.fills(minutes=1, ago=50 * 60)

    assert (body.reason or "").startswith("green, not answered automatically: old")


def test_what_forms_come_to_is_told_to_the_risk() -> None:
    """The worst of those that still speak; one that came too late leaves no track."""
    patient = Patient()
    patient.fills(items=SICK, minutes=1, ago=50 * 60)
    assert ANSWERS not in patient.state.tracks
    patient.fills(items=SICK, minutes=60)
    patient.measures(96)
    assert (1_000, 200) == patient.state.tracks[ANSWERS]
    scores = [effect.score for effect in patient.effects if isinstance(effect, PublishScore)]
    assert 1.0 == next(score for score in reversed(scores) if score.model == DESIGNS[0].id).features["answers.now"]
    patient.fills("copd-diary", minutes=60)
    assert (1_000, 360) == patient.state.tracks[ANSWERS]
    patient.fills(minutes=60)
    assert (0, 288) == patient.state.tracks[ANSWERS]
