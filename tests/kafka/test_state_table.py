"""The state table's contract with Faust's recovery: who wins, who is a zombie, and where reading begins."""

import asyncio
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.types import TP

from streams.agents.enginekit import Chunk, ChunkSchema, StateTable
from streams.core.record import PartitionRecord, encode_partition, partition_key


@pytest.fixture
def table() -> StateTable:
    """A table in memory, as the worker makes it."""
    app = faust.App("contract", broker="kafka://127.0.0.1:1", store="memory://", Table=StateTable, autodiscover=False)
    return app.Table("state", key_type=bytes, value_type=bytes, partitions=4)


def change(at: int, key: bytes, value: bytes | None, partition: int = 0) -> Any:
    """One changelog record as recovery hands it over, a run of its own. at: its own offset in the changelog."""
    record = SimpleNamespace(key=key, value=value, partition=partition, offset=at)
    return SimpleNamespace(value=Chunk("state-changelog", partition, [record], 1))


def state(offset: int, text: str = "") -> bytes:
    """As much of a state record as recovery looks at."""
    return b'{"off":%d,"v":1,"text":"%s"}' % (offset, text.encode())


def mark(offset: int) -> bytes:
    """A partition record."""
    return encode_partition(PartitionRecord(offset, "topic-id"))


def test_the_highest_offset_wins_in_recovery(table: StateTable) -> None:
    """Within a batch and over batches; of two for the same offset the later."""
    table.apply_changelog_batch([change(0, b"a", state(5)), change(1, b"a", state(3)), change(2, b"b", state(1))])
    table.apply_changelog_batch([change(3, b"a", state(4)), change(4, b"b", state(1, "again"))])
    assert state(5) == table.get_bytes(b"a")
    assert state(1, "again") == table.get_bytes(b"b")


def test_a_tombstone_forgets_what_another_log_meant(table: StateTable) -> None:
    """Behind it a lower offset wins: `state rebuild` has folded a new log."""
    table.apply_changelog_batch([change(0, b"a", state(50)), change(1, b"a", None), change(2, b"a", state(3))])
    assert state(3) == table.get_bytes(b"a")
    table.apply_changelog_batch([change(3, b"a", None)])
    assert table.get_bytes(b"a") is None
    table.apply_changelog_batch([change(4, b"a", state(2))])
    assert state(2) == table.get_bytes(b"a")


def test_a_tombstone_is_read_and_forgets_the_watermark(table: StateTable) -> None:
    """Behind it nobody is a zombie for counting another log, and recovery need not read it again."""
    key, tp = partition_key(0), TP(table.changelog_topic_name, 0)
    table.apply_changelog_batch([change(0, b"a", state(50)), change(1, key, mark(50))])
    table.apply_changelog_batch([change(2, b"a", None), change(3, key, None)])
    assert 3 == table.persisted_offset(tp)
    table.apply_changelog_batch([change(4, b"a", state(3)), change(5, key, mark(3))])
    assert set() == table.stale
    assert (state(3), mark(3)) == (table.get_bytes(b"a"), table.get_bytes(key))


def test_only_a_record_below_the_watermark_before_it_is_a_zombies(table: StateTable) -> None:
    """An owner writes states above its watermark, then the watermark."""
    key = partition_key(0)
    table.apply_changelog_batch([change(0, b"a", state(1)), change(1, b"b", state(2)), change(2, key, mark(2))])
    table.apply_changelog_batch([change(3, b"a", state(4)), change(4, key, mark(4))])
    assert set() == table.stale
    table.apply_changelog_batch([change(5, b"b", state(3)), change(6, key, mark(3)), change(7, b"a", state(5))])
    assert {b"b"} == table.stale
    assert mark(4) == table.get_bytes(key)


def test_what_is_read_again_after_a_rebalance_is_no_zombies(table: StateTable) -> None:
    """Memory is ahead of what is read; that alone means nothing."""
    history = [change(0, b"a", state(1)), change(1, partition_key(0), mark(1)), change(2, b"a", state(2))]
    table.apply_changelog_batch(history)
    table.apply_changelog_batch(history)
    assert set() == table.stale
    assert state(2) == table.get_bytes(b"a")


