"""`nattevagt report team`: a week of one team's alerts on one page, to be read aloud at a meeting."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
import orjson

from schemas import texts
from schemas.alert import AlertStep
from schemas.audit import Outcome
from schemas.base import DAY_MS, rfc3339, to_ms
from schemas.errors import ConfigurationError
from schemas.overview import Overview
from schemas.texts import Language
from schemas.topics import AUDIT, MEASUREMENTS, alerts_topic
from schemas.vital_sign import Text
from streams.adapters.log_tail import LogTail, topics_named
from streams.adapters.settings import Settings
from streams.cli import unwatched
from streams.cli.given import run
from streams.cli.overviews import overviews
from streams.cli.whereabouts import here
from streams.core.burden import AUTOMATIC_SHARE, MANUAL_PER_PATIENT_DAY, Burden, Held, quantile
from streams.replay.decisions import is_watch_alive

INPUTS = frozenset({MEASUREMENTS, "answers.v1"})
"""What patients send: of these the share that needed nobody is told."""

TEXTS: dict[str, Text] = {
    "head": Text(
        "Team {team}, {begin} til {end} ({days:g} døgn), {patients} patienter.",
        "Team {team}, {begin} to {end} ({days:g} days), {patients} patients.",
    ),
    "burden": Text(
        "Alarmer: {count}, {rate:.3f} pr. patientdøgn (mål højst {goal}: {part:.0%} brugt).",
        "Alerts: {count}, {rate:.3f} per patient-day (objective at most {goal}: {part:.0%} used).",
    ),
    "tier": Text("  hast {tier}: {count}", "  tier {tier}: {count}"),
    "auto": Text(
        "Indsendelser, der ikke krævede nogen: {share:.1%} af {count} (til sammenligning {anchor:.1%}).",
        "Inputs that needed nobody: {share:.1%} of {count} (for comparison {anchor:.1%}).",
    ),
    "waits": Text(
        "Fra rejst til taget, hast {tier}: halvdelen inden {half}, ni af ti inden {most} ({count} taget).",
        "From raised to taken, tier {tier}: half within {half}, nine of ten within {most} ({count} taken).",
    ),
    "untaken": Text("Stige: {count} trin, fordi ingen svarede.", "Ladder: {count} rungs because nobody answered."),
    "red": Text(
        "Røde minutter uden en ansvarlig læser: {minutes:.0f}.",
        "Red minutes without a responsible reader: {minutes:.0f}.",
    ),
    "ppv": Text("  {rule}: {right} af {total} sande ({share:.0%})", "  {rule}: {right} of {total} true ({share:.0%})"),
    "ppvs": Text("Hvor ofte en regel havde ret, som I lukkede:", "How often a rule was right, as you closed:"),
    "carried": Text(
        "Fund, der ikke fik en egen alarm, fordi en åben alarm bar dem: {count} {rules}",
        "Findings without an alert of their own, because an open one carried them: {count} {rules}",
    ),
    "waited": Text(
        "Fund, der ventede på en måling til: {count} {rules}",
        "Findings that waited for another reading: {count} {rules}",
    ),
    "ended": Text("Afsluttet: {what}. Åbne nu: {open}.", "Ended: {what}. Open now: {open}."),
}


@dataclass(frozen=True, slots=True)
class Week:
    """What a report says. held: outcomes of the patients' inputs, and the findings that raised nothing of their own."""

    team: str
    begin_ms: int
    end_ms: int
    patients: int
    burden: Burden
    held: Held

    @property
    def rate(self) -> float:
        """Alerts per patient and day."""
        return self.burden.per_patient_day(self.patients, self.end_ms - self.begin_ms)

    @property
    def automatic(self) -> tuple[float, int]:
        """Share of accepted inputs that needed nobody, and how many there were."""
        accepted = sum(count for name, count in self.held.inputs.items() if Outcome(name).is_accepted)
        return (self.held.inputs[Outcome.ACCEPTED_NO_ALERT.value] / accepted if accepted else 0.0), accepted

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        share, count = self.automatic
        return {
            "team": self.team,
            "from": rfc3339(self.begin_ms),
            "until": rfc3339(self.end_ms),
            "patients": self.patients,
            "alerts": self.burden.alerts,
            "alerts_per_patient_day": round(self.rate, 4),
            "objective": MANUAL_PER_PATIENT_DAY,
            "by_tier": {str(tier): n for tier, n in sorted(self.burden.raised.items())},
            "automatic_share": round(share, 4),
            "inputs": count,
            "acknowledged_s": {
                str(tier): {"median": quantile(waits, 0.5), "p90": quantile(waits, 0.9), "count": len(waits)}
                for tier, waits in sorted(self.burden.waits_s.items())
            },
            "escalated": self.burden.escalated,
            "red_minutes_unattended": round(self.burden.all_unattended_s / 60, 1),
            "precision": {rule: {"true": a, "closed": b} for rule, (a, b) in self.burden.precision().items()},
            "suppressed": dict(sorted(self.held.carried.items())),
            "waited_for_a_second": dict(sorted(self.held.waited.items())),
            "ended": dict(sorted(self.burden.ended.items())),
            "open": len(self.burden.open),
        }


