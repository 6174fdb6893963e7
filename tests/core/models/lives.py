"""Lives for the risk model's tests: readings of one person, any kinds, sides and gaps, from a seed."""

from random import Random

from streams.core.models.risk_features import Features, risk_features
from streams.core.signal.bands import BANDS
from streams.core.signal.tracks import Tracks, with_answers, with_outcome, with_reading

T0_MIN = 29_000_000
KINDS = tuple(BANDS)

USUAL = {
    "consciousness": 0,
    "crp": 8_000,
    "dbp": 78_000,
    "fev1": 1_400,
    "fvc": 2_500,
    "glucose": 6_500,
    "hb": 8_300,
    "pef": 250_000,
    "pulse": 75_000,
    "resp_rate": 16_000,
    "sbp": 130_000,
    "spo2": 95_000,
    "steps": 3_000_000,
    "supplemental_o2": 0,
    "temp": 36_800,
    "urine_protein": 0,
    "weight": 80_000,
}
"""Milli of the canonical unit, or of an index."""


def value(random: Random, kind: str) -> int:
    """Some reading, mostly ordinary, at times far off."""
    spread = BANDS[kind].spread * random.choice((1, 1, 1, 4))
    return max(USUAL[kind] + round(random.gauss(0, 1) * spread), 0)


def life(seed: int, readings: int = 40, kinds: tuple[str, ...] = KINDS) -> tuple[Tracks, int]:
    """Tracks after some readings, and the minute of the newest one."""
    random = Random(seed)
    tracks: Tracks = {}
    now = T0_MIN
    for _ in range(readings):
        now += random.choice((1, 5, 60, 600, 1_440, 9_000))
        kind = random.choice(kinds)
        tracks = with_reading(tracks, kind, value(random, kind), now)
        if random.random() < 0.05:
            tracks = with_outcome(tracks, now)
        if random.random() < 0.1:
            tracks = with_answers(tracks, random.choice((0, 500, 1_000)))
    return tracks, now


def examples(seed: int, count: int) -> list[tuple[Features, bool]]:
    """Features and whether something happened: more often, the further off SpO2 and pulse are."""
    random = Random(seed)
    found = []
    for n in range(count):
        tracks, now = life(seed * 100_000 + n, 6, ("spo2", "pulse", "weight"))
        x = risk_features(tracks, now)
        worse = x.get("spo2.low.3", 0.0) + x.get("pulse.high.2", 0.0)
        found.append((x, random.random() < 0.03 + 0.4 * worse))
    return found
