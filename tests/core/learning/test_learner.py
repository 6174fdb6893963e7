"""The learner: a function of the examples alone, however it is interrupted; and the watch over its calibration."""

import random
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from schemas.base import rfc3339
from schemas.errors import StateError
from schemas.example import Example, Why
from schemas.model import FellBack, ModelRecord, ModelSnapshot
from streams.core.learning.designs import DESIGNS
from streams.core.learning.figures import Tally, auroc
from streams.core.learning.force import Models
from streams.core.learning.learner import OFTEN_LABELS, Learner
from streams.core.learning.watch import Watch
from streams.core.models.risk_features import FREE
from streams.core.models.snapshot import ENOUGH_OUTCOMES
from tests.builders import DAY, T0

RISK = DESIGNS[0]


def make_example(**changed: Any) -> Example:
    """A quiet moment of partition 0, settled three weeks later."""
    body = {
        "patient": "p1",
        "label": 0,
        "why": Why.QUIET,
        "weight": 8,
        "at": rfc3339(T0),
        "known_at": rfc3339(T0 + 21 * DAY),
        "tier": 0,
        "features": {"spo2.known": 1.0},
        "scores": {RISK.id: 30_000},
        "partition": 0,
        "offset": 0,
        "index": 0,
    }
    return Example.model_validate(body | changed)


def stream(count: int, seed: int = 1, *, risk_ppm: int | None = None) -> Iterator[Example]:
    """Examples of four partitions: low oxygen makes an event likelier, other things say nothing."""
    chance = random.Random(seed)
    offsets = [0] * 4
    for n in range(count):
        partition = chance.randrange(4)
        offsets[partition] += 1
        low = chance.random() * (1.0 if chance.random() < 0.3 else 0.2)
        label = int(chance.random() < 0.02 + 0.5 * low**2)
        yield make_example(
            label=label,
            why=Why.EVENT if label else Why.QUIET,
            weight=1 if label else 8,
            is_first=bool(label),
            at=rfc3339(T0 + n * 600_000),
            known_at=rfc3339(T0 + n * 600_000 + 21 * DAY),
            features={"spo2.known": 1.0, "spo2.low.1": round(low, 3), "pulse.high.1": round(chance.random(), 3)},
            scores={RISK.id: round((0.02 + 0.5 * low**2) / 8 * 1e6) if risk_ppm is None else risk_ppm},
            partition=partition,
            offset=offsets[partition],
            index=0,
        )


def read(learner: Learner, log: list[Example], start: int = 0) -> list[ModelRecord]:
    """What it gives for this part of the log."""
    found: list[ModelRecord] = []
    for offset in range(start, len(log)):
        found += learner.take(offset, log[offset])
    return found


def test_a_snapshot_comes_every_25_labels_with_its_lineage() -> None:
    """Chained by digest, named by content, without a clock: two learners give the same bytes."""
    log = list(stream(130))
    given = read(Learner(RISK, "code-1"), log)
    again = read(Learner(RISK, "code-1"), log)

    snapshots = [record for record in given if isinstance(record, ModelSnapshot)]
    assert 5 == len(snapshots)
    assert [OFTEN_LABELS * n for n in range(1, 6)] == [one.lineage.labels for one in snapshots]
    assert [None, *[one.digest for one in snapshots[:-1]]] == [one.lineage.parent for one in snapshots]
    assert all(one.is_whole for one in snapshots)
    assert "code-1" == snapshots[0].lineage.code
    assert [one.model_dump_json() for one in given] == [one.model_dump_json() for one in again]
    assert Learner(RISK, "code-2").parent is None


def test_what_it_publishes_may_be_served() -> None:
    """Whole, of this release, and no weight says that worse is better."""
    models = Models()
    for offset, record in enumerate(read(Learner(RISK, "c"), list(stream(300)))):
        assert models.add(offset, record) is None
    served = models.now.served[RISK.id].snapshot
    assert all(weight >= 0 for name, weight in served.weights.items() if name not in FREE)
    assert served.weights["spo2.low.1"] > served.weights["pulse.high.1"]


@pytest.mark.parametrize("seed", range(5))
def test_killed_at_random_it_gives_the_same(seed: int) -> None:
    """State and offset are one record: what was read and not kept is read again, and gives the same records."""
    log, chance = list(stream(220)), random.Random(seed)
    whole = read(Learner(RISK, "c"), log)
    kept, found = orjson.dumps(Learner(RISK, "c").dump()), {}
    while True:
        learner = Learner(RISK, "c")
        learner.load(orjson.loads(kept))
        until = min(len(log), learner.upto + 1 + chance.randrange(1, 60))
        for record in read(learner, log[:until], max(learner.upto, 0)):
            found[record.model_dump_json()] = record
        if chance.random() < 0.6:
            kept = orjson.dumps(learner.dump())
            if until == len(log):
                break
    assert [record.model_dump_json() for record in whole] == list(found)


