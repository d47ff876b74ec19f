"""The system itself, as the bench runs it: the services of the local stack, on empty databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo import AsyncMongoClient

from infra.commands.people import System, import_people
from infra.local import Stack
from tests.bench.declarations import people

DATABASES = "onestop_"


async def stop_services(stack: Stack) -> None:
    """Leave the machine to others for a while."""
    for service in stack.services:
        await asyncio.to_thread(stack.stop_part, service)


@asynccontextmanager
async def running_system(stack: Stack, *, with_people: bool) -> AsyncIterator[dict[str, int]]:
    """Run all services on databases that hold nothing, or nothing but the people.

    Gives the process of each service.
    """
    await stop_services(stack)
    async with AsyncMongoClient[dict[str, object]](stack.addresses.mongo) as client:
        for name in await client.list_database_names():
            if name.startswith(DATABASES):
                await client.drop_database(name)
    await asyncio.gather(
        *(asyncio.to_thread(stack.start_part, service) for service in stack.services)
    )
    if with_people:
        await asyncio.to_thread(_import, stack)
    try:
        yield {service: stack.part(service).child.pid or 0 for service in stack.services}
        stack.check()
    finally:
        await stop_services(stack)


def _import(stack: Stack) -> None:
    file = stack.data / "people.ndjson"
    lines = [person.model_dump_json(exclude_none=True) for person in people()]
    file.write_text("\n".join(lines), encoding="utf-8")
    import_people(System.of(stack), file, len(lines), lambda _: None)
