"""One tree of errors, each of which tells an operator what to do next."""


class NattevagtError(Exception):
    """Base of every error this project raises on purpose.

    `next_step` is one English sentence for the person who reads the message at 03:00.
    """

    def __init__(self, message: str, *, next_step: str) -> None:
        super().__init__(message)
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.args[0]} Next: {self.next_step}"


class ContractError(NattevagtError):
    """Bytes that do not fulfil the contract of their topic, or a contract that contradicts itself."""


class ConfigurationError(NattevagtError):
    """A setting, topic or version with which the system refuses to start."""


class UnavailableError(ConfigurationError):
    """Kafka did not answer, or broke off what was asked: trying again may help, and nothing is known to be wrong."""


class DeliveryError(NattevagtError):
    """Kafka did not confirm a record. The process must end: what it sent since is unknown."""


class StateError(NattevagtError):
    """Kept state and log contradict each other (recreated topic, emptied changelog, newer version)."""
