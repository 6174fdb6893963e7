"""`nattevagt month`: a simulated month over Easter with three teams; prints how the ladder held, as a table."""

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import click

from schemas.alert import AlertStep
from schemas.base import to_ms
from schemas.notice import ReplyKind
from streams.adapters.clock import steady_s
from streams.adapters.input_records import InputRecord
from streams.cli.tables import table
from streams.core.burden import Burden, quantile
from streams.core.effects import Effect, PublishAlert, SendNotice, SendReply, WriteAudit
from streams.core.escalation.policy import terms
from streams.replay.long_run import LongRun
from streams.sim.month import BEGINS_MS, DAY_MS, EASTER, REPEATS, Person, month_teams, people
from streams.sim.patients import MINUTE_MS
from streams.sim.staff import Staff

REPEAT_MS = 10 * MINUTE_MS
"""From the question to the second reading: five minutes of rest and some to see the question."""


@dataclass(slots=True)
class Month:
    """burdens: (team, is it Easter) -> what was asked of it, by the day on which an alert was raised."""

    patients: Counter[str]
    days: int
    burdens: dict[tuple[str, bool], Burden] = field(default_factory=dict)
    notices: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def of(self, team: str, *, easter: bool) -> Burden:
        """The running count."""
        return self.burdens.setdefault((team, easter), Burden())


