"""Who is known at the door: the registers of people, joined."""

import asyncio
from collections.abc import Collection

from contracts.common.people import Person
from services.chassis.registers import Registers
from services.portal.people import DECEASED, NEWBORNS, PEOPLE, persons


class People:
    """Who is known at the door."""

    def __init__(self, registers: Registers) -> None:
        self._people, self._newborns = registers[PEOPLE], registers[NEWBORNS]
        self._deceased = registers[DECEASED]

    async def named(self, ids: Collection[str]) -> dict[str, Person]:
        """Return those of these who are known, by identifier. Raises `StoreUnavailable`.

        Nearly nobody is a newborn: they are looked for only where somebody is missing.
        """
        if not ids:
            return {}
        these = {"_id": {"$in": list(ids)}}
        people, deceased = await asyncio.gather(
            self._people.find(these), self._deceased.find(these)
        )
        missing = set(ids) - {row["_id"] for row in people}
        if missing:
            people += await self._newborns.find({"_id": {"$in": list(missing)}})
        return persons(people, deceased)
