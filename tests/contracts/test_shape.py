"""The measures every file keeps: short, named, annotated, documented, and no exemption without a reason."""

import tomllib
from collections.abc import Callable, Iterator

import pytest

from tests.contracts import shape
from tests.contracts.house import ROOT, Source, packages, report, sources

LONG_TABLES: dict[str, str] = {
    "schemas/vitals.py": "the table of vital signs: one row each, no branches",
}
"""File -> why it may pass 300 lines: tables of data only."""

BROAD_EXCEPTS: dict[str, str] = {
    "streams/agents/guard.py": "nothing may escape here; what it catches becomes an outcome",
}
"""File -> why it may catch everything."""

Measure = Callable[[Source], Iterator[str]]


def measured(measure: Measure, *, only_pure: bool = False) -> Iterator[str]:
    """All violations of one measure in the packages."""
    for source in packages():
        if source.pure or not only_pure:
            yield from measure(source)


def test_no_file_is_called_after_nothing() -> None:
    """No utils, helpers, common, manager, misc: not in the packages and not in the tests."""
    report(line for source in sources("schemas", "streams", "tests") for line in shape.nameless(source))


def test_files_are_short() -> None:
    """At most 300 lines, tables of data excepted by name."""
    report(line for line in measured(shape.long_file) if line.split(":")[0] not in LONG_TABLES)


def test_functions_are_short() -> None:
    """At most 40 lines without the docstring."""
    report(measured(shape.long_functions))


def test_functions_say_what_they_return() -> None:
    """Return annotations: 100 %."""
    report(measured(shape.unannotated))


def test_contracts_and_core_are_documented() -> None:
    """Docstrings in floors 0 and 1: 100 % of modules, public classes and public functions."""
    report(measured(shape.undocumented, only_pure=True))


def test_only_the_guard_catches_everything() -> None:
    """A broad except hides bugs from the one place that turns them into outcomes."""
    report(line for line in measured(shape.broad_excepts) if line.split(":")[0] not in BROAD_EXCEPTS)


def test_exemptions_say_why() -> None:
    """noqa, type ignore and skips carry their reason where they stand."""
    report(line for source in sources("schemas", "streams", "tests") for line in shape.silent_exemptions(source))


def test_exempted_files_still_need_it() -> None:
    """An exemption that is no longer used would cover the next mistake."""
    used = {line.split(":")[0] for line in [*measured(shape.long_file), *measured(shape.broad_excepts)]}
    built = {path for path in (*LONG_TABLES, *BROAD_EXCEPTS) if (ROOT / path).is_file()}

    report(sorted(built - used))


def test_ruff_counts_branches() -> None:
    """C901 with at most 8 is on for all packages: no global and no per-file ignore takes it away."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    ignored = [*lint.get("ignore", [])]
    for pattern, codes in lint.get("per-file-ignores", {}).items():
        ignored += [] if pattern.startswith("tests/") else codes

    assert lint["mccabe"]["max-complexity"] == 8
    assert {"C90", "C901"} & set(lint["select"])
    assert not [code for code in ignored if "C901".startswith(code)]


LONG_BODY = "def f() -> None:\n" + "    x = 1\n" * 40
LONG_DOCSTRING = 'def f() -> None:\n    """One.\n' + "\n" * 60 + '    """\n    return None\n'


@pytest.mark.parametrize(
    ("measure", "text", "expected"),
    [
        (shape.long_file, "\n" * 301, 1),
        (shape.long_file, "\n" * 300, 0),
        (shape.long_functions, LONG_BODY, 1),
        (shape.long_functions, LONG_DOCSTRING, 0),
        (shape.unannotated, "class A:\n    async def f(self): ...\n", 1),
        (shape.unannotated, "def f() -> None: ...\n", 0),
        (shape.undocumented, "class A:\n    def f(self) -> None: ...\n", 3),
        (shape.undocumented, '"""M."""\nclass _A:\n    def f(self) -> None: ...\ndef _g() -> None: ...\n', 0),
        (shape.broad_excepts, "try:\n    f()\nexcept:\n    pass\n", 1),
        (shape.broad_excepts, "try:\n    f()\nexcept (OSError, Exception):\n    pass\n", 1),
        (shape.broad_excepts, "with contextlib.suppress(BaseException):\n    f()\n", 1),
        (shape.broad_excepts, "try:\n    f()\nexcept (OSError, ValueError):\n    pass\n", 0),
        (shape.silent_exemptions, "x = 1  # " + "noqa\n", 1),
        (shape.silent_exemptions, "x = 1  # " + "noqa: E501\n", 1),
        (shape.silent_exemptions, "x = 1  # " + "noqa - it is long\n", 1),
        (shape.silent_exemptions, "x = 1  # " + "noqa: E501, A001 - it is long\n", 0),
        (shape.silent_exemptions, "x = 1  # " + "type: ignore\n", 1),
        (shape.silent_exemptions, "x = 1  # " + "type: ignore[misc]\n", 1),
        (shape.silent_exemptions, "x = 1  # " + "type: ignore[misc]  # untyped library\n", 0),
        (shape.silent_exemptions, "@pytest.mark.skip\ndef test(): ...\n", 1),
        (shape.silent_exemptions, "@pytest.mark.skipif(x)\ndef test(): ...\n", 1),
        (shape.silent_exemptions, "pytest.skip()\n", 1),
        (shape.silent_exemptions, "pytest.skip('')\n", 1),
        (shape.silent_exemptions, "pytest.importorskip('x')\n", 1),
        (shape.silent_exemptions, "@pytest.mark.xfail(x, reason='known')\ndef test(): ...\n", 0),
        (shape.silent_exemptions, "pytest.skip('no broker here')\n", 0),
    ],
)
def test_each_measure_can_fail(measure: Measure, text: str, expected: int) -> None:
    """Every measure catches what it is there for, and lets the correct spelling pass."""
    assert len(list(measure(Source("schemas/x.py", text)))) == expected


@pytest.mark.parametrize("path", ["streams/utils.py", "streams/core/alert_helper.py", "schemas/common/x.py"])
def test_a_nameless_file_is_caught(path: str) -> None:
    """The name is found in the middle of a path and inside a compound name."""
    assert len(list(shape.nameless(Source(path, "")))) == 1