@click.group()
def command() -> None:
    """Reports for people: what a team was asked to do, and how it went."""


@command.command()
@click.argument("name")
@click.option("--days", type=click.FloatRange(min=0.01, max=400), default=7.0, show_default=True)
@click.option("--day", is_flag=True, help="The last 24 hours, as --days 1: what was suppressed today, by rule.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--language", type=click.Choice(["da", "en"]), default="da", show_default=True)
def team(name: str, *, days: float, day: bool, as_json: bool, language: Language) -> None:
    """One week of team NAME, up to now."""
    days = 1.0 if day else days
    place = here()
    found = run(_collect(place.settings, name, place.now_ms(), int(days * DAY_MS)))
    if as_json:
        click.echo(orjson.dumps(found.to_json(), option=orjson.OPT_INDENT_2).decode())
        return
    for line in tell(found, language):
        click.echo(line)


command.add_command(unwatched.command, "unwatched")


async def _collect(settings: Settings, name: str, now_ms: int, span_ms: int) -> Week:
    if alerts_topic(name) not in await topics_named(settings, alerts_topic(name)):
        raise ConfigurationError(
            f"team {name} has no alerts topic.", next_step="`nattevagt coverage list` shows the teams there are."
        )
    async with LogTail(settings, [alerts_topic(name)]) as tail:
        values = [record.value async for record in tail.read()]
    steps = [AlertStep.model_validate_json(value) for value in values if not is_watch_alive(value)]
    held = await overviews(settings)
    mine = {one.patient for one in held.values() if one.team == name}
    inputs = Held()
    async with LogTail(settings, [AUDIT]) as tail:
        async for record in tail.read():
            _count(inputs, orjson.loads(record.value), mine, now_ms - span_ms)
    return week(name, steps, held.values(), inputs, now_ms - span_ms, now_ms)


def _count(inputs: Held, body: dict[str, Any], mine: set[str], begin_ms: int) -> None:
    source = body.get("source")
    if source is None or source["topic"] not in INPUTS or body.get("patient") not in mine:
        return
    if to_ms(datetime.fromisoformat(body["at"])) >= begin_ms:
        held = (body.get("decision") or {}).get("held")
        inputs.outcome(body["outcome"], body["patient"], body.get("suppressed") or (), held or ())


def week(
    name: str,
    steps: Iterable[AlertStep],
    patients: Iterable[Overview],
    inputs: Held,
    begin_ms: int,
    end_ms: int,
) -> Week:
    """Pure. steps: of the team's topic, repeats included; those before the week only say what was open."""
    burden = Burden()
    seen: set[tuple[str, int]] = set()
    for step in sorted(steps, key=lambda step: (step.at, step.alert_id, step.sequence)):
        if (step.alert_id, step.sequence) in seen or to_ms(datetime.fromisoformat(step.at)) < begin_ms:
            continue
        seen.add((step.alert_id, step.sequence))
        burden.step(step)
    count = sum(one.team == name and one.status == "active" for one in patients)
    return Week(name, begin_ms, end_ms, count, burden, inputs)


def tell(found: Week, language: Language) -> Iterator[str]:
    """Line by line."""

    def say(key: str, **blanks: Any) -> str:
        return texts.say(TEXTS[key], language).format(**blanks)

    burden, days = found.burden, (found.end_ms - found.begin_ms) / DAY_MS
    begin, end = rfc3339(found.begin_ms)[:10], rfc3339(found.end_ms)[:10]
    yield say("head", team=found.team, begin=begin, end=end, days=round(days, 2), patients=found.patients)
    goal = MANUAL_PER_PATIENT_DAY
    yield say("burden", count=burden.alerts, rate=found.rate, goal=goal, part=found.rate / goal)
    yield from (say("tier", tier=tier, count=count) for tier, count in sorted(burden.raised.items(), reverse=True))
    share, count = found.automatic
    yield say("auto", share=share, count=count, anchor=AUTOMATIC_SHARE)
    for tier, waits in sorted(burden.waits_s.items(), reverse=True):
        half, most = _span(quantile(waits, 0.5)), _span(quantile(waits, 0.9))
        yield say("waits", tier=tier, half=half, most=most, count=len(waits))
    yield say("untaken", count=burden.escalated)
    yield say("red", minutes=burden.all_unattended_s / 60)
    if burden.verdicts:
        yield say("ppvs")
    for rule, (right, total) in burden.precision().items():
        yield say("ppv", rule=rule, right=right, total=total, share=right / total)
    for key, counts in (("carried", found.held.carried), ("waited", found.held.waited)):
        yield say(key, count=sum(counts.values()), rules=_rules(counts))
    what = ", ".join(f"{name} {count}" for name, count in sorted(burden.ended.items())) or "0"
    yield say("ended", what=what, open=len(burden.open))


def _rules(counts: Mapping[str, int]) -> str:
    """`limits 12, news2 3`, the most first."""
    return ", ".join(f"{rule} {count}" for rule, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])))


def _span(seconds: int | None) -> str:
    """A duration as people read it."""
    if seconds is None:
        return "-"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
