"""`nattevagt state`: look at and mend what the worker remembers."""

import asyncio
import os

import click
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from schemas.errors import StateError
from schemas.topics import PATIENT_EVENTS
from streams.adapters.kafka import Deliverer
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.agents.guard import guarded_step
from streams.replay.rebuild import Comparison, Folded, compare, current_topic_id, fold_partition, held_values, write

SHOWN = 10
"""Differing patients named on the terminal; the count is always whole."""


@click.group()
def command() -> None:
    """State of patients, as the changelog holds it."""


@command.command()
@click.option("--dry-run", is_flag=True, help="Compare only. Exit code 1 when something differs.")
def rebuild(*, dry_run: bool) -> None:
    """Fold patient-events from the start, effects off; compare with the changelog; then write what differs."""
    settings = Settings.from_env(os.environ)
    settings.check()
    comparison, written = asyncio.run(_rebuild(settings, dry_run=dry_run))
    click.echo(
        f"{comparison.equal} equal, {len(comparison.different)} different, {len(comparison.missing)} missing, "
        f"{len(comparison.extra)} only in the changelog; {written} written"
    )
    for name in (*comparison.different, *comparison.missing, *comparison.extra)[:SHOWN]:
        click.echo(f"  {name}")
    if dry_run and not comparison.is_clean:
        raise SystemExit(1)


async def _rebuild(settings: Settings, *, dry_run: bool) -> tuple[Comparison, int]:
    if not dry_run:
        await _refuse_while_watched(settings)
    references, deliverer = ReferenceReader(settings), Deliverer(settings)
    await references.start()
    await deliverer.start()
    comparison, written, ends = Comparison(), 0, {}
    try:
        topic_id = await current_topic_id(settings)
        for partition in range(settings.partitions):
            folded = await fold_partition(settings, partition, references, guarded_step, topic_id)
            held = await held_values(settings, partition)
            compare(folded, held, comparison)
            ends[partition] = folded
            if not dry_run:
                written += await write(settings, deliverer, folded, held)
        if not dry_run:
            await _move_commits(settings, ends)
    finally:
        await deliverer.stop()
        await references.stop()
    return comparison, written


async def _refuse_while_watched(settings: Settings) -> None:
    """Two writers of one changelog would undo each other."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker, **settings.kafka_security())
    await admin.start()
    try:
        answers = await admin.describe_consumer_groups([settings.group])
        members = [member for answer in answers for group in answer.groups for member in group[5]]
    finally:
        await admin.close()
    if members:
        raise StateError(
            f"{len(members)} worker(s) of group {settings.group} are running",
            next_step="stop all workers, wait for the session timeout, then rebuild",
        )


async def _move_commits(settings: Settings, folded: dict[int, Folded]) -> None:
    """The group goes on behind what has been folded, also where a recreated topic has left it far ahead."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        group_id=settings.group,
        enable_auto_commit=False,
        **settings.kafka_security(),
    )
    await consumer.start()
    try:
        name = settings.topic(PATIENT_EVENTS)
        offsets = {
            TopicPartition(name, partition): OffsetAndMetadata(one.record.offset + 1, "")
            for partition, one in folded.items()
        }
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    finally:
        await consumer.stop()
