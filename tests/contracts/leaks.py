"""What may not stand in a tracked file: package hosts, machine paths, persons' numbers, loose pins."""

import re
from collections.abc import Iterator
from datetime import date

REGISTRY = re.compile(r"//[a-z0-9.-]*(pypi|pythonhosted|npmjs|maven|debian)[a-z0-9.-]*/", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.-])/(work|root)/")

# DDMMYY-SSSS. Not after `digit.`, and not before `.digit`: those are decimals of a number.
CPR = re.compile(r"\b(?<!\d\.)(\d{6})-?\d{4}\b(?!\.\d)")

REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")


def hosts_and_paths(path: str, text: str) -> Iterator[str]:
    """Lines that name a package registry or the machine somebody worked on."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in (REGISTRY, MACHINE_PATH):
            if match := pattern.search(line):
                yield f"{path}:{number}: {match[0]}"


def cpr_like(path: str, text: str) -> Iterator[str]:
    """Ten digits that begin with a day, a month and a year; only digits of hashes are passed over."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in CPR.finditer(HASH.sub("", line)):
            if _has_date(match[1]):
                yield f"{path}:{number}: {match[0]}"


def requirements(text: str) -> dict[tuple[str, str], str]:
    """(name, version) -> the whole entry of a lock file, its continuation lines joined."""
    entries = [entry.strip() for entry in text.replace("\\\n", " ").splitlines()]
    return {
        (match["name"].lower(), match["version"]): entry for entry in entries if (match := REQUIREMENT.match(entry))
    }


def loose_lines(path: str, text: str) -> Iterator[str]:
    """Entries of a lock file that are not exactly pinned with a hash, and lines that name an index."""
    for entry in text.replace("\\\n", " ").splitlines():
        entry = entry.strip()
        if not entry or (entry.startswith("#") and "://" not in entry):
            continue
        if not REQUIREMENT.match(entry) or "://" in entry or " @ " in entry:
            yield f"{path}: not a pinned requirement: {entry[:60]}"
        elif not HASH.search(entry):
            yield f"{path}: no sha256 hash: {entry[:60]}"


def _has_date(digits: str) -> bool:
    """Is DDMMYY a day of some century? 29 February counts if any of them was a leap year."""
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    for century in (1800, 1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False
