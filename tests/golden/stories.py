"""The golden stories. New ones are added at the end: a story's number is its partition, and its ids name it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import orjson

from schemas.answers import Answers
from schemas.base import rfc3339
from schemas.binding import DeviceBindings
from schemas.circumstances import Circumstances
from schemas.codec import dumps
from schemas.command import Acknowledge, Close, ContestBinding, Identify, Invalidate
from schemas.consent import Consent
from schemas.plan import PlanContact, PlannedAbsence
from schemas.topics import ANSWERS
from streams.adapters.input_records import InputRecord, bindings, command, consent, measurement, reading, status
from streams.sim.patients import HOUR_MS, MINUTE_MS, UPLOAD_MS, copd, heart
from tests.golden.telling import DAY_MS, START_MS, Command, Teller


def acknowledge(by: str, patient: str, at_ms: int) -> Command:
    """A nurse takes the alert."""

    def said(alert_id: str, sequence: int) -> InputRecord:
        body = Acknowledge(
            id=f"ack-{at_ms}", patient=patient, by=by, role="nurse", alert_id=alert_id, sequence=sequence
        )
        return command(body, at_ms)

    return said


def close(by: str, patient: str, at_ms: int, verdict: str) -> Command:
    """A nurse closes the alert with a verdict."""

    def said(alert_id: str, sequence: int) -> InputRecord:
        body = Close.model_validate(
            {
                "id": f"close-{at_ms}",
                "patient": patient,
                "by": by,
                "role": "nurse",
                "alert_id": alert_id,
                "sequence": sequence,
                "verdict": verdict,
            }
        )
        return command(body, at_ms)

    return said


def exacerbation(tell: Teller) -> None:
    """SpO2 falls and breathing rises over an evening: yellow, red, taken by a nurse, closed when it is over."""
    who = copd("gold-exacerbation")
    tell.enrol(who)
    tell.sets(who, range(4), {})
    for n, (spo2, breaths) in enumerate(((91, 19), (89, 22), (87, 25), (85, 27))):
        tell.reads(who, "spo2", spo2, tell.at(3, "20:00") + n * HOUR_MS)
        tell.reads(who, "resp_rate", breaths, tell.at(3, "20:01") + n * HOUR_MS)
    tell.says(tell.at(3, "23:20"), who.name, acknowledge("nurse-lung-1", who.name, tell.at(3, "23:20")))
    tell.sets(who, range(4, 6), {"spo2": 92})
    tell.says(tell.at(5, "19:00"), who.name, close("nurse-lung-1", who.name, tell.at(5, "19:00"), "true"))


def weight_gain(tell: Teller) -> None:
    """Two and a half kilos in three days, with nobody answering the yellow alert over the first night."""
    who = heart("gold-weight")
    tell.enrol(who)
    for day, kilos in enumerate((80.1, 80.0, 80.9, 81.7, 82.6, 83.3)):
        tell.sets(who, range(day, day + 1), {"weight": kilos}, "07:50")
    tell.says(tell.at(5, "09:00"), who.name, acknowledge("nurse-heart-1", who.name, tell.at(5, "09:00")))


def masked_by_missing(tell: Teller) -> None:
    """A little low in the evening, then no oximeter at all: the colour may not stay what it was."""
    who = copd("gold-masked")
    tell.enrol(who)
    tell.sets(who, range(2), {})
    tell.sets(who, range(2, 3), {"spo2": 89}, "17:50")
    for day in (3, 4):
        tell.reads(who, "temp", 36.8, tell.at(day, "07:50"))


def device_swap(tell: Teller) -> None:
    """The oximeter is replaced: the old one sends on, and the new one sends before anybody has bound it."""
    who = copd("gold-swap")
    tell.enrol(who)
    tell.sets(who, range(2), {})
    swapped = replace(who, devices={**who.devices, "spo2": "oximeter2", "pulse": "oximeter2", "resp_rate": "oximeter2"})
    tell.reads(swapped, "spo2", 93, tell.at(2, "07:50"))
    tell.add(bindings(swapped.bindings(tell.at(2, "09:00")).model_copy(update={"version": 2}), tell.at(2, "09:00")))
    tell.sets(swapped, range(3, 5), {})
    tell.reads(who, "spo2", 84, tell.at(3, "12:00"))


def pounds_for_kilos(tell: Teller) -> None:
    """A scale set to pounds says 176 without a unit, then with the wrong one, then with the right one."""
    who = heart("gold-pounds")
    tell.enrol(who)
    tell.sets(who, range(2), {}, "07:50")
    scale = who.device("weight")
    for n, (value, unit) in enumerate(((176.4, None), (176.4, "kg"), (176.4, "[lb_av]"))):
        at_ms = tell.at(2, "07:50") + n * MINUTE_MS
        tell.add(measurement(who.name, "weight", value, unit, at_ms, scale, at_ms=at_ms + UPLOAD_MS))
    tell.sets(who, range(3, 4), {}, "07:50")


def late_after_weekend(tell: Teller) -> None:
    """The hub is offline from Friday to Monday; on Monday a red Saturday arrives behind calm readings."""
    who = copd("gold-weekend")
    tell.enrol(who)
    tell.sets(who, range(5), {}, "07:50")
    monday = tell.at(7, "09:00")
    for day, spo2 in ((5, 84), (6, 92), (7, 93)):
        for n, (kind, value) in enumerate((("spo2", spo2), ("pulse", 88), ("resp_rate", 18))):
            at_ms = tell.at(day, "07:50") + n * MINUTE_MS
            order = {7: 0, 6: 1, 5: 2}[day]
            tell.reads(who, kind, value, at_ms, late_ms=monday + (order * 10 + n) * MINUTE_MS - at_ms)


def silent_patient(tell: Teller) -> None:
    """Everything is well until nothing comes any more; a reading a week later ends the silence."""
    who = heart("gold-silent")
    tell.enrol(who)
    tell.sets(who, range(3), {}, "07:50", "17:50")
    tell.sets(who, range(10, 11), {}, "07:50")


def couple_with_one_scale(tell: Teller) -> None:
    """Two people at home share a scale that is bound to one of them; the other one steps on it."""
    she, he = heart("gold-couple-a"), heart("gold-couple-b")
    tell.enrol(she)
    tell.enrol(he)
    tell.sets(she, range(3), {}, "07:50")
    at_ms = tell.at(3, "07:55")
    tell.add(measurement(he.name, "weight", 96.5, "kg", at_ms, she.device("weight"), at_ms=at_ms + UPLOAD_MS))
    tell.reads(she, "weight", 96.5, at_ms + 5 * MINUTE_MS)
    tell.reads(she, "weight", 80.1, at_ms + 10 * MINUTE_MS)


def correction(tell: Teller) -> None:
    """85 was typed for 95: red. The corrected reading takes its place, and the alert is withdrawn with the reason."""
    who = copd("gold-correction")
    tell.enrol(who)
    tell.sets(who, range(2), {})
    at_ms = tell.at(2, "07:50")
    wrong = who.reads("spo2", 85, at_ms)
    body = orjson.loads(wrong.value or b"")
    replaced = {"measured_at": body["measured_at"], "value": body["value"]}
    right = {**body, "id": f"{body['id']}-corrected", "value": 95, "replaces": replaced}
    tell.add(wrong, reading(who.name, right, at_ms + HOUR_MS))
    tell.sets(who, range(3, 4), {})


def phq_item_nine(tell: Teller) -> None:
    """A PHQ-9 whose sum is mild, with thoughts of being better off dead on several days: red, whatever the sum says."""
    who = heart("gold-phq9")
    tell.enrol(who)
    tell.sets(who, range(2), {}, "07:50")
    at_ms = tell.at(1, "19:30")
    items = dict.fromkeys(
        ("interest", "mood", "sleep", "energy", "appetite", "self_worth", "concentration", "movement"), 0
    )
    form = Answers(
        id="phq9-1",
        patient=who.name,
        questionnaire="phq9",
        version=1,
        answered_at=datetime.fromtimestamp(at_ms / 1000, UTC),
        items={**items, "sleep": 2, "energy": 2, "self_harm": 1},
    )
    tell.add(InputRecord(ANSWERS, who.name.encode(), dumps(form.model_dump(mode="json")), at_ms + UPLOAD_MS))
    tell.says(at_ms + 20 * MINUTE_MS, who.name, acknowledge("nurse-heart-1", who.name, at_ms + 20 * MINUTE_MS))


def pregnancy_red(tell: Teller) -> None:
    """Blood pressure of a pregnant woman: 142 in the morning, 162 in the evening, and again ten minutes later."""
    who = heart("gold-pregnant")
    tell.enrol(who, rules=("limits", "preg", "gen", "missing"), pregnant=True)
    tell.sets(who, range(2), {}, "07:50")
    for day, clock, sbp, dbp in ((2, "07:50", 142, 88), (2, "18:00", 162, 96), (2, "18:10", 164, 98)):
        tell.reads(who, "sbp", sbp, tell.at(day, clock))
        tell.reads(who, "dbp", dbp, tell.at(day, clock) + 1)
    said_ms = tell.at(2, "18:14")
    tell.says(said_ms, who.name, acknowledge("nurse-heart-1", who.name, said_ms))
    tell.says(said_ms + HOUR_MS, who.name, close("nurse-heart-1", who.name, said_ms + HOUR_MS, "true"))


def fever_on_chemotherapy(tell: Teller) -> None:
    """37.4, 38.1, and 38.4 a week after chemotherapy: the third is an emergency at once, without a repeat."""
    who = replace(copd("gold-chemo"), limits=())
    treated = Circumstances(chemotherapy_at=datetime.fromtimestamp((START_MS - 7 * DAY_MS) / 1000, UTC))
    tell.enrol(who, rules=("ca", "gen", "missing"), circumstances=treated)
    tell.sets(who, range(2), {})
    for clock, value in (("14:00", 37.4), ("20:00", 38.1), ("20:40", 38.4)):
        tell.reads(who, "temp", value, tell.at(1, clock))
    said_ms = tell.at(1, "20:46")
    tell.says(said_ms, who.name, acknowledge("nurse-lung-1", who.name, said_ms))
    tell.says(said_ms + HOUR_MS, who.name, close("nurse-lung-1", who.name, said_ms + HOUR_MS, "true"))


def planned_holiday(tell: Teller) -> None:
    """Five days away: nothing is missed, nobody is reminded, a red on the fourth day ends it."""
    who = copd("gold-holiday")
    away = PlannedAbsence(begins=_instant(tell.at(2, "20:00")), ends=_instant(tell.at(8, "06:00")), why="holiday")
    tell.enrol(who, absences=(away,))
    tell.sets(who, range(3), {})
    tell.reads(who, "spo2", 84, tell.at(6, "09:00"))
    tell.reads(who, "spo2", 85, tell.at(6, "09:08"))
    tell.says(tell.at(6, "09:30"), who.name, acknowledge("duty-lung", who.name, tell.at(6, "09:30")))
    tell.sets(who, range(8, 10), {"spo2": 92})


def is_this_you(tell: Teller) -> None:
    """A new scale: first his wife steps on it, and he says that it was not him, and a nurse takes it away."""
    who = heart("gold-is-this-you")
    tell.enrol(who)
    tell.sets(who, range(4), {})
    swapped = replace(who, devices={**who.devices, "weight": "scale2"})
    tell.add(bindings(swapped.bindings(tell.at(4, "06:00")).model_copy(update={"version": 2}), tell.at(4, "06:00")))
    at_ms = tell.at(4, "07:50")
    for n, (kind, value) in enumerate((("weight", 64.2), ("sbp", 131), ("dbp", 79), ("pulse", 71))):
        tell.reads(swapped, kind, value, at_ms + n * MINUTE_MS)
    said_ms = at_ms + HOUR_MS
    answer = {"id": "identify-1", "patient": who.name, "by": "app-1", "role": "citizen", "kind": "weight"}
    denied = Identify.model_validate({**answer, "measured_at": rfc3339(at_ms), "mine": False})
    tell.add(command(denied, said_ms))
    gone = {"id": "invalidate-1", "patient": who.name, "by": "nurse-heart-1", "role": "nurse", "kind": "weight"}
    wrong = Invalidate.model_validate({**gone, "measured_at": rfc3339(at_ms), "why": "wrong_patient"})
    tell.add(command(wrong, said_ms + HOUR_MS))
    tell.sets(swapped, range(5, 7), {})


def dead_device(tell: Teller) -> None:
    """The cuff says three times a day that it is alive, warns of its battery and goes quiet, and nobody can measure;
    the scale is alive and nobody stands on it. After two days a nurse takes it, and the cuff comes back.
    """
    who = heart("gold-dead-device")
    since_ms = tell.at(0, "00:00") - 10 * DAY_MS
    tell.enrol(who)
    telling = replace(who, heartbeats={"cuff": 480, "scale": 480}).bindings(since_ms)
    tell.add(bindings(telling.model_copy(update={"version": 2}), tell.at(0, "06:00")))
    tell.sets(who, range(2), {})
    tell.sets(who, range(2, 3), {"sbp": 165}, "07:50")
    for day in range(6):
        for clock in ("00:30", "08:30", "16:30"):
            at_ms = tell.at(day, clock)
            if at_ms <= tell.at(2, "08:30") or at_ms > tell.at(5, "08:30"):
                charge, fault = (9, "E-LOW-CELL") if day == 2 else (90, None)
                tell.add(who.beats("sbp", at_ms, battery=charge, fault=fault))
            tell.add(who.beats("weight", at_ms))
    said_ms = tell.at(4, "09:00")
    tell.says(said_ms, who.name, acknowledge("nurse-heart-1", who.name, said_ms))
    strange = status(who.name, "found-in-a-drawer", said_ms + HOUR_MS)
    tell.add(strange, status(who.name, who.device("weight"), said_ms + 3 * DAY_MS, at_ms=said_ms + HOUR_MS + MINUTE_MS))
    tell.sets(who, range(6, 8), {})
    over_ms = tell.at(6, "18:30")
    tell.says(over_ms, who.name, close("nurse-heart-1", who.name, over_ms, "technical"))


def one_scale_two_bindings(tell: Teller) -> None:
    """A scale is handed on before its old binding is ended: it stays the first one's, a red on it is a task, not
    lost; the old binding ends, and it is the second one's from then on.
    """
    she, he = heart("gold-claims-a"), heart("gold-claims-b")
    tell.enrol(she)
    tell.enrol(he)
    contract = he.bindings(START_MS).model_dump(mode="json")
    own = [row for row in contract["devices"] if row["kinds"] != ["weight"]]
    scale = {"device": she.device("weight"), "kinds": ["weight"], "valid_from": rfc3339(tell.at(1, "12:00"))}
    handed = DeviceBindings.model_validate({**contract, "version": 2, "devices": [*own, scale]})
    tell.add(bindings(handed, tell.at(1, "12:00")))
    said = {"id": "contest-1", "patient": he.name, "by": "registry", "role": "system", "device": scale["device"]}
    span = {"valid_from": scale["valid_from"], "kinds": ["weight"]}
    contested = {**said, "upto": 1, "spans": [span]}
    tell.add(command(ContestBinding.model_validate(contested), tell.at(1, "12:00") + 1000))
    tell.sets(she, range(3), {}, "07:50")
    tell.sets(replace(he, normals={k: v for k, v in he.normals.items() if k != "weight"}), range(4), {}, "07:50")
    for day, kilos in ((2, 84.1), (4, 80.6)):
        at_ms = tell.at(day, "07:49")
        tell.add(measurement(he.name, "weight", kilos, "kg", at_ms, scale["device"], at_ms=at_ms + UPLOAD_MS))
    for day, clock, answer in ((2, "09:00", acknowledge), (2, "10:00", partial(close, verdict="technical"))):
        tell.says(tell.at(day, clock), he.name, answer("nurse-heart-1", he.name, tell.at(day, clock)))
    ended_ms = tell.at(3, "12:00")
    hers = she.bindings(START_MS - 10 * DAY_MS).model_dump(mode="json")
    rows = [row | ({"valid_until": rfc3339(ended_ms)} if row["kinds"] == ["weight"] else {}) for row in hers["devices"]]
    tell.add(bindings(DeviceBindings.model_validate({**hers, "version": 2, "devices": rows}), ended_ms))
    freed = {**contested, "id": "contest-2", "upto": 2, "spans": [{**span, "valid_until": rfc3339(ended_ms)}]}
    tell.add(command(ContestBinding.model_validate(freed), ended_ms + 1000))
    repeated = ContestBinding.model_validate(contested)
    tell.add(command(repeated, ended_ms + 2000))


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def consent_withdrawn(tell: Teller) -> None:
    """Red in the evening, and an hour later the patient will not be monitored any more: the duty telephone is told,
    what comes afterwards is refused. On the sixth day consent is given again, without colours and without the GP, and
    the red that nobody has answered is raised anew.
    """
    who = copd("gold-consent")
    tell.enrol(who, replies="all", contacts=(PlanContact(id="gp-1", role="gp"),))
    tell.sets(who, range(2), {})
    tell.reads(who, "spo2", 84, tell.at(1, "20:00"))
    tell.reads(who, "spo2", 83, tell.at(1, "20:10"))
    said = {"patient": who.name, "by": who.name}
    for version, at_ms, scopes in (
        (1, tell.at(1, "21:00"), {"monitoring": "withdrawn"}),
        (2, tell.at(5, "10:00"), {"showing": "withdrawn", "sharing": "withdrawn"}),
    ):
        body = {**said, "id": f"consent-{version}", "version": version, "valid_from": rfc3339(at_ms), **scopes}
        tell.add(consent(Consent.model_validate(body), at_ms))
    tell.sets(who, range(2, 4), {"spo2": 92})
    tell.says(tell.at(5, "10:05"), who.name, acknowledge("duty-lung", who.name, tell.at(5, "10:05")))
    tell.says(tell.at(5, "10:40"), who.name, close("duty-lung", who.name, tell.at(5, "10:40"), "known"))
    tell.sets(who, range(5, 9), {"spo2": 92}, "17:50")


STORIES: Mapping[str, Callable[[Teller], None]] = {
    "exacerbation": exacerbation,
    "weight-gain": weight_gain,
    "masked-by-missing": masked_by_missing,
    "device-swap": device_swap,
    "pounds-for-kilos": pounds_for_kilos,
    "late-after-weekend": late_after_weekend,
    "silent-patient": silent_patient,
    "couple-with-one-scale": couple_with_one_scale,
    "correction": correction,
    "phq-item-nine": phq_item_nine,
    "pregnancy-red": pregnancy_red,
    "fever-on-chemotherapy": fever_on_chemotherapy,
    "planned-holiday": planned_holiday,
    "is-this-you": is_this_you,
    "dead-device": dead_device,
    "one-scale-two-bindings": one_scale_two_bindings,
    "consent-withdrawn": consent_withdrawn,
}
