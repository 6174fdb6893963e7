"""The import-linter contracts of pyproject.toml, checked in this process on any import graph."""

import tomllib
from functools import lru_cache
from typing import Any

import grimp
from importlinter import configuration
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

from tests.contracts.house import ROOT

TYPES: dict[str, type[Contract]] = {"layers": LayersContract, "forbidden": ForbiddenContract}


@lru_cache
def options() -> dict[str, Any]:
    """The table [tool.importlinter] as written."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = table["tool"]["importlinter"]
    return found


def layer_rows() -> list[list[str]]:
    """The modules of each layer, highest first; `(optional)` brackets removed."""
    rows = next(contract["layers"] for contract in options()["contracts"] if contract["type"] == "layers")
    return [[part.strip(" ()") for part in row.replace(":", "|").split("|")] for row in rows]


def house_graph() -> grimp.ImportGraph:
    """Every import in the packages, as a fresh graph that a test may spoil."""
    return grimp.build_graph(*options()["root_packages"], include_external_packages=True, cache_dir=None)


def broken(graph: grimp.ImportGraph) -> list[str]:
    """Names of the contracts that `graph` breaks.

    A layer that has no module yet is passed over here, so that it hides no violation elsewhere;
    `test_every_layer_exists` speaks about it.
    """
    configuration.configure()
    return [
        written["name"]
        for written in options()["contracts"]
        if not _build(written, graph).check(graph=graph, verbose=False).kept
    ]


def _build(written: dict[str, Any], graph: grimp.ImportGraph) -> Contract:
    fields = {key: value for key, value in written.items() if key not in ("name", "type", "id")}
    if written["type"] == "layers":
        fields["layers"] = [
            " | ".join(part if part in graph.modules else f"({part})" for part in row) for row in layer_rows()
        ]
    session = {key: value for key, value in options().items() if key != "contracts"}
    return TYPES[written["type"]](name=written["name"], session_options=session, contract_options=fields)
