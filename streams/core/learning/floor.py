"""The floor: what a promoted model may do. It may raise a colour to yellow, it can never lower one.

Separate from rules and from the model, so that both can be wrong without this being so. A budget per team says on how
many patient-days it may speak, and behind one word about a patient it is quiet for some days.
"""

from typing import Final, NamedTuple

from schemas.rules import RuleBundle
from schemas.triage import Finding, TriageLevel
from streams.core.learning.force import InForce, Served

DAY_MS: Final = 86_400_000

FRESH_MS: Final = 2 * DAY_MS
"""Our choice: an opinion about a reading two daily slots old says nothing of today."""

RULE: Final = "model"
REASON: Final = "model.risk"


class Standing(NamedTuple):
    """Where a patient stands with the promoted model. since_ms: when it first spoke; until_ms: when it may again.

    at_ms, risk_ppm: of the newest score, 0 = it does not speak now. least_ppm: from which risk on it does.
    digest: of the snapshot it spoke with.
    """

    since_ms: int
    until_ms: int
    at_ms: int
    risk_ppm: int
    least_ppm: int
    digest: str


class Word(NamedTuple):
    """The promoted model speaks. risk_ppm: at or above least_ppm. digest: of its snapshot."""

    risk_ppm: int
    least_ppm: int
    digest: str


def said(served: Served | None, risk_ppm: int, team: str, rules: RuleBundle) -> Word | None:
    """Does the model speak about this score to this team? served: None = there is none that may colour."""
    least_ppm = None if served is None else least_risk(served, team, rules)
    if served is None or least_ppm is None or risk_ppm < least_ppm:
        return None
    return Word(risk_ppm, least_ppm, served.digest)


def least_risk(served: Served, team: str, rules: RuleBundle) -> int | None:
    """From which risk on the model speaks to this team, in millionths; None = not at all.

    So high that in the days it was judged by it spoke on no more of them than the team's budget.
    """
    budget = rules.model.by_team.get(team, rules.model.per_10000_days)
    affordable = [number for number in served.quantiles if number <= budget]
    return served.quantiles[max(affordable)] if affordable else None


def stand(held: Standing | None, word: Word | None, rules: RuleBundle, now_ms: int) -> Standing | None:
    """After one more score. word: what the promoted model says; None = nothing, or there is none that may colour."""
    waits = held is not None and now_ms < held.until_ms
    if word is None:
        return held._replace(at_ms=now_ms, risk_ppm=0) if held is not None and waits else None
    if held is not None and waits:
        return held._replace(at_ms=now_ms, risk_ppm=word.risk_ppm, least_ppm=word.least_ppm, digest=word.digest)
    return Standing(now_ms, now_ms + rules.model.quiet_days * DAY_MS, now_ms, *word)


def raised(standing: Standing | None, models: InForce, rules: RuleBundle, now_ms: int) -> tuple[Finding, ...]:
    """The model's finding, if it speaks now and still may. Its time is its first word's: closed once is closed."""
    if standing is None or not standing.risk_ppm or models.may_colour is None:
        return ()
    if now_ms - standing.at_ms > FRESH_MS:
        return ()
    evidence: dict[str, int | str] = {
        "risk_ppm": standing.risk_ppm,
        "least_ppm": standing.least_ppm,
        "digest": standing.digest,
    }
    tier = rules.model.tier
    return (Finding(RULE, "1", TriageLevel.YELLOW, tier, REASON, standing.since_ms, evidence),)
