"""Nothing that names a person leaves through the log. Numbers here are put together when the test runs."""

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pydantic
import pytest

from schemas.errors import ConfigurationError
from schemas.ids import make_id
from streams.adapters import logs

BIRTHDAY, SERIAL = "0101" + "70", "00" + "00"
CPR = BIRTHDAY + SERIAL
MAIL = "nancy" + "@" + "example.org"
JWT = "ey" + "J" + "hbGciOi." + "ey" + "J" + "zdWIi.c2ln"
PSEUDONYM = "Zk3-" + "aQ9_xB" * 3 + ".e1"

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Configure logging into memory; put everything back afterwards."""
    root = logging.getLogger()
    libraries = [logging.getLogger(name) for name in logs.LIBRARIES]
    before = [(logger, logger.level, logger.handlers[:]) for logger in (root, *libraries)]
    hooks = sys.excepthook, threading.excepthook
    stream = io.StringIO()
    logs.configure("DEBUG", stream)

    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]

    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook = hooks
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


def test_a_record_is_one_line_of_json(lines: Lines) -> None:
    """Time in UTC, level, logger, message; a line break stays inside the message."""
    logging.getLogger("streams.x").info("first\nsecond")

    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {"level": "INFO", "logger": "streams.x", "message": "first\nsecond"}


def test_position_is_written_as_kafka_people_write_it(lines: Lines) -> None:
    """topic[partition]@offset; an offset of ten digits is a number, not a person."""
    extra = {
        "topic": "measurements.v1",
        "partition": 3,
        "offset": int("15" + CPR[2:]),
        "outcome": "accepted.alert",
    }
    logging.getLogger("streams.x").info("done", extra=extra)

    (line,) = lines()
    assert line["at"] == f"measurements.v1[3]@{extra['offset']}"
    assert line["outcome"] == "accepted.alert"
    assert "dropped" not in line


@pytest.mark.parametrize(
    "extra",
    [
        {"patient": PSEUDONYM},
        {"value": 86},
        {"key": b"abc"},
        {"offset": CPR},
        {"outcome": {"patient": "abc"}},
        {"count": True},
    ],
)
def test_what_has_no_key_is_counted_not_written(lines: Lines, extra: dict[str, object]) -> None:
    """Unknown keys and wrong types are left out, and the line says how many were."""
    logging.getLogger("streams.x").info("done", extra=extra)

    (line,) = lines()
    assert line["dropped"] == 1
    assert not set(extra) & set(line)


def test_no_key_could_hold_a_patient() -> None:
    """The allow-list names no person, device, value or payload."""
    people = {
        "patient",
        "pseudonym",
        "psn",
        "cpr",
        "device",
        "user",
        "actor",
        "name",
        "value",
        "key",
        "payload",
        "body",
    }

    assert not people & set(logs.KEYS)


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (CPR, "cpr"),
        (f"{BIRTHDAY}-{SERIAL}", "cpr"),
        (f"{BIRTHDAY} {SERIAL}", "cpr"),
        (f"{BIRTHDAY} - {SERIAL}", "cpr"),
        (f"{BIRTHDAY}\u2013{SERIAL}", "cpr"),
        (f"{BIRTHDAY}1WQ3", "cpr"),
        (f"{BIRTHDAY}-7wq3", "cpr"),
        (f"{BIRTHDAY}-0ÆØ1", "cpr"),
        (MAIL, "email"),
        (JWT, "jwt"),
        ("Bear" + "er abcdefgh12345678", "token"),
        ("+45 " + "20 30 40 50", "phone"),
        ("20" + "304050", "phone"),
        ("20 " + "30 40 50", "phone"),
        (PSEUDONYM[:22], "opaque"),
    ],
)
@pytest.mark.parametrize("frame", ["{0}", "patient={0};", "('{0}',)", "x:{0}", "one {0}\ntwo"])
def test_what_names_a_person_is_replaced(secret: str, kind: str, frame: str) -> None:
    """Alone, in an assignment, in a repr, after a colon and between lines."""
    assert logs.redact(frame.format(secret)) == frame.format(f"[{kind}]")


@pytest.mark.parametrize(
    "text",
    [
        str(make_id("measurements.v1", 3, 17)),
        CPR * 6 + "cafe",
        "NATTEVAGT_BOOTSTRAP is not set",
        "2026-11-24T23:36:29.123Z",
        "epoch 1764027389123 ms",
        "127.0.0.1:9092 kafka 4.3.1",
        "streams/core/step.py:212",
        "basic configuration of the bearer",
    ],
)
def test_what_operators_need_stays(text: str) -> None:
    """Digests, names, instants, epoch milliseconds, addresses and places in the code."""
    assert logs.redact(text) == text


@pytest.mark.parametrize("glue", ["cpr_{0}", "é{0}é", "id{0}x"])
def test_a_number_glued_to_letters_is_found(glue: str) -> None:
    """Words and digits run together in topic names, file names and careless messages."""
    assert logs.redact(glue.format(CPR)) == glue.format("[cpr]")


def test_arguments_and_keys_are_redacted_too(lines: Lines) -> None:
    """The message is redacted after its arguments are in it, and so is the text of an allowed key."""
    logging.getLogger("streams.x").warning("refused %s", CPR, extra={"next_step": f"write to {MAIL}"})

    (line,) = lines()
    assert (line["message"], line["next_step"]) == ("refused [cpr]", "write to [email]")


def test_error_texts_are_redacted_along_the_chain(lines: Lines) -> None:
    """The error, its cause and their texts are written; neither numbers nor refused values survive."""
    try:
        try:
            pydantic.TypeAdapter(Literal["a"]).validate_python("86 and falling")
        except pydantic.ValidationError as error:
            raise RuntimeError(f"cannot read {CPR}") from error
    except RuntimeError:
        logging.getLogger("streams.x").exception("failed")

    (line,) = lines()
    assert line["error"][0] == "RuntimeError: cannot read [cpr]"
    assert "[value], input_type=str" in line["error"][1]
    assert "falling" not in json.dumps(line)
    assert line["calls"][-1].startswith("adapters/test_logs.py:")


def test_a_broken_log_call_shows_its_place_only(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    """logging's own complaint would print the arguments; ours does not."""
    stream = io.StringIO()
    logs.configure("INFO", stream)
    logging.getLogger("streams.x").info("%d readings", CPR)

    line = json.loads(stream.getvalue())
    assert line["message"] == "unreadable log call"
    assert line["calls"][0].startswith("adapters/test_logs.py:")
    assert CPR not in "".join(capsys.readouterr())


