"""A storm on a real Kafka: few messages to the nurse, one page to the duty lead, and every alert by itself."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.base import rfc3339
from schemas.binding import DeviceBindings
from schemas.coverage import TeamCoverage
from schemas.topics import AUDIT, alerts_topic
from streams.adapters import admin, reference_log
from streams.adapters.broker import Broker
from streams.adapters.clock import wall_ms
from streams.adapters.input_records import bindings, measurement, plan
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from tests.agents.test_health import free_port
from tests.builders import make_limit, make_plan
from tests.kafka.test_notice_ladder import running, send
from tests.kafka.test_notify import Process, notices, publish, reports
from tests.kafka.workers import settings_for
from tests.servers import Far, Received, http_server, smtp_server

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PATIENTS = 200
ALONE = 5
"""As the shipped bundle has it."""

TEAM = {
    "team": "lung",
    "version": 1,
    "recipients": [
        {"id": "nurse-1", "role": "nurse", "channels": ["webhook"]},
        {"id": "lead-1", "role": "duty_lead", "channels": ["email"]},
    ],
}


def settings_of(broker: Broker, prefix: str, folder: Path, pager: Far, mail: Far) -> Settings:
    """A nurse on a webhook, a duty lead with a mailbox."""
    (folder / "secret").write_text("whsec_" + "a2tr" * 12, encoding="utf-8")
    hook = {"url": f"http://127.0.0.1:{pager.port}/hook", "secret_file": str(folder / "secret")}
    post = {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "watch@example.org"}
    book = {
        "webhook": {"recipients": {"nurse-1": hook}},
        "email": post | {"recipients": {"lead-1": "lead@example.org"}, "language": "en"},
    }
    (folder / "channels.json").write_bytes(orjson.dumps(book))
    return settings_for(
        broker.address,
        prefix,
        simulation=False,
        partitions=3,
        channels_file=str(folder / "channels.json"),
        metrics_port=free_port(),
    )


async def prepared(settings: Settings) -> None:
    """Topics and the team."""
    await admin.apply(settings, ("lung",))
    await reference_log.publish_coverage(settings, TeamCoverage.model_validate(TEAM))


def people(count: int, now_ms: int) -> list[Any]:
    """Plans and bindings: nine of ten have the same oximeter."""
    since = {"valid_from": rfc3339(now_ms - 3_600_000)}
    found = []
    for n in range(count):
        name = f"patient-{n}"
        make = "Nonin 3230" if n % 10 else "Masimo Mighty"
        device = {"device": f"oximeter-{n}", "device_type": make, "gateway": "hub-7", **since}
        body = {"patient": name, "version": 1, "devices": [device]}
        limits = [make_limit(red_below=88, yellow_below=90, red_tier=4)]
        found.append(plan(make_plan(patient=name, template="copd", limits=limits, **since), now_ms))
        found.append(bindings(DeviceBindings.model_validate(body), now_ms))
    return found


async def everything(settings: Settings, *topics: str) -> list[dict[str, Any]]:
    """All that lies on these topics now."""
    async with LogTail(settings, topics) as tail:
        return [orjson.loads(record.value) async for record in tail.read()]


def said(one: Received) -> dict[str, Any]:
    """A webhook's event."""
    body: dict[str, Any] = orjson.loads(one.body)
    return body


