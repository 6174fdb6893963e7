"""Scores: what each model thinks of a patient after a reading that counts. In the shadow: they colour nothing.

The own normals are a function of the series, so they do not depend on the order of arrival. What a model has
learned is history, as alerts are: it learns readings that are newer than all before them, so that one that
comes late, or one that was refused, cannot lead it astray.
"""

from collections.abc import Mapping, Set

from schemas.base import rfc3339
from schemas.ids import make_id
from schemas.score import OwnNormal, RiskScore
from schemas.vitals import UNITS
from streams.core.effects import PublishScore
from streams.core.evolve import evolve
from streams.core.learning.judge import Judged
from streams.core.models import MODELS
from streams.core.models.base import OnlineModel, Opinion, Parameters, digest
from streams.core.models.snapshot import VERSION
from streams.core.signal.features import DEVIATION, Aspect, Features, aspect, features
from streams.core.signal.series import Point, Points
from streams.core.signal.tracks import MINUTE_MS, with_only
from streams.core.state import PatientState

WORTH_TELLING = 0.05
"""Least part of a score for which the own normal is told (our choice: a deviation of about one and a half spreads)."""

Learned = Mapping[str, Parameters]


def learn(state: PatientState, kind: str, points: Points, point: Point) -> tuple[dict[str, Aspect], Learned]:
    """`aspects` and `learned` of the state once `point` stands in `points`, the readings of its kind."""
    aspects = {**state.aspects}
    seen = aspect(kind, points)
    if seen is None:
        aspects.pop(kind, None)
        return aspects, state.learned
    aspects[kind] = seen
    if points[-1] != point or point.in_doubt:
        return aspects, state.learned
    x = {DEVIATION[kind]: seen.deviation}
    return aspects, {design.id: _taught(design, state.learned.get(design.id), x) for design in MODELS}


def relearn(state: PatientState, kind: str, points: Points) -> tuple[dict[str, Aspect], Learned]:
    """`aspects` and `learned` once `points` are all that is left of this kind: what it taught is taught anew."""
    aspects = {name: one for name, one in state.aspects.items() if name != kind}
    learned: Learned = {
        model: {feature: numbers for feature, numbers in held.items() if feature != DEVIATION.get(kind)}
        for model, held in state.learned.items()
    }
    for last in range(1, len(points) + 1):
        seen = aspect(kind, points[:last])
        if seen is None:
            continue
        aspects[kind] = seen
        if not points[last - 1].in_doubt:
            x = {DEVIATION[kind]: seen.deviation}
            learned = {design.id: _taught(design, learned.get(design.id), x) for design in MODELS}
    return aspects, learned


def reteach(state: PatientState, kind: str) -> PatientState:
    """What is remembered of a kind, made anew from the readings that are left; those in doubt teach nothing."""
    points = state.series.get(kind, ())
    aspects, learned = relearn(state, kind, points)
    times = [(point.milli, point.at_ms // MINUTE_MS) for point in points if not point.in_doubt]
    return evolve(state, aspects=aspects, learned=learned, tracks=with_only(state.tracks, kind, times))


def scores(
    state: PatientState, kind: str, silence: Mapping[str, int], cause: str, judged: Judged | None = None
) -> tuple[PublishScore, ...]:
    """One per model for a patient with a plan in force; none for anybody else.

    kind: of the reading that counts. silence: kind -> when its overdue slot had fallen due. cause: the event's id.
    judged: the risk, worked out before the colour, which it may raise.
    """
    plan = state.plan_at(state.now_ms)
    if plan is None:
        return ()
    x = features(state.aspects, state.series, silence, plan.expected, state.now_ms)
    normals = _Normals(state)
    published = []
    for design in MODELS:
        model = design()
        model.load(state.learned.get(design.id, {}))
        body = _score(model, model.explain_one(x), x, state, kind, normals)
        published.append(PublishScore(make_id(cause, "score", design.id), state.now_ms, body))
    if judged is not None:
        body = _risk(judged, state, kind, normals)
        published.append(PublishScore(make_id(cause, "score", judged.model), state.now_ms, body))
    return tuple(published)


class _Normals(dict[str, OwnNormal]):
    """The own normals of one patient, each made when it is first told: several opinions tell the same ones."""

    def __init__(self, state: PatientState) -> None:
        super().__init__()
        self._state = state

    def __missing__(self, kind: str) -> OwnNormal:
        made = self[kind] = _own_normal(kind, self._state)
        return made

    def of(self, kinds: Set[str]) -> dict[str, OwnNormal]:
        """Those that are known, by name."""
        return {kind: self[kind] for kind in sorted(kinds & self._state.aspects.keys())}


def _risk(judged: Judged, state: PatientState, kind: str, normals: _Normals) -> RiskScore:
    risk = judged.risk
    return RiskScore(
        patient=state.patient,
        model=judged.model,
        version=VERSION,
        digest=judged.digest,
        score=risk.score,
        uncertainty=risk.uncertainty,
        features=risk.features,
        contributions=risk.contributions,
        at=rfc3339(state.now_ms),
        kind=kind,
        own_normals=normals.of({reason.subject for reason in risk.reasons}),
        challengers=judged.challengers,
        reasons=tuple([reason.subject for reason in risk.reasons]),
        outside=risk.outside,
    )


def _taught(design: type[OnlineModel], held: Parameters | None, x: Features) -> Parameters:
    model = design()
    model.load(held or {})
    model.learn_one(x)
    return model.dump()


def _score(
    model: OnlineModel, opinion: Opinion, x: Features, state: PatientState, kind: str, normals: _Normals
) -> RiskScore:
    reasons = {name.partition(".")[0] for name, part in opinion.contributions.items() if part >= WORTH_TELLING}
    return RiskScore(
        patient=state.patient,
        model=model.id,
        version=model.version,
        digest=digest(type(model)),
        score=opinion.score,
        uncertainty=opinion.uncertainty,
        features=x,
        contributions=opinion.contributions,
        at=rfc3339(state.now_ms),
        kind=kind,
        own_normals=normals.of(reasons),
        challengers={},  # a default that is made anew sends the whole body through pydantic
    )


def _own_normal(kind: str, state: PatientState) -> OwnNormal:
    """What "own normal 91, now 86" is made of."""
    one, newest = state.aspects[kind], state.series[kind][-1]
    return OwnNormal(
        level_milli=one.level_milli,
        spread_milli=one.spread_milli,
        readings=one.readings,
        now_milli=newest.milli,
        unit=UNITS[kind],
        age_min=max(state.now_ms - newest.at_ms, 0) // 60_000,
    )
