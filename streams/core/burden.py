"""Burden: what a team is asked to do, counted from the steps of alerts' lives. The same count for metrics,
the weekly report and the simulated month."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.alert import AlertStep, AlertStepType
from schemas.base import DAY_MS, to_ms
from streams.core.learning import floor
from streams.core.rules import RULES

OTHER = "other"
"""Stands for a reason that no rule of this release gives, such as `technical.not_assessed`."""

RULE_IDS: tuple[str, ...] = (*(rule.id for rule in RULES), floor.RULE, OTHER)
VERDICTS: tuple[str, ...] = ("true", "false", "technical", "known")

ENDS = frozenset({AlertStepType.WITHDRAWN, AlertStepType.CLOSED, AlertStepType.EXPIRED})

MANUAL_PER_PATIENT_DAY = 0.101
"""Objective: alerts for people, per patient and day. clinical/alert_burden.csv AB-03 (van Steenkiste 2025: 3,646 in
174 patients x 207 days once 78.9 % were handled automatically); raw rules gave 0.48 (AB-01) to 0.98 (AB-04)."""

AUTOMATIC_SHARE = 0.789
"""Anchor for the share of readings and answers that needed nobody. AB-02, the same study."""


def rule_of(reason: str) -> str:
    """The rule that a reason code comes from: its first word, where a rule is called so."""
    word = reason.partition(".")[0]
    return word if word in RULE_IDS else OTHER


def rules_of(step: AlertStep) -> tuple[str, ...]:
    """The rules that have a reason in the alert, each once, in order."""
    return tuple(sorted({rule_of(reason) for reason in step.reasons}))


@dataclass(slots=True)
class Burden:
    """A running count. raised: tier -> alerts. waits_s: tier -> seconds from raise to the first acknowledgement.

    verdicts: (rule, verdict) -> closed alerts with a reason of that rule. ended: how alerts ended. escalated: rungs
    climbed because nobody answered. open: alert -> (raised_ms, was it ever acknowledged,
    unattended_s). unattended_s: red seconds without a responsible reader, of alerts that have ended.
    """

    raised: Counter[int] = field(default_factory=Counter)
    waits_s: dict[int, list[int]] = field(default_factory=dict)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    escalated: int = 0
    unattended_s: int = 0
    open: dict[str, tuple[int, bool, int]] = field(default_factory=dict)
    last: tuple[str, int] = ("", 0)

    def step(self, step: AlertStep) -> int | None:
        """Count one step; give the seconds to the first acknowledgement if this is it.

        Steps of an alert whose raise was not seen (it began before) count, but give no waiting time. The copy for
        a second team, which follows its original, does not count.
        """
        if self.last == (step.alert_id, step.sequence):
            return None
        self.last = (step.alert_id, step.sequence)
        held = self.open.get(step.alert_id)
        waited = None
        match step.type:
            case AlertStepType.RAISED:
                self.raised[step.tier] += 1
            case AlertStepType.ESCALATED:
                self.escalated += 1
            case AlertStepType.ACKNOWLEDGED if held is not None and not held[1]:
                waited = max(0, _ms(step.at) - held[0]) // 1000
                self.waits_s.setdefault(step.tier, []).append(waited)
            case _:
                pass
        acknowledged = step.type is AlertStepType.ACKNOWLEDGED or (held is not None and held[1])
        if step.type in ENDS:
            self._end(step)
        else:
            raised_ms = held[0] if held is not None else _ms(step.raised_at)
            self.open[step.alert_id] = (raised_ms, acknowledged, step.unattended_s)
        return waited

    def _end(self, step: AlertStep) -> None:
        self.open.pop(step.alert_id, None)
        self.ended[step.type.value] += 1
        self.unattended_s += step.unattended_s
        if step.verdict is not None:
            for rule in rules_of(step):
                self.verdicts[rule, step.verdict] += 1

    @property
    def alerts(self) -> int:
        """Raised in all."""
        return self.raised.total()

    @property
    def all_unattended_s(self) -> int:
        """With those of alerts that are still open, as of their last step."""
        return self.unattended_s + sum(seconds for _, _, seconds in self.open.values())

    def per_patient_day(self, patients: int, span_ms: int) -> float:
        """Alerts per patient and day; 0 without patients or time."""
        days = patients * span_ms / DAY_MS
        return self.alerts / days if days else 0.0

    def precision(self) -> Mapping[str, tuple[int, int]]:
        """Rule -> (closed as true, closed in all): the PPV that people's verdicts give it."""
        found: dict[str, tuple[int, int]] = {}
        for (rule, verdict), count in sorted(self.verdicts.items()):
            right, total = found.get(rule, (0, 0))
            found[rule] = right + (count if verdict == "true" else 0), total + count
        return found


@dataclass(slots=True)
class Held:
    """What raised no alert of its own, counted from audited outcomes, so that nothing is held back unseen.

    inputs: outcome -> how many. carried: rule -> findings that an open alert carried. waiting: (patient, reason) that
    waited for a second reading.
    """

    inputs: Counter[str] = field(default_factory=Counter)
    carried: Counter[str] = field(default_factory=Counter)
    waiting: set[tuple[str, str]] = field(default_factory=set)

    def outcome(self, outcome: str, patient: str, suppressed: Sequence[str], held: Sequence[str]) -> None:
        """Count one outcome of a patient's input. suppressed, held: reason codes, as the audit has them."""
        self.inputs[outcome] += 1
        self.carried.update(rule_of(reason) for reason in suppressed)
        self.waiting.update((patient, reason) for reason in held)

    @property
    def waited(self) -> Mapping[str, int]:
        """Rule -> findings that waited for a second reading, each patient's once."""
        return Counter(rule_of(reason) for _, reason in self.waiting)


def quantile(values: Sequence[int], share: float) -> int | None:
    """The value that this share of all is at or below; None without values. No interpolation: a value that was."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))
