"""Webhook: signed HTTP, PagerDuty's event form (trigger, acknowledge, resolve) with our alert id as `dedup_key`.

Signed as Standard Webhooks says: headers webhook-id, webhook-timestamp and webhook-signature over
`id.timestamp.body`. No redirect is followed (it could lead anywhere), and of the answer only the status is read.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from hashlib import sha256

import aiohttp
import orjson

from schemas.base import rfc3339
from schemas.errors import ConfigurationError
from schemas.notice import Notice, NoticeAction
from streams.adapters.channels.book import Detail, WebhookAddress, WebhookBook, secret
from streams.adapters.channels.ports import NO_ADDRESS, TAKEN, TIMEOUT, UNREACHABLE, Attempt, Message
from streams.adapters.channels.wording import first_deadline, subject, thread, written_at
from streams.adapters.clock import wall_ms
from streams.core.escalation.grouping import Group
from streams.core.escalation.storm import StormPage

SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins, not one
BUSY = frozenset({408, 425, 429})
"""Refusals that another try may overcome, beside every 5xx."""

SEVERITY = {0: "info", 1: "info", 2: "warning", 3: "error", 4: "critical", 5: "critical"}
"""Tier -> PagerDuty's word for it."""


class Webhook:
    """One connection pool for all receivers. Only pages go together: what ends one ends it by the alert's own key."""

    together = frozenset({NoticeAction.TRIGGER})

    def __init__(self, book: WebhookBook) -> None:
        """Read every secret now: a missing one is said at the start, not at the first red alert."""
        self._detail = book.detail
        self._to = {name: (row.url, _keys(row), _routing(row)) for name, row in book.recipients.items()}
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=book.timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=64, limit_per_host=16),
            auto_decompress=False,
        )

    async def attempt(self, message: Message) -> Attempt:
        """POST once; 2xx is taken."""
        if message.recipient not in self._to:
            return Attempt(NO_ADDRESS)
        url, keys, routing = self._to[message.recipient]
        data = content(message, self._detail, routing)
        try:
            async with self._session.post(
                url, data=data, headers=signed(message.id, wall_ms() // 1000, data, keys), allow_redirects=False
            ) as answer:
                return _judged(answer.status)
        except TimeoutError:
            return Attempt(TIMEOUT, again=True)
        except (aiohttp.ClientError, OSError, ValueError):
            return Attempt(UNREACHABLE, again=True)

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()


def content(message: Message, detail: Detail, routing_key: str | None) -> bytes:
    """The event. Without `codes` neither a patient nor a reason is in it."""
    match message:
        case Group():
            action, tier, details = message.first.action.value, message.first.tier, _many(message, detail)
        case StormPage():
            action, tier, details = "resolve" if message.over else "trigger", 5, _storm(message, detail)
        case Notice():
            action, tier, details = message.action.value, message.tier, _one(message, detail)
    event: dict[str, object] = {
        "event_action": action,
        "dedup_key": thread(message),
        "payload": {
            "summary": subject(message, "en"),
            "source": "nattevagt",
            "severity": SEVERITY.get(tier, "critical"),
            "timestamp": written_at(message),
            "custom_details": details,
        },
    }
    return orjson.dumps(event if routing_key is None else event | {"routing_key": routing_key})


def _one(notice: Notice, detail: Detail) -> dict[str, object]:
    details: dict[str, object] = {
        "sequence": notice.sequence,
        "team": notice.team,
        "colour": notice.level.value,
        "tier": notice.tier,
        "rung": notice.rung,
        "role": notice.role.value,
        "unconfirmed": notice.unconfirmed,
        "raised_at": notice.raised_at,
        "deliver_by": notice.deliver_by,
    }
    return details | (_codes(notice) if detail == "codes" else {})


def _codes(notice: Notice) -> dict[str, object]:
    return {"patient": notice.patient, "reasons": notice.reasons, "verdict": notice.verdict}


def _many(group: Group, detail: Detail) -> dict[str, object]:
    """Each alert has its own ladder, so the receiver gets each one's id; `dedup_key` is the group's."""
    details: dict[str, object] = {
        "count": len(group.alert_ids),
        "alert_ids": group.alert_ids,
        "teams": group.teams,
        "colour": group.first.level.value,
        "tier": group.first.tier,
        "role": group.role.value,
        "deliver_by": first_deadline(group),
    }
    if detail == "codes":
        details["alerts"] = [{"alert_id": notice.alert_id} | _codes(notice) for notice in group.notices]
    return details


def _storm(page: StormPage, detail: Detail) -> dict[str, object]:
    sky = page.sky
    shared = [one for one in sky.common if one.what != "reason" or detail == "codes"]
    return {
        "storm": sky.storm.id,
        "team": sky.storm.team,
        "begun_at": rfc3339(sky.storm.begun_ms),
        "count": sky.alerts,
        "reds": sky.reds,
        "tier": sky.top_tier,
        "role": page.role.value,
        "shared": [{"what": o.what, "value": o.value, "count": o.count, "unknown": o.unknown} for o in shared],
        "rules_since": page.rules_since,
    }


def signed(notice_id: str, at_s: int, data: bytes, keys: tuple[bytes, ...]) -> dict[str, str]:
    """Headers by which the receiver knows that it is from us, new, and which one it is."""
    stamp = f"{notice_id}.{at_s}.".encode()
    marks = (b64encode(hmac.new(key, stamp + data, sha256).digest()).decode() for key in keys)
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": notice_id,
        "webhook-id": notice_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }


def _judged(status: int) -> Attempt:
    if 200 <= status < 300:
        return TAKEN
    if 300 <= status < 400:
        return Attempt("redirect")
    return Attempt(f"http_{status}", again=status >= 500 or status in BUSY)


def _keys(row: WebhookAddress) -> tuple[bytes, ...]:
    found = []
    for line in secret(row.secret_file).split():
        try:
            found.append(b64decode(line.removeprefix(SECRET_PREFIX), validate=True))
        except NotBase64:
            found.append(b"")
    if min(map(len, found)) < 24:  # Standard Webhooks: 24 to 64 random bytes
        raise ConfigurationError(
            f"{row.secret_file} holds no webhook secret.", next_step="Write whsec_ and at least 24 bytes in base64."
        )
    return tuple(found)


def _routing(row: WebhookAddress) -> str | None:
    return None if row.routing_key_file is None else secret(row.routing_key_file)
