"""Documents given to commands: read as JSON would be, refused without repeating what they say."""

from pathlib import Path

import pytest

from schemas.catalog import default_bundle
from schemas.coverage import TeamCoverage
from schemas.errors import ConfigurationError, ContractError
from streams.cli.given import contract, document, newer


def write(folder: Path, text: str, name: str = "file.yaml") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_plain_words_of_yaml_mean_what_they_mean_in_json(tmp_path: Path) -> None:
    """YAML 1.1 would read 960, False, a date and an octal number here."""
    text = "{a: 16:00, b: no, c: 2026-01-01, d: 010, e: 0, f: -1.5, g: true, h: null, i: , j: ~, k: 1_000, l: .nan}"
    expected = {
        "a": "16:00",
        "b": "no",
        "c": "2026-01-01",
        "d": "010",
        "e": 0,
        "f": -1.5,
        "g": True,
        "k": "1_000",
        "l": ".nan",
    }

    assert expected | dict.fromkeys("hij") == document(write(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.json", '{"a": 1, "a": 2}'),
        ("a.yaml", "a: [1"),
        ("a.yaml", "!!python/object:os.system {}"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, name: str, text: str) -> None:
    """With the file's name, and never as a traceback."""
    with pytest.raises(ContractError):
        document(write(tmp_path, text, name))


def test_a_refused_field_is_named_and_its_value_not_repeated() -> None:
    """The first of several, and how many."""
    with pytest.raises(ContractError, match=r"hf\.yaml is no TeamCoverage: team: .*2 in all") as caught:
        contract(TeamCoverage, {"team": "Heart_Failure", "version": 0}, "hf.yaml")

    assert "Heart_Failure" not in str(caught.value)


def test_what_a_bundle_shows_can_be_read_again() -> None:
    """`rules show` gives what `rules publish` takes."""
    bundle = default_bundle()
    again = contract(type(bundle), bundle.model_dump(mode="json"), "rules.json")

    assert bundle.digest == again.digest


def test_a_version_must_rise() -> None:
    """Else the record would be published and change nothing."""
    newer("team a", 1, None)
    newer("team a", 2, 1)
    with pytest.raises(ConfigurationError, match="version 2 does not replace version 2"):
        newer("team a", 2, 2)
