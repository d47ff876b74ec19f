"""From a decision to effects as they are stored: events encoded, records, deadlines, releases."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts.envelope import Event, envelope_of
from contracts.model import of_valid
from services.chassis import deadlines
from services.chassis.broker import LARGEST_EVENT
from services.chassis.deadlines import Due
from services.chassis.encoding import Document, Unencodable, check_row
from services.chassis.memory import Memory
from services.chassis.procedure import Deadline, Decision, Measure, Owner, Procedure, Record
from services.chassis.reading import Item
from services.chassis.registers import RESERVED
from services.chassis.signing import HEADER, Signer

Answers = Mapping[str, Owner]
_REGISTER = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(slots=True)
class Effects:
    """Effects of one entry. Of a record or deadline that is set twice, the last one counts."""

    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    filed: list[Document] = field(default_factory=list)
    deadlines: dict[str, Callable[[], Due] | None] = field(default_factory=dict)
    """By key. None takes one back; one that is set is made when it is stored, and not before."""
    releases: list[Document] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)

    def says_again(self, before: "Effects") -> bool:
        """Return whether it has an event of a type of which there was one before.

        Who hears both could not tell which is the newer one, were they of one entry.
        """
        if not (self.events and before.events):
            return False
        said = {event["type"] for event in before.events}
        return any(event["type"] in said for event in self.events)

    def merge(self, later: "Effects") -> None:
        """Add the effects of the next item.

        A deadline that one item sets and a later one takes back was never there.
        """
        self.records.update(later.records)
        self.filed += later.filed
        for key, due in later.deadlines.items():
            if self.deadlines.pop(key, None) is None or due is not None:
                self.deadlines[key] = due
        self.releases += later.releases
        self.events += later.events
        self.measures += later.measures

    def stored(self) -> dict[str, Any]:
        """Return the effects as the fields of an entry."""
        return {
            "records": [_stored(record) for record in self.records.values()],
            "filed": self.filed,
            "deadlines": [
                deadlines.taken_back(key) if due is None else due().row()
                for key, due in self.deadlines.items()
            ],
            "releases": self.releases,
            "events": self.events,
        }


@dataclass(slots=True)
class Step:
    """One item on its way through the procedures: nothing counts until all of them took it."""

    case_id: str
    n: int
    now: datetime
    answers: Answers
    item: Item
    memo: dict[Any, Any]
    effects: Effects = field(default_factory=Effects)


class Effector:
    """Collects what the decisions of one service lead to."""

    def __init__(
        self, service: str, procedures: Sequence[Procedure[Any]], signer: Signer | None = None
    ) -> None:
        self._signer = signer
        self._source = f"/services/{service}"
        self._namespaces = {
            procedure.name: uuid5(NAMESPACE_URL, f"{self._source}/{procedure.name}")
            for procedure in procedures
        }

    def collect(
        self, procedure: Procedure[Any], decision: Decision[Any], step: Step, after: Memory
    ) -> None:
        """Add the effects of a decision to the step, and its deadlines to the memory.

        Raises `Unencodable` or `ValueError` for an event that cannot be published, and
        `KeyMissing` for one that cannot be signed.
        """
        effects, case_id = step.effects, step.case_id
        for index, event in enumerate(decision.events):
            said = self._encode(procedure, event, index, step)
            effects.events.append(self._signed(said, decision.signatory))
        for record in decision.records:
            effects.records[record.register, record.key] = record
        for filed in decision.filed:
            check_row(filed.fields)
            effects.filed.append({"key": filed.id, "fields": dict(filed.fields)})
        for deadline in decision.deadlines:
            self._deadline(procedure, deadline, step, after)
        for claim in decision.releases:
            owner = Owner(case_id=case_id, procedure=procedure.name, subject=claim.subject)
            effects.releases.append({"id": claim.id, "owner": owner.document()})
        effects.measures += decision.measures

    def _encode(self, procedure: Procedure[Any], event: Event, index: int, step: Step) -> Document:
        item = step.item
        source, id = item.heard_id
        # Its data has just been validated, and each event that is decided goes through here.
        attributes = {
            "specversion": "1.0",
            "id": uuid5(self._namespaces[procedure.name], f"{source}/{id}/{index}"),
            "source": self._source,
            "type": event.type,
            "subject": step.case_id,
            "time": step.now,
            "datacontenttype": "application/json",
            "group": item.cause.group,
            "entry": step.n,
            "causationid": item.cause.id,
            "correlationid": item.correlation,
            "traceparent": item.traceparent,
            "data": event,
        }
        value = of_valid(envelope_of(type(event)), attributes).encode()
        if len(value) > LARGEST_EVENT:
            raise Unencodable(f"{event.type} of {len(value):,} bytes is too large to publish")
        return {"type": event.type, "value": value, "cause": [source, id]}

    def _signed(self, said: Document, signatory: str | None) -> Document:
        if self._signer is None:
            return said
        signature = self._signer.signature(said["type"], said["value"], signatory)
        return said if signature is None else {**said, HEADER: signature}

    def _deadline(
        self, procedure: Procedure[Any], deadline: Deadline, step: Step, after: Memory
    ) -> None:
        name = f"{procedure.name}/{deadline.name}"
        changed, item = step.effects.deadlines, step.item
        before = after.deadlines.pop(name, None)
        if before is not None:
            changed[deadlines.key(step.case_id, procedure.name, deadline.name, before)] = None
        if deadline.due is None:
            return
        after.deadlines[name] = cause = item.heard_id[1]
        changed[deadlines.key(step.case_id, procedure.name, deadline.name, cause)] = partial(
            Due,
            case_id=step.case_id,
            procedure=procedure.name,
            name=deadline.name,
            due=deadline.due,
            cause=item.cause.id,
            group=item.cause.group,
            correlation=item.correlation,
            traceparent=item.traceparent,
            partition=item.partition,
        )


@cache
def _check_register(name: str) -> None:
    if not _REGISTER.fullmatch(name) or name in RESERVED:
        raise Unencodable(f"{name!r} is no name for a register")


def _stored(record: Record) -> Document:
    _check_register(record.register)
    fields = dict(record.row())
    check_row(fields)
    return {
        "register": record.register,
        "key": record.key,
        "fields": fields,
        "insert_only": record.insert_only,
    }
