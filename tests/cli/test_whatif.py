"""The report of what-if: every figure of every variant, and no name of anybody."""

from streams.cli.whatif import report
from streams.replay.burden import measured
from streams.replay.whatif import Lived, Raised


def test_the_report_tells_figures_and_no_names() -> None:
    """One page, one plot per variant."""
    lives = [Lived("tihm-0697d", (Raised(1, 3, 1.0),), (2,), 7.0)]
    page = report({"as it is": measured(lives, 5), "<b>": measured(lives, 5)}, [lives, lives], ["as it is", "<b>"])

    assert 2 == page.count("<svg")
    assert "sensitivity" in page
    assert "&lt;b&gt;" in page
    assert "0697d" not in page
