"""What we write ourselves is made without validation: so what the core makes must be what a reader would accept."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from schemas.alert import WatchAlive
from schemas.audit import AuditBody, SourceRef
from schemas.base import Open
from schemas.codec import dumps
from schemas.events import EVENT, Stamp
from schemas.made import Made, wire
from streams.core.effects import PublishAlert, PublishOverview, WriteAudit
from streams.replay.run import PureRun
from streams.sim.scenarios import first_night
from tests.builders import Patient, make_measurement, make_refusal

SOURCE = SourceRef(topic="measurements.v1", partition=1, offset=2)


def bodies() -> Iterator[Made]:
    """Everything a first night leads to."""
    run = PureRun()
    first_night(watch=run)
    for effect in run.effects:
        match effect:
            case PublishAlert(step=body) | PublishOverview(overview=body) | WriteAudit(body=body):
                yield body


def test_what_is_made_would_have_been_accepted() -> None:
    """A whole night: each body, read back in full from its bytes, is itself; its bytes are pydantic's own."""
    made = list(bodies())

    assert 1000 < len(made)
    for body in made:
        assert body == type(body).model_validate_json(wire(body))
        assert dumps(body.model_dump(mode="json")) == wire(body)
        assert dumps(body.model_dump(mode="json", exclude_none=True)) == wire(body, sparse=True)


def test_events_are_read_back_as_they_were_made() -> None:
    """The log holds what intake and timekeeper made, and reading it checks everything."""
    patient = Patient()
    patient.measures(86)
    patient.waits(minutes=15)
    patient.feed(make_refusal())

    for event in patient.events:
        assert event == EVENT.validate_json(wire(event))
        assert dumps(event.model_dump(mode="json")) == wire(event)


def test_one_field_can_be_changed_on_the_way_out() -> None:
    """The overview's offset is known to the shell alone; the body itself stays as it is."""
    body = WatchAlive(partition=3, assessed_up_to="2026-01-05T07:00:00.000Z")

    assert wire(body.model_copy(update={"partition": 4})) == wire(body, partition=4)
    assert 3 == body.partition


def test_names_are_still_checked() -> None:
    """A field that is missing or that nobody knows is a mistake at once, not a null on the wire."""
    with pytest.raises(ValidationError, match="offset"):
        SourceRef(topic="measurements.v1", partition=1)  # type: ignore[call-arg]  # the very thing that must fail
    with pytest.raises(ValidationError, match="future"):
        Stamp(coverage=1, future=2)  # type: ignore[call-arg]  # the very thing that must fail
    with pytest.raises(ValidationError, match="frozen"):
        SOURCE.offset = 3  # type: ignore[misc]  # the very thing that must fail


def test_defaults_are_filled_in_where_they_stand() -> None:
    """An omitted field has its default, in the contract's order."""
    body = AuditBody(id="a", type="outcome", at="2026-01-05T07:00:00.000Z", source=SOURCE)

    assert list(AuditBody.model_fields) == list(body.model_dump())
    assert body == AuditBody.model_validate(body.model_dump())
    assert Stamp() == Stamp(coverage=-1, rules=-1, models=-1)


@pytest.mark.parametrize("changed", [{"offset": "2"}, {"partition": None}, {"topic": 1}])
def test_reading_one_checks_everything(changed: dict[str, object]) -> None:
    """Strict, as before."""
    with pytest.raises(ValidationError):
        SourceRef.model_validate(SOURCE.model_dump() | changed)
    assert issubclass(SourceRef, Open)


def test_what_comes_from_outside_is_validated_when_it_is_made() -> None:
    """Contracts of topics that others write are no `Made`."""
    assert not isinstance(make_measurement(), Made)
