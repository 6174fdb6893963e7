"""Every code that the pipeline can emit has words in both languages."""

import pytest

from schemas import texts
from schemas.alert import AlertStepType
from schemas.audit import Outcome
from schemas.reason_texts import REASONS
from schemas.texts import COLOURS, KINDS, OUTCOMES, STEPS
from schemas.triage import TriageLevel
from schemas.vitals import VITALS
from streams.core.effects import PublishAlert, PublishOverview, WriteAudit
from streams.replay.run import PureRun
from streams.sim.scenarios import first_night


def emitted() -> set[str]:
    """Reason codes of all steps, overviews and decisions of the first night."""
    run = PureRun(4)
    story = first_night(partitions=4, watch=run)
    run.advance(story.end_ms)
    found: set[str] = set()
    for effect in run.effects:
        match effect:
            case PublishAlert(step=step):
                found |= {*step.reasons, step.reason}
            case PublishOverview(overview=overview):
                found |= {*overview.reasons}
            case WriteAudit(body=body) if body.decision is not None:
                found |= {*body.decision.reasons}
    return found


def test_every_reason_of_the_first_night_has_words() -> None:
    """A new rule without words turns this red."""
    codes = emitted()
    assert len(codes) > 20
    assert [] == sorted(code for code in codes if not texts.has_words(code))
    for code in codes:
        assert texts.reason(code, "da") != code != texts.reason(code, "en")


def test_every_member_of_a_closed_list_has_words() -> None:
    """Kinds, outcomes, steps and colours."""
    assert set(VITALS) <= set(KINDS)
    assert set(Outcome) == set(OUTCOMES)
    assert set(AlertStepType) == set(STEPS)
    assert {*TriageLevel, None} == set(COLOURS)


def test_colours_differ_in_symbol_and_word() -> None:
    """Who cannot tell red from green still sees two things."""
    assert 4 == len({symbol for symbol, _ in COLOURS.values()})
    assert 4 == len({texts.colour(level, "da") for level in COLOURS})


def test_both_languages_name_the_same_blanks() -> None:
    """A sentence that forgets the kind would be wrong in one language only."""
    for code, text in REASONS.items():
        for blank in ("{kind}", "{why}"):
            assert (blank in text.da) == (blank in text.en) == (blank in code)


@pytest.mark.parametrize(
    ("code", "da", "en"),
    [
        ("limits.spo2.red_below", "iltmætning under den røde grænse", "SpO2 below the red limit"),
        ("missing.after_concern", "tavs efter en bekymrende måling", "silent after a worrying reading"),
        ("missing.weight", "vægt mangler", "weight is missing"),
        ("refused.input.malformed", "en indsendelse afvist: ulæselig", "an input refused: malformed"),
        ("a.code.of.next.year", "a.code.of.next.year", "a.code.of.next.year"),
    ],
)
def test_words(code: str, da: str, en: str) -> None:
    """Exact rows win over patterns, and what is unknown is shown as it is."""
    assert (da, en) == (texts.reason(code, "da"), texts.reason(code, "en"))


@pytest.mark.parametrize(
    ("kind", "milli", "unit", "expected"),
    [("spo2", 86_000, "%", "86 %"), ("temp", 36_700, "Cel", "36.7 Cel"), ("consciousness", 0, None, "A")],
)
def test_a_reading_reads_as_people_say_it(kind: str, milli: int, unit: str | None, expected: str) -> None:
    """No thousandths on a screen."""
    assert expected == texts.reading(kind, milli, unit)
