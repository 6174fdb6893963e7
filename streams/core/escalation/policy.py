"""Policy: when the ladder moves on, from the tier's row in the rule bundle."""

from schemas.rules import LadderRules

MINUTE_MS = 60_000

LONGEST_REPEAT_MIN = 240
"""Behind the last rung the distance doubles up to this (or the row's own, if longer): an unanswered alert
neither falls silent nor becomes the flood that hides the next one. Our choice."""


def rung_deadline(rules: LadderRules, tier: int, rung: int, base_ms: int) -> int:
    """When rung `rung` (0 = the first) ends unanswered. There is always a next one."""
    minutes = rules.rungs_min[str(max(tier, 2))]
    if rung < len(minutes):
        return base_ms + minutes[rung] * MINUTE_MS
    gap = minutes[-1] - minutes[-2] if len(minutes) > 1 else minutes[-1]
    longest = max(gap, LONGEST_REPEAT_MIN)
    total, left = minutes[-1], rung - len(minutes) + 1
    while left and gap < longest:
        gap = min(gap * 2, longest)
        total, left = total + gap, left - 1
    return base_ms + (total + gap * left) * MINUTE_MS


def rung_length(rules: LadderRules, tier: int, rung: int) -> int:
    """Milliseconds a rung lasts: what its clock is set to when it starts anew."""
    return rung_deadline(rules, tier, rung, 0) - (rung_deadline(rules, tier, rung - 1, 0) if rung else 0)


def acknowledged_until(rules: LadderRules, tier: int, now_ms: int) -> int:
    """How long an acknowledgement holds before the ladder resumes."""
    return now_ms + rules.acknowledged_min[str(max(tier, 2))] * MINUTE_MS
