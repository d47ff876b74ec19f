"""Comparing what services heard of each other's entries with the entries that they still have.

Each service writes its own entries and what it heard of others as lines of JSON, both in the order
of cases; so everything is compared one case at a time, however long the journals are.
"""

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

_PREFIX = "/services/"


class Line(NamedTuple):
    """An entry of a case: `source` has it, or `receiver` heard an event of it."""

    case_id: str
    source: str
    n: int
    hash: str | None
    receiver: str | None


@dataclass(frozen=True)
class Finding:
    """What the witnesses say of a case at one service."""

    service: str
    case_id: str
    n: int
    what: str
    is_missing: bool

    def __str__(self) -> str:
        return f"{self.service}: case {self.case_id} entry {self.n}: {self.what}"


@dataclass(frozen=True)
class Folder:
    """A folder with two files of each service."""

    path: Path

    def entries(self, service: str) -> Path:
        """Return the file of the service's own entries."""
        return self.path / f"{service}.entries.ndjson"

    def heard(self, service: str) -> Path:
        """Return the file of what the service heard of others' entries."""
        return self.path / f"{service}.heard.ndjson"


def compare(folder: Folder, services: Iterable[str]) -> list[Finding]:
    """Return every contradiction between these services, by case."""
    known = frozenset(services)
    files = [_own(folder.entries(name), name) for name in known]
    files += [_heard(folder.heard(name), name) for name in known]
    findings: list[Finding] = []
    for case_id, lines in groupby(heapq.merge(*files, key=_case_of), key=_case_of):
        findings += _of_case(case_id, [line for line in lines if line.source in known])
    return findings


def _of_case(case_id: str, lines: Iterable[Line]) -> Iterator[Finding]:
    stored: dict[str, dict[int, str | None]] = defaultdict(dict)
    heard: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in lines:
        if line.receiver is None:
            stored[line.source][line.n] = line.hash
        else:
            heard[line.source, line.n].append(line)
    for (source, n), witnesses in sorted(heard.items()):
        own = stored[source]
        if n not in own:
            yield Finding(source, case_id, n, _missing(n, own, witnesses), is_missing=True)
        elif others := [line for line in witnesses if line.hash not in (None, own[n])]:
            what = f"was rewritten: {_names(others)} heard it with another hash"
            yield Finding(source, case_id, n, what, is_missing=False)


def _missing(n: int, own: dict[int, str | None], witnesses: Iterable[Line]) -> str:
    names = _names(witnesses)
    if not own:
        return f"is missing with its whole case: the case was deleted, {names} heard it"
    if n > max(own):
        return f"is missing: the tail of the case was cut off, {names} heard it"
    return f"is missing: {names} heard it"


def _case_of(line: Line) -> str:
    return line.case_id


def _names(lines: Iterable[Line]) -> str:
    return " and ".join(sorted({line.receiver for line in lines if line.receiver}))


def _own(path: Path, service: str) -> Iterator[Line]:
    for row in _rows(path):
        yield Line(row["case_id"], service, row["n"], row["hash"], None)


def _heard(path: Path, receiver: str) -> Iterator[Line]:
    for row in _rows(path):
        if row["source"].startswith(_PREFIX):
            source = row["source"].removeprefix(_PREFIX)
            yield Line(row["case_id"], source, row["n"], row["hash"], receiver)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
