"""`import FILE`: records from a file as events, and waiting until the service has them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.catalogue import topic
from services.chassis.importing import Arrival, BadLine, File, Importer
from services.chassis.operate.arriving import until_there
from services.chassis.operate.session import paragraphs, perform, program, progress
from services.chassis.runtime import Runtime
from services.chassis.service import Service

BATCH = 500


@dataclass
class _Imported:
    arrivals: list[Arrival] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def register(cli: typer.Typer, service: Service, importer: Importer[Any]) -> None:
    """Add the command."""
    me = program(service)
    help = paragraphs(
        "Import records: one JSON object a line, as exported by the register they come from.",
        "A line that is not right is named with the reason and left out, the others are imported;"
        " the command then exits 1. To import a file again, mended or after a failure, is harmless:"
        " what has been imported is not imported twice.",
        examples=(f"{me} import records.ndjson", f"{me} import records.ndjson --wait"),
    )

    @cli.command("import", help=help)
    def import_(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)
        ],
        wait: Annotated[
            bool, typer.Option("--wait", help="Until the running service has recorded them all.")
        ] = False,
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            with progress(file.stat().st_size, "published") as tell:
                done = await _publish(
                    runtime, _file(file, importer, service.name, runtime.clock.now()), file, tell
                )
            for line in done.bad:
                typer.echo(f"{file}, line {line.number}: {line.reason}", err=True)
            typer.echo(f"{len(done.arrivals):,} records imported, {len(done.bad):,} lines left out")
            there = await _wait(runtime, done.arrivals, service.name) if wait else True
            return there and not done.bad

        perform(service, act)


def _file(path: Path, importer: Importer[Any], service: str, at: datetime) -> File[Any]:
    return File(path.name, importer, topic(service), at)


async def _publish(
    runtime: Runtime, file: File[Any], path: Path, tell: Callable[[int], None]
) -> _Imported:
    """Publish a batch at a time, and tell how many bytes of the file each batch was."""
    done = _Imported()
    batch: list[Arrival] = []
    told = 0
    with path.open("rb") as lines:
        for read in file.read(lines):
            if isinstance(read, BadLine):
                done.bad.append(read)
            elif read is not None:
                batch.append(read)
            if len(batch) >= BATCH:
                await runtime.publisher.publish([arrival.message for arrival in batch])
                tell(lines.tell() - told)
                done.arrivals += batch
                batch, told = [], lines.tell()
        await runtime.publisher.publish([arrival.message for arrival in batch])
        tell(lines.tell() - told)
    done.arrivals += batch
    return done


async def _wait(runtime: Runtime, arrivals: list[Arrival], service: str) -> bool:
    with progress(len(arrivals), "recorded ") as tell:
        missing = await until_there(runtime, arrivals, tell)
    if missing:
        typer.echo(
            f"{missing:,} of them are not recorded: look whether {service} runs, and at its dead"
            " letters",
            err=True,
        )
    return not missing
