"""Scenes for rule rows: `spo2@0h=88 spo2@0.1h=87 light_headed!1h=1 now@3h` -> what a row says about such a patient."""

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from schemas.plan import CarePlan
from schemas.rule_table import RuleRow
from schemas.vitals import VITALS
from streams.core.plan import Plan, parse_plan
from streams.core.rules.base import Compiled, View
from streams.core.rules.compiled import compiled_table
from streams.core.signal.features import aspect
from streams.core.signal.series import ABOVE, Point, insert
from streams.core.state import PatientState
from tests.builders import DAY, HOUR, T0, make_plan

DATA = Path(__file__).parent / "data"
TOKEN = re.compile(r"(?P<name>\w+)(?P<what>[@!])(?P<hour>-?[\d.]+)h(?:=(?P<value>.+))?")
TABLE = compiled_table(default_bundle())
ROWS = {one.row.id: one for one in TABLE.rows}


@cache
def plan_for(row_id: str) -> Plan:
    """A plan whose circumstances fit the row, and the whole family in use."""
    row: RuleRow = ROWS[row_id].row
    stated: dict[str, object] = {
        "chemotherapy_at": rfc3339(T0 - DAY),
        "discharged_at": rfc3339(T0 - DAY),
        "pef_best": 500,
        "spo2_target": "88-92" if "target_88_92" in row.needs else "none",
    }
    stated |= {need: True for need in ("cgm", "pprom", "safe_at_home") if need in row.needs}
    contract: CarePlan = make_plan(
        limits=[], rules=[row.family], circumstances=stated, pregnant="pregnant" in row.needs
    )
    return parse_plan(contract.model_dump_json())


def scene(row_id: str, text: str) -> View:
    """The view of a patient to whom all this has happened; `now` is the last of it unless told."""
    series: dict[str, tuple[Point, ...]] = {}
    symptoms: dict[str, tuple[int, int]] = {}
    newest = told = -(10**15)
    for name, what, at_ms, value in _tokens(text):
        if name == "now":
            told = at_ms
            continue
        newest = max(newest, at_ms)
        if what == "!":
            symptoms[name] = (int(value), at_ms)
        else:
            series[name] = insert(series.get(name, ()), _point(name, at_ms, value))
    aspects = {kind: one for kind, points in series.items() if (one := aspect(kind, points)) is not None}
    now_ms = told if told > 0 else newest
    state = PatientState("p1", now_ms=now_ms, series=series, aspects=aspects, symptoms=symptoms)
    return View(now_ms, plan_for(row_id), default_bundle(), series, {}, state, None, TABLE)


def _tokens(text: str) -> Iterator[tuple[str, str, int, str]]:
    for token in text.split():
        found = TOKEN.fullmatch(token)
        assert found is not None, token
        yield found["name"], found["what"], T0 + round(float(found["hour"]) * HOUR), found["value"] or ""


def _point(kind: str, at_ms: int, value: str) -> Point:
    sign = VITALS[kind]
    if sign.codes:
        return Point(at_ms, sign.to_milli(value, None))
    high = value.endswith("HI")
    return Point(at_ms, sign.to_milli(float(value.removesuffix("HI")), sign.unit), ABOVE if high else 0)


def judged(row_id: str, text: str) -> str:
    """fire, no, insufficient or waits."""
    compiled: Compiled = ROWS[row_id]
    answer = compiled.condition.judge(scene(row_id, text)).answer.value
    return "fire" if answer == "fires" else answer


def table(name: str) -> list[dict[str, str]]:
    """A file of tests/data as rows."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
