"""`journal backup | restore | rebuild`: keeping the journal elsewhere, and living on from that."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from services.chassis.encoding import Unencodable
from services.chassis.operate.backing_up import MANIFEST, Backup, Manifest, back_up
from services.chassis.operate.restoring import Restored, rebuild, restore
from services.chassis.operate.session import (
    CannotDo,
    moment,
    paragraphs,
    perform,
    program,
    progress,
)
from services.chassis.outside import Outside
from services.chassis.runtime import Runtime
from services.chassis.service import Service
from services.chassis.settings import why

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", file_okay=False)]


def register(journal: typer.Typer, service: Service) -> None:
    """Add the commands."""
    _register_backup(journal, service)
    _register_restore(journal, service)
    _register_rebuild(journal, service)


def _register_backup(journal: typer.Typer, service: Service) -> None:
    me = program(service)
    help = paragraphs(
        "Write the journal, and what came in from outside, to a folder, with hashes.",
        "Registers, deadlines and claims follow from the journal and are not in it. The service may"
        " run meanwhile. Give all services the same --until: then no backup has heard of what"
        " another lacks. An entry that does not have its hash is kept, and named; then it exits 1.",
        examples=(
            f"{me} journal backup /backup/monday",
            f"{me} journal backup /backup/tuesday --since 2026-07-01T00:00:00+07:00",
        ),
    )

    @journal.command(help=help)
    def backup(
        folder: Folder,
        since: Annotated[
            str | None,
            typer.Option(metavar="TIME", help="Only what was decided since then: ISO 8601, zone."),
        ] = None,
        until: Annotated[
            str | None,
            typer.Option(metavar="TIME", help="And until then.", show_default="now"),
        ] = None,
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            unsealed: list[str] = []
            try:
                manifest = await back_up(
                    Backup(folder),
                    service.name,
                    runtime.journal,
                    Outside(runtime.store, service.taken_in),
                    since=moment("--since", since) if since else None,
                    until=moment("--until", until) if until else runtime.clock.now(),
                    unsealed=unsealed.append,
                )
            except OSError as error:
                raise CannotDo(f"{folder} cannot be written: {why(error)}") from None
            for id in unsealed:
                typer.echo(f"{service.name}: entry {id} does not have its hash")
            typer.echo(f"{service.name}: {_kept(manifest)}")
            return not unsealed

        perform(service, act)


def _register_restore(journal: typer.Typer, service: Service) -> None:
    me = program(service)
    help = paragraphs(
        "Put backups back into the store, and make registers, deadlines and claims anew.",
        "The service must not run. What is there already stays; where another entry stands in the"
        " place of one, or one does not have its hash, that is named, and it exits 1. To restore"
        " again changes nothing. Afterwards: topics, the services, `journal republish`.",
        examples=(f"{me} journal restore /backup/monday /backup/tuesday",),
    )

    @journal.command("restore", help=help)
    def restore_(
        folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", exists=True)],
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            outside = Outside(runtime.store, service.taken_in)
            await runtime.journal.prepare()
            backups = [(folder, _whole(folder, service.name)) for folder in folders]
            good = True
            for folder, manifest in backups:
                total = sum(kept.documents for kept in manifest.files.values())
                try:
                    with progress(total, "documents") as tell:
                        done = await restore(runtime, outside, Backup(folder), tell)
                except (OSError, Unencodable) as error:
                    raise CannotDo(f"{folder}: {why(error)}") from None
                good &= _told(service.name, done)
            await _rebuilt(runtime, service.name)
            return good

        perform(service, act)


def _register_rebuild(journal: typer.Typer, service: Service) -> None:
    help = paragraphs(
        "Make registers, deadlines and claims anew from the journal.",
        "For a store to which the journal alone was restored, by whatever means. The service must"
        " not run. What is there and newer stays as it is.",
        examples=(f"{program(service)} journal rebuild",),
    )

    @journal.command("rebuild", help=help)
    def rebuild_() -> None:
        async def act(runtime: Runtime) -> bool:
            await _rebuilt(runtime, service.name)
            return True

        perform(service, act)


async def _rebuilt(runtime: Runtime, service: str) -> None:
    with progress(await runtime.journal.count(), "entries") as tell:
        count = await rebuild(runtime, tell)
    typer.echo(f"{service}: registers, deadlines and claims made of {count:,} entries")


def _whole(folder: Path, service: str) -> Manifest:
    """Return the manifest of a backup of this service. Raises `CannotDo` where it is none."""
    backup = Backup(folder)
    try:
        manifest = backup.manifest()
        damaged = backup.damaged()
    except (OSError, ValidationError):
        raise CannotDo(f"{folder} is no backup: it has no {MANIFEST} that can be read") from None
    if manifest.service != service:
        raise CannotDo(f"{folder} is a backup of {manifest.service}, not of {service}")
    if damaged:
        raise CannotDo(f"{folder}: not as they were written: {', '.join(damaged)}")
    return manifest


def _kept(manifest: Manifest) -> str:
    parts = (
        f"{kept.documents:,} of {name} ({kept.bytes:,} bytes)"
        for name, kept in manifest.files.items()
    )
    return f"{', '.join(parts)}, until {_time(manifest.until)}"


def _told(service: str, done: Restored) -> bool:
    for id in done.unsealed:
        typer.echo(f"{service}: entry {id} does not have its hash: left out")
    for id in done.contradicted:
        typer.echo(f"{service}: another stands in the place of {id}: left as it is")
    typer.echo(f"{service}: {done.entries:,} entries and {done.taken_in:,} taken in are there")
    return not (done.unsealed or done.contradicted)


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
