"""Labels: an event makes one of every score of the week before it; where nobody can know, nothing is claimed."""

import random
from collections.abc import Iterator, Sequence

import pytest

from schemas.example import Example, Why
from streams.core.effects import Effect, PublishExample, PublishScore
from streams.core.evolve import evolve
from streams.core.learning.designs import DESIGNS, FEATURES
from streams.core.learning.labels import RIPE_MIN
from streams.core.learning.memory import (
    EMPTY,
    HORIZON_MIN,
    MAX_BYTES,
    MINUTE_MS,
    SAMPLED,
    WEIGHT,
    Memory,
    Waiting,
    remember,
)
from streams.core.learning.pack import pack, unpack
from streams.core.models.risk_features import risk_features
from streams.core.record import StateRecord, encode_state
from streams.core.signal.tracks import Tracks, with_reading
from tests.builders import DAY, T0, Patient, make_outcome
from tests.core.models.lives import life

X = {"spo2.known": 1.0, "spo2.low.1": 0.4321, "pulse.known": 1.0}
START = T0 - T0 % DAY + 8 * DAY // 24


def examples(effects: Sequence[Effect]) -> list[Example]:
    """The examples among effects."""
    return [effect.example for effect in effects if isinstance(effect, PublishExample)]


class Watched(Patient):
    """A patient who is scored once a day; every moment is sampled, so that tests do not depend on the draw."""

    def day(self, count: int = 1, *, reads: bool = True) -> None:
        """So many days with a reading and a score each."""
        for _ in range(count):
            if reads:
                self.measures(96, minutes=24 * 60)
                self.waits_for()
            else:
                self.waits(hours=24)

    def goes_on(self, count: int) -> None:
        """So many days of which nothing waits: what waits is bounded, and stays what it was."""
        for _ in range(count):
            memory = self.state.memory
            self.measures(96, minutes=24 * 60)
            kept = [row for row in self.state.memory.rows if row.at_min < self.now_ms // MINUTE_MS - 1]
            self.state = evolve(self.state, memory=Memory(memory.facts, tuple(kept), self.state.memory.heard_ms))

    def waits_for(self) -> None:
        """This moment is sampled, and waits for its outcome."""
        memory = self.state.memory
        last = memory.rows[-1]
        rows = (*memory.rows[:-1], last._replace(marks=last.marks | SAMPLED))
        self.state = evolve(self.state, memory=Memory(memory.facts, rows, memory.heard_ms))

    @property
    def told(self) -> list[Example]:
        """All examples so far."""
        return examples(self.effects)


def test_an_event_labels_the_week_before_it() -> None:
    """Ten days of scores, then an exacerbation: the last seven days are 1, at once; the first wait on."""
    patient = Watched()
    patient.day(10)
    body = patient.gets(make_outcome(at_ms=patient.now_ms + 1_000, known_ms=patient.now_ms + 2_000), minutes=1)

    assert "accepted.recorded" == body.outcome
    assert [(1, Why.EVENT, 1)] * 7 == [(one.label, one.why, one.weight) for one in patient.told]
    assert [True, *[False] * 6] == [one.is_first for one in patient.told]
    assert 1 == len({one.outcome for one in patient.told})
    assert list(range(7)) == [one.index for one in patient.told]
    assert 3 == len(patient.state.memory.rows)


def test_what_is_learned_from_is_what_was_known_then() -> None:
    """Features in thousandths, scores in millionths, by name; later readings change nothing."""
    patient = Watched()
    patient.measures(85)
    patient.waits_for()
    (score,) = [each.score for each in patient.effects if isinstance(each, PublishScore) and each.score.reasons]
    patient.measures(70, minutes=24 * 60)
    patient.gets(make_outcome(at_ms=patient.now_ms, known_ms=patient.now_ms))

    first = patient.told[0]
    assert {name: round(value, 3) for name, value in score.features.items() if value >= 0.0005} == first.features
    risks = {score.model: score.score, **score.challengers}
    assert {name: round(risk * 1e6) for name, risk in risks.items()} == first.scores
    assert [design.id for design in DESIGNS] == list(first.scores)


def test_nothing_happened_is_a_label_three_weeks_later() -> None:
    """Seven days of horizon and fourteen for somebody to tell; one sampled moment stands for eight."""
    patient = Watched()
    patient.day(RIPE_MIN // 1_440)
    assert [] == patient.told
    patient.day()

    (one,) = patient.told
    assert (0, Why.QUIET, WEIGHT) == (one.label, one.why, one.weight)


def test_somebody_who_looked_ends_the_waiting() -> None:
    """`none` up to today: every moment whose week lies before it is 0; younger ones wait."""
    patient = Watched()
    patient.day(10)
    patient.gets(make_outcome("none", at_ms=patient.now_ms, source="registry"))

    assert [(0, Why.RULED_OUT)] * 3 == [(one.label, one.why) for one in patient.told]


def test_what_care_may_have_prevented_is_unknown() -> None:
    """An alert closed as true, and nothing behind it: no 0 for the days around it, and one event for those before."""
    patient = Watched()
    patient.day(2)
    patient.measures(80, minutes=24 * 60)
    patient.commands("acknowledge")
    patient.day()
    patient.commands("close", verdict="true")
    before = [one for one in patient.told if one.label == 1]
    patient.day(30)

    assert 2 == len(before)
    assert {Why.ACTED, Why.RECOVERING} >= {one.why for one in patient.told if one.label is None}
    later = [one for one in patient.told if one.label == 0]
    assert all(one.why is Why.QUIET for one in later)


@pytest.mark.parametrize(("verdict", "why"), [("known", Why.ACTED), ("false", Why.QUIET), ("technical", Why.QUIET)])
def test_only_care_makes_it_unknown(verdict: str, why: Why) -> None:
    """A false or a technical alert changed nobody's day."""
    patient = Watched()
    patient.day()
    patient.measures(80, minutes=24 * 60)
    patient.commands("close", verdict=verdict)
    patient.day(RIPE_MIN // 1_440 + 1)

    assert why is patient.told[0].why


def test_silence_is_no_good_sign() -> None:
    """Three days without a reading: whether nothing happened cannot be known."""
    patient = Watched()
    patient.day()
    patient.day(3, reads=False)
    patient.day(RIPE_MIN // 1_440)

    assert (None, Why.SILENT) == (patient.told[0].label, patient.told[0].why)


def test_silence_that_lasts_is_no_good_sign_either() -> None:
    """The patient never comes back; the moment is settled when a registry looks."""
    patient = Watched()
    patient.day()
    patient.day(20, reads=False)
    patient.gets(make_outcome("none", at_ms=patient.now_ms, source="registry"))

    assert [Why.SILENT] == [one.why for one in patient.told]


def test_a_stay_in_hospital_is_no_good_sign() -> None:
    """A planned admission is no event, and its days are no quiet days; behind the discharge they are again."""
    patient = Watched()
    patient.day(3)
    patient.gets(make_outcome("admission", at_ms=patient.now_ms, planned=True))
    patient.day(2)
    patient.gets(make_outcome("discharge", at_ms=patient.now_ms))
    patient.day(2)
    patient.goes_on(RIPE_MIN // 1_440 + 1)

    assert [Why.ADMITTED] * 5 + [Why.QUIET] * 2 == [one.why for one in patient.told][:7]


def test_days_behind_an_event_are_skipped() -> None:
    """Somebody who recovers is neither sick nor well."""
    patient = Watched()
    patient.gets(make_outcome("exacerbation", at_ms=patient.now_ms - DAY, known_ms=patient.now_ms))
    patient.day(2)
    patient.goes_on(RIPE_MIN // 1_440 + 1)

    assert [(None, Why.RECOVERING)] * 2 == [(one.label, one.why) for one in patient.told][:2]


def test_an_example_says_for_whom_it_holds_where_the_plan_says_so() -> None:
    """And nothing where it does not."""
    for stated in ({"sex": "female", "age_band": "60 to 79"}, {}):
        patient = Watched(circumstances=stated)
        patient.day(2)
        patient.gets(make_outcome("exacerbation", at_ms=patient.now_ms + 60_000, known_ms=patient.now_ms + 60_000))
        one = patient.told[0]

        assert (stated.get("sex"), stated.get("age_band")) == (one.sex, one.age_band)
        assert not {"sex", "age_band"} & set(one.features)


def test_the_end_of_a_plan_settles_all() -> None:
    """Nobody watches any more, so nobody will know."""
    patient = Watched(valid_until="2026-01-15T00:00:00Z")
    patient.day(3)
    patient.day(14, reads=False)

    assert [Why.ENDED] * 3 == [one.why for one in patient.told]
    assert () == patient.state.memory.rows


def test_quiet_moments_that_were_not_sampled_are_no_examples() -> None:
    """Of many moments about one in eight is left, and it stands for eight."""
    sampled = [remember(EMPTY, f"e{n}", START, 0, (0, 0), X).rows[0].marks & SAMPLED for n in range(4_000)]

    assert 4_000 / WEIGHT * 0.85 < sum(map(bool, sampled)) < 4_000 / WEIGHT * 1.15


def test_one_moment_a_day_waits_and_chance_has_no_part_in_which() -> None:
    """The lowest draw of the day, whatever the order of arrival is."""
    causes = [f"e{n}" for n in range(40)]
    found = set()
    for seed in range(20):
        random.Random(seed).shuffle(causes)
        memory = EMPTY
        for n, cause in enumerate(causes):
            memory = remember(memory, cause, START + n * MINUTE_MS, 0, (0, 0), X)
        assert 1 == len(memory.rows)
        found.add(memory.rows[0].draw)
    assert 1 == len(found)


def lives() -> Iterator[Memory]:
    """Sixty days of the widest moments anybody can have, with facts in between."""
    chance = random.Random(7)
    patient = Watched()
    for day in range(60):
        x = {name: chance.random() * 8 for name in FEATURES if chance.random() < 0.6}
        memory = remember(patient.state.memory, f"d{day}", START + day * DAY, 5, (999_999, 999_999), x)
        if day % 9 == 0:
            memory = Memory((*memory.facts, *make_facts(day))[-8:], memory.rows, memory.heard_ms)
        patient.state = evolve(patient.state, memory=memory)
        yield memory


def make_facts(day: int) -> tuple[tuple[int, str, bool], ...]:
    """Two facts of that day."""
    return ((START + day * DAY, "exacerbation", False), (START + day * DAY + 1, "admission", True))


def test_what_waits_stays_small() -> None:
    """At most 1,000 bytes in the state, whatever is scored."""
    bare = len(encode_state(StateRecord(1, 1, 1, Patient().state)))
    for memory in lives():
        state = evolve(Patient().state, memory=Memory((), memory.rows, memory.heard_ms))
        assert len(encode_state(StateRecord(1, 1, 1, state))) - bare <= MAX_BYTES


def test_sampled_moments_are_the_last_to_go() -> None:
    """Dropping the others costs an example of a late-told event; dropping these would bend the weights."""
    blob = "x" * 240
    rows = tuple(Waiting(n * 1_440, 1, SAMPLED if n == 0 else 0, blob) for n in range(4))
    memory = remember(Memory((), rows), "e", 10 * DAY, 0, (0, 0), X)

    assert 0 == memory.rows[0].at_min
    assert 1_440 not in [row.at_min for row in memory.rows]


def test_a_moment_comes_back_as_it_was_packed() -> None:
    """To the hundredth; names that are not in the list are left out, as is what is too small to tell."""
    for seed in range(200):
        x = risk_features(*life(seed))
        moment = unpack(pack(4, (0, 1_000_000), {**x, "mood": 1.0}))
        assert moment is not None
        assert (4, (0, 1_000_000)) == (moment.tier, moment.scores)
        assert {name: round(value * 100) / 100 for name, value in x.items() if round(value * 100)} == moment.features


def test_a_kind_that_is_only_known_is_remembered_too() -> None:
    """Its first reading, and an ordinary one."""
    moment = unpack(pack(0, (0, 0), {"pulse.known": 1.0, "spo2.low.1": 0.2, "spo2.known": 1.0}))

    assert moment is not None
    assert {"pulse.known": 1.0, "spo2.low.1": 0.2, "spo2.known": 1.0} == moment.features


def waited(seed: int, days: int = 60) -> Memory:
    """What waits of four vital signs, each morning and evening; rows that are ripe have gone."""
    memory, chance = EMPTY, random.Random(seed)
    tracks: Tracks = {}
    for n in range(2 * days):
        at_ms = START + n * DAY // 2
        for kind, usual, spread in (("spo2", 93, 2), ("pulse", 80, 9), ("temp", 36.8, 0.4), ("weight", 80, 0.7)):
            tracks = with_reading(tracks, kind, round(1_000 * chance.gauss(usual, spread)), at_ms // MINUTE_MS)
        x = risk_features(tracks, at_ms // MINUTE_MS)
        memory = remember(memory, f"{seed}/{n}", at_ms, 0, (30_000, 30_000), x)
        ripe = at_ms // MINUTE_MS - RIPE_MIN
        memory = Memory(memory.facts, tuple([row for row in memory.rows if row.at_min > ripe]), memory.heard_ms)
    return memory


def test_an_event_told_two_weeks_late_still_finds_moments_of_its_week() -> None:
    """Older ones are thinned out, not cut off; of the newest week more than half are there."""
    for seed in range(30):
        rows = waited(seed).rows
        ages = [(rows[-1].at_min - row.at_min) // 1_440 for row in rows]
        assert 4 <= len([age for age in ages if age < 7])
        assert [age for age in ages if 7 <= age < 14]
        assert 12 <= max(ages) <= 21


def test_what_makes_room_is_stood_for() -> None:
    """However little of it is left, an event counts for as many days as were scored before it."""
    for seed in range(30):
        rows = waited(seed, days=20).rows
        assert 20 == sum(row.stands_for for row in rows)
        assert len(rows) < 20


def test_a_row_of_another_release_is_not_misread() -> None:
    """Places in another list of features mean other features."""
    assert unpack("0" * 10) is None


def test_a_day_without_an_outcome_costs_a_look_at_one_row() -> None:
    """The horizon of the oldest row says when anything is due."""
    patient = Watched()
    patient.day(3)
    rows = patient.state.memory.rows
    patient.measures(96)

    assert rows is patient.state.memory.rows
    assert HORIZON_MIN < RIPE_MIN
