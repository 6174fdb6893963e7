"""The result as Markdown: what was measured, beside what was aimed at, and what could not be measured and why."""

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

NOT_INSTALLED = "not installed"


def markdown(found: Mapping[str, Any]) -> str:
    """All tables for which there are figures."""
    machine = found["machine"]
    where = f"CPU model `{machine['cpu']}`, {machine['cores']} cores, Python {machine['python']}"
    how = "One process under test on its own core, broker and feeder on the others. Compare inside one table only."
    parts = [f"{where}, {found['rounds']} rounds. {how}"]
    parts += [_trivial(found)] if "trivial" in found else []
    parts += [_full(found)] if "full" in found else []
    parts += [_latency(found)] if "latency" in found else []
    parts += [_alone(found)] if "alone" in found else []
    parts += [_steps(found)] if "steps" in found else []
    parts += [_restart(found)] if "restart" in found else []
    return "\n\n".join(parts) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _trivial(found: Mapping[str, Any]) -> str:
    rows = []
    plain = found["trivial"].get("plain confluent-kafka", {})
    ours = found["trivial"].get("nattevagt's engine", {})
    for name, one in found["trivial"].items():
        if "missing" in one:
            rows.append([name, NOT_INSTALLED, ", ".join(one["missing"]), "", ""])
            continue
        rates = " / ".join(f"{rate:,.0f}" for rate in one["per_s"])
        rows.append([name, rates, f"{median(one['cpu_us']):.1f}", ratio(one, plain), ratio(ours, one)])
    head = ("trivial job", "readings/s by round", "CPU us/reading", "rate against plain", "ours against it")
    return "**Engine alone**\n\n" + _table(head, rows)


def ratio(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Median over the rounds of the rates' ratio, each taken inside its round."""
    if not one.get("per_s") or not other.get("per_s"):
        return "-"
    return f"{median([a / b for a, b in zip(one['per_s'], other['per_s'], strict=True)]):.2f}x"


def _full(found: Mapping[str, Any]) -> str:
    one, size = found["full"], found["full"]["state_bytes"]
    rows = [
        ["readings/s on one core, by round", " / ".join(f"{rate:,.0f}" for rate in one["per_s"]), ">= 5,000"],
        ["CPU us/reading, median", f"{median(one['cpu_us']):.0f}", "<= 200"],
        ["state bytes, median / max", f"{size['median']:,} / {size['max']:,}", "<= 16,384"],
    ]
    return "**Full job** (intake, monitor, the real `step`)\n\n" + _table(("what", "measured", "target"), rows)


LATENCY_TARGETS_MS = {200: 25, 1_000: 40, 5_000: 80}


def _latency(found: Mapping[str, Any]) -> str:
    rows = []
    for one in found["latency"]:
        cells = [f"{one[p]:,.1f}" if one[p] is not None else "-" for p in ("p50", "p95", "p99")]
        target = LATENCY_TARGETS_MS.get(one["per_s"])
        aim = "" if target is None else f"p99 <= {target}"
        rows.append([f"{one['per_s']:,}", *cells, one["alerts"], one["missing"], aim])
    head = ("readings/s", "p50 ms", "p95 ms", "p99 ms", "alerts", "missing", "target")
    return "**Reading to alert consumed** (feeder linger 5 ms)\n\n" + _table(head, rows)


def _alone(found: Mapping[str, Any]) -> str:
    shallow, full, table = found["alone"]["shallow"], found["alone"]["full"], found["alone"]["table_us"]
    rows = [[name, f"{us:.1f}", f"{full['parts_us'][name]:.1f}"] for name, us in shallow["parts_us"].items()]
    rows.append(["all", f"{shallow['total_us']:.1f}", f"{full['total_us']:.1f}"])
    rows.append(["state bytes, median", shallow["state_bytes"]["median"], full["state_bytes"]["median"]])
    dearer = table["1000000"] - table["1000"]
    grown = 1 + dearer / shallow["total_us"]
    note = (
        f"A table of 1,000,000 patients makes a reading {dearer:.1f} us dearer than one of 1,000 "
        f"({table['1000']:.1f} us for the trivial job): {grown:.2f}x of the full job (target <= 1.2x)."
    )
    head = ("part, CPU us/reading", "shallow states", "64 points of each kind")
    return "**Without Kafka**\n\n" + _table(head, rows) + "\n\n" + note


def _steps(found: Mapping[str, Any]) -> str:
    rows = []
    for plan, one in found["steps"].items():
        parts = ", ".join(f"{name} {us:.0f}" for name, us in one["parts_us"].items())
        codec = f"{one['decode_state']:.0f} / {one['encode_state']:.0f}"
        rows.append([plan, f"{one['step']:.0f}", f"<= {one['target']}", codec, f"{one['state_bytes']:,}", parts])
    head = ("plan, after five weeks", "step, median us", "target", "decode / encode us", "state bytes", "parts us")
    return "**One `step`**\n\n" + _table(head, rows)


def _restart(found: Mapping[str, Any]) -> str:
    one = found["restart"]
    held = one["recovery"]
    rows = [
        ["start to first alert, s", _seconds(one["first_alert_s"]), "<= 2.5"],
        ["kill -9 to processing again, s", _seconds(one["after_kill_s"]), "<= 5"],
        [f"recovery of {held['patients']:,} states of {held['bytes_each']:,} B, s", f"{held['seconds']:.1f}", "<= 10"],
        ["the same start without states, s", f"{held['seconds_without_state']:.1f}", ""],
        ["resident MB per 10,000 of them", f"{held['mb_per_10k']:.1f}", "<= 20 at 1 KB"],
    ]
    return "**Start and crash**\n\n" + _table(("what", "measured", "target"), rows)


def _seconds(taken: list[float]) -> str:
    return " / ".join(f"{seconds:.1f}" for seconds in taken)
