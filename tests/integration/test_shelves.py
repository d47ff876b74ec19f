"""The store in memory of the models of races does what the real one does with what they ask."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest_asyncio

from infra.local import Stack
from services.chassis.store import Collection, Store
from tests.unit.shelves import Shelf, Shelves, Turns

ROWS = [
    {"_id": "a/1", "who": "an", "open": True, "asked": 0, "at": None},
    {"_id": "a/2", "who": "an", "open": False, "asked": 2, "at": "2026-11-20"},
    {"_id": "b/1", "who": "binh", "open": True, "asked": 1, "at": "2026-11-21"},
    {"_id": "c/1", "who": "chau", "open": True, "asked": 0},
]
FILTERS: list[dict[str, Any]] = [
    {},
    {"who": "an"},
    {"who": "an", "open": True},
    {"_id": {"$in": ["a/1", "c/1", "d/1"]}},
    {"_id": {"$gte": "a/", "$lt": "a0"}},
    {"_id": {"$in": ["a/1", "a/2"]}, "at": {"$ne": None}},
    {"at": {"$ne": None}},
    {"at": None},
    {"asked": {"$ne": 0}},
]


@pytest_asyncio.fixture
async def real(servers: Stack) -> AsyncIterator[Collection]:
    store = Store(servers.addresses.mongo, f"shelves-{uuid4().hex[:8]}")
    yield store.collection("rows")
    store.close()


async def both(real: Collection, shelf: Shelf, what: str, *arguments: Any) -> tuple[Any, Any]:
    """Return what both answer."""
    asked = asyncio.ensure_future(getattr(shelf, what)(*arguments))
    await asyncio.sleep(0)
    shelf.turns.next()
    return await getattr(real, what)(*arguments), await asked


def sorted_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["_id"]))


async def test_both_answer_the_same(real: Collection) -> None:
    loop = asyncio.get_running_loop()
    shelf = Shelves(Turns(loop=loop)).collection("rows")
    shelf.turns.run = lambda: None  # type: ignore[method-assign]  # this loop runs already
    for rows in (ROWS[:3], ROWS, ROWS[1:2]):
        there, here = await both(real, shelf, "insert", rows)
        assert there == here
    changes = ({"$set": {"open": False}}, {"$set": {"open": True}, "$inc": {"asked": 1}})
    for change in changes:
        for filter in FILTERS:
            there, here = await both(real, shelf, "find", filter)
            assert sorted_rows(there) == sorted_rows(here), filter
            there, here = await both(real, shelf, "update", filter, change)
            assert there == here, filter
    there, here = await both(real, shelf, "find", {})
    assert sorted_rows(there) == sorted_rows(here)
    assert len(there) == len(ROWS)
