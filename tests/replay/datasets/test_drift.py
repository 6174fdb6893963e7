"""Would it be noticed: no alarm about scores that hold, one about scores that do not, an event counted once."""

from random import Random

import numpy as np

from streams.replay.datasets.drift import closed, watched
from streams.replay.datasets.rows import DAY_MIN, Row


def told(weeks: int, *, times: float = 1.0) -> tuple[list[Row], np.ndarray]:
    """A week a person, a day a row, of whom one in ten has an event, as foretold or `times` as often."""
    random = Random(4)
    rows, scores = [], []
    for week in range(weeks):
        came = random.random() < 0.1 * times
        for day in range(7):
            at = (week * 7 + day) * DAY_MIN
            rows.append(Row(f"p{week}", at, (), came, at + DAY_MIN, f"e{week}" if came else "", None))
            scores.append(0.1)
    return rows, np.array(scores)


def test_an_event_of_many_rows_is_one_event() -> None:
    """Expected and observed in the same coin."""
    episodes = closed(*told(500))

    assert 500 == len(episodes)
    assert {0.0, 1.0} == {round(one.came, 6) for one in episodes}
    assert all(round(one.expected, 6) == 0.1 for one in episodes)


def test_faults_are_noticed_and_what_holds_is_not() -> None:
    """Both directions; half as many are seen sooner, because every quiet week tells of it."""
    fine, more, fewer = watched(*told(2_000))

    assert (0, None) == (fine.false_alarms[0], fine.cusum)
    assert more.cusum is not None
    assert fewer.cusum is not None
    assert fewer.cusum < more.cusum < 1_000
    assert 0 < watched(*told(2_000, times=2.5))[0].false_alarms[0]
