"""Who is known at the door: the registers of people, joined."""

import asyncio
from collections.abc import Collection

from contracts.common.people import Person
from contracts.model import PersonalId
from services.chassis.encoding import Document
from services.chassis.runtime import Runtime
from services.portal.people import CANCELLED, CORRECTIONS, DECEASED, NEWBORNS, PEOPLE, dead, persons


class People:
    """Who is known at the door."""

    def __init__(self, runtime: Runtime) -> None:
        registers, self._journal = runtime.registers, runtime.journal
        self._people, self._cancelled = registers[PEOPLE], registers[CANCELLED]
        self._deceased, self._corrections = registers[DECEASED], registers[CORRECTIONS]

    async def named(self, ids: Collection[PersonalId]) -> dict[PersonalId, Person]:
        """Return those of these who are known, by identifier. Raises `StoreUnavailable`.

        Nearly nobody is a newborn: they are looked for only where somebody is missing.
        """
        if not ids:
            return {}
        these = {"_id": {"$in": list(ids)}}
        people, deceased, corrections = await asyncio.gather(
            self._people.find(these),
            self._deceased.find({"personal_id": {"$in": list(ids)}}),
            self._corrections.find(these),
        )
        people += await self._newborn(set(ids) - {row["_id"] for row in people})
        return persons(people, deceased, corrections)

    async def _newborn(self, ids: Collection[PersonalId]) -> list[Document]:
        found = await self._journal.filed_under(NEWBORNS, ids)
        these = {"_id": {"$in": [row["_id"] for row in found]}}
        void = {row["_id"] for row in await self._cancelled.find(these)} if found else ()
        return [row for row in found if row["_id"] not in void]

    async def lives(self, person: PersonalId) -> bool:
        """Return whether nobody has said that this person is dead. Raises `StoreUnavailable`."""
        return not dead(await self._deceased.find({"personal_id": person}))
