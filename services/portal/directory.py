"""Who people are: what the portal knows of them, from all of its registers."""

import asyncio
from collections.abc import Iterable

from contracts.common.people import Person
from contracts.model import PersonalId
from services.chassis.runtime import Runtime
from services.portal.people import CORRECTIONS, DECEASED, PEOPLE, STANDS, persons


class Directory:
    """Looks people up."""

    def __init__(self, runtime: Runtime) -> None:
        self._people, self._deceased = runtime.registers[PEOPLE], runtime.registers[DECEASED]
        self._corrections = runtime.registers[CORRECTIONS]

    async def persons(self, ids: Iterable[PersonalId]) -> dict[PersonalId, Person]:
        """Return those of these who are known, by identifier. Raises `StoreUnavailable`."""
        wanted = list(ids)
        if not wanted:
            return {}
        these = {"_id": {"$in": wanted}}
        rows = await asyncio.gather(
            self._people.find(these),
            self._deceased.find({"personal_id": {"$in": wanted}, **STANDS}),
            self._corrections.find(these),
        )
        return persons(*rows)

    async def lives(self, person: PersonalId) -> bool:
        """Return whether nobody has said that this person is dead. Raises `StoreUnavailable`."""
        died = {"personal_id": person, **STANDS}
        return not await self._deceased.find(died, ["_id"], limit=1)