def test_repeats_of_a_crashed_worker_are_dropped() -> None:
    """A slice that is delivered twice, and a stalled worker's late copy, teach nothing twice."""
    log = list(stream(120))
    doubled: list[Example] = []
    for place, example in enumerate(log):
        doubled.append(example)
        if place % 10 == 9:
            doubled += log[place - 9 : place + 1]
    once, twice = Learner(RISK, "c"), Learner(RISK, "c")
    read(once, log)
    read(twice, doubled)

    assert (once.labels, once.examples, once.outcomes) == (twice.labels, twice.examples, twice.outcomes)
    assert once.model.dump() == twice.model.dump()


def test_an_unknown_label_teaches_nothing_and_is_reported() -> None:
    """Left out of learning, and both figures say what leaving it out does."""
    learner = Learner(RISK, "c")
    log = [
        *stream(40),
        *[
            make_example(label=None, why=Why.ACTED, scores={RISK.id: 500_000}, partition=9, offset=n)
            for n in range(1, 11)
        ],
    ]
    given = read(learner, log)
    figures = learner.tally.figures()

    assert 40 == learner.labels
    assert (50, 1) == (learner.examples, len(given))
    assert figures.unknown_share is not None
    assert 0 < figures.unknown_share < 1
    assert figures.auroc is not None
    assert figures.auroc_unknown_quiet is not None
    assert figures.auroc > figures.auroc_unknown_quiet


def test_another_release_does_not_guess_at_the_state() -> None:
    """Features in another order would be other features."""
    held = Learner(RISK, "c").dump()
    for changed in ({"design": "f" * 64}, {"v": 2}):
        with pytest.raises(StateError, match="other features"):
            Learner(RISK, "c").load(held | changed)


def test_ranking_counts_pairs() -> None:
    """Against the definition; half for a tie, nothing while one kind is missing."""
    chance = random.Random(3)
    events, quiet = [[chance.randrange(5) for _ in range(8)] for _ in range(2)]
    pairs = [
        (1.0 if e > q else 0.5 if e == q else 0.0)
        for e, n in enumerate(events)
        for q, m in enumerate(quiet)
        for _ in range(n * m)
    ]
    assert round(sum(pairs) / len(pairs), 4) == auroc(events, quiet)
    assert auroc([0] * 8, quiet) is None


def test_a_budget_names_a_risk_that_so_few_reach() -> None:
    """Of 10,000 patient-days no more than the number reach it; a tally comes back from its JSON."""
    tally, chance = Tally(), random.Random(1)
    risks = [int(1e6 / (1 + chance.expovariate(1) * 30)) for _ in range(5_000)]
    for risk in risks:
        tally.add(risk, None if chance.random() < 0.2 else int(chance.random() < 0.1), 1)
    other = Tally()
    other.load(orjson.loads(orjson.dumps(tally.dump())))

    for burden, least in tally.figures().quantiles.items():
        assert sum(risk >= least for risk in risks) <= int(burden) / 10_000 * len(risks)
    assert tally.figures() == other.figures()
    assert {} == Tally().figures().quantiles


def test_old_figures_fade() -> None:
    """So that they say how the model does now."""
    tally = Tally()
    for _ in range(4_000):
        tally.add(500_000, 0, 8)
    for _ in range(10_000):
        tally.add(500_000, 0, 8)
    assert tally.figures().unknown_share == 0
    assert tally.figures().expected_milli < 8 * 14_000 * 500


def alarms(times: float, *, days: int = 200_000, seed: int = 1) -> tuple[int, int, str] | None:
    """Quiet and event moments at 3 %, events `times` as often as said: (examples, events, direction) at the alarm."""
    chance, watch, events = random.Random(seed), Watch(), 0
    for n in range(days):
        risk = chance.choice((10_000, 30_000, 50_000))
        if chance.random() < risk / 1e6 * times:
            events += 1
            label, weight = 1, 1
        elif chance.random() < 1 / 8:
            label, weight = 0, 8
        else:
            continue
        watch, alarm = watch.looked(risk, label, weight)
        if alarm is not None:
            return n, events // 7, alarm.direction
    return None


def test_twice_and_half_as_many_events_are_noticed() -> None:
    """And in which direction; the time it takes is stated where it is measured, in tests/learning."""
    for seed in range(5):
        doubled, halved = alarms(2.0, seed=seed), alarms(0.5, seed=seed)
        assert doubled is not None
        assert halved is not None
        assert ("more", "fewer") == (doubled[2], halved[2])


def test_scores_that_hold_raise_no_alarm() -> None:
    """Seven years of a hundred patients."""
    assert [None] * 5 == [alarms(1.0, days=250_000, seed=seed) for seed in range(5)]


def test_drift_is_told_once_enough_is_known() -> None:
    """Ten times as many events as said: nothing before sixty outcomes, then a word for the operator."""
    learner = Learner(RISK, "c")
    given = read(learner, list(stream(4_000, risk_ppm=3_000)))
    fell = [record for record in given if isinstance(record, FellBack)]

    assert learner.outcomes > ENOUGH_OUTCOMES
    assert "more" == fell[0].direction
    assert fell[0].observed_milli > 2 * fell[0].expected_milli
    assert fell[0].statistic_milli > fell[0].limit_milli
    assert fell[0].upto > ENOUGH_OUTCOMES
