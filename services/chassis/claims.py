"""Claims: scarce things, each held by whoever inserted its key first.

A case claims before its entry is there, and may then decide otherwise. So a rival that finds a
claim looks into the owner's journal: an entry holds it, or no longer does, or is still to come. In
the last case nobody knows yet who has it.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from services.chassis.encoding import Document
from services.chassis.journal import Entry, Journal
from services.chassis.procedure import Claim, Owner
from services.chassis.store import Remove, Store
from services.chassis.tips import Holding, Tip, holding


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


class Unsettled(Exception):
    """Another case has claimed it, and its entry is still to come."""


class Claims:
    """The claims of one service. `n` is the entry for which a claim was last made or confirmed.

    `confirmed` is set where a try at that entry has found what another one had claimed.
    """

    def __init__(self, store: Store, journal: Journal) -> None:
        self._claims = store.collection("claims")
        self._journal = journal

    async def claim(self, asked: Sequence[Asked]) -> dict[Asked, Owner | None]:
        """Claim everything in one write and return who holds each; None where nobody knows yet.

        Raises `StoreUnavailable`.
        """
        held: dict[Asked, Owner | None] = {}
        left = list(asked)
        while left:
            taken = await self._claims.insert([a.row() for a in _first_of_each(left)])
            held.update({a: a.owner for a in _first_of_each(left) if a.claim.id not in taken})
            left = [a for a in left if a not in held]
            held |= await self._held_by_others(left)
            left = [a for a in left if a not in held]
        return held

    async def _held_by_others(self, asked: Sequence[Asked]) -> dict[Asked, Owner | None]:
        """Return who holds what could not be inserted; what is free by now is left out."""
        if not asked:
            return {}
        rows = await self._rows({a.claim.id for a in asked})
        tips = await self._journal.load({row["owner"]["case_id"] for row in rows.values()})
        held: dict[Asked, Owner | None] = {}
        for a in asked:
            row = rows.get(a.claim.id)
            if row is None:
                continue
            owner = Owner(**row["owner"])
            if owner == a.owner:
                if await self._confirm(a):
                    held[a] = owner
            elif owner.case_id == a.owner.case_id or _holds(tips[owner.case_id], row):
                held[a] = owner
            elif tips[owner.case_id].n < row["n"]:
                held[a] = None
            else:
                await self._sweep(row)
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

    async def restore(self, entries: Iterable[Entry]) -> None:
        """Hold again what these entries hold, given in the order of their writing.

        To do it again, or to what is there, changes nothing. Raises `StoreUnavailable`.
        """
        held: dict[str, Document] = {}
        let_go: list[Entry] = []
        for entry in entries:
            for claim in entry.claims:
                held[claim["id"]] = {"_id": claim["id"], "owner": claim["owner"], "n": entry.n}
            for row in entry.releases:
                if row["id"] in held and held[row["id"]]["owner"] == row["owner"]:
                    del held[row["id"]]
            if entry.releases:
                let_go.append(entry)
        await self.release(let_go)
        taken = await self._claims.insert(list(held.values()))
        for row in (held[id] for id in taken):
            await self._claims.update(
                {"_id": row["_id"], "owner": row["owner"]}, {"$max": {"n": row["n"]}}
            )

    async def forget(self, unused: Iterable[Asked]) -> None:
        """Release what was claimed for an entry that was then not appended so."""
        await self._claims.write([Remove(_claimed_by(asked)) for asked in unused])

    async def put_back(self, won: Iterable[Asked]) -> None:
        """Release what was claimed for an entry that is put off.

        Not where another try at it has found the claim there: that may have appended the entry.
        """
        untouched = {"confirmed": {"$exists": False}}
        await self._claims.write([Remove(_claimed_by(asked) | untouched) for asked in won])

    async def _rows(self, ids: Collection[str]) -> dict[str, Document]:
        rows = await self._claims.find({"_id": {"$in": list(ids)}})
        return {row["_id"]: row for row in rows}

    async def _sweep(self, row: Document) -> None:
        """Remove a claim that its owner's entry did not take, or has let go of."""
        await self._claims.write(
            [Remove({"_id": row["_id"], "owner": row["owner"], "n": row["n"]})]
        )

    async def _confirm(self, asked: Asked) -> bool:
        filter: dict[str, Any] = {"_id": asked.claim.id, "owner": asked.owner.document()}
        change = {"$max": {"n": asked.n}, "$set": {"confirmed": True}}
        return await self._claims.update(filter, change) == 1


def _claimed_by(asked: Asked) -> Document:
    """Return the filter that finds the claim as this entry made or confirmed it."""
    return {"_id": asked.claim.id, "owner": asked.owner.document(), "n": asked.n}


def _holds(tip: Tip, row: Document) -> bool:
    return tip.torn or holding({"id": row["_id"], "owner": row["owner"]}) in tip.holds


def _first_of_each(asked: Iterable[Asked]) -> list[Asked]:
    first: dict[str, Asked] = {}
    for a in asked:
        first.setdefault(a.claim.id, a)
    return list(first.values())
