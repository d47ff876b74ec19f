"""A running service: connections, the subscription, and the tasks beside it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NoReturn

from aiokafka.errors import KafkaError

from services.chassis import metrics, tracing
from services.chassis.broker import BrokerUnavailable, Gone, existing_topics, fetch_one
from services.chassis.claims import Claims
from services.chassis.clock import machine_milliseconds
from services.chassis.consumer import Collaborators
from services.chassis.dead_letters import DeadLetters, Failure, message_of
from services.chassis.deadlines import Deadlines
from services.chassis.folding import Folder
from services.chassis.health import Breaker, Health, TooManyDeadLetters
from services.chassis.journal import Journal
from services.chassis.message import Message
from services.chassis.reading import Reader, item_of
from services.chassis.registers import Registers
from services.chassis.security import client_options
from services.chassis.settings import Haste, Settings
from services.chassis.store import StoreUnavailable
from services.chassis.subscription import Subscription

log = logging.getLogger(__name__)

_AWAY = (StoreUnavailable, BrokerUnavailable, KafkaError, OSError, TimeoutError)
_PAUSE = 0.5
_JOINING = 30.0
_SILENT_AFTER_MS = 10_000


class Halted(Exception):
    """The service had stopped itself, and is now stopped from outside."""


class Runtime:
    """Everything one process of a service holds while it runs."""

    def __init__(
        self,
        name: str,
        topics: Sequence[str],
        reader: Reader,
        folder: Folder,
        settings: Settings,
        *,
        haste: Haste,
    ) -> None:
        self.name, self.settings = name, settings
        self.clock = settings.time
        haste = haste.with_batch(settings.batch)
        self.health = Health(settings.stalled_after)
        parts = tracing.parts()
        self.store = parts.store(
            settings.mongo,
            settings.database_prefix + name.replace("-", "_"),
            settings.store_timeout,
        )
        self.registers = Registers(self.store)
        self.journal = Journal(self.store)
        self.dead_letters = DeadLetters(self.store)
        self.deadlines = Deadlines(self.store)
        self._security = client_options(settings)
        self.publisher = parts.publisher(
            settings.kafka, settings.publish_timeout, name, self._security
        )
        self.subscription = Subscription(
            name, topics, settings, on_idle=self.health.tick, haste=haste, clock=self.clock
        )
        self.collaborators = Collaborators(
            journal=self.journal,
            claims=Claims(self.store, self.journal),
            registers=self.registers,
            deadlines=self.deadlines,
            dead_letters=self.dead_letters,
            publisher=self.publisher,
        )
        breaker = Breaker(settings.dead_window, settings.dead_minimum, settings.dead_share)
        self.consumer = parts.consumer(
            name,
            reader=reader,
            folder=folder,
            collaborators=self.collaborators,
            breaker=breaker,
            health=self.health,
            most=haste.batch,
            lanes=haste.lanes,
            clock=self.clock.now,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._prepare: list[Callable[[], Awaitable[None]]] = [
            self.journal.prepare,
            self.deadlines.prepare,
            self.dead_letters.prepare,
        ]

    def before_consuming(self, prepare: Callable[[], Awaitable[None]]) -> None:
        """Add something that the store needs, an index for example, to what is prepared."""
        self._prepare.append(prepare)

    def every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """Do something again and again while the service runs. A lost connection is waited for."""
        self._tasks.append(asyncio.create_task(self._repeat(seconds, do)))

    @property
    def is_stopping(self) -> bool:
        """Whether it has been asked to stop."""
        return self._stopping.is_set()

    async def start(self) -> None:
        """Begin to connect, and return at once: health says how far it is."""
        metrics.begin(self.name, self.subscription.topics)
        metrics.HALTED.labels(self.name).set(0)
        for what in ("store", "broker"):
            self.health.lacks(what, "not reached yet")
            missing = metrics.MISSING.labels(self.name, what)
            missing.set_function(partial(self.health.is_missing, what))
        self._tasks.append(asyncio.create_task(self._connect()))

    async def stop(self) -> None:
        """Finish the batch in hand, commit, and close."""
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.subscription.stop()
        await self.publisher.close()
        self.store.close()

    async def _connect(self) -> None:
        try:
            await self._connect_all()
        except Exception:
            log.exception("the service cannot start")
            await self._halt("the service cannot start; see the log", alive=False)

    async def _connect_all(self) -> None:
        await self._until("store", self._prepare_store)
        self.every(2.0, self._look_at_store)
        await self._until("broker", self._subscribe)
        self.every(self.settings.commit_interval, self.subscription.commit)
        self.every(self.settings.source_interval, self._fire_deadlines)
        self.every(self.settings.source_interval, self._replay)
        self.every(1.0, self._look_at_broker)

    async def _until(self, what: str, connect: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await connect()
            except _AWAY as error:
                self.health.lacks(what, str(error) or type(error).__name__)
                self.health.tick()
                await asyncio.sleep(_PAUSE)
            else:
                self.health.has(what)
                return

    async def _repeat(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await do()
            except TooManyDeadLetters as error:
                await self._halt(str(error), alive=True)
            except _AWAY as error:
                log.info("%s: %s", getattr(do, "__name__", "task"), error)
            except Exception:
                log.exception("a task beside the loop failed")
            await asyncio.sleep(seconds)

    async def _prepare_store(self) -> None:
        await self.store.ping()
        for prepare in self._prepare:
            await prepare()

    async def _subscribe(self) -> None:
        existing = await existing_topics(self.settings.kafka, self._security)
        missing = set(self.subscription.topics) - existing
        if missing:
            raise BrokerUnavailable(f"topics are missing: {', '.join(sorted(missing))}")
        try:
            # Joining a group has no limit of its own, and gives no sign of life.
            async with asyncio.timeout(_JOINING):
                await self.subscription.start(self._handle)
        except BaseException:
            await self.subscription.stop()
            raise

    async def _handle(self, messages: Sequence[Message]) -> int:
        """Handle a batch; return only when it is finished, and how much of it was for us.

        A batch that raises is passed over. Once the service has halted, whichever source it was
        that halted it, none that follows may be finished: their offsets would be committed over
        those of the one left unfinished. They wait, so that nothing more is read.
        """
        if self.health.halted is not None:
            await self._stopping.wait()
            raise Halted(self.health.halted)
        try:
            await self.subscription.look_for_gaps(messages)
            return await self.consumer.handle(messages)
        except TooManyDeadLetters as error:
            await self._halt(str(error), alive=True)
        except Exception:
            log.exception("the loop failed")
            reason = "the loop failed in a way that it does not know; see the log"
            await self._halt(reason, alive=False)

    async def _halt(self, reason: str, *, alive: bool) -> NoReturn:
        """Do nothing more until the service is stopped, and then raise, so that nothing of what
        was in hand is taken for finished."""
        self.health.halt(reason, alive=alive)
        metrics.HALTED.labels(self.name).set(1)
        log.critical("halted: %s", reason)
        await self._stopping.wait()
        raise Halted(reason)

    async def _fire_deadlines(self) -> None:
        """Handle deadlines that are due, once everything that came before them is handled.

        Not by code that has halted the service: what it decides may be final.
        """
        now = self.consumer.clock()
        ours = dict.fromkeys(self.subscription.partitions, now)
        if not any(await self.deadlines.due(ours, limit=1)):
            return
        due, unreadable = await self.deadlines.due(await self.subscription.caught_up_until(now))
        if self.health.halted is not None:
            return
        failures = [Failure.of(each.message(), each.error) for each in unreadable]
        if due or failures:
            await self.consumer.handle_items([item_of(each) for each in due], failures)
        # Only now: its letter is there.
        for each in unreadable:
            await self.deadlines.remove(each.row["_id"])

    async def _replay(self) -> None:
        """Handle the dead letters that somebody asked to replay, each on its own."""
        if self.health.halted is not None:
            return
        for summary in await self.dead_letters.summaries("replay"):
            letter = await self.dead_letters.get(summary["_id"])
            if letter is None or letter["status"] != "replay":
                continue  # another replica was first
            message = message_of(letter)
            if message.unreadable or (message.value is None and letter["size"]):
                try:
                    message = await fetch_one(self.settings.kafka, message, self._security)
                except BrokerUnavailable:
                    continue  # it waits for the broker, and no other letter waits for it
                except Gone as error:
                    await self.dead_letters.write(
                        [Failure.of(message, error)], self.consumer.clock()
                    )
                    continue
            await self.consumer.handle([message])
            await self.dead_letters.replayed(letter, self.consumer.clock())

    async def _look_at_store(self) -> None:
        try:
            await self.store.ping()
            metrics.DEAD_LETTERS.labels(self.name).set(await self.dead_letters.count())
        except StoreUnavailable as error:
            self.health.lacks("store", str(error))
        else:
            self.health.has("store")

    async def _look_at_broker(self) -> None:
        with contextlib.suppress(KafkaError, TimeoutError):
            await self.subscription.observe_lag()
        silence = machine_milliseconds() - self.subscription.last_answer()
        if silence > _SILENT_AFTER_MS:
            self.health.lacks("broker", f"silent for {silence / 1000:.0f} s")
        else:
            self.health.has("broker")