def test_two_hundred_reds_at_once_are_few_messages_one_storm_page_and_two_hundred_alerts(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    """A device type goes wrong. The nurse gets five pages and a message or a few that name the other 195; the duty lead
    one page that names the device; every alert is open with a deadline of its own, and every notice is reported."""
    pager, mail = Far(), Far()
    settings = settings_of(broker, prefix, tmp_path, pager, mail)

    async def go() -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
        await prepared(settings)
        async with http_server(pager), smtp_server(mail):
            with running(settings):
                await send(settings, *people(PATIENTS, wall_ms()))
                await asyncio.sleep(3)
                now_ms = wall_ms()
                for minute in (2, 1):  # a red is confirmed by its repeat, so that nobody waits a quarter of an hour
                    await send(
                        settings,
                        *(
                            measurement(
                                f"patient-{n}", "spo2", 84, "%", now_ms - minute * 60_000, f"oximeter-{n}", at_ms=now_ms
                            )
                            for n in range(PATIENTS)
                        ),
                    )
                await mail.has(1, 90)
                wanted: set[str] = set()
                while len(wanted) < PATIENTS:
                    found = await everything(settings, "notices.v1")
                    wanted = {body["id"] for body in found if body["action"] == "trigger"}
                told = await reports(settings, wanted, 60)
                await asyncio.sleep(2)
        return await everything(settings, alerts_topic("lung")), told

    steps, told = asyncio.run(go())
    events = [said(one) for one in pager.taken]
    groups = [
        event["payload"]["custom_details"] for event in events if "alert_ids" in event["payload"]["custom_details"]
    ]
    alone = [event["dedup_key"] for event in events if "alert_ids" not in event["payload"]["custom_details"]]
    grouped = [alert_id for group in groups for alert_id in group["alert_ids"]]
    print(
        f"{PATIENTS} alerts: {len(events)} messages to the nurse, {len(alone)} alone, groups of",
        sorted(map(len, [g["alert_ids"] for g in groups])),
    )

    newest = {
        step["alert_id"]: step for step in sorted(steps, key=lambda step: step.get("sequence", 0)) if "alert_id" in step
    }
    assert PATIENTS == len(newest) == len({step["patient"] for step in newest.values()})
    assert all(step["next_deadline"] is not None for step in newest.values())
    assert {1} == set(Counter(alone + grouped).values())
    assert newest.keys() == set(alone) | set(grouped)
    assert len(events) <= PATIENTS // 8
    assert {"delivered"} == {body["result"] for body in told.values()}
    assert PATIENTS == len(told)

    (page,) = mail.taken
    assert "Alert storm: lung, 200 new alerts; device type Nonin 3230: 180 of 200" in page.text
    assert "gateway hub-7: 200 of 200" in page.text
    assert "plan template copd: 200 of 200" in page.text


def test_a_restarted_process_tells_nothing_twice_and_loses_nothing(broker: Broker, prefix: str, tmp_path: Path) -> None:
    """Killed while groups wait and again after the page: everything is reported, the lead has one page, and a second
    storm's worth of alerts an instant later is more of the same storm."""
    pager, mail = Far(), Far()
    settings = settings_of(broker, prefix, tmp_path, pager, mail)
    sent = notices(80, channel="webhook", recipient="nurse-1", origin={"device_type": "Nonin 3230"})
    later = [
        one.model_copy(update={"id": f"later-{one.id[:20]}", "alert_id": f"later-{n}"})
        for n, one in enumerate(notices(40, channel="webhook", recipient="nurse-1"))
    ]

    async def go() -> dict[str, dict[str, Any]]:
        await prepared(settings)
        async with http_server(pager), smtp_server(mail):
            await publish(settings, sent)
            first = Process(settings)
            await pager.has(ALONE, 60)
            first.kill()
            second = Process(settings)
            found = await reports(settings, {one.id for one in sent})
            await mail.has(1, 60)
            await asyncio.sleep(2)
            assert 0 == second.end()
            third = Process(settings)
            await publish(settings, later)
            found |= await reports(settings, {one.id for one in later})
            await asyncio.sleep(15)  # longer than a new storm would gather
            assert 0 == third.end()
        return found

    found = asyncio.run(go())
    audited = [body for body in asyncio.run(everything(settings, AUDIT)) if body["type"] == "operation"]

    assert {"delivered"} == {body["result"] for body in found.values()}
    assert 120 == len(found)
    assert 1 == len(mail.taken)
    assert "80 new alerts" in mail.taken[0].text
    (line,) = [body["reason"] for body in audited]
    assert line.startswith("storm.begun: team lung, 80 alerts; device_type Nonin 3230 80")
    assert line.endswith("lead-1 by email: delivered")


def test_two_processes_send_one_storm_page(broker: Broker, prefix: str, tmp_path: Path) -> None:
    """They share the partitions; one of them sees the whole sky. A mailbox that is away gets it when it is back."""
    pager, mail = Far(), Far()
    settings = settings_of(broker, prefix, tmp_path, pager, mail)
    sent = notices(60, channel="webhook", recipient="nurse-1", origin={"device_type": "Nonin 3230"})

    async def go() -> None:
        await prepared(settings)
        async with http_server(pager), smtp_server(mail):
            both = [Process(settings), Process(settings.but(metrics_port=free_port()))]
            try:
                await asyncio.sleep(8)
                await publish(settings, sent)
                await reports(settings, {one.id for one in sent})
                await mail.has(1, 60)
                await asyncio.sleep(5)
            finally:
                for process in both:
                    process.kill()

    asyncio.run(go())
    assert 1 == len(mail.taken)
    assert "Nonin 3230: 60 of 60" in mail.taken[0].text
