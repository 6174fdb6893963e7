"""The report of what-if: every figure of every variant, and no name of anybody."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from schemas.errors import ContractError
from schemas.made import wire
from streams.cli import group
from streams.cli.whatif import report
from streams.replay.burden import measured
from streams.replay.whatif import Lived, Raised
from tests.builders import HOUR, T0, make_event, make_outcome
from tests.replay.test_rehearsal import REDS, life


def test_the_report_tells_figures_and_no_names() -> None:
    """One page, one plot per variant."""
    lives = [Lived("tihm-0697d", (Raised(1, 3, 1.0),), (2,), 7.0)]
    page = report({"as it is": measured(lives, 5), "<b>": measured(lives, 5)}, [lives, lives], ["as it is", "<b>"])

    assert 2 == page.count("<svg")
    assert "sensitivity" in page
    assert "&lt;b&gt;" in page
    assert "0697d" not in page


def what_if(*words: str) -> Result:
    """Type this."""
    return CliRunner().invoke(group, ["backtest", "what-if", *words, "--workers", "1"], catch_exceptions=False)


def archive(folder: Path) -> str:
    """Two reds in a fortnight, and an admission a day after the second that was told a week later."""
    told = make_outcome("admission", at_ms=T0 - 30 * HOUR)
    events = [*life(*REDS), make_event(told, received_ms=T0, offset=900)]
    path = folder / "events.jsonl"
    path.write_bytes(b"\n".join(wire(event) for event in events))
    return str(path)


def test_an_archive_of_events_is_played_under_other_plans(tmp_path: Path) -> None:
    """The admission was preceded by a red; a plan without limits would not have seen it. Nobody is named."""
    blind = tmp_path / "blind.json"
    blind.write_bytes(orjson.dumps({"plan": {"limits": [], "rules": []}}))
    told = what_if("--events", archive(tmp_path), "--days", "14", "--variant", str(blind)).stdout

    assert "1 people, 1 events" in told
    (found,) = [line.split() for line in told.splitlines() if "sensitivity" in line]
    assert [value for value in found if value in ("1.000", "0.000", "-1.000")] == ["1.000", "0.000", "-1.000"]
    assert "p1" not in told


@pytest.mark.parametrize("words", [(), ("--log", "--events", "FILE")])
def test_one_past_is_played_at_a_time(words: tuple[str, ...], tmp_path: Path) -> None:
    """None, or two: said, and what to give."""
    given = [archive(tmp_path) if word == "FILE" else word for word in words]
    with pytest.raises(ContractError, match="One past"):
        what_if(*given)
