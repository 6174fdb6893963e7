"""TABLE of topics: key, value, writers, cleanup and retention. Creation, checks and docs come from it."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from schemas.ids import UNASSIGNED_TEAM

DAY_MS = 86_400_000
KIB = 1024
UNLIMITED = -1


class Layout(Enum):
    """How many partitions: as many as patients are spread over (12 unless set at the first apply), or one."""

    PATIENT = "patient"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    retention_ms: UNLIMITED = kept for ever; for compacted topics `lag_ms` is min.compaction.lag.ms.
    max_message_bytes: the largest record the broker takes.
    stage: `input` topics are read by intake; `reference` topics are read whole by every worker;
    `learning` topics are read by the learner only, `learned` ones hold numbers about models and nothing about anybody;
    `claims` are read by the registry only.
    """

    name: str
    key: str
    value: str
    writers: tuple[str, ...]
    layout: Layout
    cleanup: Literal["delete", "compact"]
    retention_ms: int
    max_message_bytes: int
    stage: Literal["input", "reference", "internal", "learning", "learned", "claims", "output"]
    lag_ms: int = 0


_IN, _BIG = 1024 * KIB, 2048 * KIB

MEASUREMENTS = "measurements.v1"
ANSWERS = "answers.v1"
DEVICE_STATUS = "device-status.v1"
COMMANDS = "commands.v1"
CARE_PLANS = "care-plans.v1"
CONSENTS = "consents.v1"
BINDINGS = "device-bindings.v1"
CLINICAL_OUTCOMES = "clinical-outcomes.v1"
COVERAGE = "coverage.v1"
RULES = "rules.v1"
MODELS = "models.v1"
PATIENT_EVENTS = "patient-events.v1"
SCORES = "scores.v1"
OVERVIEW = "overview.v1"
NOTICES = "notices.v1"
REPLIES = "replies.v1"
ALERTS = "alerts.v1"
REJECTED = "rejected.v1"
EXAMPLES = "examples.v1"
DEVICE_CLAIMS = "device-claims.v1"
LEARNER_STATE = "learner-state.v1"
AUDIT = "audit.v1"
STATE = "nattevagt-state-changelog"

TABLE: tuple[Topic, ...] = (
    Topic(
        MEASUREMENTS,
        "patient",
        "Measurement",
        ("devices", "gateway"),
        Layout.PATIENT,
        "delete",
        30 * DAY_MS,
        _IN,
        "input",
    ),
    Topic(
        ANSWERS,
        "patient",
        "Answers",
        ("apps", "gateway"),
        Layout.PATIENT,
        "delete",
        30 * DAY_MS,
        _IN,
        "input",
    ),
    Topic(
        DEVICE_STATUS,
        "patient",
        "DeviceStatus",
        ("devices", "gateway"),
        Layout.PATIENT,
        "delete",
        30 * DAY_MS,
        _IN,
        "input",
    ),
    Topic(
        COMMANDS,
        "patient",
        "Command",
        ("web", "care systems", "notify", "registry"),
        Layout.PATIENT,
        "delete",
        30 * DAY_MS,
        _IN,
        "input",
    ),
    Topic(
        CARE_PLANS,
        "patient",
        "CarePlan",
        ("care-plan owner",),
        Layout.PATIENT,
        "delete",
        UNLIMITED,
        _IN,
        "input",
    ),
    Topic(
        CONSENTS,
        "patient",
        "Consent",
        ("consent owner",),
        Layout.PATIENT,
        "delete",
        UNLIMITED,
        _IN,
        "input",
    ),
    Topic(
        BINDINGS,
        "patient",
        "DeviceBindings",
        ("device owner",),
        Layout.PATIENT,
        "delete",
        UNLIMITED,
        _IN,
        "input",
    ),
    Topic(
        CLINICAL_OUTCOMES,
        "patient",
        "ClinicalOutcome",
        ("hospitals", "clinicians"),
        Layout.PATIENT,
        "delete",
        UNLIMITED,
        _IN,
        "input",
    ),
    Topic(COVERAGE, "team", "TeamCoverage", ("care team",), Layout.ONE, "delete", UNLIMITED, _IN, "reference"),
    Topic(RULES, "bundle", "RuleBundle", ("operator",), Layout.ONE, "delete", UNLIMITED, _IN, "reference"),
    Topic(
        MODELS,
        "model",
        "ModelRecord",
        ("learn", "operator"),
        Layout.ONE,
        "delete",
        UNLIMITED,
        _IN,
        "reference",
    ),
    Topic(
        PATIENT_EVENTS,
        "patient",
        "PatientEvent",
        ("worker",),
        Layout.PATIENT,
        "delete",
        UNLIMITED,
        _BIG,
        "internal",
    ),
    Topic(SCORES, "patient", "RiskScore", ("worker",), Layout.PATIENT, "delete", 365 * DAY_MS, _IN, "output"),
    Topic(
        OVERVIEW,
        "patient",
        "Overview",
        ("worker",),
        Layout.PATIENT,
        "compact",
        UNLIMITED,
        _IN,
        "output",
        7 * DAY_MS,
    ),
    Topic(NOTICES, "patient", "Notice", ("worker",), Layout.PATIENT, "delete", 90 * DAY_MS, _IN, "output"),
    Topic(REPLIES, "patient", "Reply", ("worker",), Layout.PATIENT, "delete", 90 * DAY_MS, _IN, "output"),
    Topic(
        REJECTED,
        "as received",
        "original bytes",
        ("worker",),
        Layout.PATIENT,
        "delete",
        90 * DAY_MS,
        _BIG,
        "output",
    ),
    Topic(EXAMPLES, "patient", "Example", ("worker",), Layout.ONE, "delete", 365 * DAY_MS, _IN, "learning"),
    Topic(
        DEVICE_CLAIMS,
        "device",
        "DeviceClaim",
        ("worker",),
        Layout.PATIENT,
        "delete",
        UNLIMITED,
        _IN,
        "claims",
    ),
    Topic(
        LEARNER_STATE,
        "model",
        "LearnerState",
        ("learn",),
        Layout.ONE,
        "compact",
        UNLIMITED,
        _BIG,
        "learned",
        7 * DAY_MS,
    ),
    Topic(
        AUDIT,
        "source",
        "AuditBody",
        ("worker", "learn", "notify", "operator"),
        Layout.PATIENT,
        "delete",
        UNLIMITED,
        _BIG,
        "output",
    ),
    Topic(
        STATE,
        "patient",
        "StateRecord",
        ("worker",),
        Layout.PATIENT,
        "compact",
        UNLIMITED,
        _BIG,
        "internal",
        7 * DAY_MS,
    ),
)

ALERTS_ROW = Topic(ALERTS, "patient", "AlertStep", ("worker",), Layout.PATIENT, "delete", 365 * DAY_MS, _IN, "output")
"""Template of alerts.v1.<team>; the teams are those of coverage.v1, plus `unassigned`."""

INPUTS: tuple[str, ...] = tuple(row.name for row in TABLE if row.stage == "input")
REFERENCE: tuple[str, ...] = tuple(row.name for row in TABLE if row.stage == "reference")


def alerts_topic(team: str) -> str:
    """The alert topic of one team."""
    return f"{ALERTS}.{team}"


def expected(teams: tuple[str, ...] = ()) -> tuple[Topic, ...]:
    """All topics that must exist for these teams, alerts topics last."""
    names = (UNASSIGNED_TEAM, *sorted(set(teams) - {UNASSIGNED_TEAM}))
    return TABLE + tuple(replace(ALERTS_ROW, name=alerts_topic(team)) for team in names)
