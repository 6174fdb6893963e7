"""Answers to questionnaires: what the newest forms came to, while they hold, and forms that nobody could read."""

from collections.abc import Iterator

from schemas.triage import Finding, TriageLevel
from streams.core.pro.answer_triage import TASK
from streams.core.pro.held import REFUSED_KIND, RULE, VERSION, Filled
from streams.core.rules.base import View

HOUR_MS = 3_600_000


class QuestionnaireAnswers:
    """One finding per reason of a form that is not green. No plan can switch it off."""

    id = RULE
    version = VERSION
    source = "decision tables of the questionnaires, each with its source; AmbuFlex: green, yellow, red"
    summary = "newest answers of each questionnaire against its decision table; forms that could not be read"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Sorted by questionnaire; within one the most urgent reason first."""
        state = view.state
        if not state.answers and not state.refused:
            return ()
        findings: list[Finding] = []
        for name in sorted(state.answers):
            filled = state.answers[name]
            if view.now_ms >= filled.until_ms:
                continue
            if filled.spoke:
                findings += self._spoken(name, filled)
            if filled.green_ms:
                findings += self._corrected(name, filled, (*found, *findings))
        if state.refused:
            findings += self._unreadable(view)
        return tuple(findings)

    def _spoken(self, name: str, filled: Filled) -> Iterator[Finding]:
        for one in filled.spoke:
            level = TriageLevel(one.level)
            if level is not TriageLevel.GREEN:
                yield self._finding(f"{name}.{one.reason}", level, one.tier, filled.at_ms, {**filled.scores})

    def _corrected(self, name: str, filled: Filled, found: tuple[Finding, ...]) -> Iterator[Finding]:
        """A green answer would not have been given with what is known now: a task, beside the alert itself."""
        if any(other.tier >= TASK and other.at_ms <= filled.green_ms for other in found):
            yield self._finding(f"{name}.corrected", TriageLevel.YELLOW, TASK, filled.green_ms, {})

    def _unreadable(self, view: View) -> Iterator[Finding]:
        since = view.now_ms - view.rules.missing.recent_hours * HOUR_MS
        times = [row.at_ms for row in view.state.refused if row.kind == REFUSED_KIND and row.at_ms >= since]
        if times:
            yield self._finding("form.unreadable", TriageLevel.YELLOW, TASK, max(times), {})

    def _finding(
        self, reason: str, level: TriageLevel, tier: int, at_ms: int, evidence: dict[str, int | str]
    ) -> Finding:
        return Finding(self.id, self.version, level, tier, f"{self.id}.{reason}", at_ms, evidence)
