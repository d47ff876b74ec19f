"""Who is known at the door: the registers of people, joined."""

import asyncio
from collections.abc import Collection

from contracts.common.people import Person
from contracts.model import PersonalId
from services.chassis.registers import Registers
from services.portal.people import CORRECTIONS, DECEASED, NEWBORNS, PEOPLE, STANDS, dead, persons


class People:
    """Who is known at the door."""

    def __init__(self, registers: Registers) -> None:
        self._people, self._newborns = registers[PEOPLE], registers[NEWBORNS]
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
        missing = set(ids) - {row["_id"] for row in people}
        if missing:
            people += await self._newborns.find({"_id": {"$in": list(missing)}, **STANDS})
        return persons(people, deceased, corrections)

    async def lives(self, person: PersonalId) -> bool:
        """Return whether nobody has said that this person is dead. Raises `StoreUnavailable`."""
        return not dead(await self._deceased.find({"personal_id": person}))
