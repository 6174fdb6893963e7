"""What every model must fulfil. A new row in MODELS is found here without editing this test."""

import random
from itertools import pairwise

import orjson
import pytest

from schemas.score import RiskScore
from schemas.vitals import VITALS
from streams.core.models import MODELS
from streams.core.models.base import OnlineModel, digest
from streams.core.signal.features import CLIP, DEVIATION, FEATURES, KINDS, SILENT_HOURS, SILENT_SHARE

MAX_BYTES = 2_048
"""Of one model's part of a state, with every kind of vital sign learned: an eighth of the state's ceiling."""

LOWER_IS_WORSE = {"spo2", "fev1", "fvc", "pef", "steps"}
HIGHER_IS_WORSE = {"crp", "supplemental_o2"}


def vectors(seed: int, count: int = 60) -> list[dict[str, float]]:
    """Features of some readings of one person: a different part of them known each time."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        x = {name: round(chance.gauss(0, 2), 3) for name in FEATURES if chance.random() < 0.4}
        if SILENT_SHARE in x:
            x[SILENT_SHARE] = round(chance.random(), 3)
        if SILENT_HOURS in x:
            x[SILENT_HOURS] = round(chance.random() * 72, 3)
        found.append(x)
    return found


def scored(model: OnlineModel, xs: list[dict[str, float]]) -> list[float]:
    """The scores on the way, learning as it goes."""
    found = []
    for x in xs:
        model.learn_one(x)
        found.append(model.score_one(x))
    return found


def test_ids_are_unique() -> None:
    """Scores name models by id."""
    ids = [design.id for design in MODELS]
    assert len(set(ids)) == len(ids)


def test_the_list_of_features_has_one_order() -> None:
    """Live system and backtest look at the same numbers."""
    assert len(set(FEATURES)) == len(FEATURES)
    assert list(KINDS) == sorted(kind for kind, sign in VITALS.items() if sign.resolution is not None)


@pytest.mark.parametrize("design", MODELS, ids=lambda design: design.id)
class TestModel:
    """One model against what all models promise."""

    def test_says_where_it_comes_from(self, design: type[OnlineModel]) -> None:
        """Id, version, source, summary; and a digest of what it does not learn."""
        assert all((design.id, design.version, len(design.source) > 10, len(design.summary) > 10))
        assert 64 == len(digest(design))
        assert design.fixed

    def test_score_is_between_0_and_1(self, design: type[OnlineModel]) -> None:
        """From the first reading on, and with reasons that add up to it."""
        model = design()
        for seed in range(20):
            for x in vectors(seed):
                model.learn_one(x)
                opinion = model.explain_one(x)
                assert 0 <= opinion.score <= 1
                assert 0 <= opinion.uncertainty <= 1
                assert opinion.score == model.score_one(x)
                assert opinion.score == pytest.approx(sum(opinion.contributions.values()), abs=2e-5)

    def test_works_from_day_one(self, design: type[OnlineModel]) -> None:
        """Nothing known, nothing learned: no score is made up, and it says that it knows nothing."""
        opinion = design().explain_one({})
        assert (0.0, 1.0, {}) == opinion

    def test_asking_teaches_nothing(self, design: type[OnlineModel]) -> None:
        """`score_one` may be called any number of times."""
        model = design()
        scored(model, vectors(1))
        before = orjson.dumps(model.dump())
        assert model.score_one(vectors(2)[0]) == model.score_one(vectors(2)[0])
        assert before == orjson.dumps(model.dump())

    def test_same_data_same_scores(self, design: type[OnlineModel]) -> None:
        """To the last bit."""
        assert scored(design(), vectors(3)) == scored(design(), vectors(3))

    def test_dump_and_load_give_the_same_model(self, design: type[OnlineModel]) -> None:
        """Through JSON, in the middle of a life, and it learns on as if nothing had been."""
        model, other = design(), design()
        scored(model, vectors(4))
        other.load(orjson.loads(orjson.dumps(model.dump())))
        assert model.dump() == other.dump()
        assert scored(model, vectors(5, 500)) == scored(other, vectors(5, 500))

    def test_a_copy_does_not_learn_with_the_original(self, design: type[OnlineModel]) -> None:
        """The state of a patient is a value: an older one must stay as it was."""
        model, other = design(), design()
        scored(model, vectors(6))
        held = model.dump()
        before = orjson.dumps(held, option=orjson.OPT_SORT_KEYS)
        other.load(held)
        scored(other, vectors(7))
        assert before == orjson.dumps(held, option=orjson.OPT_SORT_KEYS)

    def test_order_of_features_does_not_matter(self, design: type[OnlineModel]) -> None:
        """To the last bit; river's own linear models fail this (study of online models, section 4)."""
        turned = [dict(reversed(x.items())) for x in vectors(8)]
        assert scored(design(), vectors(8)) == scored(design(), turned)

    def test_missing_and_new_features_are_tolerated(self, design: type[OnlineModel]) -> None:
        """A name it does not know changes nothing, neither when learned nor when loaded."""
        known, more = design(), design()
        strange = [{**x, "mood.deviation": 7.0, "": -1.0} for x in vectors(9)]
        assert scored(known, vectors(9)) == scored(more, strange)
        more.load({**more.dump(), "mood.deviation": [1, 2.0]})
        assert known.dump() == more.dump()

    def test_what_it_learned_is_bounded_json(self, design: type[OnlineModel]) -> None:
        """However long it learns, and whatever it is given."""
        model = design()
        for seed in range(30):
            for x in vectors(seed):
                model.learn_one({**x, f"made.up.{seed}": 1.0, **dict.fromkeys(FEATURES, 1 / 3)})
        assert len(orjson.dumps(model.dump())) <= MAX_BYTES

    @pytest.mark.parametrize("kind", KINDS)
    def test_high_is_worse(self, design: type[OnlineModel], kind: str) -> None:
        """Further from the own normal on the worse side never scores less, on the harmless side nothing."""
        model = design()
        for x in vectors(10):
            model.learn_one(x)
        steps = [CLIP * n / 40 for n in range(41)]
        rest = {name: value for name, value in vectors(11)[0].items() if name != DEVIATION[kind]}
        down = [model.score_one({**rest, DEVIATION[kind]: -step}) for step in steps]
        up = [model.score_one({**rest, DEVIATION[kind]: step}) for step in steps]
        for worse, is_harmless in ((down, kind in HIGHER_IS_WORSE), (up, kind in LOWER_IS_WORSE)):
            assert all(a <= b for a, b in pairwise(worse))
            assert (worse[0] == worse[-1]) is is_harmless

    def test_worse_on_the_way_is_not_better_in_the_end(self, design: type[OnlineModel]) -> None:
        """Somebody who was further off all the time scores at least as high as somebody who was not."""
        for seed in range(200):
            chance = random.Random(seed)
            mild = [-abs(chance.gauss(0, 2)) for _ in range(12)]
            bad = [value - abs(chance.gauss(0, 1)) for value in mild]
            scores = [scored(design(), [{DEVIATION["spo2"]: v} for v in values]) for values in (mild, bad)]
            assert all(a <= b for a, b in zip(*scores, strict=True))

    @pytest.mark.parametrize(("name", "most"), [(SILENT_SHARE, 1.0), (SILENT_HOURS, 72.0)])
    def test_silence_never_makes_it_better(self, design: type[OnlineModel], name: str, most: float) -> None:
        """Missing is information: it may add, never take away."""
        for x in vectors(12):
            values = [design().score_one({**x, name: most * n / 10}) for n in range(11)]
            assert all(a <= b for a, b in pairwise(values))

    def test_fits_the_contract_of_scores(self, design: type[OnlineModel]) -> None:
        """What it says can be published, and read back."""
        opinion = design().explain_one(vectors(13)[0])
        body = RiskScore(patient="p", model=design.id, digest=digest(design), features={}, at="", **opinion._asdict())
        assert RiskScore.model_validate_json(body.model_dump_json()) == body

    def test_passes_rivers_own_checks(self, design: type[OnlineModel]) -> None:
        """As one of river's anomaly detectors: the checks river has for its own."""
        from river import base  # takes seconds to import, and no other test needs it
        from river.checks import common

        class Detector(base.AnomalyDetector):
            """The model as river would have it."""

            def __init__(self) -> None:
                self.model = design()

            def learn_one(self, x: dict[str, float]) -> None:
                self.model.learn_one(x)

            def score_one(self, x: dict[str, float]) -> float:
                return self.model.score_one(x)

        data = [({**dict.fromkeys(FEATURES, 0.5), **x}, False) for x in vectors(14, 200)]
        for name in RIVERS_CHECKS:
            getattr(common, f"check_{name}")(Detector())
        for name in RIVERS_CHECKS_WITH_DATA:
            getattr(common, f"check_{name}")(Detector(), data)


RIVERS_CHECKS = (
    "repr",
    "str",
    "tags",
    "clone_same_class",
    "clone_is_idempotent",
    "init_has_default_params_for_tests",
    "init_default_params_are_not_mutable",
    "clone_changes_memory_addresses",
    "mutate_can_be_idempotent",
    "repr_roundtrips_clone",
    "get_params_matches_signature",
)
RIVERS_CHECKS_WITH_DATA = (
    "learn_one",
    "shuffle_features_no_impact",
    "emerging_features",
    "disappearing_features",
    "radically_disappearing_features",
    "bounded_memory_growth",
)
"""All that river runs for a detector, but for what pickles it (our models travel as JSON), river's own documentation
page, and its data sets, which need scikit-learn; ours are made of the features of the house."""
