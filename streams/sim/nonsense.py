"""TABLE of nonsense: what broken, lying and foreign senders put on measurements.v1, and what has to come of it."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.codec import MAX_DEPTH, MAX_INPUT_BYTES, dumps
from schemas.topics import MEASUREMENTS
from streams.adapters.input_records import InputRecord, reading
from streams.sim.patients import HOUR_MS, MINUTE_MS, Patient

DAY_MS = 24 * HOUR_MS
STRANGER = "nobody-01"
"""A well-formed pseudonym that no plan has ever named."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose device talks nonsense, and when. other: another patient, whose data it claims to be."""

    patient: Patient
    at_ms: int
    other: str

    def body(self, **changed: object) -> dict[str, object]:
        """A reading as it should be, with fields changed; a field that is changed to `...` is left out."""
        right: dict[str, object] = {
            "id": f"nonsense-{self.at_ms}",
            "patient": self.patient.name,
            "kind": "spo2",
            "value": 93,
            "unit": "%",
            "measured_at": rfc3339(self.at_ms),
            "device": self.patient.device("spo2"),
        }
        return {name: value for name, value in {**right, **changed}.items() if value is not ...}

    def says(self, **changed: object) -> InputRecord:
        """That body under the patient's key."""
        return reading(self.patient.name, self.body(**changed), self.at_ms)

    def sends(self, value: bytes | None) -> InputRecord:
        """These bytes under the patient's key."""
        return InputRecord(MEASUREMENTS, self.patient.name.encode(), value, self.at_ms)


@dataclass(frozen=True, slots=True)
class Nonsense:
    """A row. what: in words. outcome: what intake or `step` has to say. record: the bytes of one sender."""

    what: str
    outcome: Outcome
    record: Callable[[Sender], InputRecord]


def _twice(sender: Sender) -> InputRecord:
    return sender.sends(b'{"kind":"pulse",' + dumps(sender.body())[1:])


def _keyless(sender: Sender) -> InputRecord:
    return InputRecord(MEASUREMENTS, None, dumps(sender.body()), sender.at_ms, partition=0)


def _odd_key(sender: Sender) -> InputRecord:
    return InputRecord(MEASUREMENTS, b"no pseudonym", dumps(sender.body()), sender.at_ms)


def _stranger(sender: Sender) -> InputRecord:
    return reading(STRANGER, sender.body(patient=STRANGER), sender.at_ms)


MALFORMED, SCHEMA = Outcome.REJECTED_MALFORMED, Outcome.REJECTED_SCHEMA

NONSENSE: tuple[Nonsense, ...] = (
    Nonsense("the message was cut off", MALFORMED, lambda s: s.sends(dumps(s.body())[:-9])),
    Nonsense("nothing at all", MALFORMED, lambda s: s.sends(b"")),
    Nonsense("a tombstone", MALFORMED, lambda s: s.sends(None)),
    Nonsense("not UTF-8", MALFORMED, lambda s: s.sends(b'{"value":"\xff\xfe"}')),
    Nonsense("a field twice", MALFORMED, _twice),
    Nonsense("a number no double holds", MALFORMED, lambda s: s.sends(b'{"value":1e400}')),
    Nonsense("nested without end", MALFORMED, lambda s: s.sends(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))),
    Nonsense("64 KiB of text", Outcome.REJECTED_OVERSIZE, lambda s: s.says(unit="%" * MAX_INPUT_BYTES)),
    Nonsense("a list, not a reading", SCHEMA, lambda s: s.sends(b"[]")),
    Nonsense("a field we do not know", SCHEMA, lambda s: s.says(mood="good")),
    Nonsense("no value", SCHEMA, lambda s: s.says(value=...)),
    Nonsense("true as a value", SCHEMA, lambda s: s.says(value=True)),
    Nonsense("a word as a value", SCHEMA, lambda s: s.says(value="HI")),
    Nonsense("a kind we do not know", SCHEMA, lambda s: s.says(kind="aura")),
    Nonsense("a time without a zone", SCHEMA, lambda s: s.says(measured_at=rfc3339(s.at_ms)[:-1])),
    Nonsense("another patient than the key's", SCHEMA, lambda s: s.says(patient=s.other)),
    Nonsense("no key", SCHEMA, _keyless),
    Nonsense("a key that is no pseudonym", SCHEMA, _odd_key),
    Nonsense("another quantity's unit", Outcome.REJECTED_UNIT, lambda s: s.says(unit="kg")),
    Nonsense("no unit", Outcome.REJECTED_UNIT, lambda s: s.says(unit=...)),
    Nonsense("more than all of the blood", Outcome.REJECTED_IMPLAUSIBLE, lambda s: s.says(value=250)),
    Nonsense("a fraction as per cent", Outcome.REJECTED_IMPLAUSIBLE, lambda s: s.says(value=0.93)),
    Nonsense("tomorrow", Outcome.REJECTED_TIME, lambda s: s.says(measured_at=rfc3339(s.at_ms + DAY_MS))),
    Nonsense("forty days ago", Outcome.REJECTED_TIME, lambda s: s.says(measured_at=rfc3339(s.at_ms - 40 * DAY_MS))),
    Nonsense("a stranger", Outcome.REJECTED_UNKNOWN_PATIENT, _stranger),
    Nonsense("a device nobody bound", Outcome.REJECTED_UNBOUND_DEVICE, lambda s: s.says(device="found-in-a-drawer")),
    Nonsense(
        "a device bound for something else",
        Outcome.REJECTED_UNBOUND_DEVICE,
        lambda s: s.says(device=s.patient.device("temp")),
    ),
)
"""In the order in which a story sends them. Duplicates and floods need a past; the stories make them."""


def all_of_it(patient: Patient, from_ms: int, other: str) -> list[InputRecord]:
    """One record of each row, a minute apart."""
    return [row.record(Sender(patient, from_ms + n * MINUTE_MS, other)) for n, row in enumerate(NONSENSE)]
