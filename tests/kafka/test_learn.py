"""Learning on a real Kafka: killed anywhere it ends where an undisturbed one ends, and scorers follow it."""

import asyncio
import random
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from schemas.audit import AuditBody
from schemas.base import rfc3339
from schemas.clinical_outcome import ClinicalOutcome
from schemas.errors import ConfigurationError
from schemas.example import Example
from schemas.made import wire
from schemas.model import FellBack, ModelSnapshot, Promoted
from schemas.topics import AUDIT, CLINICAL_OUTCOMES, EXAMPLES, LEARNER_STATE, SCORES
from streams.adapters import admin, model_log
from streams.adapters.broker import Broker
from streams.adapters.input_records import InputRecord
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.cli import group
from streams.core.learning.designs import DESIGNS
from streams.core.learning.learner import OFTEN_LABELS, Learner
from streams.sim.patients import copd
from streams.sim.story import FIRST_NIGHT_MS
from tests.core.learning.test_learner import stream
from tests.kafka.ward import DAY_MS, Ward
from tests.kafka.workers import Worker, environment, settings_for

pytestmark = pytest.mark.kafka

LEARN = (sys.executable, "-c", "from streams.cli import main; main()", "learn", "--metrics-port", "0")
KILLS = 10
LIMIT_S = 60.0


def told(settings: Settings, examples: Iterable[Example]) -> list[OutRecord]:
    """These examples as a worker publishes them."""
    topic = settings.topic(EXAMPLES)
    return [OutRecord(topic, 0, one.patient.encode(), wire(one), (), FIRST_NIGHT_MS) for one in examples]


def deliver(settings: Settings, records: Sequence[OutRecord]) -> None:
    """Confirmed by Kafka when it returns."""

    async def go() -> None:
        deliverer = Deliverer(settings)
        await deliverer.start()
        try:
            await deliverer.deliver(records)
        finally:
            await deliverer.stop()

    asyncio.run(go())


def values(settings: Settings, topic: str) -> list[bytes]:
    """Every value of a topic, partition by partition."""

    async def go() -> list[bytes]:
        async with LogTail(settings, (topic,)) as tail:
            return [record.value async for record in tail.read()]

    return asyncio.run(go())


def snapshots(settings: Settings, model: str) -> list[ModelSnapshot]:
    """What stands on models.v1 of this model."""
    return asyncio.run(model_log.read(settings)).snapshots(model)


def undisturbed(settings: Settings, design_id: str) -> list[str]:
    """Digests that one learner gives that reads the same log from end to end."""
    design = next(each for each in DESIGNS if each.id == design_id)
    learner, found = Learner(design, settings.code), []
    for offset, value in enumerate(values(settings, EXAMPLES)):
        found += [
            record.digest
            for record in learner.take(offset, Example.model_validate_json(value))
            if isinstance(record, ModelSnapshot)
        ]
    return found


def run_once(settings: Settings, *more: str) -> None:
    """Learn to the end of the log."""
    with Worker(settings, command=(*LEARN, "--once", *more)) as process:
        assert 0 == process.wait(), process.last_words()


