"""MongoDB, as the chassis uses it. The only module that knows motor and PyMongo."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import DeleteOne, InsertOne, ReadPreference, ReplaceOne, WriteConcern
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    OperationFailure,
    WaitQueueTimeoutError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern

from services.chassis.encoding import Document

_DUPLICATE_KEY = 11000
# Not primary, shutting down, stepping down: the server is there but cannot serve for a while.
_PASSING = frozenset(
    {6, 7, 43, 50, 64, 89, 91, 134, 189, 237, 262}
    | {9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436}
)
_ONE_ANSWER = 100_000
IN_ORDER_OF_WRITING = (("$natural", 1),)
"""A sort by which documents come as they lie, which is as they were inserted."""


class StoreUnavailable(ConnectionError):
    """The store did not answer, or did not say what became of a write."""


FIRST = 1
"""The smallest version that a row can have."""


@dataclass(slots=True)
class Upsert:
    """Let this row replace the one under the key, if that one has a smaller `version`."""

    key: str
    version: int
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Insert:
    """Write this row if there is none under the key."""

    key: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Remove:
    """Delete what the filter finds."""

    filter: Mapping[str, Any]


Write = Upsert | Insert | Remove


class Collection:
    """A collection, with just the operations that are safe to repeat."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def insert(self, documents: Sequence[Document]) -> set[str]:
        """Insert all that are not there yet; return the `_id`s of those that were.

        Raises `StoreUnavailable`, after which any of them may or may not have been inserted.
        """
        return await self._insert(documents, [document["_id"] for document in documents])

    async def insert_encoded(self, documents: Mapping[str, bytes]) -> set[str]:
        """Insert documents that are encoded already, by their `_id`, as `insert` does."""
        return await self._insert(list(map(RawBSONDocument, documents.values())), list(documents))

    async def _insert(self, documents: Sequence[Any], ids: Sequence[str]) -> set[str]:
        if not documents:
            return set()
        with _translated():
            try:
                await self._raw.insert_many(documents, ordered=False)
            except BulkWriteError as error:
                return {ids[i] for i in _duplicates(error)}
        return set()

    async def write(self, writes: Sequence[Write]) -> None:
        """Apply all writes, in no order. Raises `StoreUnavailable`."""
        refused = [
            write
            for write in await self._write(writes, upsert=True)
            if isinstance(write, Upsert) and write.version > FIRST
        ]
        # Either what is stored is newer, or another upsert was first to insert the row, and for a
        # filter with `$lt` the server does not try again. Now that the row is there, the filter
        # alone decides.
        await self._write(refused, upsert=False)

    async def _write(self, writes: Sequence[Write], *, upsert: bool) -> list[Write]:
        """Apply the writes; return those that met a duplicate key."""
        if not writes:
            return []
        operations = [_operation(write, upsert) for write in writes]
        with _translated():
            try:
                await self._raw.bulk_write(operations, ordered=False)
            except BulkWriteError as error:
                return [writes[i] for i in _duplicates(error)]
        return []

    async def update(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        """Update all that the filter finds; return how many. Raises `StoreUnavailable`."""
        with _translated():
            result = await self._raw.update_many(filter, change)
            return int(result.matched_count)

    async def delete(self, filter: Mapping[str, Any]) -> int:
        """Delete all that the filter finds; return how many. Raises `StoreUnavailable`."""
        with _translated():
            result = await self._raw.delete_many(filter)
            return int(result.deleted_count)

    async def find(
        self,
        filter: Mapping[str, Any],
        fields: Sequence[str] | None = None,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
    ) -> list[Document]:
        """Return the documents found. Raises `StoreUnavailable`."""
        with _translated():
            cursor = self._raw.find(filter, dict.fromkeys(fields, 1) if fields else None)
            if sort:
                cursor = cursor.sort(list(sort))
            # All in one answer: with the next one, a restarted server no longer knows the cursor.
            cursor = cursor.limit(limit) if limit else cursor.batch_size(_ONE_ANSWER)
            found: list[Document] = await cursor.to_list(length=None)
            return found

    async def scan_as_stored(
        self, filter: Mapping[str, Any], sort: Sequence[tuple[str, int]]
    ) -> AsyncIterator[Document]:
        """Yield the documents found, a batch in memory at a time, also where one is damaged.

        Text that is not UTF-8 comes as other text, which does not encode to the same bytes.
        Raises `StoreUnavailable`.
        """
        lenient: CodecOptions[Document] = CodecOptions(
            tz_aware=True,
            unicode_decode_error_handler="replace",
            datetime_conversion=DatetimeConversion.DATETIME_AUTO,
        )
        with _translated():
            async for document in self._raw.with_options(lenient).find(filter).sort(list(sort)):
                yield document

    async def count(self, filter: Mapping[str, Any]) -> int:
        """Return how many documents the filter finds. Raises `StoreUnavailable`."""
        with _translated():
            return int(await self._raw.count_documents(filter))

    async def index(self, keys: Sequence[tuple[str, int]], **options: Any) -> None:
        """Create an index if it is not there. Raises `StoreUnavailable`."""
        with _translated():
            await self._raw.create_index(list(keys), **options)


class Store:
    """The database of one service: majority writes that are journaled, majority reads."""

    def __init__(self, uri: str, database: str, timeout: float = 5.0) -> None:
        milliseconds = int(timeout * 1000)
        self._client: Any = AsyncIOMotorClient(
            uri,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=6 * milliseconds,
            tz_aware=True,
            # The loop repeats whole batches, which a standalone server allows too.
            retryWrites=False,
        )
        self._database = self._client.get_database(
            database,
            codec_options=CodecOptions(tz_aware=True),
            read_preference=ReadPreference.PRIMARY,
            write_concern=WriteConcern(w="majority", j=True),
            read_concern=ReadConcern("majority"),
        )

    def collection(self, name: str) -> Collection:
        """Return the collection of that name."""
        return Collection(self._database[name])

    async def ping(self) -> None:
        """Raise `StoreUnavailable` unless the server answers."""
        with _translated():
            await self._database.command("ping")

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def _operation(write: Write, upsert: bool) -> Any:
    match write:
        case Upsert(key, version, fields) if version == FIRST and upsert:
            # It replaces nothing, and an insert costs the server a third of an upsert.
            return InsertOne({"_id": key, "_version": version, **fields})
        case Upsert(key, version, fields):
            # A stored version that is not smaller makes this an insert that collides: no change. A
            # row that was only inserted has none, and is older than any.
            return ReplaceOne(
                {"_id": key, "_version": {"$not": {"$gte": version}}},
                {"_version": version, **fields},
                upsert=upsert,
            )
        case Insert(key, fields):
            return InsertOne({"_id": key, **fields})
        case Remove(filter):
            return DeleteOne(filter)


def _duplicates(error: BulkWriteError) -> list[int]:
    """Return the positions of the writes that met a duplicate key; raise for any other fault."""
    details: Any = error.details
    if details.get("writeConcernErrors"):
        raise StoreUnavailable("a write was not confirmed by the majority") from error
    failed = details["writeErrors"]
    for fault in failed:
        if fault["code"] in _PASSING:
            raise StoreUnavailable(f"the store refused a write: {fault['errmsg']}") from error
        if fault["code"] != _DUPLICATE_KEY:
            raise error
    return [fault["index"] for fault in failed]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailure, WaitQueueTimeoutError, WTimeoutError) as error:
        raise StoreUnavailable(f"the store is away: {type(error).__name__}") from error
    except OperationFailure as error:
        if error.code in _PASSING:
            raise StoreUnavailable(f"the store cannot serve now: code {error.code}") from error
        raise
