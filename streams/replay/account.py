"""The account: every input that Kafka took against every outcome the audit tells, and what is missing.

Read from the topics alone, by a plain consumer, so that it does not believe the worker's own figures.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from schemas.audit import Outcome
from schemas.errors import NattevagtError
from schemas.topics import ALERTS, AUDIT, INPUTS, SCORES
from streams.adapters.clock import steady_s
from streams.adapters.log_tail import LogTail, topics_named
from streams.adapters.offsets import Offsets, offset_reader
from streams.adapters.settings import Settings
from streams.replay.decisions import Published, is_watch_alive

LOOK_EVERY_S = 0.2
PATIENCE_S = 60.0
"""Longest wait without a new audit record: a worker that restarts and recovers takes 10 to 20 s (our choice)."""

ACCEPTED = "accepted."
CLOCK = "(clock)"
"""How clock records of a simulation are counted: recorded, and about nobody."""


@dataclass(frozen=True, slots=True)
class Account:
    """received: inputs without the simulation's clock records. accepted + all of rejected = received, or one of the
    next two is not 0. rejected: by outcome, everything that is not accepted.*, quarantine, failures and gaps too.

    inputs_with_conflicting_outcomes: told two different outcomes. audit_repeats: the same told again, as after a
    crash. alerts_raised: distinct alerts on the alerts topics.
    """

    received: int
    accepted: int
    rejected: dict[str, int]
    inputs_without_outcome: int
    inputs_with_conflicting_outcomes: int
    alerts_raised: int
    audit_records: int
    audit_repeats: int
    clock_records: int
    outcomes: dict[str, int]

    @property
    def is_balanced(self) -> bool:
        """Has every input exactly one outcome?"""
        told = self.accepted + sum(self.rejected.values())
        return told == self.received and not (self.inputs_without_outcome or self.inputs_with_conflicting_outcomes)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"rejected_total": sum(self.rejected.values()), "balanced": self.is_balanced}


@dataclass(slots=True)
class Ledger:
    """Outcomes told so far. told: (topic, partition) -> offset -> (audit id, outcome)."""

    told: dict[tuple[str, int], dict[int, tuple[str, str]]] = field(default_factory=dict)
    conflicts: set[tuple[str, int, int]] = field(default_factory=set)
    records: int = 0
    repeats: int = 0

    def add(self, value: bytes) -> None:
        """One record of audit.v1. Decisions of time and operations are not about an input."""
        self.records += 1
        body = orjson.loads(value)
        source, outcome = body.get("source"), body.get("outcome")
        if source is None or outcome is None:
            return
        if outcome == Outcome.ACCEPTED_RECORDED and body.get("patient") is None:
            outcome = CLOCK
        first = source["offset"]
        for offset in range(first, (source.get("until_offset") or first) + 1):
            self._tell(source["topic"], source["partition"], offset, (body["id"], outcome))

    def _tell(self, topic: str, partition: int, offset: int, said: tuple[str, str]) -> None:
        held = self.told.setdefault((topic, partition), {}).setdefault(offset, said)
        if held is said:
            return
        if held == said:
            self.repeats += 1
        else:
            self.conflicts.add((topic, partition, offset))

    def missing(self, starts: Offsets, ends: Offsets) -> int:
        """Inputs that exist or existed between these offsets and have no outcome."""
        return sum(
            sum(1 for offset in range(starts[place], end) if offset not in self.told.get(place, {}))
            for place, end in ends.items()
        )

    def outcomes(self) -> Counter[str]:
        """How often each outcome was told, each input once."""
        return Counter(outcome for offsets in self.told.values() for _, outcome in offsets.values())


async def read_account(settings: Settings) -> Account:
    """The account as the topics stand now."""
    return await await_account(settings, patience_s=0.0)


async def await_account(
    settings: Settings, *, patience_s: float = PATIENCE_S, on_progress: Callable[[int], None] | None = None
) -> Account:
    """The account once every input that is there now has an outcome, or nothing has been told for `patience_s`.

    on_progress: called with the number of inputs that still lack an outcome.
    """
    ledger = Ledger()
    async with offset_reader(settings) as offsets, LogTail(settings, [AUDIT]) as audit:
        starts, ends = await offsets.starts(INPUTS), await offsets.ends(INPUTS)
        since = steady_s()
        while True:
            before = ledger.records
            async for record in audit.read():
                ledger.add(record.value)
            missing = ledger.missing(starts, ends)
            if on_progress is not None:
                on_progress(missing)
            if ledger.records != before:
                since = steady_s()
            if not missing or steady_s() - since >= patience_s:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    inputs = sum(ends[place] - starts[place] for place in ends)
    return _account(ledger, inputs, missing, await read_alerts(settings))


async def read_alerts(settings: Settings) -> list[list[Published]]:
    """What each alerts topic holds, in log order and without WatchAlive; one list per topic."""
    return await _published(settings, await topics_named(settings, f"{ALERTS}."))


async def read_scores(settings: Settings) -> list[Published]:
    """What scores.v1 holds, in log order."""
    (found,) = await _published(settings, [SCORES])
    return found


async def _published(settings: Settings, names: Sequence[str]) -> list[list[Published]]:
    found: dict[str, list[Published]] = {settings.topic(name): [] for name in names}
    async with LogTail(settings, names) as tail:
        async for record in tail.read():
            if is_watch_alive(record.value):
                continue
            headers = dict(record.headers)
            if record.key is None or "ce_id" not in headers:
                raise NattevagtError(
                    f"{record.topic}[{record.partition}]@{record.offset} is no step of an alert and no score.",
                    next_step="find out who else writes to this topic; only the worker may",
                )
            found[record.topic].append(Published(headers["ce_id"].decode(), record.key.decode(), record.value))
    return list(found.values())


def _account(ledger: Ledger, inputs: int, missing: int, alerts: list[list[Published]]) -> Account:
    outcomes = ledger.outcomes()
    clocks = outcomes.pop(CLOCK, 0)
    steps = (orjson.loads(record.value) for records in alerts for record in records)
    return Account(
        received=inputs - clocks,
        accepted=sum(count for outcome, count in outcomes.items() if outcome.startswith(ACCEPTED)),
        rejected={name: count for name, count in sorted(outcomes.items()) if not name.startswith(ACCEPTED)},
        inputs_without_outcome=missing,
        inputs_with_conflicting_outcomes=len(ledger.conflicts),
        alerts_raised=len({step["alert_id"] for step in steps if step["type"] == "raised"}),
        audit_records=ledger.records,
        audit_repeats=ledger.repeats,
        clock_records=clocks,
        outcomes=dict(sorted(outcomes.items())),
    )
