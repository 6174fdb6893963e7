"""What operators and care teams publish as reference data, and what is in force: once, then hang up.

A worker follows these topics with `references.py`; a command looks once.
"""

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from schemas.codec import cloudevent
from schemas.coverage import TeamCoverage
from schemas.ids import make_id
from schemas.rules import RuleBundle
from schemas.topics import COVERAGE, REFERENCE, RULES, alerts_topic
from streams.adapters import admin
from streams.adapters.clock import wall_ms
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import topic_ids
from streams.core.context import Reference

SOURCE = "nattevagt"


async def in_force(settings: Settings) -> Reference:
    """All reference data there is. Where the topics are not made yet, the shipped default."""
    if len(await topic_ids(settings, REFERENCE)) < len(REFERENCE):
        return Reference(default_bundle(), settings.code)
    reader = ReferenceReader(settings)
    try:
        await reader.start()
    finally:
        await reader.stop()
    return reader.reference


async def teams(settings: Settings) -> tuple[str, ...]:
    """The teams of coverage.v1, in order."""
    reference = await in_force(settings)
    return tuple(sorted(reference.at(reference.stamp).teams))


async def publish_coverage(settings: Settings, coverage: TeamCoverage) -> None:
    """Make and check the team's alerts topic, then publish its coverage and wait for the confirmation.

    Raises: ConfigurationError if the topic is not as it must be; DeliveryError if Kafka did not confirm.
    """
    needed = (alerts_topic(coverage.team), COVERAGE)
    await admin.apply(settings, [coverage.team], only=needed[:1])
    await admin.refuse_unsafe(settings, [coverage.team], only=needed)
    event_id = make_id("coverage", coverage.team, coverage.version)
    await _publish(settings, COVERAGE, coverage.team, "coverage", event_id, coverage.model_dump_json())


async def publish_rules(settings: Settings, bundle: RuleBundle) -> None:
    """Publish a bundle and wait for the confirmation. Raises as `publish_coverage` does."""
    await admin.refuse_unsafe(settings, only=(RULES,))
    event_id = make_id("rules", bundle.bundle, bundle.version, bundle.digest)
    await _publish(settings, RULES, bundle.bundle, "rules", event_id, bundle.model_dump_json())


async def _publish(settings: Settings, topic: str, key: str, kind: str, event_id: str, body: str) -> None:
    at_ms = wall_ms()
    headers = cloudevent(event_id, kind, SOURCE, rfc3339(at_ms))
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        await deliverer.deliver([OutRecord(settings.topic(topic), 0, key.encode(), body.encode(), headers, at_ms)])
    finally:
        await deliverer.stop()
