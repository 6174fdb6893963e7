"""The contract of a rule: it looks at the readings and the plan, and returns findings with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, Protocol

from schemas.rule_table import RuleRow
from schemas.rules import RuleBundle
from schemas.triage import Finding
from streams.core.plan import Limits, Plan
from streams.core.rules.news2_score import News2
from streams.core.signal.series import Point, Points, Series
from streams.core.state import PatientState

MAX_CHOICES: Final = 4096
"""Different combinations of rules and circumstances kept; plans are mostly alike."""

Evidence = Mapping[str, int | str]


class Answer(Enum):
    """UNKNOWN: too little to say. WAITS: the condition is met once and asks for another reading until a due time."""

    NO = "no"
    FIRES = "fires"
    UNKNOWN = "insufficient"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a condition says. at_ms: newest evidence, or the due time that passed. evidence: as in Finding.

    repeated: a second reading says the same, or none came in time. due_ms: when WAITS ends; 0 = it does not wait.
    """

    answer: Answer
    at_ms: int = 0
    evidence: Evidence = field(default_factory=dict)
    repeated: bool = True
    due_ms: int = 0

    @property
    def fires(self) -> bool:
        """Does the condition hold?"""
        return self.answer is Answer.FIRES


class Remembering(Protocol):
    """A condition on newest readings whose red is not forgotten at once."""

    @property
    def kind(self) -> str:
        """The vital sign it looks at."""
        ...

    def fired(self, points: Points, at: int) -> bool:
        """Did the reading at this place fire when it was the newest?"""
        ...

    def is_calm(self, milli: int, margin: int) -> bool:
        """Does a reading not fire, and by `margin` (0 or more) at least?"""
        ...


class Condition(Protocol):
    """A compiled condition: a function of the view alone."""

    def judge(self, view: "View") -> Judged:
        """What it says now."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A row of the rule table and its condition. remembered: its parts whose red is not forgotten at once."""

    row: RuleRow
    condition: Condition
    remembered: tuple[Remembering, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CompiledTable:
    """A bundle's rows (`source`), compiled, and the choices made from them so far: a memory of a pure function."""

    source: tuple[RuleRow, ...] = ()
    rows: tuple[Compiled, ...] = ()
    choices: dict[tuple[str, tuple[str, ...], frozenset[str]], tuple[Compiled, ...]] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        """Ids of all rows."""
        return frozenset(one.row.id for one in self.rows)

    def chosen(self, family: str, plan: Plan, *, always: bool = False) -> tuple[Compiled, ...]:
        """The alarm rows of a family that this plan uses: named by family or one by one, and fit for the patient."""
        named = plan.contract.rules
        choice = (family, named, plan.states)
        found = self.choices.get(choice)
        if found is None:
            if len(self.choices) >= MAX_CHOICES:
                self.choices.clear()
            whole = always or family in named
            found = self.choices[choice] = tuple(
                one
                for one in self.rows
                if one.row.use == "alarm"
                and one.row.family == family
                and (whole or one.row.id in named)
                and plan.states.issuperset(one.row.needs)
            )
        return found


NO_ROWS: Final = CompiledTable()


class View(NamedTuple):
    """What a rule may see. silence: kind -> epoch ms when its overdue slot had fallen due.
    news2: the score of the newest readings with the readings behind it; None where it is not computed.
    table: the rows of `rules`, compiled.

    A rule must be a function of this alone: no memory, no order of arrival.
    """

    now_ms: int
    plan: Plan
    rules: RuleBundle
    series: Series
    silence: Mapping[str, int]
    state: PatientState
    news2: tuple[News2, Mapping[str, Point]] | None
    table: CompiledTable = NO_ROWS

    def limits(self, kind: str, at_ms: int) -> Limits | None:
        """The limits a reading is held against: of the plan in force when it was measured (design.md, Time).

        A kind that plan had no limits for, or a plan no longer remembered: those of now, because doubt goes up.
        """
        if at_ms < self.plan.from_ms:
            then = self.state.plan_at(at_ms)
            if then is not None and kind in then.limits:
                return then.limits[kind]
        return self.plan.limits.get(kind)

    @property
    def symptoms(self) -> Mapping[str, tuple[int, int]]:
        """Symptom (schemas.symptoms) -> (value, answered_at ms) of the newest form that asked; absent = never asked."""
        return self.state.symptoms

    def newest(self, kind: str) -> Point | None:
        """The reading of this kind that was measured last; None = there is none."""
        points = self.series.get(kind)
        return points[-1] if points else None


class Rule(Protocol):
    """One row of RULES."""

    @property
    def id(self) -> str:
        """As plans name it, and the beginning of its reasons."""
        ...

    @property
    def version(self) -> str:
        """Raised with every change of a decision."""
        ...

    @property
    def source(self) -> str:
        """Where the numbers come from."""
        ...

    @property
    def summary(self) -> str:
        """One English sentence for the generated table."""
        ...

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Findings of this rule; `found` are those of the rules before it in RULES."""
        ...
