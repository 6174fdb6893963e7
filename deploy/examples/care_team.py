"""Print each step of a team's alerts once: python care_team.py kafka:9092 alerts.v1.lung"""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def main(broker: str, topic: str) -> None:
    seen = set()  # what the worker repeats after a crash has the same ce_id; keep it as long as your own list
    async with AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest") as records:
        async for record in records:
            step, key = json.loads(record.value), dict(record.headers)["ce_id"]
            if step["type"] != "watch_alive" and key not in seen:  # none for 3 min: the watch itself is down
                seen.add(key)
                print(step["at"], step["level"], step["type"], step["alert_id"], step["sequence"], flush=True)


asyncio.run(main(*sys.argv[1:]))
