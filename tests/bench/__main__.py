"""`python -m tests.bench`: the bare pipeline and this system, round after round on one machine."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from contracts.catalogue import catalogue
from infra.commands.options import DEFAULT_DATA
from infra.errors import OnestopError
from infra.local import Stack
from tests.bench import results, table
from tests.bench.machine import machine
from tests.bench.rounds import Bench
from tests.bench.system import stop_services

RESULTS = Path(__file__).with_name("results.json")
DATA = DEFAULT_DATA / "bench"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Only(StrEnum):
    """What can be measured by itself."""

    BARE = results.BARE
    COPYING = results.COPYING
    ONESTOP = results.ONESTOP
    HTTP = results.HTTP


@app.command()
def bench(
    count: Annotated[int, typer.Option(min=10, help="Declarations at once.")] = 20_000,
    rate: Annotated[float, typer.Option(min=0.1, help="Declarations a second, steadily.")] = 50,
    seconds: Annotated[float, typer.Option(min=0, help="For so long; 0: not at all.")] = 60,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    only: Annotated[list[Only] | None, typer.Option(help="Can be given several times.")] = None,
    write: Annotated[
        Path,
        typer.Option(
            help="Where the results go, as JSON.", show_default="tests/bench/results.json"
        ),
    ] = RESULTS,
) -> None:
    """Measure throughput with everything at once, and latency at a steady rate."""
    console = Console()
    chosen = [each.value for each in only or list(Only)]
    options = {"count": count, "rate": rate, "seconds": seconds, "rounds": rounds, "only": chosen}
    failure: BaseException | None = None
    try:
        found = asyncio.run(_measure(options, console))
    except* OnestopError as group:
        # Not raised from here: what is raised in an `except*` comes out as a group again.
        failure = group
    if failure is not None:
        console.print(f"[red]{_first(failure)}[/]")
        raise typer.Exit(1)
    table.show(found, console)
    write.write_text(json.dumps(found.document(), indent=1) + "\n", encoding="utf-8")
    console.print(f"written to {os.path.relpath(write)}")


def _first(failure: BaseException) -> BaseException:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


async def _measure(options: dict[str, Any], console: Console) -> results.Results:
    whole = {results.ONESTOP, results.HTTP} & set(options["only"])
    services = catalogue().services if whole else ()
    async with _stack(services) as stack:
        console.print(f"Kafka and mongod run, logs in {stack.data}")
        await stop_services(stack)
        found = results.Results(await machine(stack.addresses), options)
        bench = Bench(stack, found, console)
        await bench.warm_up()
        for number in range(1, options["rounds"] + 1):
            console.rule(f"round {number}")
            await bench.round()
    return found


@asynccontextmanager
async def _stack(services: tuple[str, ...]) -> AsyncIterator[Stack]:
    stack = Stack(DATA, services=services)
    await asyncio.to_thread(stack.wipe)
    async with stack:
        yield stack


if __name__ == "__main__":
    app()
