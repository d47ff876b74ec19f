"""CloudEvents 1.0 in structured JSON: the envelope around every event.

Extension attributes (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md):
`group` (procedure group), `entry` (number of the publisher's journal entry, 0 where there is none),
`causationid` and `correlationid` (the event that led to this one, and the first of the chain) and
`traceparent` (W3C Trace Context).
"""

import builtins
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
)

from contracts.model import Value

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"


class Event(Value):
    """A fact in the past tense. `type` is `<publisher>.<what-happened>.v<version>`.

    `stream` is the second half of the name of the topic that it is published on. One other than
    `events` is for what those who hear the publisher need not be burdened with. `replaces` is the
    version before this one, if there was one, and `upgrade` reads that as this.
    """

    type: ClassVar[str]
    stream: ClassVar[str] = "events"
    replaces: ClassVar["builtins.type[Event] | None"] = None

    def __init_subclass__(
        cls,
        *,
        type: str | None = None,
        stream: str | None = None,
        replaces: "builtins.type[Event] | None" = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.replaces = replaces
        if type is not None:
            cls.type = type
        if stream is not None:
            cls.stream = stream

    @classmethod
    def upgrade(cls, earlier: Any) -> Self:
        """Return what an event of the version that this one replaces says, as this one says it.

        Pure. May raise `ValueError` for one that has no sense in this version.
        """
        raise NotImplementedError(f"{cls.type} does not say how the version before it is read")


def versions(event: type[Event]) -> Iterator[type[Event]]:
    """Yield the event and the versions that it replaces, newest first."""
    version: type[Event] | None = event
    while version is not None:
        yield version
        version = version.replaces


def upgraded(event: Event, to: type[Event]) -> Event:
    """Return the event in a version that replaces its own; as it is, where that is its own.

    Raises whatever the versions on the way raise where they cannot be made of the one before.
    """
    if event.type == to.type:
        return event
    assert to.replaces is not None, f"{event.type} is no version of {to.type}"
    return to.upgrade(upgraded(event, to.replaces))


E_co = TypeVar("E_co", bound=Event, covariant=True)


class Envelope(BaseModel, Generic[E_co]):
    """One event on its way. `subject` is the case; `id` is unique within `source`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Annotated[str, Field(min_length=1)]
    type: str
    subject: Annotated[str, Field(min_length=1, max_length=128)]
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    group: str
    entry: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    causationid: UUID | None = None
    correlationid: UUID
    traceparent: str | None = None
    data: E_co

    def encode(self) -> bytes:
        """Return the structured JSON of this envelope, as it goes over the wire."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)


class Undecodable(ValueError):
    """The bytes are not an event that this codec knows; the message says why."""


@cache
def envelope_of(event: type[E_co]) -> type[Envelope[E_co]]:
    """Return the envelope model for one type of event."""
    only: Any = Literal[event.type]
    return create_model(
        f"{event.__name__}Envelope",
        __base__=Envelope[event],  # type: ignore[valid-type]
        type=(only, event.type),
    )


class _Nothing(Envelope[Event]):
    type: Literal[""]


class Codec:
    """Parses envelopes of a known set of event types, in one pass of one union."""

    def __init__(self, events: Iterable[type[Event]]) -> None:
        self.types = {event.type: event for event in events}
        joined: Any = _Nothing  # so that `type` decides also where there is but one event
        for event in self.types.values():
            joined = joined | envelope_of(event)
        union: Any = Annotated[joined, Field(discriminator="type")]
        self._adapter: TypeAdapter[Envelope[Event]] = TypeAdapter(union)

    def decode(self, value: bytes) -> Envelope[Event]:
        """Return the envelope in `value`.

        Raises `Undecodable` for bad JSON, a type not in this codec, or a wrong schema.
        """
        try:
            return self._adapter.validate_json(value, strict=True)
        except ValidationError as error:
            raise Undecodable(_sentence(error)) from error


class _Head(BaseModel):
    type: str


def type_of(value: bytes) -> str | None:
    """Return the event type that `value` claims, or None where it is no envelope at all."""
    try:
        return _Head.model_validate_json(value).type
    except ValidationError:
        return None


def _sentence(error: ValidationError) -> str:
    """Say what is wrong and where, without repeating the value: it may be personal data."""
    first = error.errors(include_input=False, include_url=False)[0]
    if first["type"] == "union_tag_invalid":
        return "type: not an event, or not a version of it, that is known here"
    where = ".".join(str(part) for part in first["loc"]) or "the message"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg']}{more}"
