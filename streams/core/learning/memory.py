"""What one patient's state remembers so that risk models can learn: known outcomes, and scores that wait for them.

One moment of scoring a day waits, chosen by hash; with features, scores and the rules' tier as they were. The whole
takes at most MAX_BYTES: then moments that were not sampled are thinned out, the older the more, and what is left of
the week before an event stands for all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from schemas.ids import make_id
from streams.core.learning.pack import pack

MINUTE_MS: Final = 60_000
DAY_MIN: Final = 1_440

MAX_OUTCOMES: Final = 8
"""Facts kept, the latest ones: enough for admission, discharge and event of two months (our choice)."""

HORIZON_MIN: Final = 7 * DAY_MIN
"""An event counts for the scores of the seven days before it (study of online models, section 1, homes)."""

REPORT_MIN: Final = 14 * DAY_MIN
"""Behind the horizon so much longer is waited for somebody to tell (the same: known after 21 days)."""

RECOVERY_MIN: Final = 14 * DAY_MIN
"""Scores of the days after an event are skipped (the same, section 9, rule 9)."""

SILENT_MIN: Final = 2 * DAY_MIN
"""A longer gap between readings: whether nothing happened in it cannot be known (our choice: two daily slots)."""

WEIGHT: Final = 8
"""One in so many quiet moments is kept and stands for all of them (the same, section 5: cheaper learning)."""

MAX_BYTES: Final = 1_000
ROW_BYTES: Final = 22
"""JSON of a waiting row beside its blob, at most."""

FACT_BYTES: Final = 40

ACTED, SILENT, SAMPLED = 1, 2, 4
"""Marks of a waiting row: somebody acted on an alert in its horizon; the patient was silent in it; it stays."""

ANOTHER: Final = 8
"""Added to the marks for each moment that has made room and that this one stands for."""


class Fact(NamedTuple):
    """A clinical outcome as remembered. kind: of ClinicalOutcome, or `confirmed`: a person closed an alert as true."""

    at_ms: int
    kind: str
    planned: bool = False

    @property
    def is_event(self) -> bool:
        """Did somebody get worse?"""
        return self.kind in EVENTS and not self.planned


EVENTS: Final = frozenset({"admission", "exacerbation", "death", "confirmed"})


class Waiting(NamedTuple):
    """One moment of scoring. at_min: minutes since the epoch. draw: the day's lowest stays. marks: see above.

    blob: tier, scores and features, packed.
    """

    at_min: int
    draw: int
    marks: int
    blob: str

    @property
    def stands_for(self) -> int:
        """Days on which the patient was scored: its own, and those behind it that have made room."""
        return 1 + self.marks // ANOTHER


class Memory(NamedTuple):
    """facts: oldest first by when they happened. rows: oldest first, one a day.

    heard_ms: the patient's clock at the last reading that counted; 0 = none yet.
    """

    facts: tuple[Fact, ...] = ()
    rows: tuple[Waiting, ...] = ()
    heard_ms: int = 0

    @property
    def cost(self) -> int:
        """Bytes of JSON, at most."""
        return FACT_BYTES * len(self.facts) + sum([ROW_BYTES + len(row.blob) for row in self.rows])


EMPTY: Final = Memory()


def known(memory: Memory, fact: Fact) -> Memory:
    """One more fact in its place; the oldest go."""
    return _bounded(Memory(tuple(sorted({*memory.facts, fact}))[-MAX_OUTCOMES:], memory.rows, memory.heard_ms))


def heard(memory: Memory, now_ms: int) -> Memory:
    """A reading counts. Rows whose horizon reached into the silence before it are marked."""
    last_min, now_min = memory.heard_ms // MINUTE_MS, now_ms // MINUTE_MS
    rows = memory.rows
    if rows and now_min - last_min > SILENT_MIN:
        rows = tuple([_marked(row, SILENT) if row.at_min + HORIZON_MIN > last_min else row for row in rows])
    return Memory(memory.facts, rows, now_ms)


def acted(memory: Memory, raised_ms: int, now_ms: int) -> Memory:
    """An alert that somebody had acted on is closed: what did not happen then may have been prevented."""
    raised_min, now_min = raised_ms // MINUTE_MS, now_ms // MINUTE_MS
    rows = [
        _marked(row, ACTED) if row.at_min < now_min and row.at_min + HORIZON_MIN > raised_min else row
        for row in memory.rows
    ]
    return Memory(memory.facts, tuple(rows), memory.heard_ms)


def remember(
    memory: Memory, cause: str, now_ms: int, tier: int, scores: Sequence[int], x: Mapping[str, float]
) -> Memory:
    """This moment waits for its outcome, unless an earlier one of the same day drew lower.

    cause: id of the event. scores: in millionths, in the order of the designs.
    """
    at_min = now_ms // MINUTE_MS
    digits = make_id("waiting", cause)
    draw, rows = int(digits[:2], 16), memory.rows
    marks = SAMPLED if int(digits[2:6], 16) % WEIGHT == 0 else 0
    if rows and rows[-1].at_min // DAY_MIN == at_min // DAY_MIN:
        if draw >= rows[-1].draw:
            return memory
        marks += ANOTHER * (rows[-1].stands_for - 1)
        rows = rows[:-1]
    row = Waiting(at_min, draw, marks, pack(tier, scores, x))
    return _bounded(Memory(memory.facts, (*rows, row), memory.heard_ms))


def _bounded(memory: Memory) -> Memory:
    while memory.cost > MAX_BYTES and memory.rows:
        memory = Memory(memory.facts, _without_one(memory.rows), memory.heard_ms)
    return memory


def _without_one(rows: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """One that is not sampled goes, where those beside it lie closest together for their age; the one before it stands
    for it. The oldest stays as long as one between may go, so that a week that is told of late is not empty.
    """
    free = [n for n, row in enumerate(rows) if not row.marks & SAMPLED]
    between = [n for n in free if 0 < n < len(rows) - 1]
    if not between:
        place = free[0] if free else 0
        return rows[:place] + rows[place + 1 :]
    place = min(between, key=lambda n: (_room(rows, n), n))
    before = rows[place - 1]
    before = before._replace(marks=before.marks + ANOTHER * rows[place].stands_for)
    return (*rows[: place - 1], before, *rows[place + 1 :])


def _room(rows: tuple[Waiting, ...], n: int) -> int:
    """How far apart the rows beside this one lie, for its age."""
    return (rows[n + 1].at_min - rows[n - 1].at_min) * DAY_MIN // (rows[-1].at_min - rows[n].at_min)


def _marked(row: Waiting, mark: int) -> Waiting:
    return row if row.marks & mark else row._replace(marks=row.marks | mark)