def test_a_closed_stream_ends_no_process(lines: Lines) -> None:
    """When there is nowhere left to write, the log call still returns."""
    stream = io.StringIO()
    logs.configure("INFO", stream)
    stream.close()
    logging.getLogger("streams.x").error("nobody reads this")

    assert lines() == []


def test_long_texts_are_cut_without_leaving_half_a_number() -> None:
    """A payload in a message costs 2,000 characters at most, and the cut shows no part of a number."""
    for size in range(2 * logs.TEXT_LIMIT - 12, 2 * logs.TEXT_LIMIT + 1):
        cut = logs.redact(f"{JWT}{'a' * 3000} ".ljust(size, ".") + CPR + " more" * 9)

        assert cut.endswith("[cut]")
        assert BIRTHDAY[:3] not in cut
    assert len(logs.redact("word " * 100_000)) <= logs.TEXT_LIMIT + 5


@pytest.mark.parametrize("library", logs.LIBRARIES)
@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING"])
def test_engines_never_print_debug(lines: Lines, library: str, level: str) -> None:
    """Faust prints raw keys and values at DEBUG: its loggers stand at INFO or above."""
    logs.configure("DEBUG", io.StringIO(), libraries=level)

    assert logging.getLogger(f"{library}.topics").getEffectiveLevel() >= logging.INFO


def test_engines_stay_quiet_when_somebody_lowers_them(lines: Lines) -> None:
    """`--loglevel debug` of an engine changes its logger; the handler still drops the line."""
    logging.getLogger("faust.topics").setLevel(logging.DEBUG)
    logging.getLogger("faust.topics").debug("send: k=%r", CPR)
    logging.getLogger("faust.topics").warning("slow")
    logging.getLogger("streams.x").debug("ours")

    assert [line["message"] for line in lines()] == ["slow", "ours"]


def test_warnings_and_uncaught_errors_take_the_same_way(lines: Lines) -> None:
    """They would otherwise reach standard error as they are."""
    warnings.warn(f"old field in {CPR}", DeprecationWarning, stacklevel=1)
    error = ValueError(CPR)
    sys.excepthook(ValueError, error, None)
    thread = threading.Thread(target=lambda: int(MAIL))
    thread.start()
    thread.join()

    written = lines()
    assert [line["logger"] for line in written] == ["py.warnings", *["streams.adapters.logs"] * 2]
    assert written[1]["error"] == ["ValueError: [cpr]"]
    assert CPR not in json.dumps(written)
    assert MAIL not in json.dumps(written)


def test_an_interrupt_is_no_error(lines: Lines) -> None:
    """Ctrl-C leaves no critical line."""
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert lines() == []


def test_other_ways_out_are_closed(lines: Lines) -> None:
    """A handler that stood on the root before would write unredacted."""
    leak = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(leak))
    logging.getLogger("faust").addHandler(logging.StreamHandler(leak))
    logs.configure("INFO", io.StringIO())
    logging.getLogger("faust.x").error(CPR)

    assert leak.getvalue() == ""


def test_an_unknown_level_is_refused() -> None:
    """The message says what to write instead."""
    with pytest.raises(ConfigurationError, match="Use DEBUG"):
        logs.configure("LOUD")
