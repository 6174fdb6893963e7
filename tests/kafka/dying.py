"""A worker that dies at chosen awaits of the ladder, once at each: `python -m tests.kafka.dying FOLDER`.

A patient's name says where: `life-<step>-<stage>-<side>`. step: the sequence of the alert's life. stage: `cause` = what
brings it about goes into the record of events; `tell` = the step goes to its team; `keep` = the state behind it goes
to the changelog. side: `before` or `after` the await of that delivery. FOLDER remembers who has died already, and
holds `<patient>.step`: the step that the next event of this patient brings about.
"""

import os
import re
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faust
import orjson

from schemas.topics import ALERTS, PATIENT_EVENTS, STATE
from streams.adapters import kafka, logs
from streams.adapters.kafka import OutRecord
from streams.adapters.settings import Settings
from streams.app import create_app

NAME = re.compile(r"life-(\d+)-(cause|tell|keep)-(before|after)")
CAUSES = ("MeasurementReceived", "CommandReceived", "TimerFired")
STAGES, SIDES = ("cause", "tell", "keep"), ("before", "after")


class Fate:
    """Knows who dies where. told: patient -> the newest step that has gone to the team in this life."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._told: dict[str, int] = {}

    def strikes(self, records: Iterable[OutRecord], side: str) -> None:
        """SIGKILL if one of these deliveries is somebody's chosen place, and has not been it before."""
        for record in records:
            patient = (record.key or b"").decode()
            named = NAME.fullmatch(patient)
            if named is None:
                continue
            step, stage, chosen = int(named[1]), named[2], named[3]
            if self._stage(patient, record) == (stage, step) and side == chosen:
                self._strike(patient)

    def _stage(self, patient: str, record: OutRecord) -> tuple[str, int]:
        """What this record is to its patient's ladder: (stage, the step it is about)."""
        topic = self._settings.unprefixed(record.topic)
        if topic.startswith(ALERTS):
            sequence = int(orjson.loads(record.value or b"{}").get("sequence", 0))
            self._told[patient] = sequence
            return "tell", sequence
        if topic == STATE:
            body = orjson.loads(record.value or b"{}")
            return "keep", (body.get("alert") or {}).get("sequence", self._told.get(patient, 0))
        if topic == PATIENT_EVENTS and orjson.loads(record.value or b"{}").get("type") in CAUSES:
            return "cause", int((self._folder / f"{patient}.step").read_text())
        return "", 0

    def _strike(self, patient: str) -> None:
        mark = self._folder / f"{patient}.died"
        if not mark.exists():
            mark.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str) -> None:
    """Run the worker until it is killed."""
    settings = Settings.from_env(os.environ)
    logs.configure("INFO")
    fate, deliver = Fate(settings, Path(folder)), kafka.Deliverer.deliver

    async def watched(self: Any, records: Iterable[OutRecord]) -> Any:
        batch = list(records)
        fate.strikes(batch, "before")
        written = await deliver(self, batch)
        fate.strikes(batch, "after")
        return written

    kafka.Deliverer.deliver = watched  # type: ignore[method-assign]  # the only place where everything is awaited
    app = create_app(settings)
    worker = faust.Worker(app, loglevel="WARN", redirect_stdouts=False, override_logging=False, quiet=True)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
