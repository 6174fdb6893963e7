"""A month over Easter: two thousand people who do not exist, three teams with different hours, and how often what
happens. Every rate below is our choice; the run says how teams and ladder behave under it, not how ill people are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from schemas.coverage import Recipient, Shift, TeamCoverage
from schemas.plan import CarePlan
from streams.adapters.input_records import InputRecord, bindings, coverage, plan
from streams.sim.patients import HOUR_MS, MINUTE_MS, Patient, copd, heart

DAY_MS = 24 * HOUR_MS

BEGINS_MS = 1_773_619_200_000
"""Monday 2026-03-16 00:00 UTC. Easter is 2 to 6 April that year, and the clocks change on 29 March."""

EASTER = (BEGINS_MS + 17 * DAY_MS, BEGINS_MS + 22 * DAY_MS)
"""Maundy Thursday to Easter Monday, both whole."""

TEAM_SHARES: Mapping[str, float] = {"lung": 0.4, "heart": 0.35, "west": 0.25}

EPISODE = 0.10
"""Share of people who get worse for five days of the month, on a day of chance."""

ARTEFACT = 0.01
"""Share of sets with one false value: a cold finger, a cuff over a sleeve."""

MISSED, MISSED_AT_EASTER = 0.04, 0.10
"""Share of sets that are not measured, on usual days and while the family visits."""

REPEATS = 0.7
"""Share of people who measure again when they are asked to."""

EPISODE_DAYS = 5
WORSE: Mapping[str, Mapping[str, float]] = {
    "spo2": {"lung": -5.0},
    "pulse": {"lung": 20.0, "heart": 25.0},
    "resp_rate": {"lung": 6.0},
    "weight": {"heart": 2.6},
    "sbp": {"heart": 20.0},
}
"""By how much a kind differs at the height of an episode, in its own unit; it grows over two days."""

FALSE: Mapping[str, float] = {"lung": 84.0, "heart": 176.0}
"""What an artefact reads: SpO2 for lung patients, systolic pressure for heart patients."""


def month_teams(at_ms: int) -> tuple[InputRecord, ...]:
    """lung: weekdays 08-16 and on call at all other hours. heart: weekdays 08-15 and nobody else. west: every day
    08-20, also on public holidays, and nobody at night."""
    week, every = (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7)
    made = (
        _team("lung", Shift(days=week, start="08:00", until="16:00"), nurses=2, on_call=True),
        _team("heart", Shift(days=week, start="08:00", until="15:00"), nurses=2),
        _team("west", Shift(days=every, start="08:00", until="20:00", on_holidays=True), nurses=1),
    )
    return tuple(coverage(one, at_ms) for one in made)


def _team(name: str, shift: Shift, *, nurses: int, on_call: bool = False) -> TeamCoverage:
    people = [Recipient(id=f"nurse-{name}-{n}", role="nurse", channels=("console",)) for n in range(nurses)]
    lead = Recipient(id=f"lead-{name}", role="duty_lead", channels=("console",))
    return TeamCoverage(
        team=name,
        version=1,
        shifts=(shift,),
        recipients=(*people, lead),
        outside_hours="on_call" if on_call else "wait",
        on_call=Recipient(id=f"duty-{name}", role="on_call", channels=("console",)) if on_call else None,
        patient_phone="1813",
    )


@dataclass(frozen=True, slots=True)
class Person:
    """One simulated person and their month. habit_ms: after midnight UTC. worse_ms: start of the episode; 0 = none."""

    patient: Patient
    habit_ms: int
    worse_ms: int

    @property
    def sort(self) -> str:
        """lung or heart, whatever the team is called."""
        return "heart" if "weight" in self.patient.normals else "lung"

    def is_ill(self, at_ms: int) -> bool:
        """In the episode?"""
        return 0 < self.worse_ms <= at_ms < self.worse_ms + EPISODE_DAYS * DAY_MS

    def plan(self) -> CarePlan:
        """With automatic answers that show the colour."""
        return self.patient.plan(BEGINS_MS - DAY_MS, ("08:00",)).model_copy(update={"replies": "all"})

    def enrolled(self, at_ms: int) -> tuple[InputRecord, InputRecord]:
        """Plan and devices."""
        return plan(self.plan(), at_ms), bindings(self.patient.bindings(BEGINS_MS - DAY_MS), at_ms)

    def set(self, day: int, random: Random) -> list[InputRecord]:
        """The day's readings; none where it is missed."""
        at_ms = BEGINS_MS + day * DAY_MS + self.habit_ms + random.randrange(20) * MINUTE_MS
        easter = EASTER[0] <= at_ms < EASTER[1]
        missed, artefact = random.random(), random.random()
        if missed < (MISSED_AT_EASTER if easter else MISSED):
            return []
        values = dict(self._levels(at_ms))
        if artefact < ARTEFACT:
            values["spo2" if self.sort == "lung" else "sbp"] = FALSE[self.sort]
        return self.patient.measures(random, at_ms, values)

    def again(self, kind: str, at_ms: int, random: Random) -> InputRecord | None:
        """One kind once more, measured well; None when this person does not measure it."""
        normal = self.patient.normals.get(kind)
        if normal is None:
            return None
        level = dict(self._levels(at_ms)).get(kind, normal.level)
        return self.patient.reads(kind, level + max(-2.0, min(2.0, random.gauss(0, 1))) * normal.spread, at_ms)

    def _levels(self, at_ms: int) -> Iterator[tuple[str, float]]:
        if not self.is_ill(at_ms):
            return
        height = min(1.0, (at_ms - self.worse_ms + DAY_MS) / (2 * DAY_MS))
        for kind, change in WORSE.items():
            if self.sort in change and kind in self.patient.normals:
                yield kind, self.patient.normals[kind].level + height * change[self.sort]


def people(count: int, days: int, seed: int) -> list[Person]:
    """So many people in three teams, each with a habit, one in ten with an episode."""
    random = Random(seed)  # noqa: S311 - no secret
    made = []
    for n in range(count):
        team = next(name for name, top in _tops() if n / count < top)
        patient = replace(heart(f"month-{n:05d}") if team == "heart" else copd(f"month-{n:05d}"), team=team)
        habit_ms = 6 * HOUR_MS + random.randrange(120) * MINUTE_MS
        ill = random.random() < EPISODE
        worse_ms = BEGINS_MS + random.randrange(1, max(2, days)) * DAY_MS
        made.append(Person(patient, habit_ms, worse_ms if ill else 0))
    return made


def _tops() -> Iterator[tuple[str, float]]:
    """Team -> share up to and with it."""
    top = 0.0
    for name, share in TEAM_SHARES.items():
        top += share
        yield name, round(top, 6)
