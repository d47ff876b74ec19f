"""What was accepted: one claim for each person and idempotency key, with the event's bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.chassis.encoding import Document
from services.chassis.store import Store, StoreUnavailable


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's key, the fingerprint of what came with it, and the event that it became."""

    id: str
    fingerprint: bytes
    case_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who holds the keys that were asked for, and which of them are new."""

    held: dict[str, Claim]
    fresh: frozenset[str]


def claim_id(person: str, key: str) -> str:
    """Return the id of a claim. Identifiers have no slash in them."""
    return f"{person}/{key}"


class Submissions:
    """The claims in the store."""

    def __init__(self, store: Store, collection: str = "submissions") -> None:
        self._rows = store.collection(collection)

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._rows.index([("case_id", 1)])

    async def claim(self, asked: Sequence[Claim]) -> Claimed:
        """Claim everything in one write. Raises `StoreUnavailable`.

        After that the claims may be there or not: asking again tells.
        """
        first = {claim.id: claim for claim in reversed(asked)}
        taken = await self._rows.insert([_document(claim) for claim in first.values()])
        earlier = await self.find(taken)
        if len(earlier) < len(taken):
            # Inserted by another replica, and the majority does not know of it yet.
            raise StoreUnavailable("a claim that was made this moment cannot be read yet")
        return Claimed(first | earlier, frozenset(first.keys() - earlier.keys()))

    async def find(self, ids: Iterable[str]) -> dict[str, Claim]:
        """Return the claims with these ids that there are. Raises `StoreUnavailable`."""
        wanted = list(ids)
        if not wanted:
            return {}
        rows = await self._rows.find({"_id": {"$in": wanted}})
        return {row["_id"]: _claim(row) for row in rows}

    async def of_declarant(self, declarant: str) -> list[Claim]:
        """Return all claims of somebody. Raises `StoreUnavailable`."""
        # An id is the declarant, a slash and a key; "0" comes after "/".
        rows = await self._rows.find({"_id": {"$gte": f"{declarant}/", "$lt": f"{declarant}0"}})
        return [_claim(row) for row in rows]

    async def of_case(self, case_id: str) -> list[Claim]:
        """Return all claims about a case. Raises `StoreUnavailable`."""
        return [_claim(row) for row in await self._rows.find({"case_id": case_id})]

    async def of_cases(self, case_ids: Sequence[str]) -> dict[str, Claim]:
        """Return the claims of these cases, by case. Raises `StoreUnavailable`."""
        if not case_ids:
            return {}
        rows = await self._rows.find({"case_id": {"$in": list(case_ids)}})
        return {row["case_id"]: _claim(row) for row in rows}


def _document(claim: Claim) -> Document:
    return {
        "_id": claim.id,
        "fingerprint": claim.fingerprint,
        "case_id": claim.case_id,
        "value": claim.value,
    }


def _claim(row: Document) -> Claim:
    return Claim(row["_id"], row["fingerprint"], row["case_id"], row["value"])
