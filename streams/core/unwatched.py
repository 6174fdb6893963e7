"""Unwatched: who sends readings or forms though nobody watches them, read from the record alone. A daily list."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from schemas.audit import AuditBody, Outcome
from schemas.base import to_ms
from schemas.clinical_outcome import ClinicalOutcome
from schemas.consent import Consent
from schemas.ids import is_synthetic
from schemas.plan import CarePlan
from schemas.topics import ANSWERS, CARE_PLANS, CONSENTS, MEASUREMENTS
from streams.core.permit import in_force, permit_of
from streams.core.plan import NEVER

SENT = frozenset({MEASUREMENTS, ANSWERS})
"""What patients send."""

UNWATCHED = frozenset({Outcome.REJECTED_UNKNOWN_PATIENT, Outcome.REJECTED_STATE, Outcome.REJECTED_CONSENT})
"""What readings and forms come to when no plan is there, none was in force, or monitoring was withdrawn; nothing
else of theirs ends so."""


class Why(StrEnum):
    """Why nobody watches. REFUSED: the only plans that came did not count."""

    NO_PLAN = "no_plan"
    REFUSED = "plan_refused"
    PLANNED = "plan_not_begun"
    ENDED = "plan_ended"
    CONSENT = "consent_withdrawn"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Sender:
    """One patient of the list. team: of the newest plan; None = there never was one. count, last_ms: in the span.

    since_ms: when the newest plan ended or consent was withdrawn; else the first input since the last one that counted.
    """

    patient: str
    why: Why
    team: str | None
    count: int
    since_ms: int
    last_ms: int


Place = tuple[int, int]
"""Partition and offset of a plan or a consent."""


@dataclass(frozen=True, slots=True)
class _Term:
    version: int
    team: str
    from_ms: int
    until_ms: int


@dataclass(slots=True)
class Unwatched:
    """A running count over audit, plans, consents and deaths, in any order between them. begin_ms: of the span."""

    begin_ms: int
    end_ms: int
    counts: Counter[str] = field(default_factory=Counter)
    first_ms: dict[str, int] = field(default_factory=dict)
    last_ms: dict[str, int] = field(default_factory=dict)
    terms: dict[str, dict[Place, _Term]] = field(default_factory=dict)
    counted: set[Place] = field(default_factory=set)
    died: set[str] = field(default_factory=set)
    consents: dict[str, dict[Place, Consent]] = field(default_factory=dict)
    came_ms: dict[Place, int] = field(default_factory=dict)

    def audited(self, body: AuditBody, at_ms: int) -> None:
        """One outcome. at_ms: its time. Synthetic patients are nobody."""
        if body.source is None or body.patient is None or body.outcome is None or is_synthetic(body.patient):
            return
        place = (body.source.partition, body.source.offset)
        if body.source.topic in (CARE_PLANS, CONSENTS):
            if body.outcome.is_accepted and body.source.topic == CARE_PLANS:
                self.counted.add(place)
            elif body.outcome.is_accepted:
                self.came_ms[place] = at_ms
        elif body.source.topic in SENT and body.outcome in UNWATCHED:
            self.first_ms.setdefault(body.patient, at_ms)
            if self.begin_ms <= at_ms < self.end_ms:
                self.counts[body.patient] += 1
                self.last_ms[body.patient] = max(at_ms, self.last_ms.get(body.patient, at_ms))
        elif body.source.topic in SENT and body.outcome.is_accepted:
            self.first_ms.pop(body.patient, None)

    def planned(self, plan: CarePlan, place: Place) -> None:
        """A plan that was sent, and where it lies; whether it counted, the audit says."""
        until_ms = NEVER if plan.valid_until is None else to_ms(plan.valid_until)
        term = _Term(plan.version, plan.team, to_ms(plan.valid_from), until_ms)
        self.terms.setdefault(plan.patient, {})[place] = term

    def asked(self, consent: Consent, place: Place) -> None:
        """A consent that was sent, and where it lies; whether it counted, and since when, the audit says."""
        self.consents.setdefault(consent.patient, {})[place] = consent

    def happened(self, outcome: ClinicalOutcome) -> None:
        """Of what hospitals tell only a death matters here: such a device is to be fetched, nobody is to be rung."""
        if outcome.kind == "death":
            self.died.add(outcome.patient)

    def senders(self, team: str | None = None) -> tuple[Sender, ...]:
        """Who has sent in the span and is not watched at its end, longest first. team: only those of its last plans."""
        found = [one for one in map(self._sender, sorted(self.counts)) if one is not None]
        mine = [one for one in found if team is None or one.team == team]
        return tuple(sorted(mine, key=lambda one: (one.since_ms, one.patient)))

    def _withdrawn_ms(self, patient: str) -> int | None:
        """Since when monitoring has been withdrawn; None = it is not."""
        sent = self.consents.get(patient, {})
        came = [permit_of(consent, self.came_ms[place]) for place, consent in sent.items() if place in self.came_ms]
        permit = in_force(tuple(sorted(came)), self.end_ms)
        return permit.since_ms if permit is not None and permit.withholds("monitoring") else None

    def _sender(self, patient: str) -> Sender | None:
        """None = a plan is in force by now."""
        sent = self.terms.get(patient, {})
        terms = sorted((t for place, t in sent.items() if place in self.counted), key=lambda t: -t.version)
        begun = next((term for term in terms if term.from_ms <= self.end_ms), None)
        since_ms = self.first_ms.get(patient, self.last_ms[patient])
        if patient in self.died:
            why = Why.DIED
        elif begun is not None and self.end_ms < begun.until_ms:
            withdrawn_ms = self._withdrawn_ms(patient)
            if withdrawn_ms is None:
                return None
            why, since_ms = Why.CONSENT, withdrawn_ms
        elif begun is not None:
            why, since_ms = Why.ENDED, begun.until_ms
        elif terms:
            why = Why.PLANNED
        else:
            why = Why.REFUSED if sent else Why.NO_PLAN
        team = terms[0].team if terms else None
        return Sender(patient, why, team, self.counts[patient], since_ms, self.last_ms[patient])


def by_why(senders: Iterable[Sender]) -> Mapping[str, int]:
    """Patients per reason, every reason named: a nought is news too."""
    counts = Counter(one.why for one in senders)
    return {why.value: counts[why] for why in Why}
