"""Our own bugs: a model may not cost a reading, and nothing else may lose one."""

from typing import NoReturn

import pytest

from schemas.audit import Outcome
from streams.agents import guard
from streams.core import measure
from streams.core import step as step_room
from streams.core.effects import Effect, PublishAlert, PublishScore, RejectInput, WriteAudit
from streams.core.state import PatientState
from tests.builders import context, make_bindings, make_event, make_measurement, make_plan

CONTEXT = context()


def broken(*_: object, **__: object) -> NoReturn:
    """Any defect."""
    raise ZeroDivisionError("value 86")


def enrolled() -> PatientState:
    """A patient with plan and bindings."""
    state = PatientState("p1")
    for contract in (make_plan(), make_bindings()):
        state = guard.guarded_step(state, make_event(contract), CONTEXT).state
    return state


def outcomes(effects: tuple[Effect, ...]) -> list[Outcome | None]:
    """Terminal outcomes among effects."""
    return [effect.body.outcome for effect in effects if isinstance(effect, WriteAudit)]


@pytest.mark.parametrize(("room", "name"), [(step_room, "scores"), (measure, "learn")])
def test_a_broken_model_costs_no_reading(monkeypatch: pytest.MonkeyPatch, room: object, name: str) -> None:
    """The reading is assessed and raises its alert; only the score is missing."""
    state = enrolled()
    monkeypatch.setattr(room, name, broken)
    done = guard.guarded_step(state, make_event(make_measurement(value=60)), CONTEXT)
    assert [Outcome.ACCEPTED_ALERT] == outcomes(done.effects)
    assert any(isinstance(effect, PublishAlert) for effect in done.effects)
    assert not any(isinstance(effect, PublishScore) for effect in done.effects)


def test_a_broken_step_keeps_the_bytes_and_alerts_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """failed.internal, the bytes on rejected.v1, one technical alert; the state stays as it was."""
    state = enrolled()
    monkeypatch.setattr(guard, "step", broken)
    first = guard.guarded_step(state, make_event(make_measurement()), CONTEXT)
    second = guard.guarded_step(state, make_event(make_measurement(value=85)), CONTEXT)
    assert first.state == state
    assert [Outcome.FAILED_INTERNAL] == outcomes(first.effects)
    assert any(isinstance(effect, RejectInput) for effect in first.effects)
    alerts = [effect.id for done in (first, second) for effect in done.effects if isinstance(effect, PublishAlert)]
    assert len(alerts) == 2
    assert len(set(alerts)) == 1


def test_what_is_logged_of_a_defect_holds_no_reading(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The text of an exception can hold one."""
    monkeypatch.setattr(guard, "step", broken)
    guard.guarded_step(enrolled(), make_event(make_measurement()), CONTEXT)
    assert caplog.records
    assert "86" not in caplog.text
