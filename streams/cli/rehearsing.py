"""A rehearsal read from the log or a file, told to people, and written down: what `rules rehearse|publish` share."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from schemas.audit import AuditBody
from schemas.base import rfc3339
from schemas.codec import cloudevent, dumps
from schemas.ids import make_id
from schemas.plan_template import PlanTemplate
from schemas.rules import RuleBundle
from schemas.topics import AUDIT
from streams.adapters.clock import wall_ms
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.settings import Settings
from streams.cli.gathering import gathered, teams
from streams.core.context import Reference
from streams.replay.lost_reds import Red, Rehearsal
from streams.replay.rehearsal import rehearse, side

SHOWN = 20
"""Reasons and reds listed; the JSON form has all of them."""


def rehearsed(
    settings: Settings,
    reference: Reference,
    bundle: RuleBundle,
    *,
    days: int,
    workers: int,
    events: Path | None = None,
    template: PlanTemplate | None = None,
) -> Rehearsal:
    """Under what is in force, and under this bundle or template. events: a file instead of patient-events.v1."""
    found = gathered(settings, days, events)
    rules = reference.at(reference.stamp).rules
    people = found.people()
    with click.progressbar(length=len(people), label="Rehearsing", file=click.get_text_stream("stderr")) as bar:
        return rehearse(
            people, teams(reference), (side(rules), side(bundle, template)), found, workers, lambda _: bar.update(1)
        )


def lines(found: Rehearsal, *, patients: bool) -> list[str]:
    """For people: what would have been, reason by reason, red by red. patients: name them."""
    said = [found.line[0].upper() + found.line[1:] + "."]
    if found.reasons:
        said += ["", f"{'alerts raised by':<44}{'before':>8}{'after':>8}"]
        ranked = sorted(found.reasons.items(), key=lambda row: (-abs(row[1][1] - row[1][0]), row[0]))
        said += [f"  {reason:<42}{before:>8}{after:>8}" for reason, (before, after) in ranked[:SHOWN]]
    for name, reds in (("lost", found.lost), ("gained", found.gained), ("with a longer clock", found.slower)):
        said += _reds(name, reds, patients=patients)
    said.append("")
    said += [f"! {objection}" for objection in found.objections] or ["Within limits: it may go live."]
    return said


def _reds(name: str, reds: Sequence[Red], *, patients: bool) -> list[str]:
    if not reds:
        return []
    said = ["", f"Reds {name}: {len(reds)}"]
    if patients:
        return said + [f"  {red.person}  {rfc3339(red.at_ms)}  tier {red.tier}  {red.reason}" for red in reds[:SHOWN]]
    counts = Counter(red.reason for red in reds).most_common(SHOWN)
    return said + [f"  {reason}: {count}" for reason, count in counts]


def as_json(found: Rehearsal, *, patients: bool) -> str:
    """For programs. Without `patients` nobody is named."""

    def told(reds: Sequence[Red]) -> list[dict[str, object]]:
        return [red._asdict() if patients else {"tier": red.tier, "reason": red.reason} for red in reds]

    body = {
        "people": found.people,
        "days": found.days,
        "before": found.before,
        "after": found.after,
        "lost": told(found.lost),
        "gained": told(found.gained),
        "slower": told(found.slower),
        "reasons": dict(found.reasons),
        "objections": found.objections,
    }
    return orjson.dumps(body).decode()


async def write_down(settings: Settings, what: str, digest: str, said: str, by: str | None) -> None:
    """An `operation` on audit.v1, before anything is published: without it there is no change. Raises DeliveryError."""
    at_ms = wall_ms()
    body = AuditBody(
        id=make_id("operation", what, digest, at_ms),
        type="operation",
        reason=f"{what}, digest {digest}: {said}",
        at=rfc3339(at_ms),
        by=by,
    )
    headers = cloudevent(body.id, "audit.operation", "nattevagt/cli", body.at)
    value = dumps(body.model_dump(mode="json", exclude_none=True))
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        await deliverer.deliver([OutRecord(settings.topic(AUDIT), 0, b"operation", value, headers, at_ms)])
    finally:
        await deliverer.stop()
