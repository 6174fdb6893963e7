"""Triage: findings -> one colour, one tier, and the silence beside them. A pure view of the state at an instant."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from schemas.plan import Slot
from schemas.triage import Finding, TriageLevel
from streams.core.adherence.slots import MINUTE_MS
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.learning.floor import raised
from streams.core.rules import RULES
from streams.core.rules.base import Rule, View
from streams.core.rules.news2 import scored
from streams.core.rules.news2_score import News2
from streams.core.signal.series import UNTRUSTED
from streams.core.state import PatientState

ALWAYS = frozenset({"check", "clock", "contact", "extreme", "gen", "habitual", "pro", "reference"})
"""Rules that no plan can switch off: an impossible-looking value or pair, an emergency symptom, a patient's own answer
or wish, a rule that cannot watch and a clock that is off are never nobody's business."""


@lru_cache(maxsize=1024)
def in_use(named: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules of RULES that a plan uses: named themselves, or by one row of theirs."""
    wanted = ALWAYS.union(name.partition(".")[0] for name in named)
    return tuple(rule for rule in RULES if rule.id in wanted)


class Triage(NamedTuple):
    """level: None = nothing may be said (no plan, nothing measured, or green that has expired into blue).

    tier: 0 to 5, the highest of the findings. silence: kind -> when its overdue slot had fallen due.
    """

    level: TriageLevel | None
    tier: int
    findings: tuple[Finding, ...]
    silence: Mapping[str, int]
    news2: News2 | None

    @property
    def recheck_ms(self) -> int:
        """When a rule that waits for another reading decides without one; 0 = none waits."""
        waiting = [int(f.evidence["until_ms"]) for f in self.findings if "until_ms" in f.evidence]
        return min(waiting, default=0)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reason codes, each once, the most urgent first."""
        if len(self.findings) < 2:
            return tuple([finding.reason for finding in self.findings])
        ranked = sorted([(-finding.tier, finding.reason) for finding in self.findings])
        return tuple(dict.fromkeys([reason for _, reason in ranked]))

    @property
    def concerns(self) -> tuple[Finding, ...]:
        """Findings that somebody has to answer: tier 2 and above."""
        return tuple([finding for finding in self.findings if finding.tier >= 2])


NOTHING = Triage(None, 0, (), {}, None)


def assess(state: PatientState, context: Context) -> Triage:
    """The patient's colour at `state.now_ms`. Depends on what was measured, not on the order it came in."""
    plan = state.plan_at(state.now_ms)
    if plan is None:
        return NOTHING
    silence = _silence(state, plan.contract.slots)
    result = None
    if "news2" in plan.contract.rules:
        result = scored(plan, state.series, context.rules.news2)
    view = View(state.now_ms, plan, context.rules, state.series, silence, state, result, context.table)
    found = _found(view)
    weak = [kind for kind, points in state.series.items() if points[-1].flags >= UNTRUSTED]
    if weak:
        found += _not_cleared(view, found, weak)
    found = _confirmed_by_others(found)
    if state.standing is not None and not state.withholds("prevention"):
        found += raised(state.standing, context.models, context.rules, state.now_ms)
    level, tier = _worst(found) if found else (TriageLevel.GREEN, 0)
    unsaid = level is TriageLevel.GREEN and (silence or not (state.series or _is_answered(state)))
    return Triage(None if unsaid else level, tier, found, silence, result and result[0])


def _found(view: View) -> tuple[Finding, ...]:
    found: tuple[Finding, ...] = ()
    for rule in in_use(view.plan.contract.rules):
        found += rule.evaluate(view, found)
    return found


def _not_cleared(view: View, found: tuple[Finding, ...], weak: list[str]) -> tuple[Finding, ...]:
    """The reds that stood before readings of an untrusted or doubtful source came: these alone clear none.

    weak: kinds whose newest reading is of such a source.
    """
    firm = {kind: tuple([p for p in view.series[kind] if not p.is_weak]) for kind in weak}
    series = {kind: points for kind, points in {**view.series, **firm}.items() if points}
    result = None
    if "news2" in view.plan.contract.rules:
        result = scored(view.plan, series, view.rules.news2)
    known = {finding.reason for finding in found if finding.level is TriageLevel.RED}
    reds = [one for one in _found(view._replace(series=series, news2=result)) if one.level is TriageLevel.RED]
    return tuple([one for one in reds if one.reason not in known])


def _is_answered(state: PatientState) -> bool:
    """Does a form still speak for a patient of whom nothing is measured?"""
    return any(state.now_ms < filled.until_ms for filled in state.answers.values())


def _worst(found: tuple[Finding, ...]) -> tuple[TriageLevel, int]:
    """The worst colour and the highest tier, which need not be the same finding's."""
    if len(found) == 1:
        return found[0].level, found[0].tier
    level = max([finding.level for finding in found], key=lambda level: level.severity)
    return level, max([finding.tier for finding in found])


def _silence(state: PatientState, slots: tuple[Slot, ...]) -> dict[str, int]:
    """Kinds whose slot fell due without a reading measured since it opened. A later reading ends it."""
    silent: dict[str, int] = {}
    for slot in slots:
        clock = state.slots.get(slot.id)
        if clock is None or clock.open_ms == 0:
            continue
        open_ms = clock.open_ms
        for kind in slot.kinds:
            points = state.series.get(kind)
            if not points or points[-1].at_ms < open_ms:
                due_ms = open_ms + (slot.opens_min + slot.grace_min) * MINUTE_MS
                silent[kind] = max(due_ms, silent.get(kind, 0))
    return silent


_SAME_SIGN = {"dbp_milli": "sbp_milli"}
"""One inflation of a cuff gives both: they are no second sign for each other."""


def _confirmed_by_others(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """A second sign or a symptom that agrees ends the doubt: then nothing waits."""
    concerns = [finding for finding in found if finding.tier >= 2]
    if not any(f.unconfirmed for f in concerns):
        return found
    signs = {_SAME_SIGN.get(key, key) for f in concerns for key in f.evidence if key.endswith(("_milli", "_said"))}
    if len(signs) < 2:
        return found
    return tuple(evolve(f, unconfirmed=False) for f in found)
