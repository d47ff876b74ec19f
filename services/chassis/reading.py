"""From raw messages to items to decide, each with its case; what cannot be read is a failure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from contracts.envelope import Codec, Envelope, Event, Undecodable, type_of
from services.chassis import deadlines
from services.chassis.broker import LARGEST_EVENT
from services.chassis.cause import Cause, Signed, cause_of
from services.chassis.dead_letters import Failure
from services.chassis.deadlines import Due
from services.chassis.encoding import Document
from services.chassis.message import Headers, Message
from services.chassis.signing import HEADER
from services.chassis.tips import HeardId

_ATTRIBUTES = 512
"""Bytes in which an envelope's type is found, unless its writer puts the data first."""
DEADLINE = "deadline"
"""The type under which a deadline that came due is heard."""


@dataclass(slots=True)
class Item:
    """Something to decide about a case: an event, or a deadline that came due."""

    case_id: str
    heard_id: HeardId
    """Source and id, by which a repeated event is known."""
    cause: Cause
    correlation: UUID
    traceparent: str | None
    partition: int
    message: Message
    event: Event | None = None
    due: Due | None = None
    witnessed_hash: str | None = None

    def whereabouts(self) -> dict[str, str]:
        """Return what a log says of it."""
        where = {"case": self.case_id, "correlation": str(self.correlation)}
        match (self.traceparent or "").split("-"):
            case [_, trace, _, _]:  # whatever else a sender wrote there is no trace
                where["trace"] = trace
        return {**where, "event": self.heard_id[1]}

    def failure(self, error: Exception, *, waits: bool = False) -> Failure:
        """Return the failure that an exception makes of it; see `Failure.waits`."""
        return Failure.of(self.message, error, self.whereabouts(), due=self.due, waits=waits)

    def heard(self) -> Document:
        """Return what the journal keeps: enough to know it again and to bear witness to it."""
        cause = self.cause
        source, id = self.heard_id
        return {
            "source": source,
            "id": id,
            "type": cause.type,
            "time": cause.time,
            "entry": cause.entry,
            "hash": self.witnessed_hash,
        }


class Unreadable(ValueError):
    """A message is not an event that this service can take; the text says why."""


class Reader:
    """Reads messages by one codec.

    A type that is catalogued but not handled is skipped, mostly by its header and unread. A
    handled type in an unknown version is a failure. Other unknown types are a failure where
    `reports_unknown` is set, which one service of the system does.
    """

    def __init__(
        self, handled: Iterable[type[Event]], catalogued: Iterable[str], reports_unknown: bool
    ) -> None:
        self._codec = Codec(handled)
        self._skipped = {type.encode() for type in catalogued if type not in self._codec.types}
        self._handled_names = {_unversioned(type) for type in self._codec.types}
        self._reports_unknown = reports_unknown

    def read(self, message: Message) -> Item | None:
        """Return the item in a message, or None where it is not for this service.

        Raises `Unreadable`.
        """
        if message.unreadable:
            raise Unreadable(message.unreadable)
        if message.topic.startswith(f"{deadlines.TOPIC}/"):
            return item_of(_due(message), message)
        headers = _headers(message.headers)
        value = message.value
        if value is None:
            raise Unreadable("the message is empty")
        if self._skippable(headers.get("type"), value):
            return None
        if len(value) > LARGEST_EVENT:
            raise Unreadable(
                f"{len(value):,} bytes are more than the {LARGEST_EVENT:,} of an event"
            )
        try:
            envelope = self._codec.decode(value)
        except Undecodable as error:
            if self._ignorable(type_of(value)):
                return None
            raise Unreadable(str(error)) from error
        return _item(envelope, message, headers)

    def _skippable(self, type: bytes | None, value: bytes) -> bool:
        # A header that the event itself does not bear out must not lose it.
        return type in self._skipped and type is not None and type in value[:_ATTRIBUTES]

    def _ignorable(self, type: str | None) -> bool:
        if type is None or type in self._codec.types:
            return False
        if _encoded(type) in self._skipped:
            return True
        return _unversioned(type) not in self._handled_names and not self._reports_unknown

    def read_all(self, messages: Iterable[Message]) -> tuple[list[Item], list[Failure]]:
        """Return the items of all messages, and a failure for each that cannot be read."""
        items: list[Item] = []
        failures: list[Failure] = []
        for message in messages:
            try:
                item = self.read(message)
            except Unreadable as error:
                failures.append(Failure.of(message, error))
            else:
                if item is not None:
                    items.append(item)
        return items, failures


def _due(message: Message) -> Due:
    try:
        return Due.model_validate_json(message.value or b"")
    except ValidationError as error:
        raise Unreadable(str(error)) from error


def item_of(due: Due, message: Message | None = None) -> Item:
    """Return the item of a deadline that came due, perhaps from the message of a replay."""
    source = f"{DEADLINE}/{due.procedure}/{due.name}"
    return Item(
        case_id=due.case_id,
        heard_id=(source, str(due.event_id)),
        cause=Cause(
            id=due.event_id,
            type=DEADLINE,
            source=source,
            time=due.due,
            group=due.group,
            correlation=due.correlation,
            traceparent=due.traceparent,
        ),
        correlation=due.correlation,
        traceparent=due.traceparent,
        partition=due.partition,
        message=message or due.message(),
        due=due,
    )


def _item(envelope: Envelope[Event], message: Message, headers: Mapping[str, bytes]) -> Item:
    witnessed = headers.get("entry-hash")
    cause = cause_of(envelope)
    if (signature := headers.get(HEADER)) is not None:
        cause.signed = Signed(message.value or b"", signature.decode())
    return Item(
        case_id=envelope.subject,
        heard_id=(envelope.source, str(envelope.id)),
        cause=cause,
        correlation=envelope.correlationid,
        traceparent=envelope.traceparent,
        partition=message.partition,
        event=envelope.data,
        message=message,
        witnessed_hash=witnessed.decode("ascii", "replace") if witnessed else None,
    )


def _headers(headers: Headers) -> dict[str, bytes]:
    given = {name: value for name, value in headers if value is not None}
    try:
        # All at once, parted by what is part of no other character.
        b"\n".join([value for _, value in headers if value is not None]).decode()
    except UnicodeDecodeError:
        _blame(headers)
    return given


def _blame(headers: Headers) -> None:
    for name, value in headers:
        if value is None:
            continue
        try:
            value.decode()
        except UnicodeDecodeError as error:
            raise Unreadable(f"header '{name}' is not UTF-8 at byte {error.start}") from error


def _unversioned(type: str) -> str:
    return type.rsplit(".", 1)[0]


def _encoded(type: str) -> bytes:
    return type.encode("utf-8", "replace")
