"""The table of metrics in deploy/README.md, from their declarations."""

from streams.adapters import learn_metrics, metrics, notify_metrics, registry_metrics


def metrics_block() -> str:
    """One row per metric: name, kind, labels, meaning."""
    rows = ["| Metric | Kind | Labels | Meaning |", "|---|---|---|---|"]
    for row in (*metrics.TABLE, *notify_metrics.TABLE, *learn_metrics.TABLE, *registry_metrics.TABLE):
        labels = ", ".join(row.labels) or "-"
        rows.append(f"| `{row.full_name}` | {row.kind.__name__.lower()} | {labels} | {row.doc} |")
    return "\n".join(rows)
