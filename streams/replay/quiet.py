"""Has everything that was due by an instant been decided? Read from the changelog, as recovery would.

An account closes when every input has its outcome. What time alone brings about (a rung, a silence) is no
input; it is over when the log has been folded to its end and nobody's next deadline lies before the instant.
"""

import asyncio

from schemas.errors import NattevagtError
from schemas.topics import PATIENT_EVENTS, STATE
from streams.adapters.clock import steady_s
from streams.adapters.log_tail import LogTail
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.core.record import PARTITION_PREFIX, PartitionRecord, StateRecord, decode_partition, decode_state

LOOK_EVERY_S = 0.2
PATIENCE_S = 60.0
"""Longest wait without anything new in the changelog (our choice, as for the account)."""


class Changelog:
    """The newest of every key."""

    def __init__(self) -> None:
        self.states: dict[bytes, StateRecord] = {}
        self.partitions: dict[int, PartitionRecord] = {}
        self.records = 0

    def add(self, partition: int, key: bytes, value: bytes | None) -> None:
        """One record; the highest applied offset wins, and a tombstone forgets."""
        self.records += 1
        if key.startswith(PARTITION_PREFIX.encode()):
            if value is not None:
                self.partitions[partition] = decode_partition(value)
            return
        if value is None:
            self.states.pop(key, None)
            return
        held, new = self.states.get(key), decode_state(value)
        if held is None or new.offset >= held.offset:
            self.states[key] = new

    def waiting(self, ends: dict[tuple[str, int], int], until_ms: int) -> int:
        """Partitions not folded to these ends, and patients who want time to pass before `until_ms`."""
        behind = sum(
            1
            for (_, partition), end in ends.items()
            if end and self.partitions.get(partition, PartitionRecord()).offset + 1 < end
        )
        due = sum(1 for one in self.states.values() if min(one.due_data_ms, one.due_ladder_ms) <= until_ms)
        return behind + due


async def until_quiet(settings: Settings, until_ms: int, *, patience_s: float = PATIENCE_S) -> int:
    """Wait until nothing that is due by `until_ms` is undecided. Gives the number of known patients.

    Raises NattevagtError when the changelog does not move for `patience_s`.
    """
    changelog = Changelog()
    async with offset_reader(settings) as offsets, LogTail(settings, [STATE]) as tail:
        since = steady_s()
        while True:
            ends, before = await offsets.ends([PATIENT_EVENTS]), changelog.records
            async for record in tail.read():
                changelog.add(record.partition, record.key, record.value)
            waiting = changelog.waiting(ends, until_ms)
            if not waiting:
                return len(changelog.states)
            if changelog.records != before:
                since = steady_s()
            elif steady_s() - since > patience_s:
                raise NattevagtError(
                    f"Nothing has been decided for {patience_s:.0f} s, and {waiting} partitions or patients wait.",
                    next_step="Look at the worker's log; the story must end with a clock record on every partition.",
                )
            await asyncio.sleep(LOOK_EVERY_S)
