"""Explaining an alert: sentences from the record, and the same steps from the same events."""

from dataclasses import replace
from typing import cast

import pytest

from schemas.errors import ConfigurationError
from schemas.events import MeasurementReceived
from schemas.texts import Language
from schemas.triage import Finding, TriageLevel
from streams.cli.dossier import Dossier, gather
from streams.cli.explain import of_beginning, of_patient
from streams.cli.narrative import SENTENCES, tell
from tests.cli import night


def alerts() -> dict[str, str]:
    """Alert id -> patient, of every alert of the night."""
    return {step.alert_id: step.patient for _, step in night.published()}


def dossier_of(patient: str) -> Dossier:
    """The dossier of the patient's last alert."""
    alert_id = of_patient([step for _, step in night.published()], patient)
    return gather(alert_id, night.published(), night.events(patient), night.audits(), night.night()[1].reference)


def test_every_alert_of_the_night_comes_out_the_same_again() -> None:
    """The record alone decides."""
    reference = night.night()[1].reference
    for alert_id, patient in alerts().items():
        dossier = gather(alert_id, night.published(), night.events(patient), night.audits(), reference)
        assert dossier.is_equal
        assert dossier.audit


def test_repeats_of_a_step_are_one_step() -> None:
    """A crash repeats records with the same id."""
    alert_id, patient = next(iter(alerts().items()))
    twice = [*night.published(), *night.published()]

    assert gather(alert_id, twice, night.events(patient), [], night.night()[1].reference).is_equal


def test_a_missing_event_shows() -> None:
    """Without the reading that raised it the same alert cannot come out."""
    whole = dossier_of("lung-05")
    raised = whole.bases[1].offset
    holed = [row for row in night.events("lung-05") if row[0] != raised]
    dossier = gather(whole.alert_id, night.published(), holed, night.audits(), night.night()[1].reference)

    assert not dossier.is_equal
    assert "DIFFERENT" in list(tell(dossier, "en"))[-1]


@pytest.mark.parametrize(
    ("reason", "sentences"),
    [
        (
            "device.silent.spo2",
            ("its device is not heard", "Device oximeter-1 has not been heard since 2026-02-19 08:00"),
        ),
        ("missing.spo2", ("SpO2 is missing", "Device oximeter-1 gave a sign of life at 2026-02-19 08:00")),
    ],
)
def test_silence_says_whether_its_device_is_alive(reason: str, sentences: tuple[str, ...]) -> None:
    """What to look at first: the device, or the patient, because nobody measured."""
    whole = dossier_of("lung-06")
    sign = {"device": "oximeter-1", "heard_ms": 1_771_488_000_000}
    finding = Finding("missing", "2", TriageLevel.GREEN, 1, reason, 1_771_488_000_000, sign)
    told = replace(whole, bases={1: replace(whole.bases[1], findings=(finding,))})

    for language, words in (("en", sentences), ("da", ("oximeter-1",))):
        said = "\n".join(tell(told, cast("Language", language)))
        assert not [part for part in words if part not in said], said


def test_an_alert_without_a_step_is_refused() -> None:
    """There is nothing to tell."""
    with pytest.raises(ValueError, match="no step"):
        gather("ff" * 16, night.published(), [], [], night.night()[1].reference)


def test_the_story_names_reading_limit_rule_and_what_is_missing() -> None:
    """Everything a nurse would ask."""
    said = "\n".join(tell(dossier_of("lung-05"), "en"))
    reading = next(
        event
        for _, event, _ in night.events("lung-05")
        if isinstance(event, MeasurementReceived) and '"value":68' in event.payload
    )

    for part in (
        "SpO2 68 %",
        "The limit is 88 %.",
        "Had SpO2 been 88 %, it would have been",
        "Rule limits version",
        "Royal College of Physicians",
        "missing: oxygen supply, systolic pressure, consciousness",
        "not confirmed yet",
        "It has ended: withdrawn",
        f"{reading.source.topic}[{reading.source.partition}]@{reading.source.offset}",
        "Plan plan-lung-05 version 1",
        "Replayed: equal",
    ):
        assert part in said


def test_the_story_names_who_had_it() -> None:
    """heart-01 was taken by a nurse before it got worse."""
    said = "\n".join(tell(dossier_of("heart-01"), "da"))

    assert "af nurse-heart-1" in said
    assert "Ingen har den" in said
    assert "Afspillet: ens" in said


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_alert_can_be_told(language: Language) -> None:
    """Silences, expiries and closures too."""
    for patient in set(alerts().values()):
        lines = list(tell(dossier_of(patient), language))
        assert len(lines) > 10
        assert not [line for line in lines if "{" in line or "None" in line]


def test_sentences_have_the_same_blanks_in_both_languages() -> None:
    """Else one language would hide something."""
    for text in SENTENCES.values():
        assert sorted(part.split("}")[0] for part in text.da.split("{")[1:]) == sorted(
            part.split("}")[0] for part in text.en.split("{")[1:]
        )


def test_an_alert_is_found_by_the_beginning_of_its_id() -> None:
    """Six characters are enough, fewer are not, and an unknown one is refused with a way out."""
    steps = [step for _, step in night.published()]

    assert steps[0].alert_id == of_beginning(steps, steps[0].alert_id[:6])
    for wrong in (steps[0].alert_id[:5], "ffffffff"):
        with pytest.raises(ConfigurationError, match="no alert has this id"):
            of_beginning(steps, wrong)
    with pytest.raises(ConfigurationError, match="has had no alert"):
        of_patient(steps, "lung-03")
