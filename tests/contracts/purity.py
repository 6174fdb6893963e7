"""What floors 0 and 1 may not import or call, found in the syntax tree."""

import ast
from collections.abc import Iterator

from tests.contracts.house import Source, called_name

BANNED_MODULES = frozenset(
    {"faust", "mode", "aiokafka", "aiohttp", "fastapi", "prometheus_client"}  # engines: floors 2 and 3
    | {"asyncio", "logging", "socket", "subprocess", "threading", "os", "tempfile", "shutil"}  # the machine
    | {"time", "random", "secrets", "uuid"}  # clock and chance
)

BANNED_CALLS = {
    **dict.fromkeys(("now", "utcnow", "today"), "reads a clock: take the instant from the event"),
    **dict.fromkeys(("uuid1", "uuid4"), "makes an id from chance: use schemas.ids.make_id"),
    **dict.fromkeys(("read_text", "read_bytes", "write_text", "write_bytes"), "touches a file"),
    **dict.fromkeys(("open", "print", "input"), "does input or output"),
    **dict.fromkeys(("__import__", "import_module"), "imports what no gate can see"),
}
"""Banned under whatever name they are reached: `now()`, `clock.now()`, `datetime.now()`."""

BANNED_BUILTINS = {
    **dict.fromkeys(("eval", "exec"), "runs text as code"),
    **dict.fromkeys(("hash", "id"), "differs from process to process; the same input must give the same bytes"),
}
"""Banned as bare names only: a method of that name is something else."""

BANNED_CLOCKS = frozenset(
    {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"}
    | {"sleep", "localtime", "gmtime", "ctime", "clock_gettime"}
)
"""Banned as `time.<name>()`; `datetime.time` and a variable called `time` have methods of their own."""

EXEMPT: dict[tuple[str, str], str] = {
    (path, name): "package data through importlib.resources: part of the release"
    for path in ("schemas/catalog/__init__.py", "schemas/shipped_rules.py")
    for name in ("read_text", "read_bytes", "open")
}
"""(file, call) -> why it is allowed there."""


def impurities(source: Source) -> list[str]:
    """Every banned import and call in one file, as violation lines."""
    found = list(_banned_imports(source))
    found += _banned_calls(source)
    return found


def _banned_imports(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), level=0):
                modules = [module]
            case _:
                continue
        for module in modules:
            if module.split(".")[0] in BANNED_MODULES:
                yield source.at(node, f"import of {module}")


def _banned_calls(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name = called_name(node)
        why = BANNED_CALLS.get(name)
        if isinstance(node.func, ast.Name):
            why = why or BANNED_BUILTINS.get(name)
        elif name in BANNED_CLOCKS and _is_method_of(node.func, "time"):
            why = "reads a clock: take the instant from the event"
        if why and (source.path, name) not in EXEMPT:
            yield source.at(node, f"{name}() {why}")


def _is_method_of(func: ast.expr, owner: str) -> bool:
    match func:
        case ast.Attribute(value=ast.Name(id=name)):
            return name == owner
        case _:
            return False
