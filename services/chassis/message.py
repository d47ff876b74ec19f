"""A message as it arrived, before anybody has looked into it."""

from dataclasses import dataclass

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """Raw bytes and where they came from. `timestamp` is milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    replayed: bool = False
    unreadable: str | None = None
    """Why the client could not read it; then there is neither key nor value."""

    @property
    def id(self) -> str:
        """Topic, partition and offset: where in Kafka it lies."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be published: the bytes as they stand in the journal."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
