"""A registry that dies between saying something and committing it: `python -m tests.kafka.dying_registry`."""

import asyncio
import os
import signal
from typing import Any

from streams.adapters import logs
from streams.adapters.settings import Settings
from streams.agents import registry


async def main() -> None:
    """Run until the first command is confirmed and would be committed; then SIGKILL."""
    said: list[object] = []
    deliver, commit = registry.Deliverer.deliver, registry.AIOKafkaConsumer.commit

    async def told(self: Any, records: Any) -> Any:
        batch = list(records)
        written = await deliver(self, batch)
        said.extend(batch)
        return written

    async def committed(self: Any, offsets: Any = None) -> None:
        if said:
            os.kill(os.getpid(), signal.SIGKILL)
        await commit(self, offsets)

    registry.Deliverer.deliver = told  # type: ignore[method-assign]  # the two awaits between which it dies
    registry.AIOKafkaConsumer.commit = committed
    settings = Settings.from_env(os.environ)
    logs.configure("INFO")
    await registry.Registry(settings).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())
