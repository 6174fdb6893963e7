"""The settings behind each row of schemas.topics, without a broker."""

import pytest

from schemas.topics import AUDIT, MEASUREMENTS, TABLE, Topic, expected
from streams.adapters import topic_plan
from streams.adapters.settings import Settings


@pytest.mark.parametrize("row", expected(("hf",)), ids=lambda row: row.name)
def test_every_setting_has_a_reason(row: Topic) -> None:
    """Whoever is refused must learn why."""
    for settings in (Settings(), Settings(simulation=True)):
        assert set(topic_plan.configs(row, settings)) <= set(topic_plan.WHY)


def test_in_operation_the_broker_stamps_and_in_simulation_the_writer() -> None:
    """Simulated records are years old: no limit on time, no deletion by time."""
    row = next(row for row in TABLE if row.name == MEASUREMENTS)
    real, simulated = (topic_plan.configs(row, Settings(simulation=flag)) for flag in (False, True))

    assert ("LogAppendTime", str(row.retention_ms)) == (real["message.timestamp.type"], real["retention.ms"])
    assert "message.timestamp.before.max.ms" not in real
    assert ("CreateTime", "-1") == (simulated["message.timestamp.type"], simulated["retention.ms"])
    assert {str(2**63 - 1)} == {simulated[f"message.timestamp.{side}.max.ms"] for side in ("before", "after")}


def test_a_compacted_audit_is_told_apart_from_other_wrong_policies() -> None:
    """It is the one change that destroys evidence."""
    row = next(row for row in TABLE if row.name == AUDIT)

    assert topic_plan.COMPACTED == topic_plan.why(row, "cleanup.policy", "compact,delete")
    assert topic_plan.WHY["cleanup.policy"] == topic_plan.why(row, "cleanup.policy", "delete")
