"""MODELS: the registry of what gives an opinion on scores.v1, and nothing else."""

from streams.core.models.base import OnlineModel
from streams.core.models.ewma import EwmaDeviation

MODELS: tuple[type[OnlineModel], ...] = (EwmaDeviation,)
"""Each gives one score per reading that counts. None of them colours anything."""
