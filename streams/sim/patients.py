"""Simulated patients: who they are, which plan they have, and what their devices would measure.

The physiology is enough to make every path of the pipeline be taken. It says nothing about how often
anything happens, and no rule or model may be judged by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType

from schemas.binding import Binding, DeviceBindings
from schemas.plan import CarePlan, Limit, Slot
from schemas.vitals import VITALS
from streams.adapters.input_records import InputRecord, measurement, status

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

UPLOAD_MS = 30_000
"""From measuring to arrival: half a minute, our choice, because a home hub sends at once when it can."""

DEVICE_OF: Mapping[str, str] = {
    "spo2": "oximeter",
    "pulse": "oximeter",
    "resp_rate": "oximeter",
    "temp": "thermometer",
    "sbp": "cuff",
    "dbp": "cuff",
    "weight": "scale",
}
"""What measures a kind at home in the stories; heart patients take their pulse from the cuff instead."""

USUAL: Mapping[str, float] = MappingProxyType({})
"""No kind differs from its normal."""

NO_HEARTBEATS: Mapping[str, int] = MappingProxyType({})
"""No device says that it is alive."""

DECIMALS: Mapping[str, int] = {"weight": 1, "temp": 1}
"""Digits a device shows behind the point; the others show whole numbers."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A personal normal: level and spread (standard deviation), both in the kind's canonical unit."""

    level: float
    spread: float


COPD: Mapping[str, Normal] = {
    # SpO2 93.6 % and pulse 87 /min were measured at home around exacerbations (clinical README section 3,
    # S31); the lower pulse, the spreads, breathing and temperature are our choice.
    "spo2": Normal(93.6, 0.5),
    "pulse": Normal(84, 2.0),
    "resp_rate": Normal(17, 0.8),
    "temp": Normal(36.7, 0.1),
}

HEART: Mapping[str, Normal] = {
    # Our choice: a treated heart-failure patient, well inside every limit of the plan below.
    "weight": Normal(80.0, 0.15),
    "sbp": Normal(122, 4.0),
    "dbp": Normal(76, 3.0),
    "pulse": Normal(72, 2.5),
}

COPD_LIMITS = (
    # Target 88-92 % (clinical README section 3): red below it, yellow at its lower edge. The others are our
    # choice inside the accept bands: Danish limits are set per patient by the treating doctor.
    Limit(kind="spo2", red_below=88, yellow_below=90),
    Limit(kind="pulse", red_below=40, yellow_below=50, yellow_from=105, red_from=125),
    Limit(kind="resp_rate", yellow_from=24, red_from=30),
    Limit(kind="temp", yellow_from=38.1, red_from=39.1),
)

HEART_LIMITS = (
    # 2 kg above the dry weight (ESC/HFA: more than 2 kg in 3 days) is yellow, 3 kg red (our choice); blood
    # pressure and pulse are red as in BEAT-HF without symptoms (S24), yellow bounds with symptoms.
    Limit(kind="weight", yellow_from=82, red_from=83),
    Limit(kind="sbp", red_below=80, yellow_below=90, yellow_from=160, red_from=170),
    Limit(kind="pulse", red_below=40, yellow_below=50, yellow_from=100, red_from=110),
)


