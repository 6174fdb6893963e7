"""Permit: a consent made ready for deciding. What is withheld, from whom, and which version holds at an instant."""

from typing import Final, NamedTuple

from schemas.base import to_ms
from schemas.consent import Consent, Scope
from streams.core.plan import NEVER

MAX_PERMITS: Final = 3
"""Versions kept: the one in force and two that are scheduled. What no longer holds says nothing of any input."""


class Permit(NamedTuple):
    """One version. at_ms: when it came, before which it never holds. [from_ms, until_ms): as it says itself.

    withheld: scopes withdrawn. teams, recipients: blocked.
    """

    version: int
    at_ms: int
    from_ms: int
    until_ms: int
    withheld: tuple[str, ...]
    teams: tuple[str, ...]
    recipients: tuple[str, ...]

    @property
    def since_ms(self) -> int:
        """From when on it holds."""
        return max(self.at_ms, self.from_ms)

    def withholds(self, scope: Scope) -> bool:
        """Is this withdrawn?"""
        return scope in self.withheld

    def bars(self, role: str, recipient: str) -> bool:
        """May this person not be told? A GP hears only what may be shared; who is blocked hears nothing."""
        return recipient in self.recipients or (role == "gp" and self.withholds("sharing"))


def permit_of(consent: Consent, at_ms: int) -> Permit:
    """A contract as it is kept. at_ms: the patient's clock when it came."""
    return Permit(
        consent.version,
        at_ms,
        to_ms(consent.valid_from),
        NEVER if consent.valid_until is None else to_ms(consent.valid_until),
        consent.withheld,
        tuple(sorted(set(consent.blocks.teams))),
        tuple(sorted(set(consent.blocks.recipients))),
    )


def in_force(permits: tuple[Permit, ...], at_ms: int) -> Permit | None:
    """Of versions, the newest last, the highest that has begun, while it lasts. None = nothing is withheld.

    A version replaces the lower ones for good: when it ends, none of them comes back.
    """
    for permit in reversed(permits):
        if permit.at_ms <= at_ms and permit.from_ms <= at_ms:
            return permit if at_ms < permit.until_ms else None
    return None


def kept(permits: tuple[Permit, ...], now_ms: int) -> tuple[Permit, ...]:
    """What may still hold: the highest that has begun, and of those scheduled the first ones to begin.

    More than MAX_PERMITS: of the scheduled ones the lower versions go, never the one in force.
    """
    begun = [one for one in permits if one.since_ms <= now_ms]
    ahead = [one for one in permits if one.since_ms > now_ms and one.version > (begun[-1].version if begun else 0)]
    return (*begun[-1:], *ahead[-(MAX_PERMITS - 1) :])


def edges(permits: tuple[Permit, ...]) -> tuple[int, ...]:
    """When something begins or ends to be withheld."""
    return tuple([edge for one in permits for edge in (one.since_ms, one.until_ms) if edge < NEVER])
