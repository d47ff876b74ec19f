"""Documents that agencies give, take back and put right -> filed; and what has become of them.

A pure fold for all groups. Nothing is judged here: what an agency has signed is kept as it is, byte
for byte, and verified by whoever asks. Neither a result on file nor a row of changes ever changes,
so the order of events does not matter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic_core import to_jsonable_python

from contracts.catalogue import Catalogue, catalogue
from contracts.envelope import Event
from contracts.group import Change, Document, ProcedureSpec
from services.chassis.procedure import Context, Decision, Filed, Procedure, Record, State

RESULTS, CHANGES = "results", "result_changes"
"""What documents are filed as, by number and version; and the register of what became of them."""
AFFECTING: Mapping[Change, Literal["revoked", "superseded"]] = {
    "cancelled": "revoked",
    "corrected": "superseded",
}
"""What becomes of a document when this has become of its procedure."""
Row = Mapping[str, Any]
"""A document on file, or a row of the register of changes, with its key as `_id`."""


class Nothing(State):
    """Nothing is remembered: the file and the register have all of it."""


class Results:
    """Keeps the documents of every group in the catalogue."""

    def __init__(self, known: Catalogue) -> None:
        self._given: dict[tuple[str, str], tuple[ProcedureSpec, Document]] = {}
        self._changed: dict[tuple[str, str], list[tuple[ProcedureSpec, Change]]] = {}
        self.hears: dict[type[Event], None] = {}
        for group in known.groups.values():
            for spec in group.procedures:
                for event, document in spec.documents.items():
                    self._given[group.name, event.type] = spec, document
                changes = spec.afterwards if spec.documents else {}
                affecting = {e: change for e, change in changes.items() if change in AFFECTING}
                for event, change in affecting.items():
                    self._changed.setdefault((group.name, event.type), []).append((spec, change))
                self.hears.update(dict.fromkeys((*spec.documents, *affecting)))

    def heard(self, state: Nothing, event: Event, context: Context) -> Decision[Nothing]:
        """Keep a document under its number, or note what has become of those of a procedure."""
        key = context.cause.group, context.cause.type
        given = self._given.get(key)
        filed = (_given(*given, event, context),) if given else ()
        changed = (_changed(*each, event, context) for each in self._changed.get(key, ()))
        return Decision(state, filed=filed, records=tuple(changed))


def procedure(known: Catalogue) -> Procedure[Nothing]:
    """Return the procedure that keeps the documents of all groups in the catalogue."""
    kept = Results(known)
    made = Procedure("results", initial=Nothing())
    made.on(*kept.hears)(kept.heard)
    return made


def numbered(number: str, entry: int) -> str:
    """Return the key of a document: of one number there may be a later version."""
    return f"{number}/{entry:06d}"


def versions(number: str) -> str:
    """Return how the keys of all versions of a document begin."""
    return f"{number}/"


def changes(case_id: str, procedure: str) -> dict[str, Any]:
    """Return the filter that finds what has become of the documents of a procedure."""
    # "0" comes right after "/": all keys that begin so, by the index that every register has.
    return {"_id": {"$gte": f"{case_id}/{procedure}/", "$lt": f"{case_id}/{procedure}0"}}


def version_of(row: Row) -> int:
    """Return the version of a document, which only grows: the entry by which its agency said it."""
    return int(row["_id"].rpartition("/")[2])


def affecting(spec: ProcedureSpec, given: Sequence[Row], changed: Sequence[Row]) -> Row | None:
    """Return the change by which a version is revoked or superseded, or None: it is the newest.

    `given` are the version and those before it, the newest first; `changed` is what has become of
    the procedure's documents, the oldest first. What counts is the order in which the agency said
    it. What is void was not put right by any correction, whichever came first: a corrected version
    is void with what it corrects, also where that was cancelled before.
    """
    corrections = {event.type for event, change in spec.afterwards.items() if change == "corrected"}
    version = version_of(given[0])
    granted = next((version_of(row) for row in given if row["type"] not in corrections), version)
    # A correction supersedes what was given before it, and is a version itself.
    for becomes, since in (("revoked", granted), ("superseded", version + 1)):
        for row in changed:
            if row["becomes"] == becomes and version_of(row) >= since:
                return row
    return None


def _given(spec: ProcedureSpec, document: Document, event: Event, context: Context) -> Filed:
    cause = context.cause
    row: dict[str, str | bytes | datetime | None] = {
        "case_id": context.case_id,
        "group": cause.group,
        "procedure": spec.name,
        "type": cause.type,
        "at": cause.time,
        "content": cause.signed.content if cause.signed else None,
        "signature": cause.signed.signature if cause.signed else None,
    }
    key = numbered(str(vars(event)[document.number]), cause.entry)
    return Filed(RESULTS, key, row)


def _changed(spec: ProcedureSpec, change: Change, event: Event, context: Context) -> Record:
    cause = context.cause
    reason = to_jsonable_python(vars(event).get("reason"))
    row = {
        "type": cause.type,
        "at": cause.time,
        "becomes": AFFECTING[change],
        "reason": reason,
    }
    key = f"{context.case_id}/{spec.name}/{cause.entry:06d}"
    return Record(CHANGES, key, row, insert_only=True)


results = procedure(catalogue())