@dataclass(frozen=True, slots=True)
class Patient:
    """One simulated person.

    team: lung or heart. normals: kind -> personal normal; its kinds fill the slot.
    scale: SpO2 scale of NEWS2; 2 stands for a clinician's setting. max_per_hour: allowance of each device.
    until_ms: end of the plan; None = until further notice. devices: kind -> type of device.
    heartbeats: type of device -> minutes between two of them; the others send none.
    """

    name: str
    team: str
    normals: Mapping[str, Normal]
    limits: tuple[Limit, ...]
    scale: int = 1
    max_per_hour: int = 120
    until_ms: int | None = None
    devices: Mapping[str, str] = field(default_factory=lambda: DEVICE_OF)
    heartbeats: Mapping[str, int] = field(default_factory=lambda: NO_HEARTBEATS)

    def device(self, kind: str) -> str:
        """The device that measures this kind for this person."""
        return f"{self.name}-{self.devices[kind]}"

    def plan(self, since_ms: int, times: tuple[str, ...]) -> CarePlan:
        """The plan: all kinds in one slot at `times` (UTC), open two hours before, an hour of grace (our choice)."""
        return CarePlan(
            patient=self.name,
            id=f"plan-{self.name}",
            version=1,
            team=self.team,
            zone="UTC",
            valid_from=_instant(since_ms),
            valid_until=None if self.until_ms is None else _instant(self.until_ms),
            limits=self.limits,
            slots=(Slot(id="set", kinds=tuple(self.normals), at=times, opens_min=120, grace_min=60),),
            news2_scale=2 if self.scale == 2 else 1,
        )

    def bindings(self, since_ms: int) -> DeviceBindings:
        """All of the person's devices, each for its own kinds."""
        kinds: dict[str, list[str]] = {}
        for kind in self.normals:
            kinds.setdefault(self.device(kind), []).append(kind)
        return DeviceBindings(
            patient=self.name,
            version=1,
            devices=tuple(
                Binding(
                    device=name,
                    valid_from=_instant(since_ms),
                    kinds=tuple(own),
                    max_per_hour=self.max_per_hour,
                    heartbeat_min=self.heartbeats.get(self.devices[own[0]]),
                )
                for name, own in kinds.items()
            ),
        )

    def reads(
        self, kind: str, value: float, at_ms: int, *, battery: int | None = None, late_ms: int = UPLOAD_MS
    ) -> InputRecord:
        """One reading of this value, measured at `at_ms`; it arrives `late_ms` later."""
        digits = DECIMALS.get(kind)
        shown = round(value) if digits is None else round(value, digits)
        unit, device = VITALS[kind].unit, self.device(kind)
        return measurement(self.name, kind, shown, unit, at_ms, device, at_ms=at_ms + late_ms, battery=battery)

    def beats(self, kind: str, at_ms: int, *, battery: int | None = None, fault: str | None = None) -> InputRecord:
        """The device for this kind says that it is alive; it arrives as a reading would."""
        return status(self.name, self.device(kind), at_ms, at_ms=at_ms + UPLOAD_MS, battery=battery, fault=fault)

    def measures(
        self,
        random: Random,
        at_ms: int,
        values: Mapping[str, float] = USUAL,
        *,
        without: str = "",
        battery: int | None = None,
    ) -> list[InputRecord]:
        """One set, a minute between readings.

        values: kind -> level instead of the normal one. without: type of device that stays silent.
        battery: percent that the cuff reports; None = it does not tell.
        """
        records = []
        for n, (kind, normal) in enumerate(self.normals.items()):
            # Drawn also when it is not used, so that one changed value does not change all that follow.
            usual = normal.level + max(-2.0, min(2.0, random.gauss(0, 1))) * normal.spread
            device = self.devices[kind]
            if device == without:
                continue
            charge = battery if device == "cuff" else None
            records.append(self.reads(kind, values.get(kind, usual), at_ms + n * MINUTE_MS, battery=charge))
        return records


def copd(name: str, *, max_per_hour: int = 120) -> Patient:
    """A COPD patient of team lung with an 88-92 % target: NEWS2 on scale 2, as a clinician would set it."""
    return Patient(name, "lung", COPD, COPD_LIMITS, scale=2, max_per_hour=max_per_hour)


def heart(name: str, *, until_ms: int | None = None, heartbeats: Mapping[str, int] = NO_HEARTBEATS) -> Patient:
    """A heart-failure patient of team heart; personal weight limits around a dry weight of 80 kg."""
    own = {**DEVICE_OF, "pulse": "cuff"}
    return Patient(name, "heart", HEART, HEART_LIMITS, until_ms=until_ms, devices=own, heartbeats=heartbeats)


def _instant(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
