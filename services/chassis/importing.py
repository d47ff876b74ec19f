"""Taking in records from a file: each line becomes one event, the first of its case.

To import a file again changes nothing, because an event's id comes from what it says. The file's
name is a part of its source: the same record in another file is news, which counts if it is later.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ValidationError

from contracts.envelope import Event, envelope_of
from services.chassis.broker import LARGEST_EVENT
from services.chassis.consumer import from_outside
from services.chassis.message import Outgoing
from services.chassis.tips import HeardId

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class Importer(Generic[R]):
    """What a service makes of the records of a file.

    Args:
        model: the record in a line; fields that it does not have are mistakes.
        group: the procedure group of the events.
        key: tells records apart, and names the case for ever: "kind/identifier".
        event: makes the event of a record and the name of the file.
    """

    model: type[R]
    group: str
    key: Callable[[R], str]
    event: Callable[[R, str], Event]


@dataclass(frozen=True)
class BadLine:
    """A line that was not imported, and why, without what it holds."""

    number: int
    reason: str


@dataclass(frozen=True)
class Arrival:
    """The event of a line, ready to be published."""

    case_id: str
    heard_id: HeardId
    message: Outgoing


@dataclass
class File(Generic[R]):
    """A file to import, by its name only. It is read once."""

    name: str
    importer: Importer[R]
    topic: str
    now: datetime
    _seen: dict[UUID, tuple[int, bytes]] = field(default_factory=dict)

    def read(self, lines: Iterable[bytes]) -> Iterator[Arrival | BadLine | None]:
        """Yield for each line its event, or why it is bad, or None where it says nothing new."""
        for number, line in enumerate(lines, start=1):
            text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
            yield self._read_line(number, text) if text.strip() else None

    def _read_line(self, number: int, line: bytes) -> Arrival | BadLine | None:
        try:
            record = self.importer.model.model_validate_json(line, strict=True, extra="forbid")
        except ValidationError as error:
            return BadLine(number, _reason(error))
        content = record.model_dump_json().encode()
        case = uuid5(NAMESPACE_URL, self.importer.key(record))
        digest = hashlib.sha256(content).digest()
        first, known = self._seen.setdefault(case, (number, digest))
        if known != digest:
            return BadLine(number, f"differs from line {first}, which is about the same")
        if first != number:
            return None
        arrival = self._arrival(case, uuid5(case, digest.hex()), record)
        size = len(arrival.message.value)
        if size > LARGEST_EVENT:
            return BadLine(number, f"makes an event of {size:,} bytes: {LARGEST_EVENT:,} at most")
        return arrival

    def _arrival(self, case: UUID, id: UUID, record: R) -> Arrival:
        event = self.importer.event(record, self.name)
        envelope = envelope_of(type(event))(
            id=id,
            source=f"/imports/{quote(self.name)}",
            type=event.type,
            subject=str(case),
            time=self.now,
            group=self.importer.group,
            correlationid=id,
            data=event,
        )
        message = from_outside(self.topic, str(case), event.type, envelope.encode())
        return Arrival(str(case), (envelope.source, str(id)), message)


def _reason(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg']}{more}" if where else f"{first['msg']}{more}"
