"""The daily list of who sends unwatched: counts for everybody, names only where asked for."""

import orjson
import pytest

from schemas.base import rfc3339
from schemas.texts import Language
from schemas.topics import AUDIT, CARE_PLANS, CLINICAL_OUTCOMES, CONSENTS
from streams.cli.unwatched import TEXTS, WHY, take, tell, to_json
from streams.core.unwatched import Unwatched, Why
from tests.builders import DAY, HOUR, PATIENT, T0, Patient, audits, make_consent, make_outcome, make_plan


def found(*, dead: bool = False) -> Unwatched:
    """One patient whose plan has ended an hour ago, from the records of the topics."""
    patient = Patient(valid_until=rfc3339(T0 + HOUR))
    patient.measures(96, minutes=120)
    read = Unwatched(T0, T0 + DAY)
    take(read, CARE_PLANS, (0, 0), make_plan(valid_until=rfc3339(T0 + HOUR)).model_dump_json().encode())
    take(read, CARE_PLANS, (0, 1), b"no plan at all")
    if dead:
        take(read, CLINICAL_OUTCOMES, (0, 0), make_outcome("death").model_dump_json().encode())
    for body in audits(patient.effects):
        take(read, AUDIT, (0, 0), body.model_dump_json().encode())
    return read


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("patients", [False, True])
def test_the_names_are_told_only_where_asked_for(language: Language, *, patients: bool) -> None:
    """Counts may stand in a mail; who it is may not."""
    lines = list(tell(found(), found().senders(), language, patients=patients))
    text = "\n".join(lines)
    assert patients is (PATIENT in text.split())
    assert patients is not any("--patients" in line for line in lines)
    assert ("planen er slut: 1" if language == "da" else "the plan has ended: 1") in lines[1]
    assert "{" not in text


def test_for_machines_it_is_one_object() -> None:
    """The same rule about names."""
    body = orjson.loads(orjson.dumps(to_json(found(), found().senders(), patients=False)))
    assert (1, 1) == (body["patients"], body["by_why"]["plan_ended"])
    assert PATIENT not in orjson.dumps(body).decode().split('"')
    [row] = to_json(found(dead=True), found(dead=True).senders(), patients=True)["senders"]
    assert (PATIENT, "died", "lung", 1) == (row["patient"], row["why"], row["team"], row["inputs"])


def test_a_withdrawn_consent_is_named_as_such() -> None:
    """From its own topic, with the plan that still stands."""
    patient = Patient()
    patient.gets(make_consent())
    patient.measures(96)
    read = Unwatched(T0, T0 + DAY)
    take(read, CARE_PLANS, (0, 0), make_plan().model_dump_json().encode())
    take(read, CONSENTS, (0, 2), make_consent().model_dump_json().encode())
    for body in audits(patient.effects):
        take(read, AUDIT, (0, 0), body.model_dump_json().encode())
    assert "consent has been withdrawn: 1" in "\n".join(tell(read, read.senders(), "en", patients=False))


def test_nobody_is_news_too() -> None:
    """An empty list is one line."""
    empty = Unwatched(T0, T0 + DAY)
    assert ["0 send and are not watched (24 hours to 2026-01-06T07:00)."] == list(tell(empty, (), "en", patients=True))


def test_every_reason_has_words_in_both_languages() -> None:
    """And both say the same figures."""
    assert set(Why) == set(WHY)
    for text in (*TEXTS.values(), *WHY.values()):
        assert text.da.count("{") == text.en.count("{")
