"""How a request about a case is taken: claimed under its key, then published until acknowledged.

So a request that is repeated is the same event, and an answer 202 is never false.
"""

from contracts.envelope import Event
from services.chassis.runtime import Runtime
from services.portal.case_events import message
from services.portal.dispatch import Dispatch
from services.portal.problems import refused
from services.portal.sentences import Kind
from services.portal.submissions import Claim, Submissions


class Door:
    """Takes what comes under one kind of key, into one collection."""

    def __init__(
        self,
        runtime: Runtime,
        collection: str,
        *,
        reused: Kind = "key-reused",
    ) -> None:
        """`reused` is the problem where a key comes with something else."""
        self._claims = Submissions(runtime.store, collection)
        self._dispatch = Dispatch(runtime.publisher)
        self._reused: Kind = reused

    async def take(self, asked: Claim, event: type[Event]) -> None:
        """Claim and publish; return when the broker has acknowledged it.

        Raises `StoreUnavailable`, and `Problem` 409 or 503.
        """
        held = (await self._claims.claim([asked])).held[asked.id]
        await self._publish(held, asked.fingerprint, event)

    async def taken_before(self, id: str, fingerprint: bytes, event: type[Event]) -> bool:
        """Publish again what was taken under this id, and say whether there was any.

        For what could not be taken anew, because of what has become of the case since. Raises as
        `take`.
        """
        held = (await self._claims.find([id])).get(id)
        if held is None:
            return False
        await self._publish(held, fingerprint, event)
        return True

    async def _publish(self, held: Claim, fingerprint: bytes, event: type[Event]) -> None:
        if held.fingerprint != fingerprint:
            raise refused(409, self._reused)
        if not await self._dispatch.sent(message(event, held)):
            raise refused(503, "unavailable")
