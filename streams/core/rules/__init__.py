"""RULES: the registry, in the order of evaluation, and nothing else. A new rule is one file and one name here."""

from streams.core.rules.base import Rule
from streams.core.rules.battery import LowBattery
from streams.core.rules.checks import CrossChecks
from streams.core.rules.clock import DeviceClocks
from streams.core.rules.contact import ContactRequested
from streams.core.rules.extreme import ExtremeValue
from streams.core.rules.habitual import HabitualFloor
from streams.core.rules.limits import PersonalLimits
from streams.core.rules.missing import MissingReading
from streams.core.rules.news2 import News2Rule
from streams.core.rules.pro import QuestionnaireAnswers
from streams.core.rules.reference import MissingReference
from streams.core.rules.refused import RefusedReading
from streams.core.rules.table import FAMILIES
from streams.core.rules.tobs import TobsRule

RULES: tuple[Rule, ...] = (
    PersonalLimits(),
    News2Rule(),
    TobsRule(),
    HabitualFloor(),
    *FAMILIES,
    ExtremeValue(),
    CrossChecks(),
    QuestionnaireAnswers(),
    MissingReading(),
    RefusedReading(),
    MissingReference(),
    LowBattery(),
    DeviceClocks(),
    ContactRequested(),
)
"""Extreme comes after the rules that can say the same better, answers after all that judges readings, missing after
all that can be a concern."""
