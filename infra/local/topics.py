"""Topics on a broker that may just have started."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    UnsupportedVersionError,
    for_code,
)

from infra.local.errors import StackError
from infra.local.ports import accepts
from services.chassis.broker import PLAIN, Security

LIMIT_SECONDS = 30.0
RETRY_SECONDS = 0.1
REQUEST_MS = 5_000

Result = TypeVar("Result")


def create_topics(
    bootstrap: str,
    names: Iterable[str],
    partitions: int,
    *,
    replication: int = 1,
    min_insync: int = 1,
    security: Security = PLAIN,
    limit_seconds: float = LIMIT_SECONDS,
) -> None:
    """Create the topics that are missing and wait until every partition has a leader.

    Each partition is on `replication` brokers, and an event is acknowledged once `min_insync` of
    them have it. A topic that exists is left as it is. Errors that come and go after a start are
    retried. Raises StackError at the limit. Blocks; may be called with or without a running event
    loop.
    """
    durable = {"min.insync.replicas": str(min_insync)}
    wanted = {
        name: NewTopic(name, partitions, replication, topic_configs=durable) for name in names
    }
    if not wanted:
        return

    async def attempt(admin: AIOKafkaAdminClient) -> None:
        await _create_missing(admin, wanted)
        await _expect_leaders(admin, sorted(wanted), partitions)

    _run(_until_it_works(bootstrap, security, attempt, limit_seconds))


def answers(bootstrap: str) -> bool:
    """Tell whether the broker answers a request for metadata. Blocks."""

    async def attempt(admin: AIOKafkaAdminClient) -> None:
        await admin.describe_cluster()

    async def ask() -> bool:
        try:
            await _with_admin(bootstrap, PLAIN, attempt)
        except (KafkaError, OSError, TimeoutError):
            return False
        return True

    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    # Cheaper than a client, which would also log an error for each attempt.
    return accepts(host, int(port)) and _run(ask())


async def _create_missing(admin: AIOKafkaAdminClient, wanted: Mapping[str, NewTopic]) -> None:
    existing = set(await admin.list_topics())
    missing = [topic for name, topic in wanted.items() if name not in existing]
    if not missing:
        return
    response = await admin.create_topics(missing)
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if error not in (NoError, TopicAlreadyExistsError):
            raise error(name)


async def _expect_leaders(admin: AIOKafkaAdminClient, names: list[str], partitions: int) -> None:
    for topic in await admin.describe_topics(names):
        led = [part for part in topic["partitions"] if part["leader"] >= 0]
        if topic["error_code"] or len(led) < partitions:
            raise KafkaError(f"{topic['topic']} has {len(led)} of {partitions} leaders")


async def _until_it_works(
    bootstrap: str,
    security: Security,
    attempt: Callable[[AIOKafkaAdminClient], Awaitable[None]],
    limit_seconds: float,
) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_seconds
    while True:
        try:
            return await _with_admin(bootstrap, security, attempt)
        except UnsupportedVersionError:
            raise
        except (KafkaError, OSError, TimeoutError) as error:
            if loop.time() >= deadline:
                raise StackError(
                    f"the topics could not be created on {bootstrap}"
                    f" in {limit_seconds:.0f} s: {error!r}"
                ) from error
        await asyncio.sleep(RETRY_SECONDS)


async def _with_admin(
    bootstrap: str,
    security: Security,
    attempt: Callable[[AIOKafkaAdminClient], Awaitable[None]],
) -> None:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_MS, **security
    )
    try:
        await admin.start()
        await attempt(admin)
    finally:
        await admin.close()


def _run(task: Coroutine[object, None, Result]) -> Result:
    """Run the coroutine in a thread of its own: the caller may be inside an event loop."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, task).result()
