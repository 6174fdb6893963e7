"""A filled form that intake let through: does it count, what does it come to, and what is remembered of it?"""

from collections.abc import Mapping
from typing import Final

from schemas.answers import Answers
from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.events import AnswersReceived
from schemas.questionnaire import Questionnaire
from schemas.triage import Finding, TriageLevel
from streams.core.adherence.slots import DAY_MS, offset_s
from streams.core.consent import unconsented
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.measure import remember_refused
from streams.core.plan import Plan
from streams.core.pro.answer_triage import NOT_ASKED, TASK, Day, Judgement, judge
from streams.core.pro.content import UnreadableError, find, to_form
from streams.core.pro.held import (
    MAX_FORMS,
    MAX_QUESTIONNAIRES,
    MAX_SYMPTOMS,
    REFUSED_KIND,
    RULE,
    VERSION,
    Filled,
    Form,
)
from streams.core.pro.scoring import asked, read
from streams.core.signal.tracks import with_answers
from streams.core.state import PatientState
from streams.core.verdict import Verdict, refuse

HOUR_MS = 3_600_000

REDNESS: Final = {TriageLevel.GREEN.value: 0, TriageLevel.YELLOW.value: 500, TriageLevel.RED.value: 1_000}
"""Colour of a form -> what the risk model is told of it, in thousandths."""


def answers_received(state: PatientState, event: AnswersReceived, context: Context) -> Verdict:
    """Decide on one form: patient, plan, questionnaire, content, repeat; then put it in its place and judge it."""
    answers = Answers.model_validate_json(event.payload)
    if not state.plans:
        return refuse(
            state,
            Outcome.REJECTED_UNKNOWN_PATIENT,
            "no care plan has ever been received for this patient",
            "publish the plan on care-plans.v1, then redrive the form",
        )
    refusal = unconsented(state)
    if refusal is not None:
        return refusal
    plan = state.plan_at(to_ms(answers.answered_at))
    if plan is None:
        return _refused(
            state,
            Outcome.REJECTED_STATE,
            "no plan was in force when this was answered",
            "check the plan's validity; redrive the form after a new version",
        )
    try:
        questionnaire, form = to_form(answers, context.rules)
    except UnreadableError as error:
        return _refused(state, Outcome.REJECTED_SCHEMA, error.reason, error.next_step)
    held = state.answers.get(questionnaire.id)
    if held is not None and form in held.forms:
        return refuse(
            state, Outcome.REJECTED_DUPLICATE, "the same form is already there", "nothing: it has been counted once"
        )
    return _place(state, questionnaire, form, plan, context)


def _refused(state: PatientState, outcome: Outcome, reason: str, next_step: str) -> Verdict:
    """It does not count, and yet somebody has to look: what was in it is not known."""
    return refuse(remember_refused(state, REFUSED_KIND, outcome), outcome, reason, next_step)


def _place(state: PatientState, questionnaire: Questionnaire, form: Form, plan: Plan, context: Context) -> Verdict:
    held = state.answers.get(questionnaire.id)
    forms = tuple(sorted((*(() if held is None else held.forms), form), key=_when))[-MAX_FORMS:]
    day = _days(context, plan)
    judged = judge(questionnaire, form, _earlier(forms, form, questionnaire.id, context), day)
    facts = _facts(state, questionnaire, form)
    reason, next_step = _remark(judged)
    if forms[-1] != form:
        return Verdict(
            evolve(_keep(state, questionnaire.id, held, forms, context, day), symptoms=facts),
            None,
            reason,
            next_step,
            late=_late(questionnaire, form, judged, TriageLevel.YELLOW, TASK),
            answers=questionnaire.id,
        )
    filled = _filled(questionnaire, forms, judged)
    # It came when it no longer speaks for the colour: nothing newer contradicts it, so it keeps its own.
    old = state.now_ms >= filled.until_ms
    after = evolve(state, answers=_bounded({**state.answers, questionnaire.id: filled}), symptoms=facts)
    return Verdict(
        after if old or not context.scoring else _noted(after),
        None,
        reason,
        next_step,
        late=_late(questionnaire, form, judged, judged.level, judged.tier) if old else (),
        answers=questionnaire.id,
    )


