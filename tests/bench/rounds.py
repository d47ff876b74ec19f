"""One round after the other: all that is measured takes its turn on the same servers."""

import os
from collections.abc import Mapping
from contextlib import aclosing

from rich.console import Console

from contracts.catalogue import topic
from infra.local import Stack
from infra.local.ports import KAFKA, MONGO
from tests.bench.bare.pipeline import bare_pipeline
from tests.bench.declarations import Declaration, declarations
from tests.bench.door import Batches, Singles
from tests.bench.feeder import Feeder, new_producer
from tests.bench.observer import Observer, observing
from tests.bench.results import BARE, COPYING, HTTP, ONESTOP, Results, Run
from tests.bench.runs import Saturation, WayIn, saturate, steady
from tests.bench.system import running_system

_WARM = 0.1
"""Before each measurement, so many of its cases are run through unmeasured."""


class Bench:
    """Measures what the options name, into `results`."""

    def __init__(self, stack: Stack, results: Results, console: Console) -> None:
        self._stack = stack
        self._results = results
        self._console = console
        self._options = results.options
        self._next = 0

    async def warm_up(self) -> None:
        """Run the bare pipeline once for nothing: the broker's Java compiles what it finds hot."""
        async with bare_pipeline(self._stack.addresses, self._stack.data) as (fed, pids):
            await self._by_kafka(None, fed, pids)

    async def round(self) -> None:
        """Measure each of them once."""
        if BARE in self._options["only"]:
            async with bare_pipeline(self._stack.addresses, self._stack.data) as (fed, pids):
                await self._by_kafka(BARE, fed, pids)
        if COPYING in self._options["only"]:
            async with bare_pipeline(self._stack.addresses, self._stack.data, copying=True) as (
                fed,
                pids,
            ):
                await self._by_kafka(COPYING, fed, pids)
        if ONESTOP in self._options["only"]:
            async with running_system(self._stack, with_people=False) as pids:
                await self._by_kafka(ONESTOP, topic("portal"), pids)
        if HTTP in self._options["only"]:
            async with running_system(self._stack, with_people=True) as pids:
                await self._by_http(pids)

    async def _by_kafka(self, what: str | None, fed: str, pids: Mapping[str, int]) -> None:
        kafka = self._stack.addresses.kafka
        producer = new_producer(kafka)
        await producer.start()
        try:
            async with observing(kafka, fed) as observer:
                way = Feeder(producer, fed)
                await self._saturate(what, "saturation", way, observer, pids)
                if what and what != COPYING and self._options["seconds"]:
                    await self._steady(what, way, observer, pids)
        finally:
            await producer.stop()

    async def _by_http(self, pids: Mapping[str, int]) -> None:
        url = self._stack.url("portal")
        async with observing(self._stack.addresses.kafka, topic("portal")) as observer:
            async with aclosing(Batches(url)) as way:
                await self._saturate(HTTP, "batches", way, observer, pids)
            async with aclosing(Singles(url)) as way:
                await self._saturate(HTTP, "singly", way, observer, pids)
                if self._options["seconds"]:
                    await self._steady(HTTP, way, observer, pids)

    async def _saturate(
        self, what: str | None, how: str, way: WayIn, observer: Observer, pids: Mapping[str, int]
    ) -> None:
        # Both at once: while thousands are made, a connection that was warmed is closed unnoticed.
        warm = self._take(int(self._options["count"] * _WARM))
        cases = self._take(self._options["count"])
        await observer.wait(await way.burst(warm))
        run = await saturate(way, observer, cases, self._pids(pids))
        self._note(what, how, run)

    async def _steady(
        self, what: str, way: WayIn, observer: Observer, pids: Mapping[str, int]
    ) -> None:
        rate = self._options["rate"]
        cases = self._take(int(rate * self._options["seconds"]))
        self._note(what, "steady", await steady(way, observer, cases, rate, self._pids(pids)))

    def _note(self, what: str | None, how: str, run: Run) -> None:
        if what is None:
            return
        self._results.add(what, how, run)
        figures = (
            f"{run.cases_per_second:,.0f} cases/s, {run.cpu_us_per_case:,.0f} µs of CPU a case"
            if isinstance(run, Saturation)
            else f"p50 {run.p50:.1f} p95 {run.p95:.1f} p99 {run.p99:.1f} max {run.max:.1f} ms"
        )
        around = run.surroundings
        self._console.print(
            f"{what} {how}: {figures} (load {around.load_average}, others {around.others:.0%})"
        )

    def _take(self, count: int) -> list[Declaration]:
        taken = declarations(count, self._next)
        self._next += count
        return taken

    def _pids(self, services: Mapping[str, int]) -> dict[str, int]:
        servers = {part.name: part.child.pid for part in self._stack.parts}
        mine = {name: pid for name, pid in servers.items() if name in (KAFKA, MONGO) and pid}
        return {**services, **mine, "bench": os.getpid()}
