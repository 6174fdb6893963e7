"""Commands: a closed union, each knows what it names, and free text has no place in any of them."""

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from schemas.command import COMMAND, AlertCommand, AnyCommand
from tests.builders import make_command

KINDS = [member.model_fields["type"].default for member in get_args(AnyCommand)]
ABOUT_ALERTS = [member.model_fields["type"].default for member in get_args(AlertCommand)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_survives_the_wire(kind: str) -> None:
    """Written as JSON and read again it is the same."""
    command = make_command(kind, team="lung", at="2026-01-05T08:00:00+01:00")

    assert command == COMMAND.validate_json(command.model_dump_json())
    assert command == COMMAND.validate_json(command.model_dump_json(exclude_none=True))


@pytest.mark.parametrize("kind", ABOUT_ALERTS)
@pytest.mark.parametrize("missing", ["alert_id", "sequence"])
def test_what_is_done_to_an_alert_names_the_version_seen(kind: str, missing: str) -> None:
    """Nobody can act on an alert without saying what they have seen of it."""
    body = make_command(kind).model_dump(mode="json", exclude={missing})

    with pytest.raises(ValidationError, match=missing):
        COMMAND.validate_python(body)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("shout", {}),
        ("close", {"verdict": "maybe"}),
        ("close", {"comment": "fru Jensen har det bedre"}),
        ("snooze", {"why": "patienten sover"}),
        ("snooze", {"direction": "sideways"}),
        ("snooze", {"condition": "limits spo2"}),
        ("snooze", {"until": "tomorrow"}),
        ("hand_over", {"to_team": "heart", "team": "heart"}),
        ("hand_over", {"to_team": "Heart team"}),
        ("note", {"ref": "a text with spaces"}),
        ("delivery_reported", {"result": "perhaps"}),
        ("acknowledge", {"sequence": 0}),
        ("acknowledge", {"by": ""}),
        ("acknowledge", {"at": "2026-01-05T08:00:00"}),
    ],
)
def test_what_is_no_command_is_refused(kind: str, changed: dict[str, Any]) -> None:
    """Unknown kinds, fields, words and times without a zone."""
    body = make_command(kind if kind in KINDS else "acknowledge").model_dump(mode="json", exclude_none=True)

    with pytest.raises(ValidationError):
        COMMAND.validate_python(body | {"type": kind} | changed)
