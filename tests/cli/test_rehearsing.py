"""`nattevagt rules rehearse --events`: an archive instead of Kafka; people are named only on request."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from schemas.catalog import default_bundle
from schemas.errors import ContractError
from schemas.made import wire
from streams.cli import group, rehearsing
from streams.replay.lost_reds import Red, Rehearsal
from tests.builders import T0
from tests.replay.test_rehearsal import life


def rehearse(*words: str) -> Result:
    """Type this."""
    return CliRunner().invoke(group, ["rules", "rehearse", *words, "--workers", "1"], catch_exceptions=False)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One patient whose sugar was once too low."""
    events = life((-30, 2.6), (-29, 2.6), kind="glucose", calm=6.0, plan={"limits": [], "rules": ["dm"]})
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(wire(event) for event in events))
    return path


def bundle(folder: Path, *, without: str = "none") -> str:
    """A bundle without the rows of a family."""
    body = default_bundle().model_dump(mode="json") | {"version": 2}
    body["table"] = [row for row in body["table"] if not row["id"].startswith(without)]
    path = folder / "rules.json"
    path.write_bytes(orjson.dumps(body))
    return str(path)


def test_an_archive_is_rehearsed_without_kafka(archive: Path, tmp_path: Path) -> None:
    """Within limits with the same table, one lost red without the row that raised it."""
    same = rehearse(bundle(tmp_path), "--events", str(archive))
    assert (0, True) == (same.exit_code, "Within limits: it may go live." in same.stdout)
    lost = rehearse(bundle(tmp_path, without="dm."), "--events", str(archive))
    assert 1 == lost.exit_code
    assert "Rehearsed over 14 days, 1 people: alerts 1 before, 0 after, reds lost 1" in lost.stdout
    assert "! lost reds: 1" in lost.stdout
    assert "p1" not in lost.stdout
    assert "p1  " in rehearse(bundle(tmp_path, without="dm."), "--events", str(archive), "--patients").stdout


def test_an_empty_archive_is_no_history(tmp_path: Path) -> None:
    """Said, and no objection."""
    path = tmp_path / "events.jsonl"
    path.touch()
    told = rehearse(bundle(tmp_path), "--events", str(path))
    assert (0, True) == (told.exit_code, "No history of 14 days" in told.stdout)


def test_a_line_that_is_no_event_is_named(archive: Path, tmp_path: Path) -> None:
    """By its number, never by what stood there."""
    archive.write_bytes(archive.read_bytes() + b'\n{"mood": 1}')
    with pytest.raises(ContractError, match="line 46"):
        rehearse(bundle(tmp_path), "--events", str(archive))


def test_each_kind_of_difference_is_told() -> None:
    """Reds lost, gained and with a longer clock, and both objections; in JSON people are named only on request."""
    red = Red("p9", T0, 4, "limits.spo2.red_below")
    found = Rehearsal(3, 14, 1, 5, (red,), (red,), (red,), {"limits.spo2.red_below": (1, 5)})
    text = "\n".join(rehearsing.lines(found, patients=False))
    for said in ("Reds lost: 1", "Reds gained: 1", "Reds with a longer clock: 1", "! more than twice the alerts: 1"):
        assert said in text
    assert "p9" not in text + rehearsing.as_json(found, patients=False)
    assert "p9" in rehearsing.as_json(found, patients=True)
