"""Is anybody watching? A quiet night and a dead pipeline must not look alike."""

from dataclasses import dataclass, field

from aiokafka import ConsumerRecord

from schemas.texts import Language

SILENT_MS = 180_000
"""No WatchAlive for three minutes = the watch itself is down (design.md section 2)."""

LATE_S = 5.0
"""In a simulation days pass in seconds and signs come in bursts: the reader waits so long before it judges."""


@dataclass(slots=True)
class AliveWatch:
    """Per partition when the last sign came. In operation the wall clock decides; in a simulation the topic's own
    times do, because there a minute may last a millisecond or a week."""

    simulation: bool
    _last_ms: dict[tuple[str, int], int] = field(default_factory=dict)
    _newest_ms: int = 0
    _sign_s: float | None = None
    _silent: frozenset[tuple[str, int]] = frozenset()

    def begin(self, places: list[tuple[str, int]], now_ms: int) -> None:
        """From now on every one of these (topic, partition) owes a sign."""
        self._last_ms = dict.fromkeys(places, 0 if self.simulation else now_ms)

    def seen(self, record: ConsumerRecord, at_s: float, now_ms: int, *, alive: bool) -> None:
        """Any record of an alerts topic moves its time; only WatchAlive is a sign. at_s: steady clock."""
        self._newest_ms = max(self._newest_ms, record.timestamp)
        if alive:
            self._sign_s = at_s
            self._last_ms[record.topic, record.partition] = record.timestamp if self.simulation else now_ms
        elif self._sign_s is None:
            self._sign_s = at_s

    def silent(self, at_s: float, now_ms: int) -> frozenset[tuple[str, int]]:
        """Places without a sign for too long."""
        if self.simulation:
            if self._sign_s is None or at_s - self._sign_s < LATE_S:
                return frozenset()
            now_ms = self._newest_ms
        return frozenset(place for place, last in self._last_ms.items() if now_ms - last > SILENT_MS)

    def changes(self, at_s: float, now_ms: int, language: Language) -> list[str]:
        """One line when partitions fall silent, one when they are heard again."""
        before, self._silent = self._silent, self.silent(at_s, now_ms)
        said = []
        if fallen := sorted(self._silent - before):
            where = ", ".join(f"{topic}[{partition}]" for topic, partition in fallen)
            said.append(
                f"VAGTEN ER TAVS i mere end 3 minutter: {where}. Se efter, om en worker kører."
                if language == "da"
                else f"THE WATCH IS SILENT for more than 3 minutes: {where}. Look whether a worker runs."
            )
        if before - self._silent:
            said.append("Vagten høres igen." if language == "da" else "The watch is heard again.")
        return said
