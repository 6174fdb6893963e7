"""In force: what models.v1 says up to an offset. Which parameters scores are made of, and which model may colour."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, assert_never

from schemas.errors import ContractError
from schemas.model import FellBack, Frozen, ModelRecord, ModelSnapshot, Promoted, RolledBack
from streams.core.evolve import evolve
from streams.core.learning.designs import BY_ID, DESIGNS
from streams.core.models.snapshot import ENOUGH_OUTCOMES, Snapshot, load


@dataclass(frozen=True, slots=True)
class Served:
    """What one model's scores are made of. digest: of the record on models.v1; the design's own before the first.
    outcomes: different events it has learned from.

    quantiles: risk in millionths that so many of 10,000 scored patient-days reach, see schemas.model.Figures.
    """

    digest: str
    snapshot: Snapshot
    outcomes: int = 0
    quantiles: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InForce:
    """served: model id -> its parameters. champion: the model that may colour; None = rules alone decide.

    held: models whose newer snapshots wait until somebody promotes again. fallen: why the champion lost its place:
    direction of the drift, None = it did not.
    """

    served: Mapping[str, Served]
    champion: str | None = None
    held: frozenset[str] = frozenset()
    fallen: str | None = None

    @property
    def may_colour(self) -> Served | None:
        """The champion's parameters, once it knows enough outcomes; None = rules alone decide."""
        if self.champion is None:
            return None
        served = self.served[self.champion]
        return served if served.outcomes >= ENOUGH_OUTCOMES else None


START: Final = InForce(MappingProxyType({design.id: Served(design.digest, design.start) for design in DESIGNS}))
"""Before anything stands on models.v1: what was believed beforehand, and nobody promoted."""


class Models:
    """The fold of models.v1, answerable for every offset that has been read."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Served] = {}
        self._offsets: list[int] = []
        self._after: list[InForce] = []
        self.refused: dict[int, str] = {}

    @property
    def now(self) -> InForce:
        """After the last record read."""
        return self._after[-1] if self._after else START

    def at(self, offset: int) -> InForce:
        """After the record of this offset; -1 = before all."""
        place = bisect_right(self._offsets, offset)
        return self._after[place - 1] if place else START

    def add(self, offset: int, record: ModelRecord | None) -> str | None:
        """One more record. Gives why it changes nothing, None = it counts. None as record: it could not be read."""
        try:
            changed = self._changed(record)
        except ContractError as error:
            self.refused[offset] = str(error.args[0])
            return self.refused[offset]
        if changed is not self.now:
            self._offsets.append(offset)
            self._after.append(changed)
        return None

    def snapshot_of(self, model: str, digest: str) -> Served | None:
        """A snapshot that has been read and is sound; None = there is none."""
        return self._known.get((model, digest))

    def _changed(self, record: ModelRecord | None) -> InForce:
        now = self.now
        match record:
            case None:
                raise _refused("it is no record of models.v1")
            case ModelSnapshot():
                return self._published(record)
            case Promoted():
                served = self._named(record.model, record.digest)
                held = now.held - {record.model}
                return InForce(_with(now, record.model, served), record.model, held)
            case Frozen() | RolledBack():
                served = self._named(record.model, record.digest)
                return evolve(now, served=_with(now, record.model, served), held=now.held | {record.model})
            case FellBack():
                if record.model != now.champion:
                    return now
                return evolve(now, champion=None, fallen=record.direction)
            case _:
                assert_never(record)

    def _published(self, record: ModelSnapshot) -> InForce:
        design = BY_ID.get(record.model)
        if design is None:
            raise _refused("no such model in this release")
        if record.lineage.design != design.digest:
            raise _refused("it was learned by a release with other features or beliefs")
        if not record.is_whole:
            raise _refused("its digest is not that of its content")
        if (record.model, record.digest) in self._known:
            return self.now  # a copy by a learner that was killed, or by a second one
        quantiles = {int(number): risk for number, risk in record.figures.quantiles.items()}
        served = Served(record.digest, load(record.parameters), record.lineage.outcomes, quantiles)
        self._known[record.model, record.digest] = served
        if record.model in self.now.held:
            return self.now
        return evolve(self.now, served=_with(self.now, record.model, served))

    def _named(self, model: str, digest: str) -> Served:
        served = self._known.get((model, digest))
        if served is None:
            raise _refused("it names a snapshot that is not there or was refused")
        return served


def _with(now: InForce, model: str, served: Served) -> Mapping[str, Served]:
    return MappingProxyType({**now.served, model: served})


def _refused(reason: str) -> ContractError:
    return ContractError(reason, next_step="see what stands on models.v1 with `nattevagt model list`")
