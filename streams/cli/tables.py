"""The generated tables of schemas/README.md and the picture of the ladder: written from the registries alone."""

from collections.abc import Iterable, Sequence

from schemas.audit import Outcome
from schemas.catalog import shipped_questionnaires
from schemas.shipped_rules import shipped_rows
from schemas.texts import OUTCOMES
from schemas.topics import ALERTS_ROW, DAY_MS, KIB, TABLE, UNLIMITED, Layout, Topic
from schemas.vital_sign import Bounds, VitalSign
from schemas.vitals import VITALS
from streams.core.escalation.ladder import TRANSITIONS, Phase
from streams.core.rules import RULES


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def topics() -> str:
    """Every topic, the template of the alert topics last."""
    header = ("topic", "key", "value", "written by", "partitions", "cleanup", "kept", "largest record")
    rows = [_topic(row, row.name) for row in TABLE]
    return table(header, [*rows, _topic(ALERTS_ROW, f"{ALERTS_ROW.name}.<team>")])


def _topic(row: Topic, name: str) -> tuple[str, ...]:
    partitions = "one" if row.layout is Layout.ONE else "as patients"
    kept = "for ever" if row.retention_ms == UNLIMITED else f"{row.retention_ms // DAY_MS} d"
    if row.cleanup == "compact":
        kept = f"newest per key, others {row.lag_ms // DAY_MS} d"
    largest = f"{row.max_message_bytes // KIB} KiB"
    return (f"`{name}`", row.key, row.value, ", ".join(row.writers), partitions, row.cleanup, kept, largest)


def vitals() -> str:
    """Every vital sign: what it is called, coded and measured in, and what intake does with its values."""
    header = ("kind", "dansk", "English", "LOINC", "unit", "also taken", "refused outside", "normal intake", "status")
    return table(header, [_vital(sign) for sign in VITALS.values()])


def questionnaires() -> str:
    """Every questionnaire that ships: what it is called, what may be shipped of it, and where it comes from."""
    header = ("questionnaire", "version", "dansk", "English", "items", "rights", "licence", "source")
    rows = [
        (
            f"`{form.id}`",
            str(form.version),
            form.title.da or "",
            form.title.en or "",
            str(len(form.items)),
            form.rights.replace("_", " "),
            form.licence,
            form.source,
        )
        for form in shipped_questionnaires().values()
    ]
    return table(header, rows)


def _vital(sign: VitalSign) -> tuple[str, ...]:
    loinc = ", ".join(code.code for code in sign.loinc)
    also = ", ".join(f"`{unit}`" for unit in sign.accepted_units[1:])
    if sign.unit is None:
        unit, refused = "none", "other than " + ", ".join(f"`{code}`" for code in sign.codes)
    else:
        unit, refused = f"`{sign.unit}`", _bounds(sign.reject)
    return (
        f"`{sign.key}`",
        sign.name.da,
        sign.name.en,
        loinc,
        unit,
        also,
        refused,
        _bounds(sign.accept),
        sign.status,
    )


def _bounds(bounds: Bounds | None) -> str:
    return "" if bounds is None else " to ".join(f"{milli / 1000:g}" for milli in bounds)


def outcomes() -> str:
    """Every terminal outcome in words."""
    return table(
        ("outcome", "dansk", "English"),
        [(f"`{each.value}`", OUTCOMES[each].da, OUTCOMES[each].en) for each in Outcome],
    )


def rules() -> str:
    """Every rule a plan may name, in the order of evaluation."""
    return table(
        ("rule", "version", "what it finds", "source"),
        [(f"`{rule.id}`", rule.version, rule.summary, rule.source) for rule in RULES],
    )


def rule_table() -> str:
    """Every disease rule that ships, with what a clinician must know before signing it."""
    return table(
        ("rule", "dansk", "English", "colour", "tier", "waits for a repeat", "status", "source"),
        [
            (
                f"`{row.id}`" + (" (comparator)" if row.use == "comparator" else ""),
                row.words.da,
                row.words.en,
                row.level.value,
                str(row.tier),
                "yes" if row.confirm == "repeat" else "no",
                row.status,
                row.source,
            )
            for row in shipped_rows()
        ],
    )


def ladder() -> str:
    """The life of an alert as a Mermaid state diagram: one arrow per row of TRANSITIONS, `[*]` = no alert."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for (before, trigger), (after, step) in TRANSITIONS.items():
        lines.append(f"    {_state(before)} --> {_state(after)}: {trigger.value} / {step.value}")
    return "\n".join([*lines, "```"])


def _state(phase: Phase) -> str:
    return "[*]" if phase is Phase.ENDED else phase.value
