"""A message as it arrived, before anybody has looked into it."""

from dataclasses import dataclass

Headers = tuple[tuple[str, bytes | None], ...]


# Not frozen, as the other records of the loop: freezing makes building one three times as slow, and
# each message builds several.
@dataclass(slots=True)
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


@dataclass(slots=True)
class Outgoing:
    """A message to be published: the bytes as they stand in the journal.

    Where no `partition` is given, it follows from the key.
    """

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    partition: int | None = None


@dataclass(frozen=True)
class UnreadRecord:
    """Stands for a record that the client cannot read: the name of a header is no UTF-8, or its
    compression is unknown here. It has the fields of a record, and says why."""

    topic: str
    partition: int
    offset: int
    unreadable: str
    timestamp: int = -1
    key: None = None
    value: None = None
    headers: tuple[()] = ()
