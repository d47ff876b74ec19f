"""Verifying a journal: whether its entries are as they were written, and all of them are there.

Whoever changes an entry breaks its hash; whoever removes one from the middle leaves a gap. Whoever
cuts off the end, or seals everything anew, is found out by others: each event carries the number
and the hash of its entry, and the journals of those who heard it keep both.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from services.chassis.encoding import Document, Unencodable
from services.chassis.journal import Journal, entry_id, seal
from services.chassis.tips import NO_HASH, HeardId


@dataclass(frozen=True)
class Fault:
    """What is wrong with an entry of a case."""

    case_id: str
    n: int
    what: str

    def __str__(self) -> str:
        return f"case {self.case_id} entry {self.n}: {self.what}"


@dataclass
class Report:
    """What was looked at, and what was found."""

    cases: int = 0
    entries: int = 0
    events: int = 0
    faults: list[Fault] = field(default_factory=list)


See = Callable[[Document], None]
"""Is shown each entry as it is stored, by case and number."""


async def verify(journal: Journal, source: str, see: See) -> Report:
    """Check every entry of a journal whose events come from `source`.

    Raises `StoreUnavailable`.
    """
    report = Report()
    async for case_id, scanned in _by_case(journal.documents()):
        rows, faults = scanned, faults_of(case_id, scanned, source)
        if faults:
            # While the service writes, a scan may miss what a second look at the case finds.
            rows = [row async for row in journal.documents(case_id)] or scanned
            faults = faults_of(case_id, rows, source)
        report.cases += 1
        report.entries += len(rows)
        report.events += sum(len(_listed(row, "events")) for row in rows)
        report.faults += faults
        for row in rows:
            see(row)
    return report


def faults_of(case_id: str, rows: Sequence[Document], source: str) -> list[Fault]:
    """Return what is wrong with the entries of one case, given in the order of their numbers."""
    return [*_broken_chain(case_id, rows), *_broken_entries(case_id, rows, source)]


def is_sealed(row: Document) -> bool:
    """Return whether the entry's content has the hash that is stored with it."""
    content = {name: value for name, value in row.items() if name != "hash"}
    if not isinstance(content.get("previous_hash"), bytes):
        return False
    try:
        return seal(content) == row.get("hash")
    except Unencodable:
        return False


def witnessed(row: Document) -> Iterator[Document]:
    """Yield what an entry says of the entries of others: source, case, number and hash (hex)."""
    if is_sealed(row):
        for heard in row["heard"]:
            if heard["entry"]:
                yield {
                    "source": heard["source"],
                    "case_id": row["case_id"],
                    "n": heard["entry"],
                    "hash": heard["hash"],
                }


def own(row: Document) -> Document | None:
    """Return an entry's case, number and hash (hex); None where one of them is not what it was."""
    case_id, n, hash = row.get("case_id"), row.get("n"), row.get("hash")
    if isinstance(case_id, str) and isinstance(n, int) and isinstance(hash, bytes):
        return {"case_id": case_id, "n": n, "hash": hash.hex()}
    return None


async def _by_case(
    documents: AsyncIterator[Document],
) -> AsyncIterator[tuple[str, list[Document]]]:
    rows: list[Document] = []
    async for row in documents:
        if rows and row.get("case_id") != rows[0].get("case_id"):
            yield str(rows[0].get("case_id")), rows
            rows = []
        rows.append(row)
    if rows:
        yield str(rows[0].get("case_id")), rows


def _broken_chain(case_id: str, rows: Sequence[Document]) -> Iterator[Fault]:
    expected, tip = 1, NO_HASH
    for row in rows:
        n = _number(row)
        if n > expected:
            rest = f", and all up to entry {n - 1}" if n > expected + 1 else ""
            yield Fault(case_id, expected, f"is missing{rest}")
        elif row.get("previous_hash") != tip:
            yield Fault(case_id, n, "does not continue the entry before it: one was replaced")
        expected, tip = n + 1, row.get("hash", NO_HASH)


def _broken_entries(case_id: str, rows: Sequence[Document], source: str) -> Iterator[Fault]:
    heard: dict[HeardId, int] = {}
    for row in rows:
        n = _number(row)
        if not is_sealed(row):
            yield Fault(case_id, n, "was changed: it does not have its hash")
            continue
        try:
            wrong = list(_contradictions(case_id, row, source, heard))
        except (KeyError, TypeError) as error:
            wrong = [f"is not an entry as this program writes them: {error!r}"]
        yield from (Fault(case_id, n, what) for what in wrong)


def _contradictions(
    case_id: str, row: Document, source: str, heard: dict[HeardId, int]
) -> Iterator[str]:
    """Yield what the content of an entry contradicts, though its hash is right."""
    n = row["n"]
    if row["_id"] != entry_id(case_id, n):
        yield f"is stored as {row['_id']}"
    for event in row["heard"]:
        id = (event["source"], event["id"])
        if heard.setdefault(id, n) != n:
            yield f"hears {id[1]} again, which entry {heard[id]} heard"
    for event in row["events"]:
        if (wrong := _misnamed(event, source, case_id, n)) is not None:
            yield f"its event {event['type']} {wrong}"


def _misnamed(event: Document, source: str, case_id: str, n: int) -> str | None:
    """Return how the bytes to be published contradict the entry that they are in."""
    try:
        envelope: Any = from_json(event["value"])
        told = {name: envelope[name] for name in ("type", "source", "subject", "entry")}
    except (ValueError, KeyError, TypeError) as error:
        return f"cannot be read: {type(error).__name__}"
    stored = {"type": event["type"], "source": source, "subject": case_id, "entry": n}
    for name, value in stored.items():
        if told[name] != value:
            return f"says {name} {told[name]}, not {value}"
    return None


def _number(row: Document) -> int:
    n = row.get("n")
    return n if isinstance(n, int) else 0


def _listed(row: Document, name: str) -> list[Any]:
    found = row.get(name)
    return found if isinstance(found, list) else []
