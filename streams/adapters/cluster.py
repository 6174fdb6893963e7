"""One administrative connection to the cluster, opened and closed around what needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from schemas.errors import UnavailableError
from streams.adapters.settings import Settings

TIMEOUT_MS = 10_000
"""Longest wait for one answer: the same 10 s after which the worker gives a delivery up."""


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that has reached one of the addresses.

    Raises: UnavailableError when nobody answers there, or when Kafka refuses or ends a request inside.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.broker,
        client_id=f"{settings.group}-admin",
        request_timeout_ms=TIMEOUT_MS,
        **settings.kafka_security(),
    )
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        raise UnavailableError(
            f"Kafka at {settings.broker} did not do what was asked ({type(error).__name__}).",
            next_step="Check NATTEVAGT_BROKER, the user and its rights, and that Kafka runs.",
        ) from error
    finally:
        await admin.close()
