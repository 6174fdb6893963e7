"""The tools that read all code: ruff and mypy under the configuration of pyproject.toml."""

import subprocess
import sys

import pytest

from tests.contracts.house import ROOT

FOLDERS = ("schemas", "streams", "tests")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("ruff", "check", "--no-cache", "--output-format=concise", *FOLDERS), id="ruff-check"),
        pytest.param(("ruff", "format", "--no-cache", "--check", *FOLDERS), id="ruff-format"),
        pytest.param(("mypy", "--no-error-summary"), id="mypy"),
    ],
)
def test_tool_has_nothing_to_say(arguments: tuple[str, ...]) -> None:
    """The tool ends with 0; if not, its output is the message."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    if done.returncode != 0:
        pytest.fail(f"{' '.join(arguments[:2])}\n{done.stdout}{done.stderr}", pytrace=False)
