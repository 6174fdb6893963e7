"""StormRules: how people are told when many alerts come at once. Part of the rule bundle, signed with it."""

from typing import Annotated

from pydantic import Field

from schemas.base import Closed


class StormRules(Closed):
    """All numbers are our choice. Notices are grouped, never alerts: each keeps its own ladder, deadline and report.

    alone: so many notices to one recipient on one channel, of one tier and colour, go one by one within `window_s`.
    What comes beyond that waits `red_hold_s` (red, or tier 4 and 5) or `hold_s` (the rest) for its like, and goes as
    one message with count, tier and alert ids. Ten seconds at most for a red: its first rung lasts ten minutes.
    alerts, within_min: so many new alerts of tier 3 or more of one team within so many minutes are a storm.
    gather_s: from its beginning to the page to the duty lead, so that the page can say what the alerts have in common.
    over_min: a storm that has come less than half as dense for so long is over.
    """

    alone: Annotated[int, Field(ge=1, le=100)] = 5
    window_s: Annotated[int, Field(ge=10, le=3600)] = 60
    red_hold_s: Annotated[int, Field(ge=1, le=10)] = 5
    hold_s: Annotated[int, Field(ge=1, le=300)] = 30
    alerts: Annotated[int, Field(ge=3, le=10_000)] = 20
    within_min: Annotated[int, Field(ge=1, le=120)] = 10
    gather_s: Annotated[int, Field(ge=1, le=60)] = 10
    over_min: Annotated[int, Field(ge=5, le=1440)] = 30
