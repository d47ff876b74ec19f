"""`journal verify | republish | backup | restore`: whether it is whole; what it said, once more."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, TextIO

import typer

from services.chassis import audit
from services.chassis.encoding import Document
from services.chassis.operate import backups
from services.chassis.operate.republishing import Choice, republish
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


def register(cli: typer.Typer, service: Service) -> None:
    """Add the commands."""
    journal = typer.Typer(
        help="What the service decided, entry by entry: verify it, publish it again, keep it.",
        no_args_is_help=True,
    )
    cli.add_typer(journal, name="journal")
    _register_verify(journal, service)
    _register_republish(journal, service)
    backups.register(journal, service)


def _register_verify(journal: typer.Typer, service: Service) -> None:
    me = program(service)
    help = paragraphs(
        "Check each entry's hash, the chain of the entries of each case, and that none is missing.",
        "Prints each fault in one line, and exits 1 if there is any. A tail that was cut off, or a"
        " journal that was sealed anew, shows only in the journals of others: `onestop journal"
        " verify` compares them.",
        examples=(
            f"{me} journal verify",
            f"{me} journal verify --witness-out heard.ndjson --entries-out own.ndjson",
        ),
    )

    @journal.command(help=help)
    def verify(
        witness_out: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE",
                help="Write here what was heard of others' entries: NDJSON with source, case_id,"
                " n, hash, by case.",
            ),
        ] = None,
        entries_out: Annotated[
            Path | None,
            typer.Option(
                "--entries-out",
                metavar="FILE",
                help="Write here the own entries: NDJSON with case_id, n, hash, by case.",
            ),
        ] = None,
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            with ExitStack() as files:
                see = _noting(_opened(witness_out, files), _opened(entries_out, files))
                source = f"/services/{service.name}"
                report = await audit.verify(runtime.journal, source, see)
            for fault in report.faults:
                typer.echo(f"{service.name}: {fault}")
            typer.echo(f"{service.name}: {_counts(report)}")
            return not report.faults

        perform(service, act)


def _register_republish(journal: typer.Typer, service: Service) -> None:
    me = program(service)
    help = paragraphs(
        "Publish stored events again, byte for byte, for topics that have lost them.",
        "Harmless for whoever has them: an event that was heard before is not decided again."
        " An entry that does not have its hash is left out and named.",
        examples=(
            f"{me} journal republish --case 3f0c2f6e-8f4d-5d0a-9d3b-2f6f7c1f0a11",
            f"{me} journal republish --since 2026-07-01T00:00:00+07:00",
            f"{me} journal republish --all",
        ),
    )

    @journal.command("republish", help=help)
    def republish_(
        case: Annotated[str | None, typer.Option(metavar="ID", help="Of one case.")] = None,
        since: Annotated[
            str | None,
            typer.Option(metavar="TIME", help="Of entries since then: ISO 8601 with its zone."),
        ] = None,
        all_: Annotated[bool, typer.Option("--all", help="Of the whole journal.")] = False,
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            choice = _choice(case, since, all_)
            outside = Outside(runtime.store, service.taken_in)
            total = await runtime.journal.count(choice.case_id, choice.since)
            if case is not None and not total:
                raise CannotDo(f"{service.name} has no entry of case {case}")
            with progress(total, "entries") as tell:
                done = await republish(runtime, service.name, outside, choice, tell)
            for id in done.unsealed:
                typer.echo(f"{service.name}: entry {id} does not have its hash: left out")
            typer.echo(
                f"{service.name}: {done.events:,} events of {done.entries:,} entries published"
                + (f", and {done.taken_in:,} that were taken in" if service.taken_in else "")
            )
            return not done.unsealed

        perform(service, act)


def _choice(case: str | None, since: str | None, all_: bool) -> Choice:
    if (case is not None) + (since is not None) + all_ != 1:
        raise CannotDo("say what to publish: one of --case ID, --since TIME and --all")
    return Choice(case, moment("--since", since) if since is not None else None)


def _counts(report: audit.Report) -> str:
    faults = len(report.faults)
    end = "whole" if not faults else "1 fault" if faults == 1 else f"{faults:,} faults"
    return f"{report.cases:,} cases, {report.entries:,} entries, {report.events:,} events: {end}"


def _opened(path: Path | None, files: ExitStack) -> TextIO | None:
    try:
        return files.enter_context(path.open("w", encoding="utf-8")) if path else None
    except OSError as error:
        raise CannotDo(f"{path} cannot be written: {why(error)}") from None


def _noting(witnesses: TextIO | None, entries: TextIO | None) -> Callable[[Document], None]:
    """Return what writes down, of each entry shown to it, what the files are for."""

    def see(row: Document) -> None:
        if witnesses:
            for seen in audit.witnessed(row):
                witnesses.write(json.dumps(seen) + "\n")
        if entries and (own := audit.own(row)):
            entries.write(json.dumps(own) + "\n")

    return see
