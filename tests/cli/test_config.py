"""`nattevagt config show`: also, and above all, when something is wrong."""

import os

import orjson
import pytest
from click.testing import CliRunner

from streams.cli.config import command

SECRET = "hunter2"


def show(monkeypatch: pytest.MonkeyPatch, **environ: str) -> tuple[int, dict[str, object], str | None]:
    """Exit code, value by variable, and the refusal."""
    for name in [name for name in os.environ if name.startswith("NATTEVAGT_")]:
        monkeypatch.delenv(name)
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    result = CliRunner().invoke(command, ["show", "--json"])
    assert SECRET not in result.output
    said = orjson.loads(result.stdout)
    return result.exit_code, {row["name"]: (row["value"], row["source"]) for row in said["settings"]}, said["refused"]


def test_every_setting_is_shown_with_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """One comes from a variable, the others as they ship."""
    code, rows, refused = show(monkeypatch, NATTEVAGT_PARTITIONS="4")

    assert (0, None) == (code, refused)
    assert ((4, "environment"), (3, "default")) == (rows["NATTEVAGT_PARTITIONS"], rows["NATTEVAGT_REPLICATION"])


@pytest.mark.parametrize(
    ("name", "text"),
    [("NATTEVAGT_PARTITIONS", SECRET), ("NATTEVAGT_SASL_PASSWORD", SECRET), ("NATTEVAGT_DEBUG", "1")],
)
def test_what_would_be_refused_is_explained_beside_the_table(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    """The errors send people here, so that it must not fail on the same error."""
    code, rows, refused = show(monkeypatch, **{name: text})

    assert 2 == code
    assert "NATTEVAGT_BROKER" in rows
    assert refused is not None
    assert refused.startswith(name)
