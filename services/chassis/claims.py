"""Claims: scarce things, each held by whoever inserted its key first."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from services.chassis.encoding import Document
from services.chassis.journal import Entry
from services.chassis.procedure import Claim, Owner
from services.chassis.store import Remove, Store
from services.chassis.tips import Holding


class Asked(NamedTuple):
    """A claim that an entry, not yet appended, asks for."""

    claim: Claim
    owner: Owner
    n: int

    @property
    def holding(self) -> Holding:
        """What the case holds if this is granted."""
        return self.claim.id, self.owner.procedure, self.owner.subject

    def row(self) -> Document:
        """Return the claim as it is stored while it is held."""
        return {"_id": self.claim.id, "owner": self.owner.document(), "n": self.n}


class Claims:
    """The claims of one service. `n` is the entry for which a claim was last made or confirmed."""

    def __init__(self, store: Store) -> None:
        self._claims = store.collection("claims")

    async def claim(self, asked: Sequence[Asked]) -> dict[Asked, Owner]:
        """Claim everything in one write and return who holds each. Raises `StoreUnavailable`."""
        held: dict[Asked, Owner] = {}
        left = list(asked)
        while left:
            taken = await self._claims.insert([a.row() for a in _first_of_each(left)])
            held.update({a: a.owner for a in _first_of_each(left) if a.claim.id not in taken})
            left = [a for a in left if a not in held]
            owners = await self._owners({a.claim.id for a in left})
            for a in left:
                owner = owners.get(a.claim.id)
                if owner is None or (owner == a.owner and not await self._confirm(a)):
                    continue  # released in between: claim it again
                held[a] = owner
            left = [a for a in left if a not in held]
        return held

    async def release(self, entries: Iterable[Entry]) -> None:
        """Release what the entries let go of, unless a later entry claimed it again."""
        await self._claims.write(
            [
                Remove({"_id": row["id"], "owner": row["owner"], "n": {"$lte": entry.n}})
                for entry in entries
                for row in entry.releases
            ]
        )

    async def forget(self, unused: Iterable[Asked]) -> None:
        """Release what was claimed for an entry that was then not appended so."""
        await self._claims.write(
            [Remove({"_id": a.claim.id, "owner": a.owner.document(), "n": a.n}) for a in unused]
        )

    async def _owners(self, ids: set[str]) -> dict[str, Owner]:
        if not ids:
            return {}
        rows = await self._claims.find({"_id": {"$in": list(ids)}})
        return {row["_id"]: Owner(**row["owner"]) for row in rows}

    async def _confirm(self, asked: Asked) -> bool:
        filter: dict[str, Any] = {"_id": asked.claim.id, "owner": asked.owner.document()}
        return await self._claims.update(filter, {"$max": {"n": asked.n}}) == 1


def _first_of_each(asked: Iterable[Asked]) -> list[Asked]:
    first: dict[str, Asked] = {}
    for a in asked:
        first.setdefault(a.claim.id, a)
    return list(first.values())
