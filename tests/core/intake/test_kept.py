"""What is kept verbatim in the state may not be padded to the limit of a record."""

import pytest

from schemas.audit import Outcome
from schemas.catalog import default_bundle
from schemas.events import Stamp
from schemas.topics import BINDINGS, CARE_PLANS
from streams.core.context import Context
from streams.core.intake.accept import MAX_KEPT_BYTES, RawRecord, Refused, accept
from tests.builders import make_bindings, make_plan

CONTEXT = Context(default_bundle(), {}, "test")


@pytest.mark.parametrize(("topic", "make"), [(CARE_PLANS, make_plan), (BINDINGS, make_bindings)])
@pytest.mark.parametrize("spare", [0, 1])
def test_padding_counts(topic: str, make: object, spare: int) -> None:
    """At the limit it is kept, one byte more is refused by name."""
    body = make().model_dump_json().encode()  # type: ignore[operator]  # both build a contract
    padded = body + b" " * (MAX_KEPT_BYTES - len(body) + spare)
    taken = accept(RawRecord(topic, 0, 0, 1_764_000_000_000, b"p1", padded), Stamp(), CONTEXT)
    refused = isinstance(taken, Refused) and taken.outcome is Outcome.REJECTED_OVERSIZE
    assert refused is bool(spare)
