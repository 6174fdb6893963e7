"""Extreme values: a newest reading in the confirm band colours at once, marked unconfirmed."""

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View
from streams.core.signal.series import is_unconfirmed

VITAL_KINDS = frozenset({"spo2", "pulse", "resp_rate", "sbp", "temp", "glucose", "fetal_hr"})
"""Kinds whose extreme may mean immediate danger: red, tier 3. The others are yellow, tier 2 (our choice:
MIMIC-like extremes of weight, spirometry or steps are mostly a wrong person or a wrong unit)."""


class ExtremeValue:
    """*Confirm is never discard*: a true SpO2 of 68 % must not disappear because it is unusual."""

    id = "extreme"
    version = "1"
    source = "clinical README section 1: accept inside accept, else confirm inside reject"
    summary = "newest reading lies in the confirm band of its kind: possible, but to be repeated"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """One finding per kind, unless a limit already says something as severe about the same reading."""
        findings = []
        extreme = [(kind, points[-1]) for kind, points in view.series.items() if points and points[-1].in_confirm_band]
        for kind, point in sorted(extreme):
            red = kind in VITAL_KINDS
            level = TriageLevel.RED if red else TriageLevel.YELLOW
            if any(f"{kind}_milli" in f.evidence and f.level.severity >= level.severity for f in found):
                continue
            findings.append(
                Finding(
                    self.id,
                    self.version,
                    level,
                    3 if red else 2,
                    f"extreme.{kind}",
                    point.at_ms,
                    {f"{kind}_milli": point.milli},
                    unconfirmed=is_unconfirmed(kind, view.series[kind]),
                )
            )
        return tuple(findings)
