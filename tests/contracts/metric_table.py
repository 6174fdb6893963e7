"""The table of metrics in deploy/README.md, from their declarations."""

from streams.adapters.metrics import TABLE


def metrics_block() -> str:
    """One row per metric: name, kind, labels, meaning."""
    rows = ["| Metric | Kind | Labels | Meaning |", "|---|---|---|---|"]
    for row in TABLE:
        labels = ", ".join(row.labels) or "-"
        rows.append(f"| `{row.full_name}` | {row.kind.__name__.lower()} | {labels} | {row.doc} |")
    return "\n".join(rows)
