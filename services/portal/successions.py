"""A declarant has died -> each of their running cases passes to who goes on with it, or waits for
an official.

A death is another case than those that the deceased had declared, so it is no decision about any of
them: it is news that comes in at the door, as a declaration does. Who goes on is claimed with the
exact bytes of the event, and these bytes are published, again and again until that is acknowledged.
A row of the register of the deceased is *open* until all of this is done for them.

Nothing is missed, whatever comes first: whoever lets somebody have a case looks afterwards whether
they have died (`reopen`), and whoever has died is looked for after that is recorded.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from contracts.catalogue import catalogue, topic
from contracts.common.events import CaseOrphaned, CasePassed, DeclarationSubmitted
from services.chassis.consumer import from_outside
from services.chassis.encoding import Document
from services.chassis.message import Outgoing
from services.chassis.runtime import Runtime
from services.chassis.store import StoreUnavailable
from services.portal.adoptions import ADOPTIONS
from services.portal.case_events import Submission, encoded, persons_of, submitted, thread_of
from services.portal.known import People
from services.portal.people import DECEASED, STANDS
from services.portal.register import CASES
from services.portal.submissions import Claim, Submissions

SUCCESSIONS = "successions"
"""The collection of who goes on with a case: one row for it and the deceased."""
AT_ONCE = 100
_TOPIC = topic("portal")


def candidates(submission: DeclarationSubmitted) -> tuple[str, ...]:
    """Return who may go on with a case where its declarant dies, by its form, in order."""
    form = catalogue().groups[submission.group].form
    return form.model_validate(submission.form, extra="ignore").successors() if form else ()


def event_of(
    submission: Submission, deceased: str, successor: str | None, cause: UUID, at: datetime
) -> tuple[str, bytes]:
    """Return the type and the bytes of the event: the case passes, or nobody is left to go on."""
    declared = submission.data
    event: CasePassed | CaseOrphaned = CaseOrphaned(
        deceased=deceased,
        province=declared.province,
        persons=persons_of(declared),
    )
    if successor is not None:
        event = CasePassed(deceased=deceased, successor=successor)
    id = uuid5(submission.id, f"succession/{deceased}")
    return event.type, encoded(event, id, at, thread_of(submission), cause)


class Successions:
    """Works through the deceased who may have running cases."""

    def __init__(self, runtime: Runtime) -> None:
        self._deceased, self._people = runtime.registers[DECEASED], People(runtime)
        self._cases = runtime.registers[CASES]
        self._submissions = Submissions(runtime.store)
        self._rows = runtime.store.collection(SUCCESSIONS)
        self._adoptions = runtime.registers[ADOPTIONS]
        self._publisher = runtime.publisher
        self._clock: Callable[[], datetime] = runtime.clock.now

    async def prepare(self) -> None:
        """Create the indexes. Raises `StoreUnavailable`."""
        await self._deceased.index([("open", 1)])
        await self._deceased.index([("personal_id", 1)])
        await self._rows.index([("successor", 1)])
        await self._rows.index([("case_id", 1)])
        await self._adoptions.index([("by", 1)])

    async def reopen(self, people: Iterable[str]) -> None:
        """Look again at those of these who have died, for they have just got a case.

        Raises `StoreUnavailable`.
        """
        these = {"personal_id": {"$in": list(people)}, **STANDS}
        if await self._deceased.find(these, ["_id"], limit=1):
            await self._deceased.update(these, {"$set": {"open": True}, "$inc": {"asked": 1}})

    async def settle(self) -> None:
        """Pass on the running cases of all whose row is open.

        Raises `StoreUnavailable` and `BrokerUnavailable`, after which it is done again.
        """
        rows = await self._deceased.find({"open": True}, limit=AT_ONCE)
        for row in rows:
            await self._pass_on(row["personal_id"], UUID(row["cause"]))
            # Not where it was asked for once more meanwhile: then it is looked at once more.
            done = {name: row[name] for name in ("_id", "asked", "cause")}
            await self._deceased.update(done, {"$set": {"open": False}})

    async def _pass_on(self, deceased: str, cause: UUID) -> None:
        held = await self._rows.find({"successor": deceased}, ["case_id"])
        claims = [
            *await self._submissions.of_declarant(deceased),
            *(await self._submissions.of_cases([row["case_id"] for row in held])).values(),
        ]
        running = await self._running(claims)
        rows = [await self._succession(claim, deceased, cause) for claim in running]
        await self._rows.insert(rows)
        stored = await self._rows.find({"_id": {"$in": [row["_id"] for row in rows]}})
        if len(stored) < len(rows):
            # Inserted by another replica, and the majority does not know of it yet.
            raise StoreUnavailable("a succession that was claimed this moment cannot be read yet")
        await self.reopen([row["successor"] for row in stored if row["successor"]])
        await self._publisher.publish([_message(row) for row in stored])

    async def _running(self, claims: Sequence[Claim]) -> list[Claim]:
        ended = {"_id": {"$in": [claim.case_id for claim in claims]}, "completed_at": {"$ne": None}}
        over = {row["_id"] for row in await self._cases.find(ended, ["_id"])}
        return [claim for claim in claims if claim.case_id not in over]

    async def _succession(self, claim: Claim, deceased: str, cause: UUID) -> Document:
        submission = submitted(claim)
        ids = [id for id in candidates(submission.data) if id != deceased]
        known = await self._people.named(ids)
        living = (id for id in ids if id in known and known[id].deceased_on is None)
        successor = next(living, None)
        type, value = event_of(submission, deceased, successor, cause, self._clock())
        return {
            "_id": f"{claim.case_id}/{deceased}",
            "case_id": claim.case_id,
            "successor": successor,
            "type": type,
            "value": value,
        }


def _message(row: Document) -> Outgoing:
    return from_outside(_TOPIC, row["case_id"], row["type"], row["value"])
