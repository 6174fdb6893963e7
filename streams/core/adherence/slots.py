"""Slots: plan, calendar and zone -> when readings are expected and when they are overdue."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from schemas.plan import Slot
from streams.core.plan import NEVER, Plan
from streams.core.state import SlotState

MINUTE_MS = 60_000
DAY_MS = 86_400_000

Zone = tuple[tuple[int, int], ...]
"""(from epoch ms, seconds east of UTC), rising: the tz database's rules as data, carried by the rule bundle."""


def offset_s(zone: Zone, at_ms: int) -> int:
    """Seconds east of UTC at an instant; before the first row the first row holds, without rows UTC."""
    if not zone:
        return 0
    index = bisect_right(zone, (at_ms, 2**31)) - 1
    return zone[max(index, 0)][1]


def local_to_ms(zone: Zone, day: date, time: str) -> int:
    """A local wall-clock time as epoch ms.

    A time that a spring change skips is read with the offset before it (02:30 -> 03:30); one that an
    autumn change repeats is the first of the two. So no slot is lost and none is due twice.
    """
    hour, minute = int(time[:2]), int(time[3:])
    naive = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    wall_ms = int(naive.timestamp()) * 1000
    # The offset some hours before the wall time is the one before any change near it.
    before = offset_s(zone, wall_ms - DAY_MS // 2)
    first = wall_ms - before * 1000
    if offset_s(zone, first) == before:
        return first
    second = wall_ms - offset_s(zone, first) * 1000
    return second if offset_s(zone, second) != before else first


def next_occurrence(slot: Slot, zone: Zone, after_ms: int) -> tuple[int, int]:
    """(opens, due) of the first occurrence whose due time is later than `after_ms`.

    due = local time + grace. Looks eight days ahead, enough for a slot on one weekday.
    """
    grace, opens = slot.grace_min * MINUTE_MS, slot.opens_min * MINUTE_MS
    day = datetime.fromtimestamp((after_ms - grace) // 1000 + offset_s(zone, after_ms), UTC).date() - timedelta(1)
    for _ in range(10):
        if day.isoweekday() in slot.days:
            # Sorted as instants: on the day of a spring change 02:30 comes after 03:00.
            for at_ms in sorted(local_to_ms(zone, day, time) for time in slot.at):
                if at_ms + grace > after_ms:
                    return at_ms - opens, at_ms + grace
        day += timedelta(1)
    return NEVER, NEVER  # pragma: no cover - a slot has at least one weekday


def schedule(plan: Plan, zones: Mapping[str, Zone], now_ms: int) -> dict[str, SlotState]:
    """Fresh slot clocks for a plan that comes into force: nothing before it is expected of the patient."""
    zone = zones.get(plan.contract.zone, ())
    start = max(now_ms, plan.from_ms)
    return {slot.id: SlotState(0, next_occurrence(slot, zone, start)[1]) for slot in plan.contract.slots}


def pass_due(
    plan: Plan, zones: Mapping[str, Zone], slots: Mapping[str, SlotState], now_ms: int, *, absent: bool = False
) -> dict[str, SlotState]:
    """Slot clocks once every due time at or before `now_ms` has passed. absent: nothing was expected then."""
    zone = zones.get(plan.contract.zone, ())
    moved = dict(slots)
    for slot in plan.contract.slots:
        clock = moved.get(slot.id)
        if clock is None or clock.due_ms > now_ms:
            continue
        opened = next_occurrence(slot, zone, clock.due_ms - 1)[0]
        following = next_occurrence(slot, zone, clock.due_ms)[1]
        moved[slot.id] = SlotState(0, following) if absent else SlotState(opened, following, clock.open_ms)
    return moved


def next_due(slots: Mapping[str, SlotState]) -> int:
    """The earliest due time; NEVER without slots."""
    return min([slot.due_ms for slot in slots.values()], default=NEVER)
