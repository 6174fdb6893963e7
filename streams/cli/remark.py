"""What the doctor says: a verdict, one line, and the next step where there is one to take."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from schemas.errors import NattevagtError


class Verdict(Enum):
    """How bad it is. The order is that of the exit codes: 0, 1, 2."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Remark:
    """One line about one thing. next_step: None = nothing is to be done."""

    verdict: Verdict
    text: str
    next_step: str | None = None


def ok(text: str) -> Remark:
    """As it must be."""
    return Remark(Verdict.OK, text)


def warn(text: str, next_step: str) -> Remark:
    """It works, but somebody should look."""
    return Remark(Verdict.WARN, text, next_step)


def fail(text: str, next_step: str) -> Remark:
    """A worker would refuse, or nobody is watching."""
    return Remark(Verdict.FAIL, text, next_step)


def failed(error: NattevagtError) -> Remark:
    """An error of ours, in its own words."""
    return fail(str(error.args[0]), error.next_step)


def exit_code(remarks: Iterable[Remark]) -> int:
    """0 = all is well, 1 = warnings, 2 = failures."""
    order = list(Verdict)
    return max((order.index(one.verdict) for one in remarks), default=0)
