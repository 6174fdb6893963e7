"""The history of an alert: who was told, with what result, who saw it, who acted; from record and audit alone."""

import orjson
import pytest

from schemas.audit import AuditBody
from schemas.command import DeliveryReported
from schemas.errors import StateError
from schemas.events import CommandReceived, LogEvent
from schemas.ids import make_id
from streams.cli.chronicle import Chronicle, chronicle, said
from streams.cli.history import SENTENCES, tell
from streams.core.effects import Effect, SendNotice, SendReply
from tests.builders import NURSE, PATIENT, Patient, audits
from tests.cli import night
from tests.messages import make_notice, make_reply


def night_of_one() -> tuple[Patient, str, list[Effect]]:
    """A red reading, two messages and an answer; one message arrives, one fails, the answer is read; a nurse acts.

    The messages are added by hand, so that this holds whomever a team's coverage names.
    """
    patient = Patient()
    patient.measures(86)
    alert_id = patient.step.alert_id
    notices = [
        make_notice(alert_id=alert_id, at=patient.step.at),
        make_notice(alert_id=alert_id, at=patient.step.at, recipient="lead-phone", role="duty_lead", channel="email"),
        make_notice(alert_id=alert_id, at=patient.step.at, recipient="on-call", channel="webhook"),
    ]
    reply = make_reply("triage.red", phone="1813").model_copy(update={"alert_id": alert_id, "at": patient.step.at})
    effects: list[Effect] = [SendReply(patient.now_ms, reply), *(SendNotice(patient.now_ms, one) for one in notices)]
    report(patient, notices[0].id, alert_id, "delivered", recipient="nurse-phone")
    report(patient, notices[1].id, alert_id, "failed", recipient="lead-phone", channel="email", detail="smtp_550")
    report(patient, reply.id, None, "read", channel="app")
    patient.commands("acknowledge", minutes=2)
    patient.commands("close", minutes=2, role="citizen")
    return patient, alert_id, effects


def report(patient: Patient, notice_id: str, alert_id: str | None, result: str, **changed: str) -> None:
    """What became of a message, as `nattevagt notify` or an app tells it."""
    body = {
        "id": make_id("delivery", notice_id, result),
        "patient": PATIENT,
        "by": "notify",
        "role": "system",
        "type": "delivery_reported",
        "notice_id": notice_id,
        "alert_id": alert_id,
        "channel": "console",
        "result": result,
    } | changed
    patient.gets(DeliveryReported.model_validate(body), minutes=0.01)


def told() -> Chronicle:
    """The chronicle of that alert, with the messages of the core's own left out."""
    patient, alert_id, messages = night_of_one()
    own = [effect for effect in patient.effects if not isinstance(effect, SendNotice | SendReply)]
    return chronicle(alert_id, [*own, *messages], patient.events, audits(patient.effects))


def test_everything_that_happened_stands_in_order_of_time() -> None:
    """Told, delivered, seen, acted, each once."""
    entries = told().entries
    assert sorted(entry.at_ms for entry in entries) == [entry.at_ms for entry in entries]
    kinds = [entry.kind for entry in entries]
    assert (3, 1, 2, 1) == tuple(kinds.count(kind) for kind in ("told", "answered", "delivery", "read"))
    assert {"step", "acted"} < set(kinds)


def test_who_was_told_on_which_channel_and_with_what_result() -> None:
    """And of which message nothing has come back."""
    found = told()
    results = {
        entry.who: (entry.channel, entry.result, entry.detail) for entry in found.entries if entry.kind == "delivery"
    }

    assert ("console", "delivered", None) == results["nurse-phone"]
    assert ("email", "failed", "smtp_550") == results["lead-phone"]
    silent = [entry for entry in found.entries if entry.record in found.unreported]
    assert ["on-call"] == [entry.who for entry in silent]


def test_who_acted_having_seen_what_and_what_came_of_it() -> None:
    """A refused command stands there with its reason."""
    taken, refused = [entry for entry in told().entries if entry.kind == "acted"]
    assert (NURSE, "acknowledge", "accepted.recorded") == (taken.who, taken.what, taken.result)
    assert taken.sequence is not None
    assert ("close", "rejected.role") == (refused.what, refused.result)
    assert "role citizen" in (refused.detail or "")
    assert (refused.record or "").startswith("commands.v1[0]@")


@pytest.mark.parametrize("language", ["da", "en"])
def test_it_is_told_in_sentences_without_a_blank(language: str) -> None:
    """Both languages name the same people and channels."""
    lines = list(tell(told(), language))  # type: ignore[arg-type]  # parametrized
    text = "\n".join(lines)
    for part in ("nurse-phone", "lead-phone", "email", "smtp_550", NURSE, "#1"):
        assert part in text
    assert "{" not in text
    assert "None" not in text
    assert len(told().entries) + 2 == len(lines)


def test_sentences_have_the_same_blanks_in_both_languages() -> None:
    """A line that forgets the recipient would be wrong in one language only."""
    for text in SENTENCES.values():
        assert text.da.count("{") == text.en.count("{")


def test_for_machines_it_is_lines_without_empty_fields() -> None:
    """Each can be read alone."""
    for entry in told().entries:
        body = orjson.loads(orjson.dumps(entry.to_json()))
        assert {"at", "kind", "who", "what"} <= body.keys()
        assert None not in body.values()


def test_every_alert_of_the_first_night_has_a_history_from_the_record() -> None:
    """Folded again from the patient's events; its steps are those that were published."""
    reference = night.night()[1].reference
    for alert_id, patient in {step.alert_id: step.patient for _, step in night.published()}.items():
        events = night.events(patient)
        log: list[LogEvent] = [event for _, event, _ in events]
        found = chronicle(alert_id, said(patient, events, reference), log, bodies(patient))
        published = {step.sequence for _, step in night.published() if step.alert_id == alert_id}
        assert published == {entry.sequence for entry in found.entries if entry.kind == "step"}
        acts = [event for event in log if isinstance(event, CommandReceived) and alert_id in event.payload]
        assert len(acts) == sum(entry.kind in ("acted", "delivery", "read") for entry in found.entries)


def bodies(patient: str) -> list[AuditBody]:
    """The patient's audit records."""
    return [body for body in night.audits() if body.patient == patient]


def test_an_alert_that_the_record_does_not_know_is_said() -> None:
    """Another installation, or a prefix that was forgotten."""
    patient, _, _ = night_of_one()
    with pytest.raises(StateError, match="knows nothing"):
        chronicle("ff" * 16, patient.effects, patient.events, [])
