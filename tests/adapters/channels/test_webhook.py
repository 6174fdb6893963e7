"""The webhook's event and its signature, as a receiver checks them."""

import asyncio
import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from schemas.errors import ConfigurationError
from streams.adapters.channels.book import WebhookBook
from streams.adapters.channels.webhook import Webhook, content, signed
from tests.messages import make_group, make_notice, make_storm_page

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_receiver_can_prove_where_it_came_from() -> None:
    """Standard Webhooks: HMAC-SHA256 over id, time and body; while a secret changes both sign."""
    data = content(make_notice(), "none", None)
    headers = signed("n1", 1_767_596_400, data, (OLD, NEW))

    for key, mark in zip((OLD, NEW), headers["webhook-signature"].split(), strict=True):
        version, _, given = mark.partition(",")
        wanted = hmac.new(key, b"n1.1767596400." + data, sha256).digest()
        assert ("v1", wanted) == (version, b64decode(given))
    assert ("n1", "1767596400", "n1") == (
        headers["webhook-id"],
        headers["webhook-timestamp"],
        headers["Idempotency-Key"],
    )


@pytest.mark.parametrize(("action", "severity", "tier"), [("trigger", "critical", 4), ("resolve", "warning", 2)])
def test_the_event_is_pagerdutys(action: str, severity: str, tier: int) -> None:
    """The alert's id joins trigger, acknowledge and resolve; the step is a detail."""
    event = orjson.loads(content(make_notice(action, tier=tier, sequence=3), "none", "key-of-the-service"))

    assert (action, "a1", "key-of-the-service") == (event["event_action"], event["dedup_key"], event["routing_key"])
    assert (severity, "nattevagt") == (event["payload"]["severity"], event["payload"]["source"])
    assert 3 == event["payload"]["custom_details"]["sequence"]
    assert {"patient", "reasons", "verdict"}.isdisjoint(event["payload"]["custom_details"])


def test_a_group_is_one_event_that_names_every_alert() -> None:
    """Its key is its own: a receiver that has one alert open may not swallow the others."""
    group = make_group(3, deliver_by="2026-01-05T07:10:00Z")
    event = orjson.loads(content(group, "none", None))
    details = event["payload"]["custom_details"]

    assert ("trigger", group.id, "critical") == (
        event["event_action"],
        event["dedup_key"],
        event["payload"]["severity"],
    )
    assert (3, ["a1", "a2", "a3"], 4) == (details["count"], details["alert_ids"], details["tier"])
    assert "2026-01-05T07:10:00Z" == details["deliver_by"]


def test_a_storm_is_one_event_and_its_end_resolves_it() -> None:
    """What its alerts share is data, so a receiver can route it to whoever mends the device."""
    begun, over = (orjson.loads(content(make_storm_page(over=over), "none", None)) for over in (False, True))

    assert ("trigger", "resolve") == (begun["event_action"], over["event_action"])
    assert begun["dedup_key"] == over["dedup_key"]
    shared = begun["payload"]["custom_details"]["shared"]
    assert {"what": "device_type", "value": "Nonin 3230", "count": 20, "unknown": 0} == shared[0]
    assert {"what": "gateway", "value": None, "count": 0, "unknown": 20} == shared[1]
    assert "reason" not in {one["what"] for one in shared}


@pytest.mark.parametrize("text", ["", "not base64!", "whsec_" + b64encode(b"short").decode()])
def test_a_weak_or_missing_secret_is_refused_at_the_start(text: str, tmp_path: Path) -> None:
    """By the file's name, without a word of what is in it."""
    file = tmp_path / "secret"
    file.write_text(text, encoding="utf-8")
    book = WebhookBook.model_validate(
        {"recipients": {"nurse-phone": {"url": "https://pager.example/hook", "secret_file": str(file)}}}
    )

    async def made() -> None:
        Webhook(book)

    with pytest.raises(ConfigurationError, match="secret") as caught:
        asyncio.run(made())
    assert not text or text not in str(caught.value)
