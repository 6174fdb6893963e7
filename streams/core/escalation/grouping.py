"""Grouping: when notices to one recipient on one channel rain, which go alone and which wait a moment for their like.

Notices are grouped, alerts never: every member keeps its ladder, its deadline and a report of its own. Seconds are
given, so that this is pure.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.ids import EventId, make_id
from schemas.notice import Notice, NoticeAction, RecipientRole
from schemas.storm import StormRules
from schemas.triage import TriageLevel

MOST = 200
"""Notices in one message: their ids fill a screen or two, and 20 kB at most."""


class Kind(NamedTuple):
    """What may go together: nothing hides behind something less urgent, and a page is no all-clear."""

    action: NoticeAction
    tier: int
    level: TriageLevel

    @property
    def is_urgent(self) -> bool:
        """Does it wait for seconds only?"""
        return self.tier >= 4 or self.level is TriageLevel.RED


def kind_of(notice: Notice) -> Kind:
    """What it may go together with."""
    return Kind(notice.action, notice.tier, notice.level)


@dataclass(frozen=True, slots=True)
class Group:
    """Two notices or more as one message to one recipient on one channel; none of a kind that differs.

    id: a function of its members', so that the far end knows a repeat of the same group.
    """

    notices: tuple[Notice, ...]

    @property
    def id(self) -> EventId:
        """The key by which it is sent once."""
        return make_id("group", *sorted(notice.id for notice in self.notices))

    @property
    def first(self) -> Notice:
        """Stands for all where they are alike: recipient, channel, action, tier, colour."""
        return self.notices[0]

    @property
    def recipient(self) -> str:
        """Who gets it."""
        return self.first.recipient

    @property
    def channel(self) -> str:
        """On which channel."""
        return self.first.channel

    @property
    def role(self) -> RecipientRole:
        """Who they are."""
        return self.first.role

    @property
    def alert_ids(self) -> tuple[str, ...]:
        """The alerts it tells of, each once, in the order their notices came."""
        return tuple(dict.fromkeys(notice.alert_id for notice in self.notices))

    @property
    def teams(self) -> tuple[str, ...]:
        """Whose alerts they are."""
        return tuple(sorted({notice.team for notice in self.notices}))


@dataclass(slots=True)
class _Waiting:
    """Notices of one kind that wait for each other. due_s: when they go, whatever comes."""

    due_s: float
    notices: list[Notice] = field(default_factory=list)


@dataclass(slots=True)
class Grouping:
    """One recipient on one channel. together: actions that this channel tells in one message."""

    rules: StormRules
    together: Collection[NoticeAction] = (NoticeAction.TRIGGER,)
    _alone_s: dict[Kind, deque[float]] = field(default_factory=dict)
    _waiting: dict[Kind, _Waiting] = field(default_factory=dict)

    def take(self, notice: Notice, now_s: float) -> bool:
        """Does it wait? False = it goes alone, now."""
        kind = kind_of(notice)
        if notice.action not in self.together:
            return False
        waiting = self._waiting.get(kind)
        if waiting is None:
            if self._may_go_alone(kind, now_s):
                return False
            hold_s = self.rules.red_hold_s if kind.is_urgent else self.rules.hold_s
            waiting = self._waiting[kind] = _Waiting(now_s + hold_s)
        waiting.notices.append(notice)
        return True

    def _may_go_alone(self, kind: Kind, now_s: float) -> bool:
        gone = self._alone_s.setdefault(kind, deque())
        while gone and gone[0] <= now_s - self.rules.window_s:
            gone.popleft()
        if len(gone) >= self.rules.alone:
            return False
        gone.append(now_s)
        return True

    def due(self, now_s: float) -> list[Sequence[Notice]]:
        """What has waited long enough, or is as many as one message holds; the most urgent first. It waits no more."""
        ready = [kind for kind, one in self._waiting.items() if one.due_s <= now_s or len(one.notices) >= MOST]
        ready.sort(key=lambda kind: (-kind.tier, -kind.level.severity))
        found: list[Sequence[Notice]] = []
        for kind in ready:
            notices = self._waiting.pop(kind).notices
            found += [notices[at : at + MOST] for at in range(0, len(notices), MOST)]
        return found

    @property
    def next_s(self) -> float | None:
        """When something is due next; None = nothing waits."""
        full = any(len(one.notices) >= MOST for one in self._waiting.values())
        return 0.0 if full else min((one.due_s for one in self._waiting.values()), default=None)
