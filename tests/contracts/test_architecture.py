"""Floors and purity: imports go down only; the two lowest floors know no clock, socket, file or chance."""

import ast
from collections.abc import Iterator

import pytest

from tests.contracts import floors
from tests.contracts.house import FUNCTIONS, ROOT, Source, packages, report
from tests.contracts.purity import BANNED_CALLS, BANNED_MODULES, EXEMPT, impurities

OFF_THE_FLOORS = {
    "streams.worker": "five lines that `faust -A streams.worker` imports; it holds the app and nothing else",
}
"""Modules directly under `streams` that no layer names, with the reason."""

OWN = ("schemas", "streams")


def late_imports(source: Source) -> Iterator[str]:
    """Imports of our own packages inside a function, and TYPE_CHECKING: both hide a cycle."""
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and _name(node) == "TYPE_CHECKING":
            yield source.at(node, "TYPE_CHECKING")
        if isinstance(node, FUNCTIONS):
            yield from (
                source.at(inner, f"{node.name} imports {module} late")
                for inner in ast.walk(node)
                for module in _imported(inner)
                if module.split(".")[0] in OWN
            )


def _name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, level=level):
            return [OWN[1] if level else module or ""]
        case _:
            return []


def test_imports_go_down_only() -> None:
    """No contract of [tool.importlinter] is broken."""
    report(floors.broken(floors.house_graph()))


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("streams.core", "streams.adapters", "floors: imports go down only"),
        ("schemas.errors", "streams.core", "floors: imports go down only"),
        ("streams.adapters", "streams.cli", "floors: imports go down only"),
        ("schemas.errors", "asyncio", "schemas and core stay pure"),
        ("streams.core", "aiokafka", "schemas and core stay pure"),
    ],
)
def test_a_forbidden_import_is_caught(importer: str, imported: str, contract: str) -> None:
    """The same check breaks as soon as one forbidden import is drawn into the real graph."""
    graph = floors.house_graph()
    if imported not in graph.modules:
        graph.add_module(imported, is_squashed=True)
    graph.add_import(importer=importer, imported=imported)

    assert contract in floors.broken(graph)


def test_every_layer_exists() -> None:
    """A layer that names no module guards nothing."""
    report(name for row in floors.layer_rows() for name in row if not _exists(name))


def _exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_every_room_has_a_floor() -> None:
    """Each module directly under `streams` stands in a layer or in the list of exceptions."""
    named = {name for row in floors.layer_rows() for name in row} | set(OFF_THE_FLOORS)
    rooms = {
        ".".join(source.path.removesuffix(".py").split("/")[:2])
        for source in packages()
        if source.path.startswith("streams/") and source.path != "streams/__init__.py"
    }

    report(sorted(rooms - named))


def test_floors_0_and_1_are_pure() -> None:
    """No file of `schemas` or `streams.core` imports or calls what reads the world."""
    report(line for source in packages() if source.pure for line in impurities(source))


@pytest.mark.parametrize("module", sorted(BANNED_MODULES))
@pytest.mark.parametrize("form", ["import {0}", "import {0}.sub as other", "from {0} import name"])
def test_a_banned_import_is_caught(module: str, form: str) -> None:
    """Each banned module is seen in every spelling of import, inside a function too."""
    line = form.format(module)

    assert len(impurities(Source("streams/core/x.py", f"{line}\ndef f():\n    {line}\n"))) == 2


@pytest.mark.parametrize("name", sorted(BANNED_CALLS))
@pytest.mark.parametrize("form", ["{0}()", "clock.{0}()", "a.b().{0}(1)"])
def test_a_banned_call_is_caught(name: str, form: str) -> None:
    """Each banned call is seen as a function, as a method and at the end of a chain."""
    assert len(impurities(Source("schemas/x.py", f"def f():\n    return {form.format(name)}\n"))) == 1


@pytest.mark.parametrize(
    "line",
    ["time.time()", "time.monotonic()", "time.sleep(1)", "hash('a')", "id(x)", "eval('1')", "exec('1')"],
)
def test_clocks_and_process_secrets_are_caught(line: str) -> None:
    """What differs from run to run is seen."""
    assert len(impurities(Source("streams/core/x.py", line))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import time\nslot = time.fromisoformat('08:30')",
        "time = headers['ce_time']\ntime.encode()",
        "later = state.now",
        "pattern.compile('x')",
        "note = 'open() the door now()'",
    ],
)
def test_innocent_code_passes(text: str) -> None:
    """A wall-clock time as a value, an attribute called `now` and plain text are no crime."""
    report(impurities(Source("streams/core/x.py", text)))


def test_exemptions_from_purity_name_a_file_and_a_reason() -> None:
    """An exemption for a file that is gone would wait for the next one of that name."""
    report(path for (path, _), why in EXEMPT.items() if not (ROOT / path).is_file() or not why)


def test_no_late_imports_below_floor_4() -> None:
    """Our own packages are imported at the top of the file; only the wiring may wait."""
    report(line for source in packages() if not source.wiring for line in late_imports(source))


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import schemas.alert\n",
        "async def f():\n    from streams.core import step\n",
        "def f():\n    if x:\n        from . import step\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\n",
        "import typing\nif typing.TYPE_CHECKING:\n    pass\n",
    ],
)
def test_a_late_import_is_caught(text: str) -> None:
    """Each spelling of a hidden import is seen."""
    assert len(list(late_imports(Source("streams/core/x.py", text)))) == 1