@click.command()
@click.option("--patients", "count", type=click.IntRange(3, 100_000), default=2000, show_default=True)
@click.option("--days", type=click.IntRange(1, 31), default=31, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def command(count: int, days: int, seed: int) -> None:
    """Run the month through intake, step and ladder without Kafka; no patient in it exists."""
    month = run_month(count, days, seed)
    click.echo(rendered(month))
    told = ", ".join(f"{name} {n}" for name, n in sorted(month.outcomes.items()))
    click.echo(f"\n{month.outcomes.total()} inputs ({told}) in {month.seconds:.0f} s.", err=True)


def run_month(count: int, days: int, seed: int) -> Month:
    """The whole run; what it was like."""
    return run_world(count, days, seed).month


def run_world(count: int, days: int, seed: int) -> "World":
    """Everything in order of time, minute by minute: what arrives, what falls due, what people do."""
    begun = steady_s()
    world = World.made(count, days, seed)
    for day in range(days):
        for record in sorted(_sets(world, day), key=lambda record: record.at_ms):
            heapq.heappush(world.coming, (record.at_ms, world.order(), record))
        for minute in range(1, DAY_MS // MINUTE_MS + 1):
            _minute(world, BEGINS_MS + day * DAY_MS + minute * MINUTE_MS)
    world.month.seconds = steady_s() - begun
    return world


@dataclass(slots=True)
class World:
    """The people, their teams, the run, and what is on its way: (at_ms, order, record)."""

    crowd: dict[str, Person]
    month: Month
    random: Random
    run: LongRun = field(init=False)
    staff: Staff = field(init=False)
    coming: list[tuple[int, int, InputRecord]] = field(default_factory=list)
    number: int = 0

    @classmethod
    def made(cls, count: int, days: int, seed: int) -> "World":
        """Everybody enrolled, nobody measured yet."""
        crowd = {one.patient.name: one for one in people(count, days, seed)}
        made = cls(crowd, Month(Counter(one.patient.team for one in crowd.values()), days), Random(seed + 1))  # noqa: S311 - no secret
        made.run = LongRun(made.take)
        nurses = {"lung": [0, 0], "heart": [0, 0], "west": [0]}
        made.staff = Staff(nurses, made.is_covered, made.is_ill, Random(seed + 2))  # noqa: S311 - no secret
        made.run.feed_all(month_teams(BEGINS_MS - DAY_MS))
        for one in crowd.values():
            made.run.feed_all(one.enrolled(BEGINS_MS))
        return made

    def order(self) -> int:
        """Ties are broken by what was made first."""
        self.number += 1
        return self.number

    def is_covered(self, team: str, at_ms: int) -> bool:
        """By the very calendar that the ladder asks."""
        return terms(self.run.reference.at(self.run.reference.stamp), team, None).is_covered(at_ms)

    def is_ill(self, patient: str, at_ms: int) -> bool:
        """What a nurse finds out by calling."""
        return self.crowd[patient].is_ill(at_ms)

    def take(self, effect: Effect) -> None:
        """What the core says: counted, and told to the staff and to the patient."""
        match effect:
            case PublishAlert(step=step, now_ms=now_ms):
                if step.team == effect.topic_team:
                    self.month.of(step.team, easter=_at_easter(step)).step(step)
                self.staff.sees(step, now_ms)
            case SendNotice(notice=notice, now_ms=now_ms):
                self.month.notices[notice.action.value] += 1
                self.staff.is_told(notice, now_ms)
            case SendReply(reply=reply, now_ms=now_ms):
                self.month.replies[reply.text_key] += 1
                self.staff.answers(reply, now_ms)
                if reply.kind is ReplyKind.REPEAT and self.random.random() < REPEATS:
                    self._repeat(reply.patient, reply.parameters["kind"], now_ms + REPEAT_MS)
            case WriteAudit(body=body) if body.outcome is not None:
                self.month.outcomes[body.outcome.value] += 1
            case _:
                pass

    def _repeat(self, patient: str, kind: str, at_ms: int) -> None:
        """The same kind again, without the cold finger."""
        again = self.crowd[patient].again(kind, at_ms, self.random)
        if again is not None:
            heapq.heappush(self.coming, (again.at_ms, self.order(), again))


def _sets(world: World, day: int) -> Iterator[InputRecord]:
    for one in world.crowd.values():
        yield from one.set(day, world.random)


def _minute(world: World, now_ms: int) -> None:
    """What has arrived by now, then what has fallen due, then what people do about it."""
    while world.coming and world.coming[0][0] <= now_ms:
        at_ms, _, record = heapq.heappop(world.coming)
        world.run.pass_to(at_ms - 1)
        world.run.feed(record)
    world.run.pass_to(now_ms)
    for record in world.staff.acts(now_ms):
        world.run.feed(record)


def _at_easter(step: AlertStep) -> bool:
    return EASTER[0] <= to_ms(datetime.fromisoformat(step.raised_at)) < EASTER[1]


def rendered(month: Month) -> str:
    """The table as Markdown: one row per team and part of the month."""
    header = (
        "team",
        "days",
        "patients",
        "alerts",
        "per patient-day",
        "taken: half, 9 of 10",
        "of these on the clock of tier 4 or 5",
        "unanswered rungs",
        "red minutes without a reader",
    )
    return table(
        header, [_row(month, team, easter=easter) for team in sorted(month.patients) for easter in (False, True)]
    )


def _row(month: Month, team: str, *, easter: bool) -> tuple[str, ...]:
    burden = month.of(team, easter=easter)
    span_ms = _span(month.days, easter=easter)
    urgent = [wait for tier in (4, 5) for wait in burden.waits_s.get(tier, [])]
    return (
        f"`{team}`",
        "2 to 6 April" if easter else "the rest",
        str(month.patients[team]),
        str(burden.alerts),
        f"{burden.per_patient_day(month.patients[team], span_ms):.3f}",
        _waits([wait for waits in burden.waits_s.values() for wait in waits]),
        f"{len(urgent)}: {_waits(urgent)}" if urgent else "0",
        str(burden.escalated),
        str(round(burden.all_unattended_s / 60)),
    )


def _span(days: int, *, easter: bool) -> int:
    """How much of the run is Easter, or is not."""
    end = BEGINS_MS + days * DAY_MS
    feast = max(0, min(end, EASTER[1]) - EASTER[0])
    return feast if easter else days * DAY_MS - feast


def _waits(seconds: list[int]) -> str:
    half, most = quantile(seconds, 0.5), quantile(seconds, 0.9)
    return "-" if half is None or most is None else f"{half / 60:.0f} min, {most / 60:.0f} min"
