"""Contact: the patient has asked for it. That is a finding until somebody has answered it."""

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View


class ContactRequested:
    """Whoever asks for contact gets it: no reading can make the wish go away, only a person who closes it."""

    id = "contact"
    version = "1"
    source = "AmbuFlex: the patient can always ask for contact; red = contact needed = tier 3 (clinical README 5)"
    summary = "the patient has asked to be contacted and nobody has closed that yet"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One red finding of tier 3, as of the wish."""
        at_ms = view.state.requested_ms
        if at_ms <= view.state.handled_ms:
            return ()
        return (Finding(self.id, self.version, TriageLevel.RED, 3, "contact.requested", at_ms),)
