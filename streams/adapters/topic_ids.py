"""Which topic a name means: Kafka's own id, which a recreated topic does not keep.

aiokafka 0.14 asks for Metadata version 5 at most, and ids come with version 10. This file adds that one
request. It never makes a topic, whatever the broker's auto.create.topics.enable says.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from streams.adapters.cluster import connected
from streams.adapters.settings import Settings

METADATA, VERSION = 3, 10
NO_ID = bytes(16)
TAGS = ("tags", TaggedFields)


class TopicId(AbstractType[str]):  # type: ignore[misc]  # aiokafka ships no types
    """Sixteen bytes, as text in Kafka's own spelling: URL-safe base64 without padding."""

    @classmethod
    def encode(cls, value: str) -> bytes:
        """Text to bytes; the empty text is `no id`."""
        return base64.urlsafe_b64decode(f"{value}==") if value else NO_ID

    @classmethod
    def decode(cls, data: BytesIO) -> str:
        """Bytes to text."""
        return base64.urlsafe_b64encode(data.read(16)).decode("ascii").rstrip("=")


NAME, CODE, INTS = CompactString(), ("error_code", Int16), CompactArray(Int32)
NODE = (("node_id", Int32), ("host", NAME), ("port", Int32), ("rack", NAME), TAGS)
PLACES = (("replicas", INTS), ("isr", INTS), ("offline_replicas", INTS), TAGS)
PARTITION = (CODE, ("partition", Int32), ("leader", Int32), ("leader_epoch", Int32), *PLACES)
NAMED = (("topic", NAME), ("topic_id", TopicId), ("is_internal", Boolean))
TOPIC = (CODE, *NAMED, ("partitions", CompactArray(*PARTITION)), ("authorized_operations", Int32), TAGS)


class MetadataAnswer(Response):  # type: ignore[misc]  # aiokafka ships no types
    """Metadata response, version 10."""

    API_KEY, API_VERSION = METADATA, VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(*NODE)),
        ("cluster_id", NAME),
        ("controller_id", Int32),
        ("topics", CompactArray(*TOPIC)),
        ("authorized_operations", Int32),
        TAGS,
    )


class MetadataQuestion10(RequestStruct):  # type: ignore[misc]  # aiokafka ships no types
    """Metadata request, version 10."""

    API_KEY, API_VERSION, FLEXIBLE_VERSION, RESPONSE_TYPE = METADATA, VERSION, True, MetadataAnswer
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", TopicId), ("topic", NAME), TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("cluster_operations", Boolean),
        ("topic_operations", Boolean),
        TAGS,
    )


class MetadataQuestion(Request[MetadataQuestion10]):  # type: ignore[misc]  # aiokafka ships no types
    """Asks for these topics by name and for nothing else."""

    API_KEY = METADATA

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)

    def build(self, request_struct_class: type[MetadataQuestion10]) -> MetadataQuestion10:
        """The request on the wire; the three switches are off, above all the one that would make topics."""
        return request_struct_class([("", name, {}) for name in self._names], False, False, False, {})  # noqa: FBT003 - wire format


@dataclass(frozen=True, slots=True)
class Described:
    """One topic as the cluster has it. copies: the fewest any of its partitions has."""

    topic_id: str
    partitions: int
    copies: int


async def describe(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, Described]:
    """These topics, by their full names; one that does not exist is left out.

    Raises: KafkaError for any other answer, such as a right that is missing.
    """
    try:
        answer = await admin._send_request(MetadataQuestion(names))
    except NotImplementedError as error:  # aiokafka's word for a version the broker does not speak
        raise IncompatibleBrokerVersion("topic ids need Kafka 2.8 or newer") from error
    return {name: found for name, found in map(_read, answer.topics) if found is not None}


def _read(row: tuple[Any, ...]) -> tuple[str, Described | None]:
    code, name, topic_id, _, partitions = row[:5]
    if code == UnknownTopicOrPartitionError.errno:
        return name, None
    if code:
        raise for_code(code)(name)
    return name, Described(topic_id, len(partitions), min(len(partition[4]) for partition in partitions))


async def topic_ids(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """Topic id by name, names as in schemas.topics; a topic that does not exist is left out."""
    full = {settings.topic(name): name for name in names}
    async with connected(settings) as admin:
        return {full[name]: found.topic_id for name, found in (await describe(admin, full)).items()}
