"""A dossier in sentences, Danish or English: why the alert was raised, its life, where it stands."""

from collections.abc import Iterator

from schemas import texts
from schemas.alert import AlertStep
from schemas.base import rfc3339
from schemas.plan import CarePlan
from schemas.texts import Language
from schemas.triage import Finding
from schemas.vital_sign import Text
from schemas.vitals import VITALS
from streams.cli.dossier import Basis, Dossier, Reading
from streams.cli.lines import short
from streams.core.rules import RULES
from streams.core.rules.missing import DEVICE_SILENT

SENTENCES: dict[str, Text] = {
    "head": Text(
        "Alarm {id} om {patient}, team {team}: {colour}, trin {tier}, stige {rung}.",
        "Alert {id} of {patient}, team {team}: {colour}, tier {tier}, rung {rung}.",
    ),
    "why": Text("Hvorfor den blev rejst {at}:", "Why it was raised at {at}:"),
    "finding": Text(
        "{words} ({colour}, trin {tier}). Regel {rule} version {version}; kilde: {source}.",
        "{words} ({colour}, tier {tier}). Rule {rule} version {version}; source: {source}.",
    ),
    "reading": Text(
        "{kind} {value}, målt {measured}, modtaget {received}, udstyr {device}, {where}.",
        "{kind} {value}, measured {measured}, received {received}, device {device}, {where}.",
    ),
    "heard": Text(
        "Udstyr {device} gav livstegn {at}; det er i live, men ingen målte.",
        "Device {device} gave a sign of life at {at}; it is alive, but nobody measured.",
    ),
    "quiet": Text("Udstyr {device} er ikke hørt siden {at}.", "Device {device} has not been heard since {at}."),
    "limit": Text("Grænsen er {limit}.", "The limit is {limit}."),
    "turning": Text(
        "Havde {kind} været {value}, var det blevet {colour}, trin {tier}.",
        "Had {kind} been {value}, it would have been {colour}, tier {tier}.",
    ),
    "time": Text("Tiden alene udløste det; ingen måling kom.", "Time alone brought it about; no reading came."),
    "unconfirmed": Text(
        "Værdien var usædvanlig og endnu ikke bekræftet.", "The value was extreme and not confirmed yet."
    ),
    "news2": Text("NEWS2 er {score}.", "NEWS2 is {score}."),
    "news2_bounds": Text(
        "NEWS2 ligger mellem {low} og {high}; der mangler: {missing}.",
        "NEWS2 lies between {low} and {high}; missing: {missing}.",
    ),
    "life": Text("Hvad der siden er sket:", "What has happened since:"),
    "step": Text("#{sequence} {at} {step}: {reason}{by}{deadline}", "#{sequence} {at} {step}: {reason}{by}{deadline}"),
    "by": Text(" (af {by}{verdict})", " (by {by}{verdict})"),
    "deadline": Text("; næste frist {at}", "; next deadline {at}"),
    "now": Text("Nu:", "Now:"),
    "ended": Text("Den er slut: {step}.", "It has ended: {step}."),
    "held": Text("{by} har den; stigen går videre {at}.", "{by} has it; the ladder goes on at {at}."),
    "open": Text("Ingen har den; stigen går videre {at}.", "Nobody has it; the ladder goes on at {at}."),
    "again": Text("Hvad der afgør den igen:", "What decides it again:"),
    "plan": Text("Plan {id} version {version}{limits}.", "Plan {id} version {version}{limits}."),
    "limits": Text("; grænser: {limits}", "; limits: {limits}"),
    "stamp": Text(
        "Referencedata til og med coverage {coverage}, rules {rules}, models {models} (-1 = det medfølgende).",
        "Reference data up to coverage {coverage}, rules {rules}, models {models} (-1 = what is shipped).",
    ),
    "code": Text("Regelsæt {digest}, program {code}.", "Rule bundle {digest}, program {code}."),
    "equal": Text(
        "Afspillet: ens. {events} hændelser foldet igen uden Kafka gav de samme {steps} skridt.",
        "Replayed: equal. {events} events folded again without Kafka gave the same {steps} steps.",
    ),
    "different": Text(
        "Afspillet: FORSKELLIG. {events} hændelser gav {again} skridt i stedet for {steps}; første forskel: #{first}.",
        "Replayed: DIFFERENT. {events} events gave {again} steps instead of {steps}; first difference: #{first}.",
    ),
}


def say(name: str, language: Language, **blanks: object) -> str:
    """One sentence with its blanks filled in."""
    return texts.say(SENTENCES[name], language).format(**blanks)


def tell(dossier: Dossier, language: Language) -> Iterator[str]:
    """The whole story, line by line."""
    now = dossier.now
    yield say(
        "head",
        language,
        id=dossier.alert_id,
        patient=dossier.patient,
        team=now.team,
        colour=texts.colour(now.level, language),
        tier=now.tier,
        rung=now.rung,
    )
    first = dossier.steps[0]
    yield ""
    yield say("why", language, at=short(first.at))
    basis = dossier.bases.get(first.sequence)
    yield from (f"  {line}" for line in _why(first, basis, language))
    yield ""
    yield say("life", language)
    for step in dossier.steps:
        yield f"  {_step(step, language)}"
        yield from (f"       {line}" for line in _news(step, dossier, language))
    yield ""
    yield say("now", language)
    yield f"  {_standing(now, language)}"
    yield ""
    yield say("again", language)
    yield from (f"  {line}" for line in _again(dossier, language))
    yield ""
    yield _verdict(dossier, language)