def _noted(state: PatientState) -> PatientState:
    """For the risk: the worst that the forms which still speak have come to; a green one hides no other's red."""
    worst = max([REDNESS[filled.level] for filled in state.answers.values() if filled.until_ms > state.now_ms])
    return evolve(state, tracks=with_answers(state.tracks, worst))


def _keep(
    state: PatientState,
    name: str,
    held: Filled | None,
    forms: tuple[Form, ...],
    context: Context,
    day: Day,
) -> PatientState:
    """A form that came behind a newer one: what the newer one comes to may change (a run of days, a rise)."""
    assert held is not None
    questionnaire = find(context.rules, name, forms[-1].version)
    if questionnaire is None:
        return state
    judged = judge(questionnaire, forms[-1], _earlier(forms, forms[-1], name, context), day)
    again = _filled(questionnaire, forms, judged)
    if again.level == TriageLevel.GREEN.value:
        again = evolve(again, green_ms=held.green_ms, corrected_ms=held.corrected_ms, held=held.held)
    return evolve(state, answers={**state.answers, name: again})


def _filled(questionnaire: Questionnaire, forms: tuple[Form, ...], judged: Judgement) -> Filled:
    at_ms, days = forms[-1].at_ms, questionnaire.next_days
    return Filled(
        forms,
        judged.level.value,
        judged.tier,
        judged.spoke,
        at_ms + questionnaire.valid_hours * HOUR_MS,
        judged.scores,
        judged.asks,
        0 if days is None else at_ms + days * DAY_MS,
    )


def _earlier(forms: tuple[Form, ...], form: Form, name: str, context: Context) -> list[tuple[Questionnaire, Form]]:
    """The forms answered before this one whose version is still known."""
    before = [(find(context.rules, name, one.version), one) for one in forms[: forms.index(form)]]
    return [(questionnaire, one) for questionnaire, one in before if questionnaire is not None]


def _when(form: Form) -> tuple[int, int, str]:
    """An order that does not depend on which came first."""
    return form.at_ms, form.version, repr((form.values, sorted(form.totals.items()), form.wants))


def _days(context: Context, plan: Plan) -> Day:
    zone = context.rules.zones.get(plan.contract.zone, ())
    return lambda at_ms: (at_ms + offset_s(zone, at_ms) * 1000) // DAY_MS


def _bounded(answers: Mapping[str, Filled]) -> dict[str, Filled]:
    kept = dict(answers)
    while len(kept) > MAX_QUESTIONNAIRES:
        kept.pop(min(kept, key=lambda name: (kept[name].at_ms, name)))
    return kept


def _facts(state: PatientState, questionnaire: Questionnaire, form: Form) -> Mapping[str, tuple[int, int]]:
    """Symptom -> (value, answered_at). The newest form that asked decides; of two at one instant the worse."""
    values = read(questionnaire, form.values)
    shown = asked(questionnaire, values)
    facts = dict(state.symptoms)
    for item in questionnaire.items:
        if item.symptom is None or item.id not in values or item.id not in shown:
            continue
        told, held = (values[item.id], form.at_ms), facts.get(item.symptom)
        if held is None or (told[1], told[0]) > (held[1], held[0]):
            facts[item.symptom] = told
    while len(facts) > MAX_SYMPTOMS:
        facts.pop(min(facts, key=lambda code: (facts[code][1], code)))
    return facts


def _late(
    questionnaire: Questionnaire, form: Form, judged: Judgement, level: TriageLevel, tier: int
) -> tuple[Finding, ...]:
    """What is not green and arrives too late to colour still has to be seen: `late`, behind a newer form yellow."""
    if judged.level is TriageLevel.GREEN:
        return ()
    found = Finding(
        RULE,
        VERSION,
        level,
        tier,
        f"{RULE}.{questionnaire.id}.late",
        form.at_ms,
        {"was": judged.level.value, "because": judged.spoke[0].reason},
    )
    return (found,)


def _remark(judged: Judgement) -> tuple[str | None, str | None]:
    """What the sender should do about a form that counts; None, None = nothing."""
    if any(one.reason == NOT_ASKED for one in judged.spoke):
        return "items: one was answered that was not asked", "let the app drop answers whose question it hides again"
    if any(one.reason == "incomplete" for one in judged.spoke):
        return "items: a required one is not answered", "ask the patient to answer it; a person looks meanwhile"
    return None, None
