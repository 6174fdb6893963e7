"""Whether a broker really answers: a Metadata reply that names it, not merely an open port."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

PAUSE = 0.05  # seconds between two looks: short beside a start of 2 s, and costs nothing


def answers(address: str, *, timeout: float = 2.0) -> bool:
    """True when a broker at `address` (host:port) lists itself. Timeout in seconds."""
    if not port_is_open(address, timeout=timeout):
        return False
    # Its own thread, because the caller may stand inside a running event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(_lists_itself(address, timeout))).result()


def wait(address: str, *, alive: Callable[[], bool], timeout: float) -> bool:
    """True as soon as it answers; False when `alive` says no, or after `timeout` seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end and alive():
        if answers(address):
            return True
        time.sleep(PAUSE)
    return False


def port_is_open(address: str, *, timeout: float) -> bool:
    """The cheap look first: aiokafka writes an error line for each refused connection."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout):
            return True
    except (OSError, ValueError):
        return False


async def _lists_itself(address: str, seconds: float) -> bool:
    client = AIOKafkaClient(bootstrap_servers=address, request_timeout_ms=int(seconds * 1000))
    loud = logging.getLogger("aiokafka").level
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a start-up is no error of the broker
    try:
        async with asyncio.timeout(seconds):
            await client.bootstrap()
            return bool(client.cluster.brokers())
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        logging.getLogger("aiokafka").setLevel(loud)
        await client.close()
