"""Every effect has a row in the one interpreter, and leaves in the order that the delivery rule asks for."""

import typing

import orjson
import pytest

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Outcome, SourceRef
from schemas.claim import ClaimedSpan, DeviceClaim
from schemas.events import MeasurementReceived, Source, Stamp
from schemas.example import Example, Why
from schemas.overview import Overview
from schemas.score import RiskScore
from schemas.triage import TriageLevel
from streams.adapters.input_records import partition_of
from streams.adapters.settings import Settings
from streams.agents.effects import Interpreter
from streams.core.effects import (
    ClaimDevice,
    Effect,
    PublishAlert,
    PublishExample,
    PublishOverview,
    PublishScore,
    RejectInput,
    SendNotice,
    SendReply,
    WriteAudit,
)
from tests.messages import make_notice, make_reply

AT = "2026-01-01T00:00:00.000Z"
SETTINGS = Settings(topic_prefix="t-")

EVENT = MeasurementReceived(
    id="e",
    patient="p1",
    source=Source(topic="measurements.v1", partition=7, offset=3),
    received_ms=5,
    stamp=Stamp(),
    payload='{"value": 1}',
    headers=(("x", "AAE="),),
)

SAMPLES: dict[type, Effect] = {
    PublishAlert: PublishAlert(
        "a1",
        "lung",
        5,
        AlertStep(
            type=AlertStepType.RAISED,
            alert_id="a",
            sequence=1,
            patient="p1",
            team="lung",
            level=TriageLevel.RED,
            tier=3,
            reasons=("r",),
            unconfirmed=False,
            at=AT,
            raised_at=AT,
            measured_at=AT,
            page_from=AT,
            next_deadline=AT,
            rung=0,
            plan_version=1,
            reason="r",
        ),
    ),
    SendNotice: SendNotice(5, make_notice(patient="p1")),
    SendReply: SendReply(5, make_reply(patient="p1")),
    PublishScore: PublishScore(
        "s1",
        5,
        RiskScore(
            patient="p1",
            model="m",
            digest="d",
            score=0.5,
            uncertainty=None,
            features={},
            contributions={},
            at=AT,
        ),
    ),
    PublishExample: PublishExample(
        "x1",
        5,
        Example(
            patient="p1",
            label=None,
            why=Why.SILENT,
            weight=8,
            at=AT,
            known_at=AT,
            tier=0,
            features={"spo2.known": 1.0},
            partition=-1,
            offset=-1,
            index=2,
        ),
    ),
    ClaimDevice: ClaimDevice(
        "c1",
        5,
        DeviceClaim(
            device="scale-1",
            patient="p1",
            version=2,
            spans=(ClaimedSpan(from_ms=1, until_ms=None, kinds=("weight",), shared=False),),
            at=AT,
        ),
    ),
    PublishOverview: PublishOverview(
        "o1",
        5,
        Overview(
            patient="p1",
            level=None,
            tier=0,
            silence=(),
            reasons=(),
            as_of=AT,
            expires_at=None,
            alert=None,
            last={},
            news2=None,
            team=None,
            plan_version=None,
            status="active",
            applied_offset=-1,
        ),
    ),
    RejectInput: RejectInput("r1", EVENT, Outcome.REJECTED_DUPLICATE.value, "there already", "nothing"),
    WriteAudit: WriteAudit(
        5,
        AuditBody(
            id="w1",
            type="outcome",
            source=SourceRef(topic="measurements.v1", partition=7, offset=3),
            patient="p1",
            outcome=Outcome.ACCEPTED_NO_ALERT,
            reason=None,
            next_step=None,
            at=AT,
        ),
    ),
}


def test_every_effect_has_a_sample_here() -> None:
    """A new effect turns this red until it has one, and with it the tests below."""
    assert set(SAMPLES) == set(typing.get_args(Effect))


