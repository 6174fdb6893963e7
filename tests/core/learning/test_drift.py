"""Drift: a new device reads four points too low; the watch notices, and the rules stand alone again."""

import pytest

from schemas.model import FellBack
from streams.core.learning.designs import DESIGNS
from tests.core.learning.drift import Story

pytestmark = pytest.mark.nightly

DRIFT_DAY = 200
LATEST = 35
"""Days until it must have been noticed. Measured: 24, of which 21 are waiting for somebody to tell of an event."""


def test_a_biased_device_is_noticed_and_the_model_falls_back_to_rules() -> None:
    """Eighty people: promoted on day 153, new oximeters for all on day 200, noticed on day 224.

    Too low a saturation looks like danger that does not come: fewer events than said. One finding, not one a day.
    """
    story = Story(drift_day=DRIFT_DAY)
    story.tell(DRIFT_DAY + LATEST)
    fell = [(n, one) for n, one in enumerate(story.log) if isinstance(one, FellBack) and one.model == DESIGNS[0].id]

    assert story.promoted_day is not None
    assert story.promoted_day < DRIFT_DAY
    assert 1 == len(fell)
    offset, finding = fell[0]
    assert DRIFT_DAY < story.fell_days[0] <= DRIFT_DAY + LATEST
    assert "fewer" == finding.direction
    assert finding.observed_milli < finding.expected_milli
    assert story.models.at(offset - 1).may_colour is not None
    assert story.models.at(offset).may_colour is None
    assert (None, "fewer") == (story.models.now.may_colour, story.models.now.fallen)
    assert story.snapshots[-1].digest == story.models.now.served[DESIGNS[0].id].digest
