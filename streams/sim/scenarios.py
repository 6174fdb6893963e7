"""Named stories. Each is a pure function of its seed, its end and the number of partitions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from schemas.answers import Answers
from schemas.base import rfc3339
from schemas.topics import CARE_PLANS, COMMANDS
from streams.adapters.input_records import InputRecord, answers, plan
from streams.sim.nonsense import all_of_it
from streams.sim.patients import HOUR_MS, MINUTE_MS, UPLOAD_MS, USUAL, Patient, copd, heart
from streams.sim.story import FIRST_NIGHT_MS, Answer, Story, Watch, answered, enrolled, teams, ticking

DAY_MS = 24 * HOUR_MS
HEARTBEAT_H = 4
"""Hours between two heartbeats of a cuff, our choice: few enough that the story stays short."""

SETS = (2, 14, 26, 38)
"""Hours after the start at which a set of readings is expected: twice a day, as after a discharge (our choice)."""

PEOPLE: Mapping[str, str] = {
    "lung-01": "gets worse through the last night; nobody answers",
    "lung-02": "is well; a forgotten reading of last week is uploaded",
    "lung-03": "is well",
    "lung-04": "measures 68 % and the repeat agrees; a nurse takes it and closes it when it is over",
    "lung-05": "measures 68 % with cold fingers and the repeat contradicts it",
    "lung-06": "is a little low and then stops measuring",
    "lung-07": "has a device that talks nonsense",
    "lung-08": "was red during the night while the hub was offline",
    "heart-01": "gains weight; a nurse takes the yellow alert before it turns red",
    "heart-02": "is well, and answers the daily questions about the heart",
    "heart-03": "has a blood pressure cuff with a dying battery",
    "heart-04": "is well and stops measuring",
    "heart-05": "has an open alert when the plan ends",
}


@dataclass(slots=True)
class _Night:
    """The story while it is written; `records` in no order yet."""

    random: Random
    start_ms: int
    patients: dict[str, Patient]
    records: list[InputRecord] = field(default_factory=list)

    def at(self, hours: float, minutes: int = 0) -> int:
        """An instant of the story."""
        return self.start_ms + round(hours * HOUR_MS) + minutes * MINUTE_MS

    def sets(self, name: str, *hours: float, values: Mapping[str, float] = USUAL) -> None:
        """Sets of readings around these hours; values: kind -> level instead of the normal one."""
        for hour in hours:
            at_ms = self.at(hour, self.random.randrange(-20, 21))
            self.records += self.patients[name].measures(self.random, at_ms, values)

    def one(self, name: str, kind: str, value: float, at_ms: int, *, late_ms: int = UPLOAD_MS) -> None:
        """A single reading."""
        self.records.append(self.patients[name].reads(kind, value, at_ms, late_ms=late_ms))


def first_night(seed: int = 1, *, end_ms: int = FIRST_NIGHT_MS, partitions: int = 12, watch: Watch) -> Story:
    """Thirteen patients, two days: a deterioration, a weight gain, silences, doubts, nonsense, people who answer."""
    start_ms = end_ms - 2 * DAY_MS
    night = _Night(Random(seed), start_ms, _cast(start_ms))  # noqa: S311 - a simulation, not a secret
    for tell in (_well, _worse, _gain, _doubts, _silences, _battery, _late, _nonsense, _forms):
        tell(night)
    times = tuple(rfc3339(start_ms + hour * HOUR_MS)[11:16] for hour in SETS[:2])
    reference = teams(start_ms)
    for record in reference:
        watch.feed(record)
    enrolment = enrolled(list(night.patients.values()), start_ms - 10 * DAY_MS, start_ms, times)
    told = ticking([*enrolment, *night.records], start_ms, end_ms, partitions)
    records = tuple(answered(told, _answers(night), watch))
    return Story("first-night", start_ms, end_ms, partitions, reference, records, dict(PEOPLE))


def _cast(start_ms: int) -> dict[str, Patient]:
    made = {name: (copd if name.startswith("lung") else heart)(name) for name in PEOPLE}
    # Twelve an hour: four sets of three oximeter readings, so that thirty in ten minutes are a flood.
    made["lung-07"] = copd("lung-07", max_per_hour=12)
    made["heart-03"] = heart("heart-03", heartbeats={"cuff": 60 * HEARTBEAT_H})
    made["heart-05"] = heart("heart-05", until_ms=start_ms + 30 * HOUR_MS)
    return made


def _well(night: _Night) -> None:
    for name in ("lung-02", "lung-03", "heart-02"):
        night.sets(name, *SETS)


def _forms(night: _Night) -> None:
    """Half an hour after the morning's readings; a button pressed twice is one form."""
    items = {**dict.fromkeys(("dyspnoea", "swelling", "dizzy", "woke", "propped"), False), "change": 1}
    for number, hour in enumerate((2.75, 2.75, 26.75)):
        at_ms = night.at(hour)
        form = Answers.model_validate(
            {
                "id": f"heart-02-form-{number}",
                "patient": "heart-02",
                "questionnaire": "hf-daily",
                "version": 1,
                "answered_at": rfc3339(at_ms),
                "items": items,
            }
        )
        night.records.append(answers(form, at_ms + MINUTE_MS))


