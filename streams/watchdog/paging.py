"""When to page: at once, again at growing distance while it lasts, and once more when all is well.

Pure: times are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from streams.watchdog.probe import SAYINGS, Stage

AGAIN_S = (300.0, 600.0, 1200.0, 2400.0, 3600.0)
"""Seconds from one page to the next while the fault lasts; the last one repeats (our choice: a person who is on the
way is not called every minute, and one who sleeps is called again before an hour has passed)."""

RETRY_S = 10.0
"""A page that no channel took is tried again after this."""

WELL_S = 30.0
"""So long without a fault before `resolved` is said, so that a fault that comes and goes is one."""

Faults = Mapping[Stage, frozenset[int]]
"""Stage -> partitions; the broker has none."""


class Kind(StrEnum):
    """What a message says."""

    PAGE = "page"
    AGAIN = "again"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Page:
    """One message to whoever is on call. since_s: how long it has lasted. note: the library's word on it, or empty."""

    kind: Kind
    faults: Faults
    since_s: float
    note: str = ""

    @property
    def text(self) -> str:
        """For people, in a few lines; no patient is in it."""
        if self.kind is Kind.RESOLVED:
            return f"nattevagt watchdog: resolved after {self.since_s:.0f} s. Readings come back as alerts again."
        lines = [f"nattevagt watchdog: THE WATCH IS DOWN ({self.since_s:.0f} s). Patients may not be watched."]
        for stage, partitions in sorted(self.faults.items(), key=lambda item: list(Stage).index(item[0])):
            where = f" (partitions {', '.join(map(str, sorted(partitions)))})" if partitions else ""
            lines.append(f"- {stage.value}: {SAYINGS[stage]}{where}")
        lines += [f"- {self.note}"] if self.note else []
        return "\n".join([*lines, "Runbook: deploy/runbooks/Watchdog.md"])

    def to_json(self) -> dict[str, object]:
        """For machines."""
        stages = {stage.value: sorted(partitions) for stage, partitions in self.faults.items()}
        return {
            "source": "nattevagt-watchdog",
            "kind": self.kind.value,
            "stages": stages,
            "since_s": self.since_s,
            "text": self.text,
        }


@dataclass(slots=True)
class Pager:
    """What has been said about the faults of now. began_s, well_s: None = no fault, not well yet."""

    said: set[Stage] = field(default_factory=set)
    began_s: float | None = None
    well_s: float | None = None
    pages: int = 0
    next_s: float = 0.0
    retry_s: float = float("-inf")

    def turn(self, faults: Faults, now_s: float, note: str = "") -> Page | None:
        """The message that is due now. Tell `done` what became of it."""
        if not faults:
            return self._well(now_s)
        self.well_s = None
        if self.began_s is None:
            self.began_s = now_s
        known = set(faults) <= self.said
        if now_s < self.retry_s or (known and now_s < self.next_s):
            return None
        kind = Kind.AGAIN if known else Kind.PAGE
        return Page(kind, faults, now_s - self.began_s, note)

    def done(self, page: Page, now_s: float, *, taken: bool) -> None:
        """taken: has at least one channel taken it? If not it is due again soon."""
        if not taken:
            self.retry_s = now_s + RETRY_S
        elif page.kind is Kind.RESOLVED:
            self.said, self.began_s, self.well_s, self.pages = set(), None, None, 0
        else:
            self.said |= set(page.faults)
            self.next_s = now_s + AGAIN_S[min(self.pages, len(AGAIN_S) - 1)]
            self.pages += 1

    def _well(self, now_s: float) -> Page | None:
        if self.began_s is None:
            return None
        if not self.said:
            self.began_s = None  # it passed before anybody was told
            return None
        if self.well_s is None:
            self.well_s, self.next_s = now_s, now_s + WELL_S
        return Page(Kind.RESOLVED, {}, now_s - self.began_s) if now_s >= max(self.next_s, self.retry_s) else None
