"""Forms on a real Kafka: one outcome each, the patient answered, what cannot be judged seen, nothing lost."""

import orjson
import pytest

from schemas.answers import Answers
from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.topics import ANSWERS, AUDIT, OVERVIEW, REJECTED, REPLIES
from streams.adapters.broker import Broker
from streams.adapters.input_records import InputRecord, answers
from streams.sim.story import FIRST_NIGHT_MS
from tests.builders import CALM
from tests.kafka.ward import Ward
from tests.kafka.workers import Worker, settings_for

pytestmark = pytest.mark.kafka

AT_MS = FIRST_NIGHT_MS + 60_000
CALM_ONE, SICK, LOST, BROKEN = "ward-00", "ward-01", "ward-02", "ward-03"


def form(patient: str, **changed: object) -> InputRecord:
    """A calm heart form of this patient."""
    body: dict[str, object] = {
        "id": f"{patient}-form",
        "patient": patient,
        "questionnaire": "hf-daily",
        "version": 1,
        "answered_at": rfc3339(AT_MS),
        "items": CALM["hf-daily"],
    }
    return answers(Answers.model_validate(body | changed), AT_MS)


def test_forms_are_judged_answered_and_accounted_for(broker: Broker, prefix: str) -> None:
    """Green, red, an unknown version and bytes that are no form: as in the pure fold, byte for byte."""
    ward = Ward(settings_for(broker.address, prefix, partitions=2))
    ward.open()
    with Worker(ward.settings) as worker:
        worker.watching()
        ward.enrol()
        ward.send(
            [
                form(CALM_ONE),
                form(CALM_ONE),
                form(SICK, items={**CALM["hf-daily"], "woke": True}),
                form(LOST, version=9),
                InputRecord(ANSWERS, BROKEN.encode(), b'{"items":', AT_MS),
            ]
        )
        assert ward.account().is_balanced
        assert 0 == worker.terminate(), worker.last_words()

    told: dict[str, list[str]] = {}
    for _, records in ward.evidence().of(AUDIT):
        for record in records:
            body = orjson.loads(record.value or b"{}")
            if body.get("source", {}).get("topic") == ANSWERS:
                told.setdefault(str(body["patient"]), []).append(body["outcome"])
    assert {
        CALM_ONE: [Outcome.ACCEPTED_NO_ALERT, Outcome.REJECTED_DUPLICATE],
        SICK: [Outcome.ACCEPTED_ALERT],
        LOST: [Outcome.REJECTED_SCHEMA],
        BROKEN: [Outcome.REJECTED_MALFORMED],
    } == told
    keys = {
        name: [orjson.loads(one.value or b"{}")["text_key"] for one in ward.records_of(REPLIES, name.encode())]
        for name in (CALM_ONE, SICK, LOST)
    }
    assert "triage.red" in keys[SICK]
    assert "triage.yellow" in keys[LOST]
    assert [key for key in keys[CALM_ONE] if key.startswith("triage")] in (["triage.received"], ["triage.green"])
    for name in (LOST, BROKEN):
        newest = orjson.loads(ward.records_of(OVERVIEW, name.encode())[-1].value or b"{}")
        assert "pro.form.unreadable" in newest["reasons"]
        assert 1 == len(ward.records_of(REJECTED, name.encode()))
    verdict = ward.judge()
    assert verdict.is_clean, verdict
