"""What the rooms of one worker share: connections, the end of the process, and what they know of partitions."""

import logging
import os
import sys
from dataclasses import dataclass, field
from typing import Any, NoReturn

from faust.types import TP

from schemas.errors import NattevagtError
from schemas.ids import UNASSIGNED_TEAM
from schemas.topics import INPUTS, PATIENT_EVENTS, STATE
from streams.adapters.input_records import partition_of
from streams.adapters.kafka import Deliverer
from streams.adapters.metrics import Metrics
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.agents.effects import Interpreter
from streams.agents.enginekit import Chunk
from streams.agents.tally import Tally

log = logging.getLogger(__name__)

EXIT_FAILED = 70
"""A delivery failed or the engine contradicts itself: restart. sysexits' EX_SOFTWARE."""

EXIT_REFUSED = 78
"""State, topics or settings must be mended by a person first: a restart will refuse again. EX_CONFIG."""


SLICE_S = 0.040
"""CPU seconds of folding before deliveries are awaited: the loop must answer heartbeats and health checks."""

LOOK_EVERY = 8
"""Records between two looks at that clock: asking it is a call of the kernel, which may cost as much as a rule."""


@dataclass(slots=True)
class Room:
    """One worker's shared things. taken_over: the rebalance whose partitions we have taken over; -1 = none yet."""

    app: Any
    settings: Settings
    deliverer: Deliverer
    references: ReferenceReader
    tally: Tally = field(init=False)
    taken_over: int = -1

    def __post_init__(self) -> None:
        self.tally = Tally(Metrics(self.settings.partitions), simulation=self.settings.simulation)

    @property
    def is_moving(self) -> bool:
        """Has a rebalance or the end begun? It waits for the slice in work, so no other one may be begun."""
        return bool(self.app.should_stop or self.app.rebalancing_count != self.taken_over)

    def is_ours(self, chunk: Chunk) -> bool:
        """Was the run fetched for the assignment that still holds?"""
        return chunk.generation == self.app.consumer_generation_id and not self.is_moving

    def partition_of(self, patient: str) -> int:
        """The patient's partition in every patient-keyed topic: murmur2, as Kafka's default partitioner."""
        return partition_of(patient.encode(), self.settings.partitions)

    def assigned(self, topic: str) -> list[int]:
        """Partitions of an unprefixed topic that this worker owns now."""
        name = self.settings.topic(topic)
        return sorted(tp.partition for tp in self.app.consumer.assignment() if tp.topic == name)

    def interpreter(self) -> Interpreter:
        """Effects to records, for the topics that exist now."""
        references = self.references
        return Interpreter(self.settings, lambda team: team in references.reachable or team == UNASSIGNED_TEAM)

    async def seek(self, topic: str, partition: int, offset: int) -> None:
        """Read a partition again from `offset`; names are prefixed, as Kafka knows them."""
        await self.app.consumer.seek(TP(topic, partition), offset)

    def chunk_topics(self) -> frozenset[str]:
        """Prefixed names of all topics whose records come in runs; the changelog too, when it is read in recovery."""
        return frozenset(self.settings.topic(name) for name in (*INPUTS, PATIENT_EVENTS, STATE))


def end_process(error: BaseException, code: int) -> NoReturn:
    """Stop at once, without acknowledging, committing or flushing anything: what was confirmed is safe.

    A clean shutdown could commit what was never delivered; a kill cannot.
    """
    step = error.next_step if isinstance(error, NattevagtError) else "report this as a defect"
    text = str(error.args[0]) if isinstance(error, NattevagtError) else type(error).__name__
    log.critical("worker ends", extra={"error": type(error).__name__, "reason": text, "next_step": step})
    sys.stderr.write(f"nattevagt: {text} Next: {step}\n")
    sys.stderr.flush()
    os._exit(code)
