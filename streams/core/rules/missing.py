"""Missing readings: silence is data. An overdue slot is blue; after a recent concern it is a worry of its own."""

from collections.abc import Iterator

from schemas.base import to_ms
from schemas.triage import Finding, TriageLevel
from streams.core.adherence.silence import is_silent
from streams.core.admission.alive import word
from streams.core.rules.base import View

HOUR_MS = 3_600_000
DAY_MS = 86_400_000

DISCHARGE_DAYS = 30
"""MISS-02: silence within 30 days of discharge is a worry (Jones 2014: weighing falls off before an event)."""

LONG_DAYS, LONG_TIER = 7, 2
"""MISS-03: nothing for seven days, yellow: ask for admission, holiday or device before anything is scored."""


def discharged_ms(view: View) -> int | None:
    """When the patient last came home, from the plan or from what hospitals told; None = not known."""
    told = [fact.at_ms for fact in view.state.memory.facts if fact.kind == "discharge"]
    stated = view.plan.contract.circumstances.discharged_at
    return max([*told, *([] if stated is None else [to_ms(stated)])], default=None)


DEVICE_SILENT = "device.silent"
"""Beginning of the reason code of an overdue kind whose device has not been heard either."""


class MissingReading:
    """Overdue slots. Quiet patients get a reminder and a place on the list (tier 1); quiet *worrying* ones an alert."""

    id = "missing"
    version = "2"
    source = "clinical README section 7: silent plus recent yellow or red is tier 3; FUT missing measurement"
    summary = "a slot's time and grace have passed without the reading"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """One finding per silent kind, and one more when the silence follows a concern."""
        findings = [one for kind, due_ms in sorted(view.silence.items()) for one in self._of(kind, due_ms, view)]
        if findings and self._is_worrying(view, found):
            since = max(view.silence.values())
            tier = view.rules.missing.worried_tier
            findings.append(Finding(self.id, self.version, TriageLevel.YELLOW, tier, "missing.after_concern", since))
        return (*findings, *self._long(view))

    def _of(self, kind: str, due_ms: int, view: View) -> Iterator[Finding]:
        """What is missing; and whether its device has been heard, which only adds whom to tell and never a reason to
        wait. While the path is late a heartbeat may be on its way: then nothing is said of the device.
        """
        if view.state.path_late:
            yield Finding(self.id, self.version, TriageLevel.GREEN, 1, f"missing.{kind}", due_ms, {"path_late": 1})
            return
        said = word(view.state, kind, due_ms)
        sign: dict[str, int | str] = {} if said is None else {"device": said.device, "heard_ms": said.heard_ms}
        is_quiet = said is not None and said.is_quiet
        basis = {} if is_quiet else sign
        yield Finding(self.id, self.version, TriageLevel.GREEN, 1, f"missing.{kind}", due_ms, basis)
        if is_quiet:
            yield Finding(self.id, self.version, TriageLevel.GREEN, 1, f"{DEVICE_SILENT}.{kind}", due_ms, sign)

    def _long(self, view: View) -> Iterator[Finding]:
        """Two occurrences missed soon after discharge (MISS-02), and nothing at all for seven days (MISS-03)."""
        slots = view.plan.contract.slots
        silent = [due for kind, due in view.silence.items() if is_silent(view.state, kind, slots)]
        if not silent:
            return
        since = max(silent)
        discharged = discharged_ms(view)
        if discharged is not None and 0 <= view.now_ms - discharged <= DISCHARGE_DAYS * DAY_MS:
            tier = view.rules.missing.worried_tier
            yield Finding(self.id, self.version, TriageLevel.YELLOW, tier, "missing.after_discharge", since)
        newest = max((points[-1].at_ms for points in view.series.values()), default=view.plan.from_ms)
        if view.now_ms - newest >= LONG_DAYS * DAY_MS:
            yield Finding(self.id, self.version, TriageLevel.YELLOW, LONG_TIER, "missing.long", since)

    @staticmethod
    def _is_worrying(view: View, found: tuple[Finding, ...]) -> bool:
        """Has a slot that opened after a recent concern gone by? Silence before it does not count."""
        since = view.now_ms - view.rules.missing.recent_hours * HOUR_MS
        latest = max(view.silence.values())
        return any(finding.tier >= 2 and since <= finding.at_ms < latest for finding in found)
