"""The bench on tiny numbers: every part runs and says something. How fast is nobody's business here."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.bench import job, trivial
from tests.bench.report import markdown
from tests.contracts.house import ROOT

TINY = ("--rounds", "1", "--readings", "30000", "--full-readings", "400", "--patients", "600")
SHORT = ("--recovered", "300", "--seconds", "0.5", "--rate", "100")


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(280)
def test_every_part_runs_and_is_reported(tmp_path: Path) -> None:
    """One command, its own broker; what is not installed is said by name and has no figure."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("the bench counts CPU time as Linux does")
    file = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *TINY, *SHORT, "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr[-3000:]
    found = orjson.loads(file.read_bytes())
    assert [row.name for row in trivial.ROWS] == list(found["trivial"])
    for row in trivial.ROWS:
        told = found["trivial"][row.name]
        assert told.get("missing") or (told["per_s"][0] > 0 and told["cpu_us"][0] >= 0)
        assert row.name in done.stdout
    assert found["full"]["per_s"][0] > 0
    assert 600 == found["full"]["state_bytes"]["patients"]
    assert 0 == found["latency"][0]["missing"]
    assert found["alone"]["full"]["total_us"] > found["alone"]["full"]["parts_us"]["step"] > 0
    assert found["steps"]["copd"]["step"] > found["steps"]["copd"]["parts_us"]["settle"] > 0
    assert found["restart"]["recovery"]["resident_mb"] > 0


def test_what_is_not_installed_has_no_figure() -> None:
    """Never a made-up number."""
    found = {
        "machine": {"cpu": "any", "cores": 2, "python": "3"},
        "rounds": 1,
        "trivial": {"nattevagt's engine": {"per_s": [2.0], "cpu_us": [1.0]}, "bytewax": {"missing": ["bytewax"]}},
    }

    assert "| bytewax | not installed | bytewax |" in markdown(found)
    assert "| nattevagt's engine | 2 | 1.0 | - | 1.00x |" in markdown(found)


def test_the_trivial_job_is_the_same_for_all() -> None:
    """A running mean, one audit record each, an alert for about one reading in a hundred, states that survive."""
    state, alerts = job.Mean(), 0
    for _, value in job.readings(5_000):
        done = job.judge(job.decode(job.encode(state)), job.parse(value))
        state, alerts = done.state, alerts + (done.alert is not None)

    assert 5_000 == state.n
    assert 89 < state.mean < 93
    assert 20 < alerts < 90


def test_the_paper_is_what_the_command_printed() -> None:
    """deploy/BENCH.md holds the tables of the run whose figures lie beside it, to the last character."""
    figures = orjson.loads((ROOT / "deploy" / "bench.json").read_bytes())

    assert (ROOT / "deploy" / "BENCH.md").read_text(encoding="utf-8").endswith(markdown(figures))
    assert {"trivial", "full", "latency", "alone", "steps", "restart"} <= figures.keys()
