"""Every complete answer set of every questionnaire gets exactly one colour; a form never makes `step` raise."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schemas.catalog import shipped_questionnaires
from schemas.questionnaire import Questionnaire
from schemas.triage import TriageLevel
from streams.core.pro.answer_triage import judge
from streams.core.pro.held import Form
from streams.core.pro.paths import samples
from streams.core.pro.scoring import asked
from tests.builders import DAY, T0, Patient

FORMS = tuple(shipped_questionnaires().values())


@st.composite
def complete(draw: DrawFn, form: Questionnaire, at_ms: int = T0) -> Form:
    """All that is asked is answered, in order, whatever that opens."""
    given_: dict[str, int] = {}
    for item in form.items:
        if item.id in asked(form, given_):
            given_[item.id] = draw(st.sampled_from(samples(item)))
    return Form(at_ms, form.version, tuple(given_.get(item.id) for item in form.items), {})


@settings(max_examples=2000, deadline=None)
@given(data=st.data(), form=st.sampled_from(FORMS), before=st.integers(0, 3))
def test_every_complete_form_has_exactly_one_colour_of_its_table(
    data: st.DataObject, form: Questionnaire, before: int
) -> None:
    """Whatever was answered on the days before: the worst row that speaks, and there is always one."""
    earlier = [(form, data.draw(complete(form, T0 + day * DAY))) for day in range(before)]
    judged = judge(form, data.draw(complete(form, T0 + 3 * DAY)), earlier, lambda at_ms: at_ms // DAY)
    rows = {row.reason: row for row in form.rows}
    spoke = [rows[one.reason] for one in judged.spoke]

    assert spoke
    assert judged.level == max((row.level for row in spoke), key=lambda level: level.severity)
    assert judged.tier == max(row.tier for row in spoke)
    assert (judged.level is TriageLevel.GREEN) == (judged.tier == 0)


@settings(max_examples=400, deadline=None)
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_a_worse_answer_never_gives_a_lower_colour(data: st.DataObject, form: Questionnaire) -> None:
    """Where more is worse (all that ship but the two performance scales, the change and WHO-5)."""
    if form.id in ("kps", "global-change", "who5") or not form.items:
        return
    mild = data.draw(complete(form))
    place = data.draw(st.integers(0, len(form.items) - 1))
    values = list(mild.values)
    values[place] = max(samples(form.items[place]))
    worse = judge(form, mild._replace(values=tuple(values)), (), lambda at_ms: at_ms // DAY)
    milder = judge(form, mild, (), lambda at_ms: at_ms // DAY)

    assert worse.level.severity >= milder.level.severity
    assert worse.tier >= milder.tier


junk = st.one_of(
    st.booleans(), st.integers(-5, 40), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)
)


@settings(max_examples=200, deadline=None)
@given(
    form=st.sampled_from(FORMS),
    data=st.data(),
    wants=st.booleans(),
    version=st.sampled_from([1, 1, 1, 2]),
    ago=st.sampled_from([0, 60, 3000]),
)
def test_no_form_whatever_it_says_raises_or_is_lost(
    form: Questionnaire, data: st.DataObject, wants: bool, version: int, ago: int
) -> None:
    """Right, half, wrong or hostile: one outcome, and what is not judged green is seen by somebody."""
    names = st.sampled_from([*form.by_id, "stranger"]) if form.items else st.just("stranger")
    items = data.draw(st.dictionaries(names, junk, max_size=12))
    patient = Patient()
    body = patient.fills(form.id, minutes=60, ago=ago, items=items, wants_contact=wants, version=version)

    assert body.outcome is not None
    assert body.outcome.is_accepted or body.next_step
    calm = body.outcome.is_accepted and all(filled.level == "green" for filled in patient.state.answers.values())
    assert calm or patient.state.alert is not None
