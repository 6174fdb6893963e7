"""`nattevagt rejected` on a real Kafka: find a refused input, look at it, send it again, and leave a trace."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson
import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from click.testing import CliRunner, Result

from schemas.errors import ConfigurationError, DeliveryError
from schemas.topics import AUDIT, MEASUREMENTS, REJECTED, TABLE
from streams.adapters import admin, topic_plan
from streams.adapters.broker import Broker
from streams.adapters.clock import wall_ms
from streams.adapters.cluster import connected
from streams.adapters.input_records import InputRecord, bindings
from streams.adapters.settings import Settings
from streams.cli import group
from streams.core.intake.accept import REDRIVE_HEADER, RawRecord
from streams.sim.patients import copd
from streams.sim.story import enrolled, teams
from tests.kafka import hostile
from tests.kafka.ward import DAY_MS, OFTEN, TEAMS, Ward
from tests.kafka.workers import Worker, environment, settings_for

pytestmark = pytest.mark.kafka

PATIENT = copd("redriven-01", max_per_hour=OFTEN)
HEADERS = (("trace", b"\x1b[2J"), ("nattevagt_reason", b"mine"), ("none", None))


@dataclass(slots=True)
class Desk:
    """An operator's terminal: commands, and what the topics hold."""

    ward: Ward
    settings: Settings

    def types(self, *words: str) -> Result:
        """`nattevagt rejected ...`; errors of ours come through."""
        env = {name: text for name, text in environment(self.settings).items() if name.startswith("NATTEVAGT_")}
        return CliRunner().invoke(group, ["rejected", *words], env=env, catch_exceptions=False)

    def sends(self, *records: InputRecord) -> str:
        """Hand records to Kafka and wait for their outcomes; coordinates of the first, as an operator writes them."""
        [first, *_] = hostile.send(self.settings, records)
        assert self.ward.account().is_balanced
        return f"{MEASUREMENTS}[{records[0].place(self.settings.partitions)}]@{first}"

    def records(self, topic: str) -> list[RawRecord]:
        """All of it, partition by partition."""
        return [record for _, records in self.ward.evidence().of(topic) for record in records]


@pytest.fixture(scope="module")
def desk(broker: Broker, run_mark: str) -> Iterator[Desk]:
    """One installation in operation, one patient, one worker."""
    settings = settings_for(broker.address, f"{run_mark}-desk-", partitions=2, simulation=False)
    ward = Ward(settings, [PATIENT])
    asyncio.run(admin.apply(settings, TEAMS))
    ward.send(teams(wall_ms()))
    with Worker(settings) as worker:
        worker.watching()
        ward.send(enrolled([PATIENT], wall_ms() - DAY_MS, wall_ms(), ("08:00",)))
        ward.let_in()
        yield Desk(ward, settings)
        assert worker.code is None, worker.last_words()


def reading(**changed: object) -> InputRecord:
    """A good reading of now, with fields of its body changed, and with headers."""
    good = PATIENT.reads("spo2", 93, wall_ms(), late_ms=0)
    return replace(good, value=orjson.dumps(orjson.loads(good.value or b"") | changed), headers=HEADERS)


def redrives(desk: Desk) -> list[dict[str, str]]:
    """What the audit holds about redrives."""
    bodies = [orjson.loads(record.value or b"") for record in desk.records(AUDIT)]
    return [body for body in bodies if body["type"] == "operation"]


def test_a_refusal_is_listed_without_its_value(desk: Desk) -> None:
    """Where it lies, where it came from, why, and what to do; by outcome, patient and time."""
    source = desk.sends(reading(unit="kg", value=93.125))
    [line] = desk.types("list", "--outcome", "rejected.unit", "--since", "1h", "--limit", "1").stdout.splitlines()
    assert source in line
    assert "93.125" not in line
    assert "unit: not one of spo2's -> send one of" in line
    [row] = map(orjson.loads, desk.types("list", "--json", "--patient", PATIENT.name).stdout.splitlines()[-1:])
    assert (source, "rejected.unit", PATIENT.name) == (row["source"], row["outcome"], row["patient"])
    assert row["at"].startswith(f"{REJECTED}[")
    assert "" == desk.types("list", "--patient", "nobody-1").stdout
    assert "" == desk.types("list", "--since", "2999-01-01T00:00:00Z").stdout


def test_a_refusal_is_shown_whole_and_harms_no_terminal(desk: Desk) -> None:
    """By its own coordinates or by those of its input; the sender's headers, without those of the worker."""
    source = desk.sends(replace(reading(), value=b'{"a":"\x1b]0;x\x07\r\n  | outcome accepted"'))
    shown = desk.types("show", source).stdout
    assert all(line.isprintable() for line in shown.splitlines())
    assert "\\x1b]0;x\\x07\\x0d" in shown
    assert "  | trace: \\x1b[2J" in shown
    assert "  | nattevagt_reason: mine" in shown
    assert "rejected.malformed" in shown
    assert shown.splitlines()[0].split(",")[0] in desk.types("list").stdout
    junk = desk.sends(replace(reading(), key=None, partition=1, value=bytes(range(256)) * 40))
    assert "9984 bytes more" in desk.types("show", "--bytes", "256", junk).stdout
    assert "00000000  00 01 02" in desk.types("show", junk.replace("[", "/").replace("]@", "/")).stdout


