"""The decision stream: one order for any run, repeats gone, contradictions kept."""

import orjson

from schemas.alert import WatchAlive
from schemas.score import RiskScore
from streams.replay.decisions import Published, decision_stream, digest


def step(patient: str, sequence: int, *, at: str = "2026-02-19T08:00:00.000Z", alert: str = "a") -> Published:
    """A step of an alert's life, as published."""
    body = {
        "v": 1,
        "type": "raised" if sequence == 1 else "escalated",
        "alert_id": alert,
        "sequence": sequence,
        "patient": patient,
        "team": "lung",
        "level": "red",
        "tier": 3,
        "reasons": ["limits.spo2.red_below"],
        "unconfirmed": False,
        "at": at,
        "raised_at": "2026-02-19T08:00:00.000Z",
        "measured_at": "2026-02-19T08:00:00.000Z",
        "page_from": None,
        "next_deadline": None,
        "rung": 0,
        "plan_version": 1,
        "reason": "limits.spo2.red_below",
        "by": None,
        "verdict": None,
    }
    return Published(f"{alert}-{sequence}", patient, orjson.dumps(body))


def test_patients_stand_in_code_point_order_and_steps_in_their_own() -> None:
    """How partitions interleave patients is no decision."""
    a, b = [step("a", 1), step("a", 2)], [step("B", 1, alert="b")]
    assert decision_stream([*a, *b]) == decision_stream([a[0], b[0], a[1]])
    lines = decision_stream([*a, *b]).splitlines()
    assert ["B", "a", "a"] == [orjson.loads(line)["patient"] for line in lines]


def test_a_repeat_is_dropped_and_another_spelling_of_it_is_the_same() -> None:
    """A crash repeats records; key order and white space are not content."""
    once = step("a", 1)
    spaced = once._replace(value=orjson.dumps(orjson.loads(once.value), option=orjson.OPT_INDENT_2))
    assert decision_stream([once]) == decision_stream([once, spaced, once])


def test_the_same_id_with_other_content_shows() -> None:
    """It would break the promise that the same input gives the same bytes."""
    other = step("a", 2)._replace(id=step("a", 1).id)
    assert 2 == decision_stream([step("a", 1), other]).count(b"\n")


def test_an_order_that_differs_is_another_stream() -> None:
    """Steps must be seen in order."""
    assert decision_stream([step("a", 1), step("a", 2)]) != decision_stream([step("a", 2), step("a", 1)])


def test_a_patient_whose_team_changed_is_merged_by_time() -> None:
    """Topics may be read in any order."""
    old, new = [step("a", 1)], [step("a", 1, at="2026-02-20T08:00:00.000Z", alert="n")]
    assert decision_stream(old, new) == decision_stream(new, old)


def test_the_watchs_own_heartbeat_is_no_decision() -> None:
    """A quiet night has an empty stream."""
    alive = WatchAlive(partition=0, assessed_up_to="2026-02-19T08:00:00.000Z")
    assert b"" == decision_stream([Published("w", "", alive.model_dump_json().encode())])
    assert "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == digest(b"")


def score(patient: str, value: float, *, at: str = "2026-02-19T08:00:00.000Z") -> Published:
    """A score, as published."""
    body = RiskScore(
        patient=patient, model="m", digest="d", score=value, uncertainty=0.5, features={}, contributions={}, at=at
    )
    return Published(f"score-{at}", patient, body.model_dump_json().encode())


def test_scores_are_decisions_too() -> None:
    """Merged by time behind the steps of the same instant; another score is another stream."""
    steps, later = [step("a", 1)], score("a", 0.2, at="2026-02-19T09:00:00.000Z")
    lines = decision_stream(steps, [score("a", 0.1), later]).splitlines()
    assert [None, 0.1, 0.2] == [orjson.loads(line).get("score") for line in lines]
    assert decision_stream(steps, [later]) != decision_stream(steps, [score("a", 0.3, at="2026-02-19T09:00:00.000Z")])
