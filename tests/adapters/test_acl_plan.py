"""Rights: who may do what, as rendered for Kafka."""

from pathlib import Path

from streams.adapters.acl_plan import rights, script
from streams.adapters.settings import Settings

SHIPPED = Path(__file__).parents[2] / "deploy/kafka/acls.sh"
SETTINGS = Settings(topic_prefix="p-")


def test_a_device_may_write_readings_and_signs_of_life_and_nothing_else() -> None:
    """A lost device must not be able to read anything."""
    found = [right for right in rights(SETTINGS) if right.role == "devices"]

    assert [
        ("devices", ("Write",), "topic", f"p-{name}.v1", False) for name in ("measurements", "device-status")
    ] == found


def test_nobody_may_use_transactions() -> None:
    """An aborted transaction leaves a hole in the offsets that a reader takes for a loss."""
    assert {"topic", "group", "cluster"} == {right.resource for right in rights(SETTINGS)}
    assert "transactional" not in script(SETTINGS)


def test_nobody_may_delete() -> None:
    """Neither topics nor records."""
    assert "Delete" not in {name for right in rights(SETTINGS) for name in right.operations}


def test_only_the_worker_writes_what_it_decides() -> None:
    """Alerts of every team and the log; the audit also holds what people and the learner decide about models."""
    decided = ("p-alerts.v1.", "p-patient-events.v1", "p-nattevagt-state-changelog")
    writers = {right.role for right in rights(SETTINGS) if "Write" in right.operations and right.name in decided}
    auditors = {right.role for right in rights(SETTINGS) if "Write" in right.operations and right.name == "p-audit.v1"}

    assert {"worker"} == writers
    assert {"worker", "learn", "notify", "operator"} == auditors


def test_a_role_with_a_blank_becomes_one_user() -> None:
    """Kafka's user names are words."""
    lines = script(SETTINGS).splitlines()

    assert "add 'User:care-systems' --operation Write --topic 'p-commands.v1'" in lines
    assert "add 'User:worker' --operation Write --topic 'p-alerts.v1.' --resource-pattern-type prefixed" in lines


def test_the_shipped_script_is_fresh() -> None:
    """If not: `nattevagt topics acls > deploy/kafka/acls.sh`, then read the diff."""
    assert script(Settings()) == SHIPPED.read_text(encoding="utf-8")
