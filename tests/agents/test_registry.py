"""What the registry says of one partition: of new claims only, whatever it has to read first."""

from schemas.base import rfc3339
from schemas.claim import ClaimedSpan, DeviceClaim
from streams.agents.registry import Shelf
from tests.builders import T0

FOR_GOOD = ClaimedSpan(from_ms=T0, until_ms=None, kinds=(), shared=False)


def claim(patient: str, *spans: ClaimedSpan, version: int = 1, device: str = "scale") -> DeviceClaim:
    """What somebody wants of a device."""
    return DeviceClaim(device=device, patient=patient, version=version, spans=spans, at=rfc3339(T0))


LOG = [
    claim("a", FOR_GOOD),
    claim("b", FOR_GOOD),
    claim("b", FOR_GOOD, device="cuff"),
    claim("c", FOR_GOOD),
    claim("a", version=2),
]


def said(spoken: int) -> list[tuple[int, str, int]]:
    """(claim, to whom, spans) of a registry that has committed so far."""
    shelf = Shelf(spoken)
    told = [(offset, one) for offset, each in enumerate(LOG) for one in shelf.take(each, offset)]
    return [(offset, one.patient, len(one.spans)) for offset, one in told]


def test_a_new_registry_speaks_of_every_claim() -> None:
    """In the order of the log."""
    assert [(1, "b", 1), (3, "c", 1), (4, "b", 0)] == said(0)


def test_one_that_starts_again_says_of_the_rest_what_it_would_have_said() -> None:
    """What is behind the commit is folded, not repeated; ids and all are the same."""
    for spoken in range(len(LOG) + 1):
        assert [one for one in said(0) if one[0] >= spoken] == said(spoken)


def test_it_counts_the_devices_that_are_contested_now() -> None:
    """For whoever gives them out; one that is free again is not counted."""
    shelf = Shelf(len(LOG))
    counts = []
    for offset, each in enumerate([*LOG, claim("c", version=2)]):
        shelf.take(each, offset)
        counts.append(len(shelf.disputed))
    assert [0, 1, 1, 1, 1, 0] == counts
