"""Context: the reference data a decision may use, exactly as it stood at the event's stamp."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.coverage import TeamCoverage
from schemas.errors import StateError
from schemas.events import Stamp
from schemas.model import ModelRecord
from schemas.rules import RuleBundle
from streams.core.learning.force import START, InForce, Models
from streams.core.rules.base import NO_ROWS, CompiledTable
from streams.core.rules.compiled import compiled_table


@dataclass(frozen=True, slots=True)
class Context:
    """In force for one event. code: name and version of the deciding program, repeated in each decision.

    table: the rows of `rules`, compiled.
    scoring: False only after a model has failed on this very event: then it is decided without one.
    resting: the watch has stood still and goes on; what senders held back may still come, so data deadlines wait.
    """

    rules: RuleBundle
    teams: Mapping[str, TeamCoverage]
    code: str
    scoring: bool = True
    models: InForce = START
    resting: bool = False
    table: CompiledTable = NO_ROWS

    def __post_init__(self) -> None:
        """Compile where the reference data changes, and not at every reading."""
        if self.table.source is not self.rules.table:
            object.__setattr__(self, "table", compiled_table(self.rules))


class BehindError(StateError):
    """An event or a state names reference data that this process has not read yet; it exists, so read on."""


def later(held: Stamp, given: Stamp) -> Stamp:
    """The stamp that has read as far as both: a patient's never goes back, whichever worker stamps."""
    if held is given or (held.coverage, held.rules, held.models) == (given.coverage, given.rules, given.models):
        return held
    return Stamp(
        coverage=max(held.coverage, given.coverage),
        rules=max(held.rules, given.rules),
        models=max(held.models, given.models),
    )


SETTLED_MS = 5_000
"""Intake follows a bundle so long after Kafka took it, by when every worker has read it (our choice: twice the
longest time a worker goes on without looking, streams.agents.intake, and some for brokers' clocks)."""


@dataclass(slots=True)
class Reference:
    """The fold of each reference topic, answerable for any stamp that has been read.

    `default` is in force at offset -1. Records are few (teams, bundles), so all are kept.
    """

    default: RuleBundle
    code: str
    _coverage: list[tuple[int, TeamCoverage]] = field(default_factory=list)
    _rules: list[tuple[int, RuleBundle]] = field(default_factory=list)
    _models: Models = field(default_factory=Models)
    _taken: list[tuple[int, int]] = field(default_factory=list)
    _read: list[int] = field(default_factory=lambda: [-1, -1, -1])
    _known: dict[tuple[int, int, int], Context] = field(default_factory=dict)

    stamp: Stamp = field(default_factory=Stamp, init=False)
    """What has been read so far."""

    def add_coverage(self, offset: int, record: TeamCoverage | None) -> None:
        """One record of coverage.v1; None = it could not be read and changes nothing."""
        if record is not None:
            self._coverage.append((offset, record))
        self._has_read(0, offset)

    def add_rules(self, offset: int, record: RuleBundle | None, at_ms: int = 0) -> None:
        """One record of rules.v1 and when Kafka took it; None = it could not be read and changes nothing."""
        if record is not None:
            self._rules.append((offset, record))
            self._taken.append((offset, at_ms))
        self._has_read(1, offset)

    def add_model(self, offset: int, record: ModelRecord | None) -> str | None:
        """One record of models.v1; None = it could not be read. Gives why it changes nothing, None = it counts."""
        refused = self._models.add(offset, record)
        self._has_read(2, offset)
        return refused

    def _has_read(self, topic: int, offset: int) -> None:
        self._read[topic] = offset
        self.stamp = Stamp(coverage=self._read[0], rules=self._read[1], models=self._read[2])

    def covers(self, stamp: Stamp) -> bool:
        """Has everything up to this stamp been read?"""
        return stamp.coverage <= self._read[0] and stamp.rules <= self._read[1] and stamp.models <= self._read[2]

    def at(self, stamp: Stamp) -> Context:
        """The context in force at a stamp. Raises BehindError when it has not been read yet."""
        key = (stamp.coverage, stamp.rules, stamp.models)
        found = self._known.get(key)
        if found is None:
            if not self.covers(stamp):
                raise BehindError(
                    "an event names reference data that has not been read",
                    next_step="read coverage.v1, rules.v1 and models.v1 up to the stamp before folding",
                )
            found = self._known[key] = self._fold(key)
        return found

    def when_taken(self, at_ms: int) -> Context:
        """The rules an input is let in by, from the times of both records alone: so the same again after a crash."""
        offset = next((known for known, since_ms in reversed(self._taken) if since_ms <= at_ms - SETTLED_MS), -1)
        return self.at(Stamp(rules=offset))

    def taken_ms(self, digest: str) -> int | None:
        """When Kafka took the bundle with this digest; None = it was never published, so it is the shipped one."""
        offset = next((known for known, bundle in reversed(self._rules) if bundle.digest == digest), None)
        return None if offset is None else dict(self._taken)[offset]

    def _fold(self, key: tuple[int, int, int]) -> Context:
        rules = self.default
        for offset, bundle in self._rules:
            if offset <= key[1]:
                rules = bundle
        teams: dict[str, TeamCoverage] = {}
        for offset, coverage in self._coverage:
            held = teams.get(coverage.team)
            if offset <= key[0] and (held is None or coverage.version >= held.version):
                teams[coverage.team] = coverage
        return Context(rules, teams, self.code, models=self._models.at(key[2]))