def nattevagt(settings: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    """Type this, with this cluster in the variables."""
    for name, text in environment(settings).items():
        if name.startswith("NATTEVAGT_"):
            monkeypatch.setenv(name, text)
    return CliRunner().invoke(group, words, catch_exceptions=False)


def test_killed_ten_times_it_gives_the_same_snapshots(broker: Broker, prefix: str) -> None:
    """Examples come while it is killed at random, some of them twice as after a worker's crash.

    Every snapshot stands once on models.v1, and the last one is that of a learner that was never disturbed.
    """
    settings = settings_for(broker.address, prefix)
    asyncio.run(admin.apply(settings))
    chance, log = random.Random(4), list(stream(1_500, seed=9))
    for place in range(0, 1_500, 150):
        with Worker(settings, command=LEARN) as process:
            process.wait_for("learning")
            part = log[place : place + 150]
            deliver(settings, told(settings, [*part, *part[-chance.randrange(1, 20) :]]))
            threading.Event().wait(chance.random() * 0.5)
            process.kill()
            assert -9 == process.code
    run_once(settings)

    for design in DESIGNS:
        there = [one.digest for one in snapshots(settings, design.id)]
        assert undisturbed(settings, design.id) == there
        assert 1_500 // OFTEN_LABELS == len(there)
    run_once(settings, "--anew")
    assert 1_500 // OFTEN_LABELS == len(snapshots(settings, DESIGNS[0].id))


def test_an_emptied_topic_is_refused_by_name(broker: Broker, prefix: str) -> None:
    """A state that has read further than the log reaches belongs to another log."""
    settings = settings_for(broker.address, prefix)
    asyncio.run(admin.apply(settings))
    learner = Learner(DESIGNS[0], settings.code)
    learner.upto = 7
    deliver(settings, [OutRecord(settings.topic(LEARNER_STATE), 0, b"risk", orjson.dumps(learner.dump()), (), 1)])
    other = orjson.dumps({**Learner(DESIGNS[1], settings.code).dump(), "upto": 7})
    deliver(settings, [OutRecord(settings.topic(LEARNER_STATE), 0, b"risk-open", other, (), 1)])

    with Worker(settings, command=(*LEARN, "--once")) as process:
        assert 78 == process.wait()
        assert "made anew" in process.said("worker ends")[0]["reason"]
    run_once(settings, "--anew")


def test_drift_is_told_to_the_operator(broker: Broker, prefix: str) -> None:
    """Events ten times as often as said: one critical line with what to do, one record, and a counter."""
    settings = settings_for(broker.address, prefix)
    asyncio.run(admin.apply(settings))
    deliver(settings, told(settings, stream(3_000, risk_ppm=3_000)))
    port = free_port()
    with Worker(settings, command=(*LEARN[:-1], str(port))) as process:
        line = process.wait_for("model fell back to rules")
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()

    assert ("CRITICAL", True) == (line["level"], "model list" in line["next_step"])
    assert 'nattevagt_model_fell_back_total{direction="more",model="risk"} 1.0' in page
    assert 'nattevagt_model_auroc_ratio{model="risk"}' in page
    log = asyncio.run(model_log.read(settings))
    fell = [one for _, one in log.records if isinstance(one, FellBack)]
    assert "more" == fell[0].direction
    told_of = [body for body in audited(settings) if (body.reason or "").startswith("model.fell_back")]
    assert len(fell) == len(told_of)
    assert (None, "operation", True) == (told_of[0].by, told_of[0].type, "model list" in (told_of[0].next_step or ""))


def audited(settings: Settings) -> list[AuditBody]:
    """What people and the learner decided, as the audit tells it."""
    bodies = [AuditBody.model_validate_json(value) for value in values(settings, AUDIT)]
    return [body for body in bodies if body.type == "operation"]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def outcome(patient: str, at_ms: int) -> InputRecord:
    """A hospital tells of an exacerbation."""
    body = ClinicalOutcome.model_validate(
        {
            "id": f"outcome-{patient}",
            "patient": patient,
            "kind": "exacerbation",
            "happened_at": rfc3339(at_ms),
            "known_at": rfc3339(at_ms),
            "source": "hospital",
        }
    )
    return InputRecord(CLINICAL_OUTCOMES, patient.encode(), body.model_dump_json().encode(), at_ms)


def test_outcomes_make_a_snapshot_and_the_next_scores_carry_its_digest(
    broker: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Worker and learner side by side; then people decide, and a cold fold of everything says the same to the byte."""
    settings = settings_for(broker.address, prefix, metrics_port=0)
    ward = Ward(settings, [replace(copd(f"learn-{n:02d}"), max_per_hour=1_000) for n in range(12)])
    ward.open()
    risk = DESIGNS[0].id
    with Worker(settings) as worker, Worker(settings, command=LEARN, keep=tmp_path / "learn.log") as learn:
        worker.watching()
        learn.wait_for("learning")
        ward.enrol()
        for day in range(6):
            at_ms = FIRST_NIGHT_MS + day * DAY_MS + 60_000
            ward.send([one.reads("spo2", 88 + (n + day) % 7, at_ms) for n, one in enumerate(ward.patients)])
        ward.let_in()
        at_ms = FIRST_NIGHT_MS + 6 * DAY_MS
        ward.send([outcome(one.name, at_ms) for one in ward.patients])
        ward.let_in()
        learn.wait_for("snapshot", times=2 * (6 * 12 // OFTEN_LABELS))
        newest = snapshots(settings, risk)[-1]
        digest = followed(ward, risk, newest.digest, at_ms + DAY_MS)
        assert newest.digest == digest
        assert newest.is_whole
        assert 12 >= newest.lineage.outcomes > 0

        shown = ModelSnapshot.model_validate_json(nattevagt(settings, monkeypatch, "model", "show", risk).stdout)
        assert (newest.digest, True) == (shown.digest, shown.is_whole)
        assert "no sound snapshot" in refused(settings, monkeypatch, "model", "rollback", risk, "f" * 8)
        said = nattevagt(settings, monkeypatch, "model", "promote", risk, "--by", "dr-1", "--reason", "figures")
        assert "rules stand alone" in said.stdout
        first = snapshots(settings, risk)[0]
        nattevagt(settings, monkeypatch, "model", "rollback", risk, first.digest, "--by", "dr-1", "--reason", "drift")
        assert first.digest == followed(ward, risk, first.digest, at_ms + 2 * DAY_MS)
        rows = orjson.loads(nattevagt(settings, monkeypatch, "model", "list", "--json").stdout)
        assert (first.digest, True, False, True) == tuple(
            rows[0][name] for name in ("in_force", "champion", "colours", "held")
        )
        learn.terminate()
        table = nattevagt(settings, monkeypatch, "model", "compare").stdout
        assert all(word in table for word in (risk, "risk-open", "rules", "AUROC", "unknown labels"))
        worker.terminate()

    records = asyncio.run(model_log.read(settings)).records
    assert "dr-1" == next(one.by for _, one in records if isinstance(one, Promoted))
    told_of = [(body.by, (body.reason or "").split(":")[0]) for body in audited(settings)]
    assert [("dr-1", f"model.promoted {risk}"), ("dr-1", f"model.rolled_back {risk}")] == told_of
    verdict = ward.judge()
    assert verdict.is_clean, verdict.to_json()
    assert verdict.scores > 100


def followed(ward: Ward, model: str, digest: str, at_ms: int) -> str:
    """Readings are sent until a score names this digest: a worker follows models.v1 within about a second."""
    for n in range(int(LIMIT_S)):
        ward.send([one.reads("spo2", 90, at_ms + n * 60_000) for one in ward.patients[:4]])
        ward.let_in()
        found = [orjson.loads(value) for value in values(ward.settings, SCORES)]
        if digest in {one["digest"] for one in found if one["model"] == model}:
            return digest
    return "never"


def refused(settings: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What is said instead of doing it."""
    with pytest.raises(ConfigurationError) as caught:
        nattevagt(settings, monkeypatch, *words, "--by", "dr-1", "--reason", "x")
    return str(caught.value)