@pytest.mark.parametrize("effect", SAMPLES.values(), ids=lambda effect: type(effect).__name__)
def test_effect_becomes_one_record(effect: Effect) -> None:
    """One effect, one record, on a topic of this deployment."""
    records = Interpreter(SETTINGS).records(4, [(9, effect)])
    assert len(records) == 1
    assert records[0].topic.startswith("t-")


def test_alerts_leave_first_and_audit_last() -> None:
    """An audit outage may never hold back an alert, nor whoever has to hear of it."""
    order = [WriteAudit, PublishOverview, RejectInput, PublishScore, SendReply, SendNotice, PublishAlert]
    topics = [record.topic for record in Interpreter(SETTINGS).records(4, [(9, SAMPLES[kind]) for kind in order])]
    assert topics[:3] == ["t-alerts.v1.lung", "t-replies.v1", "t-notices.v1"]
    assert set(topics[3:-1]) == {"t-rejected.v1", "t-scores.v1", "t-overview.v1"}
    assert topics[-1] == "t-audit.v1"


def test_only_the_last_overview_of_a_patient_leaves_a_slice() -> None:
    """It is compacted anyway; `applied_offset` is the last event's."""
    sample = SAMPLES[PublishOverview]
    records = Interpreter(SETTINGS).records(4, [(9, sample), (10, sample)])
    assert [orjson.loads(record.value or b"")["applied_offset"] for record in records] == [10]


def test_refused_input_keeps_its_bytes_and_headers() -> None:
    """What was sent comes out untouched, with the reason behind it, on the source's partition number."""
    (record,) = Interpreter(SETTINGS).records(4, [(9, SAMPLES[RejectInput])])
    assert record.value == b'{"value": 1}'
    assert record.key == b"p1"
    assert record.headers[0] == ("x", b"\x00\x01")
    assert dict(record.headers)["nattevagt_source"] == b"measurements.v1/7/3"
    assert record.partition == 7


def test_audit_goes_to_its_sources_partition() -> None:
    """So that completeness can be checked partition by partition."""
    (record,) = Interpreter(SETTINGS).records(4, [(9, SAMPLES[WriteAudit])])
    assert record.partition == 7


@pytest.mark.parametrize(("kind", "name"), [(SendNotice, b"notice.trigger"), (SendReply, b"reply.triage")])
def test_a_message_goes_by_its_own_id(kind: type, name: bytes) -> None:
    """The key by which a channel or an app shows it once, beside the patient's other records."""
    (record,) = Interpreter(SETTINGS).records(4, [(9, SAMPLES[kind])])
    headers = dict(record.headers)
    assert (orjson.loads(record.value or b"")["id"].encode(), name) == (headers["ce_id"], headers["ce_type"])
    assert (4, b"p1") == (record.partition, record.key)


def test_records_carry_cloudevents_headers() -> None:
    """Consumers dedupe by ce_id."""
    (record,) = Interpreter(SETTINGS).records(4, [(9, SAMPLES[PublishAlert])])
    headers = dict(record.headers)
    assert headers["ce_id"] == b"a1"
    assert headers["ce_specversion"] == b"1.0"
    assert headers["content-type"] == b"application/json"


def test_an_example_says_where_it_was_settled() -> None:
    """A learner drops what it has seen of a partition; the topic has one partition."""
    (record,) = Interpreter(SETTINGS).records(4, [(9, SAMPLES[PublishExample])])
    body = orjson.loads(record.value or b"")
    assert (4, 9, 2) == (body["partition"], body["offset"], body["index"])
    assert ("t-examples.v1", 0, b"p1") == (record.topic, record.partition, record.key)


def test_a_claim_lies_beside_all_others_of_the_device() -> None:
    """Whoever makes it: the registry sees the claims of one device in one order."""
    (record,) = Interpreter(SETTINGS).records(4, [(9, SAMPLES[ClaimDevice])])
    assert ("t-device-claims.v1", b"scale-1") == (record.topic, record.key)
    assert partition_of(b"scale-1", SETTINGS.partitions) == record.partition
    assert (2, 1) == ((body := orjson.loads(record.value or b""))["version"], body["spans"][0]["from_ms"])
