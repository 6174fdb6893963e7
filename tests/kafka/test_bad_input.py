"""Bad input on a real Kafka: one audited outcome each, the bytes kept whole, nobody restarted and nobody delayed."""

import asyncio
import re
from collections.abc import Iterator
from statistics import median

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from schemas.audit import Outcome
from schemas.measurement import Measurement
from schemas.topics import MEASUREMENTS
from schemas.triage import TriageLevel
from schemas.vitals import VITALS
from streams.adapters.broker import Broker
from streams.adapters.offsets import offset_reader
from streams.core.intake.route import NEXT_STEP_HEADER, OUTCOME_HEADER, REASON_HEADER, SOURCE_HEADER
from streams.sim.nonsense import Nonsense
from tests.kafka.bad_input import CARRIED, GOOD, HEARTBEATS, LOGLESS, RED_SIDE, ROWS, Night, night, patient_of
from tests.kafka.workers import settings_for

pytestmark = pytest.mark.kafka

ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
OURS = frozenset({*Measurement.model_fields, *VITALS, "body", "alive"})
"""Words a reason may share with a body: names of fields and kinds."""


@pytest.fixture(scope="module")
def done(broker: Broker, run_mark: str) -> Iterator[Night]:
    """Everything sent, everything told; in operation, so that Kafka's clock stamps records and outcomes alike.

    One partition: whatever could be held up by bad input stands right behind it.
    """
    with night(settings_for(broker.address, f"{run_mark}-bad-", partitions=1, simulation=False)) as found:
        yield found


@ROW
def test_one_outcome_with_why_and_what_next(done: Night, row: Nonsense) -> None:
    """Of the kind the table says, and without a word of the input."""
    [body] = done.outcomes[done.bad[row.what][0]]
    assert row.outcome == body.outcome
    assert body.reason
    assert body.next_step
    sent = set(re.findall(r"[\w-]{5,}", (done.bad[row.what][1].value or b"").decode(errors="replace")))
    assert not [word for word in sent - OURS if word in f"{body.reason} {body.next_step}"]


@ROW
def test_the_bytes_are_kept_whole_with_the_reason_behind_them(done: Night, row: Nonsense) -> None:
    """Key, value and headers as received, null told from empty; then the four of ours."""
    (topic, partition, offset), sent = done.bad[row.what]
    source = f"{topic}/{partition}/{offset}".encode()
    [kept] = done.refused[source]
    [body] = done.outcomes[done.bad[row.what][0]]
    assert (sent.key, sent.value) == (kept.key, kept.value)
    assert partition == kept.partition
    assert list(sent.headers) == list(kept.headers[:-4])
    told = [str(body.outcome).encode(), str(body.reason).encode(), str(body.next_step).encode(), source]
    names = [OUTCOME_HEADER, REASON_HEADER, NEXT_STEP_HEADER, SOURCE_HEADER]
    assert list(zip(names, told, strict=True)) == list(kept.headers[-4:])


@ROW
def test_the_team_sees_that_something_was_refused_and_why(done: Night, row: Nonsense) -> None:
    """Where the patient is known; and nothing refused is a reading: it can ask for a person, never calm one."""
    patient = patient_of([one.what for one in ROWS].index(row.what)).name
    seen = done.overviews[patient]
    beyond = ["beyond_red"] if row.what in RED_SIDE else []
    expected = [] if row.what in LOGLESS else [*beyond, row.outcome.value.partition(".")[2]]
    assert expected == [reason.rpartition(".")[2] for reason in seen.reasons if reason.startswith("refused.")]
    assert {} == seen.last
    assert (TriageLevel.YELLOW if beyond else None) is seen.level


def test_the_kind_stands_beside_the_reason_where_the_bytes_told_it(done: Night) -> None:
    """So that it can be put beside the silence of that kind."""
    known = {
        row.what: done.overviews[patient_of(n).name].reasons
        for n, row in enumerate(ROWS)
        if row.outcome in (Outcome.REJECTED_UNIT, Outcome.REJECTED_TIME, Outcome.REJECTED_UNBOUND_DEVICE)
        and row not in HEARTBEATS
    }
    assert known
    assert {} == {what: found for what, found in known.items() if not any(".spo2." in reason for reason in found)}


def test_no_worker_was_restarted_or_hurt(done: Night) -> None:
    """The process that was started is the one that watches."""
    assert done.worker.code is None
    assert [] == done.worker.said("failed.internal")
    assert 1 == len(done.worker.said("watching"))


def test_good_readings_count_and_are_not_delayed(done: Night) -> None:
    """Medians, from Kafka's receipt of a reading to that of its outcome: behind good ones and behind bad ones."""
    every = [*done.alone, *done.among]
    assert {(1, Outcome.ACCEPTED_NO_ALERT)} == {(len(done.outcomes[at]), done.outcomes[at][0].outcome) for at in every}
    alone, among = median(done.latencies_ms(done.alone)), median(done.latencies_ms(done.among))
    assert among <= 2 * max(alone, 10), (alone, among)
    assert 0 < len(done.overviews[GOOD.name].last)


def test_the_limit_itself_is_no_fault(done: Night) -> None:
    """64 KiB of key, value and headers."""
    [body] = done.outcomes[done.named["at the limit"]]
    assert Outcome.ACCEPTED_NO_ALERT == body.outcome


def test_what_is_suppressed_names_what_carries_it_and_until_when(done: Night) -> None:
    """A red, the repeat that confirms it, and one more, for which nobody is called again.

    The audit says which alert answers for it, and its next deadline.
    """
    [raised], [confirmed], [carried] = (done.outcomes[done.named[what]] for what in ("first", "repeat", "more"))
    alert = done.overviews[CARRIED.name].alert
    assert [Outcome.ACCEPTED_ALERT] * 2 == [raised.outcome, confirmed.outcome]
    assert Outcome.ACCEPTED_SUPPRESSED == carried.outcome
    assert alert is not None
    assert (alert.alert_id, alert.next_deadline) == (carried.carried_by, carried.until)
    assert raised.decision is not None
    assert raised.decision.alert_id == carried.carried_by


def test_ten_megabytes_are_refused_by_kafka_itself(done: Night) -> None:
    """The sender hears of it, and the log does not grow."""

    async def go() -> None:
        async with offset_reader(done.settings) as offsets:
            before = await offsets.ends([MEASUREMENTS])
            producer = AIOKafkaProducer(bootstrap_servers=done.settings.broker, max_request_size=20_000_000)
            async with producer:
                with pytest.raises(MessageSizeTooLargeError):
                    await producer.send_and_wait(done.settings.topic(MEASUREMENTS), b"x" * 10_000_000, b"good-01")
            assert before == await offsets.ends([MEASUREMENTS])

    asyncio.run(go())
