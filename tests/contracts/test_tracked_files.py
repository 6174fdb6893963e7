"""What the repository gives away: no hosts, no machine paths, no person's number, no unpinned package."""

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions

import pytest

from tests.contracts import leaks
from tests.contracts.house import ROOT, report, tracked

LOCKS = ("deploy/requirements.lock", "deploy/requirements-dev.lock")
BENCH_LOCK = "deploy/requirements-bench.lock"
"""Of an environment of its own: the peers want older versions of what we run."""

NOT_A_CPR: dict[tuple[str, str], str] = {}
"""(path pattern, number as it stands or `*`) -> what it is instead. Official test numbers are not listed:
tests build theirs from parts when they run."""

DISTRIBUTION = "nattevagt"
OWN = {"schemas", "streams"}


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of each tracked file; bytes that are not UTF-8 are replaced, not skipped."""
    paths = tracked()
    if not paths:
        pytest.skip("not a git checkout: nothing says which files would be published")
    for path in paths:
        yield path, (ROOT / path).read_bytes().decode("utf-8", "replace")


def lock(path: str) -> str:
    """The text of one lock file."""
    return (ROOT / path).read_text(encoding="utf-8")


def test_no_file_names_a_package_host_or_a_machine() -> None:
    """What a mirror or a home folder is called is nobody's business and does not work elsewhere."""
    report(line for path, text in texts() for line in leaks.hosts_and_paths(path, text))


def test_no_file_holds_a_civil_registration_number() -> None:
    """Ten digits with a date in front are a person until the list says what else they are."""
    report(line for path, text in texts() for line in leaks.cpr_like(path, text) if not _known(line))


def _known(line: str) -> bool:
    path, _, number = line.split(":", 2)
    return any(fnmatch(path, where) and what in ("*", number.strip()) for where, what in NOT_A_CPR)


@pytest.mark.parametrize("path", [*LOCKS, BENCH_LOCK])
def test_locks_are_pinned_by_hash_and_name_no_index(path: str) -> None:
    """Every line is name==version with at least one sha256, and nothing says where to fetch it."""
    assert leaks.requirements(lock(path))
    report(leaks.loose_lines(path, lock(path)))


def test_what_runs_is_what_was_tested() -> None:
    """The runtime lock is a subset of the development lock, in the same versions."""
    runtime, development = (leaks.requirements(lock(path)) for path in LOCKS)

    report(sorted(f"{name}=={version}" for name, version in runtime.keys() - development.keys()))


def test_direct_dependencies_are_locked() -> None:
    """A dependency that pyproject.toml names but the lock does not would be fetched unpinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = {name.replace("_", "-") for name, _ in leaks.requirements(lock(LOCKS[0]))}
    named = {_distribution(line) for line in project["dependencies"]}

    report(sorted(named - locked))


def test_the_peers_of_the_bench_are_locked() -> None:
    """Each peer that the extra names is in the bench's lock, and in no other."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    peers = {_distribution(line) for line in extras["bench"]}

    assert peers <= {name.replace("_", "-") for name, _ in leaks.requirements(lock(BENCH_LOCK))}
    for path in LOCKS:
        assert not peers & {name.replace("_", "-") for name, _ in leaks.requirements(lock(path))}


def _distribution(requirement: str) -> str:
    for sign in "[<>=!~; ":
        requirement = requirement.split(sign)[0]
    return requirement.lower().replace("_", "-")


def test_the_distribution_has_exactly_two_packages() -> None:
    """`schemas` and `streams`, nothing else at the top level."""
    provided = {
        name
        for name, owners in packages_distributions().items()
        if DISTRIBUTION in owners and not name.startswith("__editable__")
    }

    assert provided == OWN


@pytest.mark.parametrize("name", sorted(OWN))
def test_no_other_distribution_provides_our_names(name: str) -> None:
    """Both names are generic: whoever else installs them would replace ours file by file."""
    assert set(packages_distributions().get(name, ())) == {DISTRIBUTION}


@pytest.mark.parametrize(
    "text",
    [
        "see https:/" + "/files.python" + "hosted.org/packages/x",
        "index = http:/" + "/mirror.py" + "pi.internal/simple",
        "cd /wo" + "rk/main",
        "~ is '/ro" + "ot/.cache'",
    ],
)
def test_a_host_or_path_is_caught(text: str) -> None:
    """Public hosts, mirrors and both kinds of path are seen."""
    assert len(list(leaks.hosts_and_paths("x", text))) == 1


@pytest.mark.parametrize("text", ["https://example.org/work/plan", "docs/root/index", "//python.org/"])
def test_an_innocent_address_passes(text: str) -> None:
    """A path inside an address or a relative path is no machine."""
    assert not list(leaks.hosts_and_paths("x", text))


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        (("0101", "70", "0000"), 1),
        (("0101", "70", "-", "0000"), 1),
        (("cpr=", "2902", "00", "0000", "."), 1),
        (("2902", "01", "0000"), 0),
        (("3113", "70", "0000"), 0),
        (("0.", "0101", "70", "0000"), 0),
        (("0101", "70", "0000", "0"), 0),
        (("--hash=sha256:", ("01017" + "00000") * 6, "ffff"), 0),
    ],
)
def test_a_number_with_a_date_is_caught(digits: tuple[str, ...], expected: int) -> None:
    """With or without hyphen and at the end of a sentence; impossible dates, decimals and hashes pass."""
    assert len(list(leaks.cpr_like("x", "".join(digits)))) == expected


@pytest.mark.parametrize(
    "line",
    [
        "--index-url x",
        "-i x",
        "a>=1",
        "a==1",
        "a @ git+ssh",
        "a==1 --hash=sha256:00",
        "# from https:" + "//x",
    ],
)
def test_a_loose_line_is_caught(line: str) -> None:
    """An index, an open range, a missing or short hash, and a comment with an address are seen."""
    assert len(list(leaks.loose_lines("x", line))) == 1


def test_a_pinned_line_passes() -> None:
    """Name, version, marker, continuation lines and hashes are what a lock consists of."""
    text = "a-b==1.0 ; python_version < '3.12' \\\n    --hash=sha256:" + "0f" * 32 + "\n# via c\n"

    assert list(leaks.requirements(text)) == [("a-b", "1.0")]
    assert not list(leaks.loose_lines("x", text))
