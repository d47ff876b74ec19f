"""Single messages to the broker: those that arrive while some are under way share the next journey.

Sent each by itself they would wait for one another in the client, which gives up on some when many
are of one partition.
"""

import asyncio
import logging

from services.chassis.broker import BrokerUnavailable, Publisher
from services.chassis.message import Outgoing
from services.portal.intake import ANSWER_WITHIN

log = logging.getLogger(__name__)


class Dispatch:
    """Publishes messages, and says of each whether the broker has acknowledged it."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: list[tuple[Outgoing, asyncio.Future[bool]]] = []
        self._journey: asyncio.Task[None] | None = None

    async def sent(self, message: Outgoing) -> bool:
        """Return whether the message was acknowledged within `ANSWER_WITHIN`. It may be later."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, answer))
        if self._journey is None:
            # A task of its own: who goes away must not interrupt the producer.
            self._journey = asyncio.create_task(self._travel())
        await asyncio.wait([answer], timeout=ANSWER_WITHIN)
        return answer.done() and answer.result()

    async def _travel(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                taken = await self._taken([message for message, _ in together])
                for _, answer in together:
                    answer.set_result(taken)
        finally:
            self._journey = None

    async def _taken(self, messages: list[Outgoing]) -> bool:
        try:
            await self._publisher.publish(messages)
        except BrokerUnavailable as error:
            log.warning("%d messages were not taken: %s", len(messages), error)
            return False
        except Exception:
            # A fault of ours must not leave those waiting who came later.
            log.exception("%d messages were not taken", len(messages))
            return False
        return True
