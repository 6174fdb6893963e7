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
from tests.messages import make_notice

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
