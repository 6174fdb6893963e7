"""What every topic must fulfil, from the one table."""

import pytest

from schemas.topics import ALERTS_ROW, INPUTS, PATIENT_EVENTS, REFERENCE, TABLE, UNLIMITED, Layout, Topic, expected
from streams.core.intake.accept import CONTRACTS

CONSUMED = {*INPUTS, *REFERENCE, PATIENT_EVENTS}


def test_names_are_unique() -> None:
    """One row, one topic."""
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)


def test_every_input_topic_has_a_contract_and_an_event() -> None:
    """What intake reads it can also judge."""
    assert set(INPUTS) == set(CONTRACTS)


def test_unassigned_always_exists() -> None:
    """An alert whose team is unknown is never lost."""
    assert [row.name for row in expected()][-1] == "alerts.v1.unassigned"
    assert "alerts.v1.lung" in [row.name for row in expected(("lung",))]


@pytest.mark.parametrize("row", [*TABLE, ALERTS_ROW], ids=lambda row: row.name)
class TestTopic:
    """One row against what all promise."""

    def test_consumed_topics_are_never_compacted(self, row: Topic) -> None:
        """The dense-offset guard would see a hole in every compacted one."""
        assert row.name not in CONSUMED or row.cleanup == "delete"

    def test_compacted_topics_keep_newer_records_long_enough(self, row: Topic) -> None:
        """A zombie's late record must still meet the newer one it would overwrite."""
        assert row.cleanup != "compact" or row.lag_ms >= 7 * 86_400_000

    def test_audit_and_record_are_kept_for_ever(self, row: Topic) -> None:
        """Removal is a signed event, not a timer."""
        assert row.name not in ("audit.v1", PATIENT_EVENTS) or row.retention_ms == UNLIMITED

    def test_the_largest_refused_record_fits(self, row: Topic) -> None:
        """rejected, audit, changelog and the record take what the inputs may hold, and more."""
        big = row.name in ("rejected.v1", "audit.v1", PATIENT_EVENTS, "nattevagt-state-changelog")
        assert row.max_message_bytes >= (2_097_152 if big else 1_048_576)

    def test_reference_topics_have_one_order(self, row: Topic) -> None:
        """A stamp is one offset per topic."""
        assert row.name not in REFERENCE or row.layout is Layout.ONE

    def test_has_a_writer(self, row: Topic) -> None:
        """ACLs are rendered from it."""
        assert row.writers
