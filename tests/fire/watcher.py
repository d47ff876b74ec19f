"""Waiting for cases to end, by asking for many at once: never more work than the run itself."""

import asyncio
from itertools import islice
from typing import Any

from tests.fire.portal import MOST_LINES, Portal

Row = dict[str, Any]
"""What the list of cases says of one."""

_INTERVAL = 0.25
"""Seconds between questions. There is nothing to await: the portal pushes no news."""


class Watcher:
    """Knows which cases are open, and asks the portal until they have ended.

    Use it with `async with`: it asks in the background.
    """

    def __init__(self, portal: Portal) -> None:
        self.ended: dict[str, Row] = {}
        self._portal = portal
        self._open: dict[str, None] = {}
        self._news = asyncio.Event()
        self._ends = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many cases have not ended."""
        return len(self._open)

    def watch(self, case_id: str) -> None:
        """Ask for this case from now on. Nothing happens where it is known already."""
        if case_id not in self._open and case_id not in self.ended:
            self._open[case_id] = None
            self._news.set()

    async def end_of(self, case_id: str, quiet: float) -> Row | None:
        """Wait until this case has ended and return its row.

        None where no case at all has ended for `quiet` seconds. Raises what asking raised.
        """
        self.watch(case_id)
        while case_id not in self.ended:
            if not await self._any_ends(quiet):
                return None
        return self.ended[case_id]

    async def until_all_ended(self, quiet: float) -> None:
        """Wait until no case is open, or none has ended for `quiet` seconds.

        Raises what asking raised.
        """
        while self._open and await self._any_ends(quiet):
            pass

    async def _any_ends(self, quiet: float) -> bool:
        ends = self._ends
        asking = self._task
        assert asking is not None, "it asks while it is entered"
        waiting = asyncio.create_task(ends.wait())
        try:
            await asyncio.wait(
                [waiting, asking], timeout=quiet, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
        if asking.done():
            asking.result()  # it never ends but by an error
        return ends.is_set()

    async def __aenter__(self) -> "Watcher":
        self._task = asyncio.create_task(self._ask())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _ask(self) -> None:
        while True:
            self._news.clear()
            if not self._open:
                await self._news.wait()
            asked = list(islice(self._open, MOST_LINES))
            rows = await self._portal.cases(asked)
            self._take(rows)
            still = [case_id for case_id in asked if case_id in self._open]
            # To the end of the queue: some that never end must not hide those that do.
            for case_id in still:
                self._open[case_id] = self._open.pop(case_id)
            if still:
                await asyncio.sleep(_INTERVAL)

    def _take(self, rows: list[Row]) -> None:
        ended = [row for row in rows if row["status"] != "in-progress"]
        for row in ended:
            if row["case_id"] in self._open:
                self.ended[row["case_id"]] = row
                del self._open[row["case_id"]]
        if ended:
            # Each waits for the next to end: those who wait now, wake now.
            self._ends.set()
            self._ends = asyncio.Event()
