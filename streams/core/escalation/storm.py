"""Storm: many new alerts of one team at once. It is found here, told once, and what its alerts share is counted.

Seen from notices, whatever partition they come from and in whatever order; times are those of their records, and `now`
is given. An alert counts once, by its first page at tier 3 or above.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.ids import EventId, is_synthetic, make_id
from schemas.notice import Notice, NoticeAction, RecipientRole
from schemas.storm import StormRules
from schemas.triage import TriageLevel
from streams.core.escalation.recipients import Addressee
from streams.core.evolve import evolve

MINUTE_MS = 60_000
FROM_TIER = 3
"""Milder alerts wait for a working day: they rain on nobody."""

MOST_SEEN = 5_000
"""Alerts of one team remembered; a storm that is larger is told as one of so many."""

SHARED = ("device_type", "gateway", "template", "rules", "reason")
"""What alerts may have in common, in the order it is told."""


@dataclass(frozen=True, slots=True)
class Common:
    """The most frequent value of one of SHARED, and how many alerts have it. value: None = it is known of no alert.

    unknown: of how many it is not known.
    """

    what: str
    value: str | None
    count: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Storm:
    """One storm of one team. begun_ms: its first alert. found_ms: when there were enough of them to call it one.

    last_ms: when it last came half as dense as that. told: the duty lead has it.
    """

    id: str
    team: str
    begun_ms: int
    found_ms: int
    last_ms: int
    told: bool = False


@dataclass(frozen=True, slots=True)
class Sky:
    """A storm as it stands: what the page says."""

    storm: Storm
    alerts: int
    reds: int
    top_tier: int
    common: tuple[Common, ...]


@dataclass(frozen=True, slots=True)
class StormPage:
    """One message about a storm to one person on one channel. over: it has passed.

    rules_since: RFC 3339, when the bundle that most of its alerts share came into force; None = it ships with us.
    """

    sky: Sky
    to: Addressee
    over: bool = False
    rules_since: str | None = None

    @property
    def id(self) -> EventId:
        """The key by which it is sent once: the same after every crash."""
        return make_id("storm-page", self.sky.storm.id, "over" if self.over else "begun", str(self.to))

    @property
    def recipient(self) -> str:
        """Who gets it."""
        return self.to.id

    @property
    def channel(self) -> str:
        """On which channel."""
        return self.to.channel

    @property
    def role(self) -> RecipientRole:
        """Who they are."""
        return self.to.role


@dataclass(frozen=True, slots=True)
class _Seen:
    at_ms: int
    tier: int
    is_red: bool
    shares: Mapping[str, str | None]


def counts(notice: Notice) -> bool:
    """Is it the first page of an alert that somebody has to answer today? A repeat has a higher rung."""
    pages = notice.action is NoticeAction.TRIGGER and notice.rung == 0
    return pages and notice.tier >= FROM_TIER and not is_synthetic(notice.patient)


@dataclass(slots=True)
class StormWatch:
    """All teams. It is rebuilt from the notices of the last minutes and from `memory`."""

    _seen: dict[str, dict[str, _Seen]] = field(default_factory=dict)
    _storms: dict[str, Storm] = field(default_factory=dict)

    def take(self, notice: Notice, at_ms: int, rules: StormRules) -> None:
        """One notice and the time of its record."""
        if not counts(notice):
            return
        seen = self._seen.setdefault(notice.team, {})
        if notice.alert_id in seen:
            return
        seen[notice.alert_id] = _Seen(at_ms, notice.tier, notice.level is TriageLevel.RED, _shares(notice))
        storm = self._storms.get(notice.team)
        floor_ms = at_ms - rules.within_min * MINUTE_MS
        for alert_id in [name for name, one in seen.items() if one.at_ms < floor_ms] if storm is None else []:
            del seen[alert_id]
        while len(seen) > MOST_SEEN:
            del seen[next(iter(seen))]
        recent = sum(floor_ms <= one.at_ms for one in seen.values())
        if storm is None and recent >= rules.alerts:
            begun_ms = min(one.at_ms for one in seen.values())
            name = make_id("storm", notice.team, begun_ms)
            self._storms[notice.team] = Storm(name, notice.team, begun_ms, at_ms, at_ms)
        elif storm is not None and recent * 2 >= rules.alerts:
            self._storms[notice.team] = evolve(storm, last_ms=max(storm.last_ms, at_ms))

    def to_tell(self, now_ms: int, rules: StormRules) -> list[Sky]:
        """Storms that nobody has been told of, and that have gathered for long enough."""
        waits_ms = rules.gather_s * 1000
        return [self._sky(one) for one in self.open if not one.told and now_ms >= one.found_ms + waits_ms]

    def told(self, team: str) -> None:
        """The duty lead has the page."""
        storm = self._storms.get(team)
        if storm is not None:
            self._storms[team] = evolve(storm, told=True)

    def ended(self, now_ms: int, rules: StormRules) -> list[Sky]:
        """Storms that are over now; they are forgotten."""
        over = [one for one in self.open if now_ms - one.last_ms >= rules.over_min * MINUTE_MS]
        found = [self._sky(one) for one in over]
        for one in over:
            del self._storms[one.team]
            self._seen.pop(one.team, None)
        return found

    @property
    def open(self) -> list[Storm]:
        """Storms under way, by team."""
        return [self._storms[team] for team in sorted(self._storms)]

    def restore(self, storms: Iterable[Storm]) -> None:
        """What was under way before this process."""
        self._storms |= {one.team: one for one in storms}

    def _sky(self, storm: Storm) -> Sky:
        seen = list(self._seen.get(storm.team, {}).values())
        return Sky(
            storm,
            len(seen),
            sum(one.is_red for one in seen),
            max((one.tier for one in seen), default=FROM_TIER),
            tuple(_common(what, [one.shares[what] for one in seen]) for what in SHARED),
        )


def _shares(notice: Notice) -> Mapping[str, str | None]:
    """What is known of an alert, by SHARED. Its first reason is the most urgent one."""
    known = {} if notice.origin is None else notice.origin.model_dump()
    return {**dict.fromkeys(SHARED), **known, "reason": notice.reasons[0] if notice.reasons else None}


def _common(what: str, values: list[str | None]) -> Common:
    known = Counter(value for value in values if value is not None)
    value, count = min(known.items(), key=lambda item: (-item[1], item[0]), default=(None, 0))
    return Common(what, value, count, len(values) - sum(known.values()))
