"""The weekly report: what a team was asked to do, from its topic, the overviews and the audit."""

import orjson
import pytest

from schemas.audit import Outcome
from schemas.base import DAY_MS
from schemas.texts import Language
from streams.cli.report import TEXTS, Week, tell, week
from streams.core.burden import Held
from streams.core.effects import PublishOverview
from tests.cli import night


def whole_night(begin_ms: int | None = None) -> Week:
    """The first night of team lung."""
    story, run = night.night()
    end_ms = story.end_ms
    newest = {e.overview.patient: e.overview for e in run.effects if isinstance(e, PublishOverview)}
    steps = [step for _, step in night.published() if step.team == "lung"]
    inputs = Held()
    inputs.inputs.update(
        {Outcome.ACCEPTED_NO_ALERT.value: 80, Outcome.ACCEPTED_ALERT.value: 18, Outcome.REJECTED_UNIT.value: 5}
    )
    for reason in ("limits.spo2.red_below", "news2.high"):
        inputs.outcome(Outcome.ACCEPTED_SUPPRESSED.value, "p1", (reason, "limits.pulse.red_from"), ())
    begin_ms = end_ms - 7 * DAY_MS if begin_ms is None else begin_ms
    return week("lung", [*steps, *steps], newest.values(), inputs, begin_ms, end_ms)


def test_repeats_are_counted_once_and_refused_inputs_are_no_burden() -> None:
    """Each step has one number; what did not count needed nobody and nothing."""
    found = whole_night()
    raised = sum(step.type == "raised" and step.team == "lung" for _, step in night.published())

    assert raised == found.burden.alerts > 0
    assert (0.8, 100) == found.automatic
    assert found.patients > 0
    assert found.rate == found.burden.alerts / found.patients / 7


def test_what_was_before_the_week_is_left_out() -> None:
    """A week that begins at its end has no alerts."""
    story, _ = night.night()
    assert 0 == whole_night(story.end_ms).burden.alerts


@pytest.mark.parametrize("language", ["da", "en"])
def test_it_reads_on_one_page_without_patients(language: Language) -> None:
    """Numbers of a team, and nobody's name."""
    lines = list(tell(whole_night(), language))
    text = "\n".join(lines)

    assert len(lines) < 40
    assert "lung" in text
    assert "{" not in text
    assert not any(step.patient in text for _, step in night.published())


def test_for_machines_it_is_one_object() -> None:
    """With the objective beside the figure."""
    body = orjson.loads(orjson.dumps(whole_night().to_json()))
    assert (0.101, 0.8) == (body["objective"], body["automatic_share"])
    assert body["alerts"] == sum(body["by_tier"].values())


def test_what_was_suppressed_is_counted_by_rule() -> None:
    """A team sees what it was not told one by one."""
    found = whole_night()
    assert {"limits": 3, "news2": 1} == found.to_json()["suppressed"]
    assert any(line.endswith("carried them: 4 limits 3, news2 1") for line in tell(found, "en"))


def test_what_waited_for_a_second_reading_counts_once_per_patient() -> None:
    """It is named with every input while it waits."""
    held = Held()
    for patient in ("p1", "p1", "p2"):
        held.outcome(Outcome.ACCEPTED_NO_ALERT.value, patient, (), ("limits.spo2.yellow_below",))
    found = week("lung", [], [], held, 0, DAY_MS)
    assert {"limits": 2} == found.to_json()["waited_for_a_second"]


def test_both_languages_have_the_same_blanks() -> None:
    """A figure that one of them leaves out would be hidden."""
    for text in TEXTS.values():
        assert text.da.count("{") == text.en.count("{")


def test_a_team_without_patients_has_a_report() -> None:
    """On its first day."""
    empty = week("new", [], [], Held(), 0, DAY_MS)
    assert (0.0, (0.0, 0)) == (empty.rate, empty.automatic)
    assert 5 <= len(list(tell(empty, "en")))