def _worse(night: _Night) -> None:
    """SpO2 93 to 84 %, pulse 86 to 122, breathing 17 to 28 in ten hours: faster than in life, so that it fits a night.

    Three days before an exacerbation breathing rises by 2 and pulse by 8 (clinical README section 3, S35): the
    direction is theirs, size and speed are our choice.
    """
    night.sets("lung-01", *SETS[:3])
    for n in range(20):
        part = min(1.0, n / 17)
        night.records += night.patients["lung-01"].measures(
            night.random,
            night.at(38, 30 * n),
            {"spo2": 93 - 9 * part, "pulse": 86 + 36 * part, "resp_rate": 17 + 11 * part},
        )


def _gain(night: _Night) -> None:
    """3 kg in 36 hours: yellow at 82, red at 83 kg (our choice; ESC/HFA: more than 2 kg in 3 days)."""
    for hour, kilos in zip(SETS, (80.2, 81.1, 82.3, 83.2), strict=True):
        night.sets("heart-01", hour, values={"weight": kilos})
    night.sets("heart-05", *SETS[:2])
    night.sets("heart-05", *SETS[2:], values={"weight": 82.6})  # the last set comes after the plan has ended


def _doubts(night: _Night) -> None:
    """68 % lies in the confirm band (30 to 70). A repeat within 15 minutes agrees, or does not."""
    for name in ("lung-04", "lung-05"):
        night.sets(name, *SETS)
        night.one(name, "spo2", 68, night.at(40))
    night.one("lung-04", "spo2", 67, night.at(40, 4))
    night.one("lung-05", "spo2", 93, night.at(40, 5))
    for hour, value in ((42, 90), (43, 91)):
        night.one("lung-04", "spo2", value, night.at(hour))


def _silences(night: _Night) -> None:
    night.sets("lung-06", SETS[0])
    night.sets("lung-06", SETS[1], values={"spo2": 89})
    night.sets("heart-04", *SETS[:2])


def _battery(night: _Night) -> None:
    """The cuff says every four hours that it is alive, and how full its battery is, until it is empty."""
    for hour, percent in zip(SETS, (31, 12, 3, 0), strict=True):
        night.records += night.patients["heart-03"].measures(
            night.random, night.at(hour), without="" if percent else "cuff", battery=percent
        )
    for hour in range(1, 26, HEARTBEAT_H):
        night.records.append(night.patients["heart-03"].beats("sbp", night.at(hour), battery=max(2, 32 - hour)))


def _late(night: _Night) -> None:
    """Older than the lateness bound of seven days, and inside it behind newer readings."""
    night.sets("lung-08", *SETS)
    night.one("lung-08", "spo2", 85, night.at(20), late_ms=12 * HOUR_MS)
    night.one("lung-02", "spo2", 92, night.at(30) - 8 * DAY_MS, late_ms=8 * DAY_MS)


def _nonsense(night: _Night) -> None:
    """All rows of the table, a repeat, a flood, and two records on topics where nonsense is rarer."""
    patient = night.patients["lung-07"]
    night.sets("lung-07", *SETS)
    night.records += all_of_it(patient, night.at(19), other="lung-03")
    for _ in range(2):
        night.one("lung-07", "temp", 36.9, night.at(20, 30))
    for n in range(30):
        night.one("lung-07", "spo2", 93 + n % 2, night.at(22) + n * 20_000)
    stale = patient.plan(night.start_ms - 10 * DAY_MS, ("12:00",))
    unknown = stale.model_copy(update={"version": 2, "rules": ("astrology",)})
    night.records += [plan(stale, night.at(21)), plan(unknown, night.at(21, 1))]
    night.records += [
        InputRecord(COMMANDS, b"lung-07", b"please call", night.at(21, 2)),
        InputRecord(CARE_PLANS, b"lung-07", b"{}", night.at(21, 3)),
    ]


def _answers(night: _Night) -> tuple[Answer, ...]:
    """What staff do, rightly and wrongly: each refusal of a command has one."""
    return (
        Answer(night.at(27), "heart-01", "nurse-heart-1"),
        Answer(night.at(27, 1), "heart-01", "nurse-heart-1"),  # again
        Answer(night.at(28), "heart-01", "assistant-heart-1", role="assistant"),
        Answer(night.at(39), "heart-01", "nurse-heart-1", verdict="known", sequence=1),  # has not seen the red
        Answer(night.at(40, 10), "lung-04", "nurse-lung-1"),
        Answer(night.at(43, 30), "lung-04", "nurse-lung-1", verdict="true"),
        Answer(night.at(43, 31), "lung-04", "nurse-lung-2", verdict="true"),  # it is closed already
    )


STORIES: Mapping[str, Callable[..., Story]] = {"first-night": first_night}
"""Name -> (seed, *, end_ms, partitions, watch) -> Story."""
