"""Consents that say nothing, or something else than they seem to: a clear outcome each, and nobody's state changes."""

from typing import Any

import orjson
import pytest

from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.consent import MAX_BLOCKED
from schemas.events import ConsentReceived, Stamp
from schemas.topics import CONSENTS
from streams.core.intake.accept import RawRecord, Refused, accept
from tests.builders import DAY, T0, context, make_consent

LATER = rfc3339(T0 + DAY)


def taken(**changed: Any) -> ConsentReceived | Refused:
    """What intake makes of a consent with these fields changed; None takes the field away."""
    body = make_consent().model_dump(mode="json", exclude_none=True) | changed
    value = orjson.dumps({name: value for name, value in body.items() if value is not None})
    event = accept(RawRecord(CONSENTS, 0, 0, T0, b"p1", value), Stamp(), context())
    assert isinstance(event, ConsentReceived | Refused)
    return event


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"monitoring": "no"}, "monitoring"),
        ({"monitoring": False}, "monitoring"),
        ({"research": "withdrawn"}, "body: extra_forbidden"),
        ({"version": 0}, "version"),
        ({"by": None}, "by: missing"),
        ({"by": "Anna Hansen"}, "by"),
        ({"valid_from": None}, "valid_from: missing"),
        ({"valid_until": rfc3339(T0)}, "value_error"),
        ({"blocks": {"teams": ["Lung ward"]}}, "blocks.teams.0"),
        ({"blocks": {"teams": [f"t{n}" for n in range(MAX_BLOCKED + 1)]}}, "blocks.teams"),
        ({"blocks": ["lung"]}, "blocks"),
        ({"monitoring": "given", "valid_until": LATER}, "valid_until: it withholds nothing"),
        ({"patient": "p2"}, "the key is not the patient"),
    ],
)
def test_a_malformed_consent_is_refused_by_name(changed: dict[str, Any], place: str) -> None:
    """Scopes are words, not flags; a consent for a time would be none after it; the value is never repeated."""
    refused = taken(**changed)
    assert isinstance(refused, Refused)
    assert refused.outcome is Outcome.REJECTED_SCHEMA
    assert place in refused.reason
    assert refused.next_step
    assert "Anna" not in refused.reason


@pytest.mark.parametrize(
    "changed",
    [
        {"valid_until": LATER},
        {"monitoring": "given"},
        {"monitoring": "given", "blocks": {"teams": ["lung"]}, "valid_until": LATER},
        {"monitoring": "given", "blocks": {"recipients": ["nurse-1"]}, "valid_until": LATER},
        {"valid_from": rfc3339(T0 - 900 * DAY)},
    ],
)
def test_a_good_one_is_let_in(changed: dict[str, Any]) -> None:
    """How old its beginning is does not matter: it holds from when it comes."""
    assert isinstance(taken(**changed), ConsentReceived)