def test_redriving_counts_once_and_leaves_a_trace(desk: Desk) -> None:
    """Refused, mended, sent again: accepted. Sent again by mistake: a duplicate. Each time who and what is audited."""
    source = desk.sends(reading(device="new-one"))
    assert "rejected.unbound_device" in desk.types("list", "--limit", "1").stdout
    held = PATIENT.bindings(wall_ms() - DAY_MS)
    more = held.devices[0].model_copy(update={"device": "new-one"})
    desk.ward.send([bindings(held.model_copy(update={"version": 2, "devices": (*held.devices, more)}), wall_ms())])
    desk.ward.let_in()
    before = len(redrives(desk))
    first = desk.types("redrive", source, "--by", "operator-7")
    assert "accepted." in first.stdout
    second = desk.types("redrive", source, "--by", "operator-7")
    assert "rejected.duplicate" in second.stdout
    told = redrives(desk)[before:]
    assert 2 == len(told)
    assert {("operator-7", PATIENT.name)} == {(body["by"], body["patient"]) for body in told}
    assert all(body["reason"].startswith("redrive of rejected.v1[") for body in told)
    original, *copies = [one for one in desk.records(MEASUREMENTS) if b"new-one" in (one.value or b"")]
    assert 2 == len(copies)
    name = (REDRIVE_HEADER, f"{MEASUREMENTS}/{original.partition}/{original.offset}".encode())
    for copy in copies:
        assert (original.key, original.value) == (copy.key, copy.value)
        assert [*original.headers, name] == list(copy.headers)
    [refused] = [one for one in desk.records(REJECTED) if name in one.headers]
    assert original.value == refused.value


def test_all_of_an_outcome_is_redriven_once(desk: Desk) -> None:
    """What is refused again is not redriven with the rest for ever, and a dry run sends nothing."""
    for _ in range(2):
        desk.sends(reading(kind="aura"))
    asked = ("redrive", "--all", "--outcome", "rejected.schema")
    end = len(desk.records(MEASUREMENTS)), len(redrives(desk))
    assert 2 == len(desk.types(*asked, "--dry-run").stdout.splitlines())
    assert end == (len(desk.records(MEASUREMENTS)), len(redrives(desk)))
    assert 2 == desk.types(*asked).stdout.count("rejected.schema (")
    assert "2 redriven" in desk.types(*asked).stderr
    third = [one for one in desk.records(REJECTED) if REDRIVE_HEADER in dict(one.headers)]
    assert {1} == {sum(name == REDRIVE_HEADER for name, _ in one.headers) for one in third}


@pytest.mark.parametrize(("key", "value"), [(None, None), (b"redriven-01", None), (None, b"")])
def test_null_stays_null(desk: Desk, key: bytes | None, value: bytes | None) -> None:
    """A record of nothing at all can be redriven too, to the partition it came from."""
    source = desk.sends(InputRecord(MEASUREMENTS, key, value, wall_ms(), (), 1))
    assert "rejected.malformed" in desk.types("redrive", source).stdout
    [*_, copy] = [one for one in desk.records(MEASUREMENTS) if one.partition == 1]
    assert (key, value, [REDRIVE_HEADER]) == (copy.key, copy.value, [name for name, _ in copy.headers])


def test_without_an_audit_nothing_is_redriven(desk: Desk) -> None:
    """The topic takes no record: then no input is sent."""
    source = desk.sends(reading(unit="kg"))
    end = len(desk.records(MEASUREMENTS))
    asyncio.run(limit(desk.settings, "60"))
    with pytest.raises(DeliveryError, match="nothing was sent"):
        desk.types("redrive", source)
    asyncio.run(limit(desk.settings, "2097152"))
    assert end == len(desk.records(MEASUREMENTS))


async def limit(settings: Settings, size: str) -> None:
    """The largest record audit.v1 takes, once the broker has it."""
    row = next(row for row in TABLE if row.name == AUDIT)
    wanted = topic_plan.configs(row, settings) | {"max.message.bytes": size}
    async with connected(settings) as client:
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, settings.topic(AUDIT), wanted)])
    for _ in range(100):
        if (size == str(row.max_message_bytes)) == (await admin.check(settings, TEAMS) == []):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the broker does not follow")


@pytest.mark.parametrize(
    "where", [f"{REJECTED}[0]@999999", f"{REJECTED}[99]@0", f"{MEASUREMENTS}[0]@999999", "rejected", "a[1]@x"]
)
def test_what_is_not_there_is_named(desk: Desk, where: str) -> None:
    """One line, and what to do."""
    with pytest.raises(ConfigurationError, match=r"no (refused record|coordinates)"):
        desk.types("show", where)


@pytest.mark.parametrize(
    "words",
    [(), ("--all",), ("--outcome", "rejected.unit"), (f"{REJECTED}[0]@1", "--all", "--outcome", "rejected.unit")],
)
def test_a_redrive_says_exactly_what(desk: Desk, words: tuple[str, ...]) -> None:
    """Neither nothing nor everything by mistake."""
    assert 2 == desk.types("redrive", *words).exit_code


def test_a_redrive_needs_a_name(desk: Desk) -> None:
    """The audit says who."""
    with pytest.raises(ConfigurationError, match="who redrives"):
        desk.types("redrive", f"{REJECTED}[0]@0", "--by", "two words")
