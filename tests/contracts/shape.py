"""The measures of a file: length, names, annotations, docstrings, exceptions, reasons."""

import ast
import re
from collections.abc import Iterator

from tests.contracts.house import FUNCTIONS, Function, Source

FILE_LINES = 300
FUNCTION_LINES = 40

NAMELESS = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"})

# A reason is a word of three letters or more after the codes and a separator.
_NOQA = re.compile(r"#\s*(?:ruff:\s*)?noqa\b(?!(?::\s*[A-Z0-9, ]+?)?\s*(?:-|#|\()\s*.*[^\W\d]{3})", re.IGNORECASE)
_NOQA_WITHOUT_CODE = re.compile(r"#\s*(?:ruff:\s*)?noqa\b(?!\s*:\s*[A-Z]+[0-9]+)", re.IGNORECASE)
_TYPE_IGNORE = re.compile(r"#\s*(?:type:\s*ignore|mypy:\s*ignore)\b(?!(?:\[[\w, -]+\])\s*(?:-|#)\s*.*[^\W\d]{3})")

_SKIPS = ("skip", "skipif", "xfail", "importorskip")


def nameless(source: Source) -> Iterator[str]:
    """Folders and files called after nothing: what has no name has no home yet."""
    for part in source.path.removesuffix(".py").split("/"):
        if NAMELESS & set(part.lower().split("_")):
            yield f"{source.path}: '{part}' says nothing about what is inside"


def long_file(source: Source) -> Iterator[str]:
    """More lines than a reader keeps in mind."""
    lines = source.text.count("\n")
    if lines > FILE_LINES:
        yield f"{source.path}: {lines} lines, {FILE_LINES} are allowed"


def long_functions(source: Source) -> Iterator[str]:
    """Functions over the limit; the lines of the docstring do not count."""
    for function in source.functions():
        lines = _lines(function) - _docstring_lines(function)
        if lines > FUNCTION_LINES:
            yield source.at(function, f"{function.name} has {lines} lines, {FUNCTION_LINES} are allowed")


def unannotated(source: Source) -> Iterator[str]:
    """Functions that do not say what they return."""
    for function in source.functions():
        if function.returns is None:
            yield source.at(function, f"{function.name} has no return annotation")


def undocumented(source: Source) -> Iterator[str]:
    """The module, its public classes, methods and functions: those without a docstring."""
    if ast.get_docstring(source.tree) is None:
        yield source.at(source.tree, "module without docstring")
    yield from _undocumented_in(source, source.tree)


def broad_excepts(source: Source) -> Iterator[str]:
    """`except:`, `except Exception`, `except BaseException` and suppress() of them."""
    for node in ast.walk(source.tree):
        match node:
            case ast.ExceptHandler(type=None):
                yield source.at(node, "bare except")
            case ast.ExceptHandler(type=ast.expr() as caught) if _is_broad(caught):
                yield source.at(node, f"except {ast.unparse(caught)}")
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
                if any(_is_broad(argument) for argument in args):
                    yield source.at(node, f"{ast.unparse(node)}")


def silent_exemptions(source: Source) -> Iterator[str]:
    """`noqa`, `type: ignore` and pytest skips that do not say why on the spot."""
    for line, comment in source.comments():
        if _NOQA.search(comment) or _NOQA_WITHOUT_CODE.search(comment):
            yield f"{source.path}:{line}: noqa needs a code and ' - reason'"
        if _TYPE_IGNORE.search(comment):
            yield f"{source.path}:{line}: type ignore needs a [code] and '  # reason'"
    called = {id(node.func): node for node in ast.walk(source.tree) if isinstance(node, ast.Call)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and _skips(node) and not _gives_reason(node.attr, called.get(id(node))):
            yield source.at(node, f"pytest {node.attr} without a reason")


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _docstring_lines(function: Function) -> int:
    match function.body[0]:
        case ast.Expr(value=ast.Constant(value=str()), lineno=first, end_lineno=int(last)):
            return last - first + 1
        case _:
            return 0


def _undocumented_in(source: Source, scope: ast.Module | ast.ClassDef) -> Iterator[str]:
    for node in scope.body:
        if not isinstance(node, (ast.ClassDef, *FUNCTIONS)) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not _repeats_another(node):
            yield source.at(node, f"{node.name} without docstring")
        if isinstance(node, ast.ClassDef):
            yield from _undocumented_in(source, node)


def _repeats_another(node: ast.ClassDef | Function) -> bool:
    """Overloads, setters and overrides are documented where they are declared first."""
    names = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
    return bool(names & {"overload", "setter", "override"})


def _is_broad(caught: ast.expr) -> bool:
    parts = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(ast.unparse(part).split(".")[-1] in ("Exception", "BaseException") for part in parts)


def _skips(node: ast.Attribute) -> bool:
    return node.attr in _SKIPS and ast.unparse(node.value) in ("pytest", "pytest.mark", "mark")


def _gives_reason(name: str, call: ast.Call | None) -> bool:
    """`reason=` counts for all of them, the first positional argument for `skip` alone."""
    if call is None:
        return False
    words = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    words += call.args[:1] if name == "skip" else []
    return any(not (isinstance(word, ast.Constant) and not word.value) for word in words)
