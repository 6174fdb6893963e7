"""The table of vital signs: every kind of measurement the system takes, one row each.

Add a row and `tests/contracts/test_vitals.py` speaks, unasked. Sources [S..] and marks are those of the
clinical fact sheet: [S03] FUT eHealth Infrastructure guide, [S04] MedCom DK terminology, [S05] eHealth
ConceptMap observation to UCUM, [S07] HealthKitOnFHIR, [S08] MIMIC-III benchmark variable ranges, [S09] HL7
PHD guide, [S10] IEEE 11073 nomenclature, [S66] UK Core ACVPU. Codes are VERIFIED there unless a row says
KNOWLEDGE. MDC codes are the 32-bit ones (SCADA partition: 16-bit term + 131072).

Every reject and accept band is our choice, no source: set between device limits and [S08], which is far
looser and would let impossible values through. A clinician must sign them before real use.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.units import QUANTITIES
from schemas.vital_sign import Band, Bounds, Code, CodeStatus, News2Parameter, Text, VitalSign

__all__ = [
    "UNITS",
    "VITALS",
    "Band",
    "Bounds",
    "Code",
    "CodeStatus",
    "News2Parameter",
    "Text",
    "VitalSign",
]

_KNOWLEDGE = CodeStatus.KNOWLEDGE
_OUR_BANDS = "our choice: between device limits and the MIMIC-III benchmark ranges [S08]"
_NO_BANDS = "our choice: the codes themselves are the range"


def _loinc(code: str, note: str = "", status: CodeStatus = CodeStatus.VERIFIED) -> Code:
    """A LOINC code."""
    return Code("LOINC", code, status, note)


def _mdc(code: int, note: str, status: CodeStatus = CodeStatus.VERIFIED) -> Code:
    """An IEEE 11073 code, 32 bit; `note` is its reference id."""
    return Code("MDC", str(code), status, note)


def _npu(code: str, note: str) -> Code:
    """A Danish laboratory code (NPU or DNK)."""
    return Code("NPU", code, CodeStatus.VERIFIED, note)


def _medcom(code: str, note: str = "") -> Code:
    """A MedCom code (MCS)."""
    return Code("MedCom", code, CodeStatus.VERIFIED, note)


def _snomed(*pairs: tuple[str, str], status: CodeStatus = CodeStatus.VERIFIED) -> tuple[tuple[str, Code], ...]:
    """SNOMED CT codes of the values of an enum or ordinal kind."""
    return tuple((value, Code("SNOMED CT", code, status)) for value, code in pairs)


_READ_AGAIN = Text("Læs tallet på udstyret igen, og send det.", "Read the number on the equipment again and send it.")
"""Our choice, where the source gives no way to repeat the measurement."""

_BLOOD_PRESSURE = Text(
    "Sid i ro i 5 minutter. Mål 2 gange med 1 minut imellem; middelværdien bruges.",
    "Rest seated for 5 minutes. Take 2 readings 1 minute apart; the mean is kept.",
)
_SPIROMETRY = Text("Pust 3 gange; det bedste pust bruges.", "Blow 3 times; the best blow is kept.")

_CIRCULATION: Final = (
    VitalSign(
        key="spo2",
        name=Text("Iltmætning (pulsoximeter)", "Oxygen saturation by pulse oximetry"),
        loinc=(_loinc("59408-5"), _loinc("2708-6")),
        mdc=(_mdc(150456, "MDC_PULS_OXIM_SAT_O2"),),
        dk=(
            _npu(
                "NPU03011",
                "Hb(Fe;O2-bind.;aB)-Oxygen; satn. Used by FUT/PHMR/XDS; a fraction by nomenclature",
            ),
            _npu("NPU10197", "capillary kB variant used by MedCom HomeCareObservation"),
        ),
        quantity=QUANTITIES["saturation"],
        resolution=1000,
        reject=(30_000, 100_000),
        accept=(70_000, 100_000),
        news2="spo2",
        step_note="drop >=4 percentage points vs personal 14-day median",
        cadence="COPD: daily for 14 d, then 1-2/week; after discharge 2-3/day",
        repeat=Text(
            "Varm fingeren, og mål igen efter 1-5 minutter. Notér den højeste stabile værdi.",
            "Warm the finger and measure again after 1-5 minutes. Record the highest stable value.",
        ),
        status="codes verified; ranges engineering choice (ISO validation range 70-100 %)",
        bands_source=_OUR_BANDS + "; accept is the ISO 80601-2-61 validation range 70-100 %",
    ),
    VitalSign(
        key="pulse",
        name=Text("Puls", "Heart rate / pulse"),
        loinc=(_loinc("8867-4"),),
        mdc=(
            _mdc(149530, "MDC_PULS_OXIM_PULS_RATE, oximeter", _KNOWLEDGE),
            _mdc(149546, "MDC_PULS_RATE_NON_INV, blood pressure cuff"),
            _mdc(147842, "MDC_ECG_HEART_RATE, ECG"),
        ),
        dk=(_npu("NPU21692", "Hjerte-Systole; frekv. 1/min"),),
        quantity=QUANTITIES["rate"],
        resolution=1000,
        reject=(20_000, 300_000),
        accept=(36_000, 179_000),
        news2="pulse",
        step_note="change >40/min vs personal median",
        cadence="heart failure: daily; COPD: with each SpO2; pregnancy: with each blood pressure",
        repeat=Text("Mål igen efter 5 minutters hvile.", "Measure again after 5 minutes of rest."),
        status="codes verified except MDC 149530 (from knowledge); ranges engineering choice",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="resp_rate",
        name=Text("Vejrtrækningsfrekvens", "Respiratory rate"),
        loinc=(_loinc("9279-1"),),
        mdc=(_mdc(151562, "MDC_RESP_RATE"),),
        dk=(_medcom("MCS88122", "Pt-Respiration; frekvens 1/min"),),
        quantity=QUANTITIES["rate"],
        resolution=1000,
        reject=(1_000, 80_000),
        accept=(8_000, 40_000),
        news2="resp_rate",
        step_note="rise >=8/min vs personal median",
        cadence="COPD: when unwell / with each NEWS2",
        repeat=Text("Tæl vejrtrækninger i hele 60 sekunder.", "Count breaths for a full 60 seconds."),
        status="codes verified; ranges engineering choice",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="sbp",
        name=Text("Blodtryk, systolisk", "Systolic blood pressure"),
        loinc=(_loinc("8480-6", "component of panel 85354-9"),),
        mdc=(_mdc(150021, "MDC_PRESS_BLD_NONINV_SYS (compound parent 150020)"),),
        dk=(
            _npu("DNK05472", "Arm, systolic"),
            _medcom("MCS88019", "home systolic (hjemmeblodtryk); panel MCS88206"),
        ),
        quantity=QUANTITIES["pressure"],
        resolution=1000,
        reject=(40_000, 300_000),
        accept=(70_000, 230_000),
        news2="sbp",
        step_note="change >40 vs personal median",
        cadence="hypertension: 2 morning + 2 evening for 7 d (min 3 d); heart failure: daily; pre-eclampsia: 1-4/day",
        repeat=_BLOOD_PRESSURE,
        status="codes verified; ranges engineering choice (MIMIC-III benchmark valid 0-375)",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="dbp",
        name=Text("Blodtryk, diastolisk", "Diastolic blood pressure"),
        loinc=(_loinc("8462-4", "component of panel 85354-9"),),
        mdc=(_mdc(150022, "MDC_PRESS_BLD_NONINV_DIA"),),
        dk=(_npu("DNK05473", "Arm, diastolic"), _medcom("MCS88020", "home diastolic")),
        quantity=QUANTITIES["pressure"],
        resolution=1000,
        reject=(20_000, 200_000),
        accept=(40_000, 130_000),
        step_note="change >30 vs personal median",
        cadence="with systolic blood pressure",
        repeat=_BLOOD_PRESSURE,
        status="codes verified; ranges engineering choice",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="temp",
        name=Text("Kropstemperatur", "Body temperature"),
        loinc=(_loinc("8310-5"),),
        mdc=(_mdc(150364, "MDC_TEMP_BODY", _KNOWLEDGE),),
        dk=(_npu("NPU08676", "Pt-Legeme; temp. degC"),),
        quantity=QUANTITIES["temperature"],
        resolution=100,
        reject=(25_000, 45_000),
        accept=(34_000, 41_000),
        news2="temp",
        step_note="change >3.0 in 6 h",
        cadence="chemotherapy: daily and when unwell; PPROM: 2-3/day; COPD: per plan",
        repeat=Text("Mål temperaturen én gang til.", "Take the temperature once more."),
        status="codes verified except MDC 150364 (from knowledge);"
        " ranges engineering choice (MIMIC-III benchmark valid 26-45)",
        bands_source=_OUR_BANDS,
    ),
)

_BODY_AND_LUNGS: Final = (
    VitalSign(
        key="weight",
        name=Text("Vægt", "Body weight"),
        loinc=(_loinc("29463-7"),),
        mdc=(_mdc(188736, "MDC_MASS_BODY_ACTUAL"),),
        dk=(_npu("NPU03804", "Pt-Legeme; masse kg"),),
        quantity=QUANTITIES["mass"],
        resolution=100,
        reject=(20_000, 350_000),
        accept=(30_000, 250_000),
        step_note="|change| >5 kg vs last value within 72 h => other person / other scale / lb;"
        " ratio 2.2046+-5 % => lb",
        cadence="heart failure: daily, morning after voiding, before breakfast, same clothing; COPD: weekly",
        repeat=Text("Stil dig på vægten igen.", "Step on the scale again."),
        status="codes verified; ranges engineering choice",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="fev1",
        name=Text("FEV1 (lungefunktion)", "FEV1"),
        loinc=(_loinc("20150-9"),),
        mdc=(_mdc(152586, "MDC_VOL_AWAY_EXP_FORCED_1S"),),
        dk=(_medcom("MCS88015"),),
        related=(_medcom("MCS88023", "FEV1 % of predicted"),),
        quantity=QUANTITIES["volume"],
        resolution=10,
        reject=(100, 8_000),
        accept=(300, 6_000),
        step_note="fall >20 % or >0.20 L vs personal median",
        cadence="daily to weekly if in plan",
        # Two best within 0.15 L (ATS/ERS 2019, from knowledge) is left to the spirometer.
        repeat=_SPIROMETRY,
        status="codes verified; ranges engineering choice",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="fvc",
        name=Text("FVC (lungefunktion)", "FVC"),
        loinc=(_loinc("19870-5"),),
        mdc=(_mdc(188928, "MDC_VOL_AWAY_EXP_FORCED_CAPACITY"),),
        dk=(_medcom("MCS88016"),),
        related=(
            _mdc(152587, "FEV6: home devices often give it instead of FVC"),
            _medcom("MCS88100", "FEV6: home devices often give it instead of FVC"),
        ),
        quantity=QUANTITIES["volume"],
        resolution=10,
        reject=(200, 10_000),
        accept=(500, 8_000),
        step_note="below 7-day mean - 1.645 SD (Cooper 2020)",
        cadence="daily to weekly if in plan",
        repeat=_SPIROMETRY,
        status="codes verified; ranges engineering choice",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="pef",
        name=Text("Peakflow", "Peak expiratory flow"),
        loinc=(_loinc("19935-6"),),
        mdc=(_mdc(152584, "MDC_FLOW_AWAY_EXP_FORCED_PEAK"),),
        dk=(_medcom("MCS88102", "Peakflow;Pt"),),
        related=(_mdc(152585, "personal best"),),
        quantity=QUANTITIES["peak flow"],
        resolution=5_000,
        reject=(0, 900_000),
        accept=(60_000, 800_000),
        step_note="<50 % of personal best = red, 50-79 % = yellow (asthma action-plan convention, from knowledge)",
        cadence="1-2/day when used",
        repeat=_SPIROMETRY,
        status="codes verified; ranges engineering choice",
        bands_source=_OUR_BANDS + "; accept is the EN ISO 23747 range 60-800",
    ),
    VitalSign(
        key="steps",
        name=Text("Skridt pr. døgn", "Step count"),
        loinc=(
            _loinc("55423-8", "unspecified time, pedometer"),
            _loinc("41950-7", "24 h, measured", _KNOWLEDGE),
        ),
        dk=(_medcom("MCS88192", "per day, FUT UCUM /d"),),
        related=(_medcom("MCS88193", "per week"), _medcom("MCS88194", "count")),
        quantity=QUANTITIES["daily count"],
        resolution=1_000,
        reject=(0, 100_000_000),
        accept=(0, 40_000_000),
        step_note="7-day mean < 50 % of 28-day mean; 0 steps without wear time is missing",
        cadence="continuous, daily total",
        repeat=_READ_AGAIN,
        status="codes verified except 41950-7; ranges engineering choice",
        bands_source=_OUR_BANDS,
    ),
)

_BLOOD_AND_URINE: Final = (
    VitalSign(
        key="glucose",
        name=Text("Blodsukker", "Blood glucose (capillary, plasma-equivalent)"),
        loinc=(
            _loinc("41653-7", "mass, glucometer"),
            _loinc("14743-9", "moles/volume capillary by glucometer", _KNOWLEDGE),
        ),
        mdc=(
            _mdc(160184, "MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD"),
            _mdc(160188, "plasma"),
            _mdc(160212, "interstitial"),
        ),
        dk=(_npu("NPU22089", "P(kB)-Glucose mmol/L"),),
        related=(_mdc(160208, "control solution: drop, it is nobody's blood"),),
        quantity=QUANTITIES["glucose"],
        resolution=100,
        reject=(300, 50_000),
        accept=(1_700, 33_300),
        shows=(1_100, 33_300),
        step_note="change >15 mmol/L in 2 h",
        cadence="type 2 on tablets: per plan; insulin or gestational diabetes: 4-7/day",
        repeat=Text("Vask hænderne, og mål igen med en ny strimmel.", "Wash your hands and use a new strip."),
        status="MDC, 41653-7, NPU verified; 14743-9 from knowledge",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="ketone",
        name=Text("Ketoner i blod (fingerprik)", "Blood ketones (beta-hydroxybutyrate, fingerstick)"),
        # No code: the one that public code uses, 53060-9, fails its check digit, and no source was read.
        quantity=QUANTITIES["ketones"],
        resolution=100,
        reject=(0, 20_000),
        accept=(0, 8_000),
        shows=(None, 8_000),
        step_note="none",
        cadence="insulin: when glucose is above 13.9 or when unwell",
        repeat=Text("Mål igen med en ny strimmel.", "Measure again with a new strip."),
        status="no code verified; ranges engineering choice",
        bands_source=_OUR_BANDS + "; accept ends where a common meter shows HI (8.0)",
    ),
    VitalSign(
        key="crp",
        name=Text("CRP, målt hjemme", "C-reactive protein, point of care"),
        loinc=(_loinc("1988-5", "mass/volume", _KNOWLEDGE),),
        dk=(_npu("NPU19748", "P-CRP mg/L"),),
        quantity=QUANTITIES["crp"],
        resolution=1_000,
        reject=(0, 600_000),
        accept=(0, 300_000),
        step_note="rise >=20 mg/L in 24 h",
        cadence="PPROM: daily to 3/week",
        repeat=Text("Mål igen med en ny patron.", "Measure again with a new cartridge."),
        status="NPU verified; LOINC from knowledge",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="hb",
        name=Text("Hæmoglobin", "Haemoglobin"),
        loinc=(_loinc("718-7", "g/dL"), _loinc("59260-0", "mmol/L", _KNOWLEDGE)),
        dk=(_npu("NPU02319", "B-Haemoglobin(Fe) mmol/L"),),
        quantity=QUANTITIES["haemoglobin"],
        resolution=100,
        reject=(1_500, 16_000),
        accept=(4_300, 12_400),
        step_note="fall >=1.2 mmol/L (about 2 g/dL)",
        cadence="per plan",
        repeat=Text("Gentag fingerprikprøven.", "Repeat the fingerstick."),
        status="718-7, NPU verified",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="urine_protein",
        name=Text("Protein i urinen (stix)", "Urine protein dipstick"),
        type="ordinal",
        loinc=(_loinc("20454-5"),),
        dk=(_npu("NPU04206", "U-Protein arb."),),
        # One public exporter sends urine blood as NPU04206; its code is NPU04208.
        related=(
            _npu("NPU04207", "glucose"),
            _npu("NPU21578", "nitrite"),
            _npu("NPU03987", "leukocytes"),
            _npu("NPU04208", "haemoglobin"),
            _npu("NPU03963", "erythrocytes"),
            _npu("NPU10504", "ketones(acetoacetate)"),
        ),
        codes=("neg", "trace", "1+", "2+", "3+", "4+"),
        snomed=_snomed(
            ("neg", "167273002"),
            ("trace", "167274008"),
            ("1+", "167275009"),
            ("2+", "167276005"),
            ("3+", "167277001"),
            ("4+", "167278006"),
        ),
        step_note="rise of >=2 steps",
        cadence="pre-eclampsia: daily to 3/week",
        repeat=Text("Tag en ny urinprøve ved næste toiletbesøg.", "Test a second void."),
        status="verified",
        bands_source=_NO_BANDS,
    ),
)

_STATES: Final = (
    VitalSign(
        key="af_flag",
        name=Text("Hjerterytme, tegn på atrieflimren", "ECG rhythm / AF flag"),
        type="enum",
        codes=("no_af", "possible_af", "inconclusive", "unreadable"),
        snomed=_snomed(("possible_af", "49436004"), status=_KNOWLEDGE),
        # Never an emergency by itself: single-lead and oscillometric flags need ECG confirmation.
        step_note="2 of 3 consecutive possible_af",
        cadence="per plan / symptom triggered",
        repeat=Text("Optag 30 sekunder, 3 gange.", "Record a 30-second strip, 3 times."),
        status="engineering choice",
        bands_source=_NO_BANDS,
    ),
    VitalSign(
        key="fetal_hr",
        name=Text("Fosterets hjertefrekvens (CTG hjemme)", "Fetal heart rate (home CTG, reference only)"),
        loinc=(_loinc("55283-6", status=_KNOWLEDGE),),
        quantity=QUANTITIES["rate"],
        resolution=1_000,
        reject=(30_000, 250_000),
        accept=(100_000, 180_000),
        step_note="none: transport and flag only, human interpretation",
        cadence="PPROM, growth restriction: per plan",
        repeat=_READ_AGAIN,
        status="from knowledge",
        bands_source=_OUR_BANDS,
    ),
    VitalSign(
        key="consciousness",
        name=Text("Bevidsthedsniveau (ACVPU)", "Consciousness (ACVPU)"),
        type="enum",
        loinc=(_loinc("80288-4"), _loinc("67775-7", "AVPU level of responsiveness")),
        # Not one to one: 1 is C or V; 0 means habitual, not necessarily alert. A silent patient is not "A".
        dk=(_medcom("MCS88126", "0 habitual, 1 agitated or responds only to voice, 2 only to pain, 3 none"),),
        codes=("A", "C", "V", "P", "U"),
        snomed=_snomed(
            ("A", "248234008"), ("C", "130987000"), ("V", "300202002"), ("P", "450847001"), ("U", "422768004")
        ),
        news2="consciousness",
        step_note="any change from A",
        cadence="with each NEWS2; by proxy question at home",
        repeat=Text("En pårørende eller sygeplejerske vurderer.", "A carer assesses, or a nurse calls."),
        status="verified (UK Core ACVPU 2.1.0; MedCom 2025-11-18)",
        bands_source=_NO_BANDS,
    ),
    VitalSign(
        key="supplemental_o2",
        name=Text("Ilttilskud (0 = almindelig luft)", "Supplemental oxygen (0 = air)"),
        loinc=(_loinc("3151-8", "flow"),),
        dk=(_medcom("MCS88159", "Iltbehandling i hjemmet"),),
        related=(_loinc("3150-0", "inhaled concentration"),),
        quantity=QUANTITIES["oxygen flow"],
        resolution=500,
        reject=(0, 60_000),
        accept=(0, 6_000),
        news2="air_or_oxygen",
        step_note="increase vs prescription",
        cadence="with each SpO2",
        repeat=_READ_AGAIN,
        status="verified",
        bands_source=_OUR_BANDS,
    ),
)

VITALS: Final[Mapping[str, VitalSign]] = MappingProxyType(
    {row.key: row for row in (*_CIRCULATION, *_BODY_AND_LUNGS, *_BLOOD_AND_URINE, *_STATES)}
)
"""Every vital sign by its key."""

UNITS: Final[Mapping[str, str | None]] = MappingProxyType({key: row.unit for key, row in VITALS.items()})
"""The canonical UCUM unit of each; None for enum and ordinal kinds. Every score and overview names several."""
