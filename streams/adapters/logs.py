"""One JSON line per log record, with allowed keys only and everything that may name a person taken out.

Redaction is the last net, not the rule: the rule is that no caller puts a patient, a value or a payload
into a log call. Numbers that operators need (offsets, counts) go into keys; in free text, digits that could
be a person's number or telephone are replaced even when they are innocent.
"""

import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import TextIO

import orjson

from schemas.errors import ConfigurationError

KEYS: dict[str, type[str] | type[int]] = {
    "topic": str,
    "partition": int,
    "offset": int,
    "event_id": str,  # a digest, see schemas.ids
    "outcome": str,
    "reason": str,
    "rule": str,
    "channel": str,
    "team": str,
    "group": str,
    "process": str,
    "setting": str,
    "version": str,
    "attempt": int,
    "count": int,
    "lag": int,
    "duration_ms": int,
    "next_step": str,
}
"""What `extra=` may add to a line, and its type. No key names a patient, a device, a user or a value."""

LIBRARIES = ("faust", "mode", "aiokafka")
"""At DEBUG they print raw keys and values (faust/topics.py: `send: topic=%r k=%r v=%r`)."""

TEXT_LIMIT = 2000  # characters of one text; our choice, because a line should fit one 4 kB pipe write
CUT_EDGE = 40  # characters dropped at a cut, so that half a number or address does not survive it
FRAME_LIMIT = 12  # innermost calls shown of a traceback; our choice, because the outer ones are the engine's

_REDACTED = re.compile(
    r"""
      (?P<digest>\b(?=[0-9]*[a-f])[0-9a-f]{32,128}\b)                         # kept: SHA-256 and our ids
    | (?P<jwt>\beyJ[\w-]+(?:\.[\w-]*){1,4})
    | (?P<token>(?i:bearer)\s+[\w.~+/=-]{8,})
    | (?P<email>(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<cpr>(?<!\d)\d{6}[ ]?[\u2010-\u2015\u2212-]?[ ]?(?:\d{4}|\d[^\W\d_]{2}\d)(?!\d))  # or eCPR
    | (?P<phone>\+\d[\d ()-]{6,16}\d|(?<![\d.-])[2-9]\d(?:\ ?\d\d){3}(?![\d-]))
    | (?P<opaque>(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,})   # pseudonyms, secrets
    | (?P<value>\binput_value=.*?(?=,\s+input_type=|\Z))                  # pydantic quotes what it refuses
    """,
    re.VERBOSE | re.DOTALL,
)


def redact(text: str) -> str:
    """`text` without what may name a person or open a door, at most TEXT_LIMIT characters long.

    Kept: hexadecimal digests. Lost for nothing: any other text of those shapes, such as eight-digit numbers.
    """
    clean = text[: 2 * TEXT_LIMIT].encode("utf-8", "replace").decode("utf-8")
    short = _REDACTED.sub(_replacement, clean)
    if len(text) <= 2 * TEXT_LIMIT and len(short) <= TEXT_LIMIT:
        return short
    return f"{short[: min(TEXT_LIMIT, len(short) - CUT_EDGE)]}[cut]"


def _replacement(match: re.Match[str]) -> str:
    return match[0] if match.lastgroup == "digest" else f"[{match.lastgroup}]"


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time, level, logger, message, allowed keys, error and calls."""

    def format(self, record: logging.LogRecord) -> str:
        """The line without its newline. An `extra` that is not allowed is counted in `dropped`."""
        instant = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": instant.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        line |= _extras(record)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = [redact(text) for text in _error_chain(record.exc_info[1])]
            line["calls"] = list(_calls(record.exc_info[2]))
        return orjson.dumps(line).decode("utf-8")


def _extras(record: logging.LogRecord) -> dict[str, object]:
    given = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    fields: dict[str, object] = {
        key: redact(str(value)) if isinstance(value, str) else value
        for key, value in given.items()
        if isinstance(value, KEYS.get(key, ())) and not isinstance(value, bool)
    }
    dropped = len(given) - len(fields)
    if {"topic", "partition", "offset"} <= fields.keys():
        fields["at"] = f"{fields.pop('topic')}[{fields.pop('partition')}]@{fields.pop('offset')}"
    if dropped:
        fields["dropped"] = dropped
    return fields


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _error_chain(error: BaseException | None) -> Iterator[str]:
    """The error and what caused it, newest first; each once, as `Type: text`."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield f"{type(error).__name__}: {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _calls(trace: TracebackType | None) -> Iterator[str]:
    """Where it happened, innermost last: two path parts, line and function; never the values there."""
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{'/'.join(PurePath(code.co_filename).parts[-2:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    yield from frames[-FRAME_LIMIT:]


class LibraryFloor(logging.Filter):
    """Drops DEBUG of the engine libraries, whatever level somebody gives their loggers later."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True if the record may be written."""
        return record.levelno >= logging.INFO or record.name.split(".")[0] not in LIBRARIES


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes lines; a log call that cannot be formatted leaves its place, not its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name logging calls
        """Instead of logging's own answer, which prints message and arguments as they are."""
        place = f"{'/'.join(PurePath(record.pathname).parts[-2:])}:{record.lineno}"
        broken = {"level": "ERROR", "logger": __name__, "message": "unreadable log call", "calls": [place]}
        try:
            self.stream.write(orjson.dumps(broken).decode("utf-8") + self.terminator)
            self.flush()
        except (OSError, ValueError):  # the stream is gone or closed: there is nobody left to tell
            return


def configure(level: str = "INFO", stream: TextIO | None = None, *, libraries: str = "WARNING") -> None:
    """Make this the only way out for log records, warnings and uncaught errors. May be called again.

    stream: standard error if None. libraries: level of faust, mode and aiokafka; below INFO counts as INFO.
    Handlers that stand on the root or on those loggers are removed: they would write unredacted.
    Raises: ConfigurationError for a level that logging does not know.
    """
    root_level, library_level = _level(level), max(logging.INFO, _level(libraries))
    handler = LineHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(LibraryFloor())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(root_level)
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(library_level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _level(name: str) -> int:
    number = logging.getLevelNamesMapping().get(name.upper())
    if number is None:
        raise ConfigurationError(
            f"log level '{redact(name)}' is unknown.",
            next_step="Use DEBUG, INFO, WARNING, ERROR or CRITICAL.",
        )
    return number


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(__name__).critical("uncaught error", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        _uncaught(given.exc_type, given.exc_value, given.exc_traceback)
