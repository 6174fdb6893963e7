"""`nattevagt coverage check`: the hours in which nobody reads, before anybody relies on them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.coverage import command

OFFICE = """
team: lung
version: 1
shifts: [{days: [1, 2, 3, 4, 5], start: "08:00", until: "16:00"}]
recipients: [{id: n1, role: nurse}]
"""
DUTY = "outside_hours: on_call\non_call: {id: duty, role: on_call}\n"


def check(path: Path, text: str, *options: str) -> tuple[int, str]:
    """Exit code and what is printed."""
    file = path / "team.yaml"
    file.write_text(text)
    result = CliRunner().invoke(command, ["check", str(file), *options])
    return result.exit_code, result.output


def test_uncovered_hours_are_printed_and_fail_the_check(tmp_path: Path) -> None:
    """In local time, with their length: four nights and a weekend, one cut in two unless one begins in hours."""
    code, output = check(tmp_path, OFFICE, "--days", "7")

    assert (1, True) == (code, "! coverage.no_route" in output)
    assert 5 <= output.count(" h)") <= 6
    assert "T16:00 to " in output


def test_with_somebody_on_call_there_is_nothing_to_read(tmp_path: Path) -> None:
    """Exit code 0."""
    assert (0, "Team lung, version 1: no lines to read\n") == check(tmp_path, OFFICE + DUTY)


@pytest.mark.parametrize(("language", "words"), [("da", "ingen vagt uden for"), ("en", "nobody on call")])
def test_it_speaks_danish_and_english(tmp_path: Path, language: str, words: str) -> None:
    """Codes stay."""
    assert words in check(tmp_path, OFFICE, "--language", language)[1]