def _why(step: AlertStep, basis: Basis | None, language: Language) -> Iterator[str]:
    if basis is None:
        yield "; ".join(texts.reason(code, language) for code in step.reasons)
        return
    for finding in basis.findings:
        yield from _finding(finding, basis, language)
    for turning in basis.turnings:
        yield say(
            "turning",
            language,
            kind=texts.kind(turning.kind, language),
            value=texts.reading(turning.kind, turning.milli, VITALS[turning.kind].unit),
            colour=texts.colour(turning.level, language),
            tier=turning.tier,
        )
    if step.unconfirmed:
        yield say("unconfirmed", language)
    if basis.news2 is not None:
        yield _news2(basis, language)


def _finding(finding: Finding, basis: Basis, language: Language) -> Iterator[str]:
    source = next((rule.source for rule in RULES if rule.id == finding.rule), "-")
    yield say(
        "finding",
        language,
        words=texts.reason(finding.reason, language),
        colour=texts.colour(finding.level, language),
        tier=finding.tier,
        rule=finding.rule,
        version=finding.version,
        source=source,
    )
    kinds = [name.removesuffix("_milli") for name in finding.evidence if name.endswith("_milli")]
    for kind in kinds:
        if kind in basis.readings:
            yield f"  {_reading(basis.readings[kind], language)}"
    limit = finding.evidence.get("limit")
    if kinds and isinstance(limit, int):
        yield f"  {say('limit', language, limit=texts.reading(kinds[0], limit, VITALS[kinds[0]].unit))}"
    heard_ms = finding.evidence.get("heard_ms")
    if isinstance(heard_ms, int):
        name = "quiet" if finding.reason.startswith(DEVICE_SILENT) else "heard"
        yield f"  {say(name, language, device=finding.evidence['device'], at=short(rfc3339(heard_ms)))}"
    if not finding.evidence:
        yield f"  {say('time', language)}"


def _reading(reading: Reading, language: Language) -> str:
    return say(
        "reading",
        language,
        kind=texts.kind(reading.kind, language),
        value=texts.reading(reading.kind, reading.milli, VITALS[reading.kind].unit),
        measured=short(rfc3339(reading.measured_ms)),
        received=short(rfc3339(reading.received_ms)),
        device=reading.device,
        where=f"{reading.source.topic}[{reading.source.partition}]@{reading.source.offset}",
    )


def _news2(basis: Basis, language: Language) -> str:
    assert basis.news2 is not None, "asked by the caller"
    score = basis.news2
    if not score.missing:
        return say("news2", language, score=score.lower_total)
    missing = ", ".join(
        texts.kind("supplemental_o2" if name == "air_or_oxygen" else name, language) for name in score.missing
    )
    return say("news2_bounds", language, low=score.lower_total, high=score.upper_total, missing=missing)


def _step(step: AlertStep, language: Language) -> str:
    verdict = "" if step.verdict is None else f", {step.verdict}"
    return say(
        "step",
        language,
        sequence=step.sequence,
        at=short(step.at),
        step=texts.say(texts.STEPS[step.type], language),
        reason=texts.reason(step.reason, language),
        by="" if step.by is None else say("by", language, by=step.by, verdict=verdict),
        deadline="" if step.next_deadline is None else say("deadline", language, at=short(step.next_deadline)),
    )


def _news(step: AlertStep, dossier: Dossier, language: Language) -> Iterator[str]:
    """The readings behind a step that brought clinical news; the first step has been explained already."""
    basis = dossier.bases.get(step.sequence)
    if basis is None or step.sequence == 1:
        return
    for finding in basis.findings:
        if finding.reason == step.reason:
            for kind in sorted(basis.readings):
                if f"{kind}_milli" in finding.evidence:
                    yield _reading(basis.readings[kind], language)


def _standing(step: AlertStep, language: Language) -> str:
    if step.next_deadline is None:
        return say("ended", language, step=texts.say(texts.STEPS[step.type], language))
    at = short(step.next_deadline)
    return say("held", language, by=step.by, at=at) if step.by is not None else say("open", language, at=at)


def _again(dossier: Dossier, language: Language) -> Iterator[str]:
    plan = next((dossier.bases[n].plan for n in sorted(dossier.bases, reverse=True) if dossier.bases[n].plan), None)
    if plan is not None:
        limits = ", ".join(_limits(plan, dossier.now, language))
        said = say("limits", language, limits=limits) if limits else ""
        yield say("plan", language, id=plan.id, version=plan.version, limits=said)
    last = next((body.decision for body in reversed(dossier.audit) if body.decision is not None), None)
    if last is not None:
        coverage, rules, models = last.stamp
        yield say("stamp", language, coverage=coverage, rules=rules, models=models)
        yield say("code", language, digest=last.rules_digest, code=last.code)


def _limits(plan: CarePlan, step: AlertStep, language: Language) -> Iterator[str]:
    """The limits of the kinds that the alert is about, as the plan states them."""
    named = {part for code in step.reasons for part in code.split(".")}
    for limit in plan.limits:
        if limit.kind in named:
            bounds = limit.model_dump(exclude={"kind", "red_tier", "yellow_tier"}, exclude_none=True)
            stated = " ".join(f"{bound}={value}" for bound, value in bounds.items())
            yield f"{texts.kind(limit.kind, language)} {stated}"


def _verdict(dossier: Dossier, language: Language) -> str:
    if dossier.is_equal:
        return say("equal", language, events=dossier.events, steps=len(dossier.steps))
    pairs = zip(dossier.steps, dossier.again, strict=False)
    same = next(
        (n for n, (one, other) in enumerate(pairs) if one != other), min(len(dossier.steps), len(dossier.again))
    )
    return say(
        "different",
        language,
        events=dossier.events,
        again=len(dossier.again),
        steps=len(dossier.steps),
        first=same + 1,
    )