def test_recovery_begins_behind_what_memory_holds(table: StateTable) -> None:
    """Own writes that follow each other move the mark; where somebody else wrote between, it stays."""
    key, tp = partition_key(0), TP(table.changelog_topic_name, 0)
    assert table.persisted_offset(tp) is None
    table.apply_changelog_batch([change(0, b"a", state(1)), change(1, key, mark(1))])
    table.put_batch(0, {b"a": state(2), key: mark(2)}, range(2, 4))
    assert 3 == table.persisted_offset(tp)
    table.put_batch(0, {b"a": state(3), key: mark(3)}, range(6, 8))
    table.put_batch(0, {b"a": state(4), key: mark(4)}, None)
    table.put_batch(0, {b"a": state(5), key: mark(5)}, range(8, 10))
    assert 3 == table.persisted_offset(tp)
    assert state(5) == table.get_bytes(b"a")


def test_a_partition_that_was_elsewhere_is_read_from_the_start(table: StateTable) -> None:
    """Lost, or new: what memory knew of it no longer counts."""
    own = TP(table.changelog_topic_name, 0)
    for lost, new in (({own}, set()), (set(), {own})):
        table.apply_changelog_batch([change(0, b"a", state(1)), change(1, partition_key(0), mark(1))])
        asyncio.run(table.on_rebalance({TP("measurements.v1", 0)}, {TP("measurements.v1", 0)}, set()))
        assert 1 == table.persisted_offset(own)
        asyncio.run(table.on_rebalance(set(), lost, new))
        assert table.persisted_offset(own) is None


def test_faust_forgets_lost_partitions_also_where_they_were_written_live(table: StateTable) -> None:
    """Its store knows a key's partition from recovery only; the kit tells it of the others."""
    for partition, name in ((0, b"a"), (1, b"b")):
        key = partition_key(partition)
        table.put_batch(partition, {name: state(1), key: mark(1)}, range(2))
    assert {b"a", partition_key(0)} == {key for key, _ in table.partition_items(0)}
    asyncio.run(table.data.on_recovery_completed({TP(table.changelog_topic_name, 1)}, set()))
    assert table.get_bytes(b"a") is None
    assert [] == table.partition_items(0)
    assert state(1) == table.get_bytes(b"b")


@pytest.mark.parametrize("value", [b"no json", b"[]", b"{}", b'{"v":99,"off":1}', b'{"v":1}'])
def test_what_recovery_would_swallow_is_kept_for_the_refusal(table: StateTable, value: bytes) -> None:
    """Faust turns every exception in recovery into a warning and goes on without the record."""
    table.apply_changelog_batch([change(0, b"a", value)])
    assert table.fault is not None


def test_a_run_may_hold_many_records_and_meets_what_is_in_memory(table: StateTable) -> None:
    """As recovery reads them: by the run, the highest offset wins within it and against what is held."""
    table.put_batch(0, {b"a": state(9), partition_key(0): mark(9)}, range(2))
    records = [change(at, b"b", state(offset)).value.records[0] for at, offset in ((2, 10), (3, 12), (4, 11))]
    records += [change(5, b"a", state(8)).value.records[0], change(6, partition_key(0), mark(12)).value.records[0]]
    table.apply_changelog_batch([SimpleNamespace(value=Chunk("state-changelog", 0, records, 1))])
    assert (state(9), state(12), mark(12)) == tuple(map(table.get_bytes, (b"a", b"b", partition_key(0))))
    assert 6 == table.persisted_offset(TP(table.changelog_topic_name, 0))
    assert 5 == table.replayed


def test_the_changelog_is_handed_over_undecoded(table: StateTable) -> None:
    """Faust's own schema would take a run for bytes."""
    assert isinstance(table.changelog_topic.schema, ChunkSchema)
    assert 0 == table.recovery_buffer_size
