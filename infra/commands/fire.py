"""`onestop fire`: declarations against a running portal, and whether each ended as it should."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from infra.commands.bank_faults import DEFAULT_BANK, faulty
from infra.commands.options import DEFAULT_DATA, DEFAULT_URL, Url
from infra.commands.progress import Showing, noted, shown, telling_how_far
from infra.errors import OnestopError
from infra.issuer import FOLDER
from tests.fire import tables, written
from tests.fire.families import DEFAULT_FAMILIES
from tests.fire.mixture import Group, mixture
from tests.fire.portal import MOST_LINES, Portal
from tests.fire.report import Report
from tests.fire.runs import Runs
from tests.fire.volume import Load, Manner, fire, from_file, generated
from tests.fire.written_run import fire_written

CONCURRENCY = 32
PACED_CONCURRENCY = 256

HELP = "\n\n".join(
    (
        "Send declarations to a running portal, by HTTP only, and wait for the cases to end.",
        "Without --count or --file: the declarations written by hand, each compared with what"
        " should become of it, and with the officials in them played. With --count: generated"
        " births and deaths in the families of `python -m tests.fire.population`; nobody dies"
        " twice. What hospitals give notice of is left out where the portal publishes no keys, and"
        " so can verify none. What takes days is left out, unless the clock makes them pass within"
        " --timeout. The exit code is 1 unless every accepted declaration ended, and as expected"
        " where that is known.",
        "[bold]Examples[/]",
        "  onestop fire",
        "  onestop fire --count 2000 --duplicates 0.1 --json",
        "  onestop fire --count 3000 --rate 50 --group both",
        "  onestop fire --group death",
        "  onestop fire --group death --faults",
        "  onestop fire --group death --faults --url http://127.0.0.1:9000"
        " --bank http://127.0.0.1:9094",
        "  onestop fire --only supplement-proves-the-birth",
        "  onestop fire --count 20000 --batch-size 500 --concurrency 8",
        "  onestop fire --file declarations.ndjson --url http://portal.example:8080",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("fire", help=HELP)(fire_command)


def fire_command(
    *,
    count: Annotated[
        int | None, typer.Option("--count", min=1, help="Send so many generated declarations.")
    ] = None,
    group: Annotated[
        Group | None,
        typer.Option(
            "--group",
            help="Births, deaths, or both: of the generated ones, one in three is then a death.",
            show_default="birth with --count; both of those written by hand",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Of those written by hand, this one; may be repeated."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            min=0.001,
            help="Declarations a second, whatever the answers (an open model): those for which no"
            " place is free in time are dropped and reported.",
            show_default="as fast as the concurrency allows",
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency",
            min=1,
            help="Requests under way at most.",
            show_default=f"{CONCURRENCY}; {PACED_CONCURRENCY} with --rate",
        ),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch-size", min=1, max=MOST_LINES, help="Send so many in one NDJSON request."
        ),
    ] = 1,
    duplicates: Annotated[
        float,
        typer.Option(
            "--duplicates",
            min=0.0,
            max=1.0,
            help="Send this share again with the same key; the same case must come back.",
        ),
    ] = 0.0,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            min=0,
            help="The same seed is the same run: its declarations are not new to the portal.",
            show_default="other children each time",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            exists=True,
            dir_okay=False,
            help='Send the declarations of this file, one a line: {"group": …} or'
            ' {"idempotency_key": …, "declaration": {…}}.',
        ),
    ] = None,
    url: Url = DEFAULT_URL,
    issuer: Annotated[
        Path,
        typer.Option(
            "--issuer",
            envvar="ONESTOP_ISSUER",
            help="Where the keys for the officials' tokens are.",
            show_default="those of `onestop up`",
        ),
    ] = DEFAULT_DATA / FOLDER,
    faults: Annotated[
        bool,
        typer.Option(
            "--faults",
            help="Meanwhile the bank loses confirmations, tells of others twice, takes orders"
            " without an answer, and is slow.",
        ),
    ] = False,
    bank: Annotated[
        str, typer.Option("--bank", envvar="ONESTOP_BANK", help="Where the bank answers.")
    ] = DEFAULT_BANK,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            min=1.0,
            metavar="SECONDS",
            help="Give up when no case has ended for so long.",
        ),
    ] = 60.0,
    families: Annotated[
        int, typer.Option("--families", min=1, help="How many generated families there are.")
    ] = DEFAULT_FAMILIES,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, and nothing else.")
    ] = False,
) -> None:
    """Send declarations and report; see HELP."""
    if count is not None and file is not None:
        raise typer.BadParameter("--count generates and --file reads: give one of them")
    if group is not None and file is not None:
        raise typer.BadParameter("--file has its own declarations: leave --group out")
    if only and (count is not None or file is not None or group is not None):
        raise typer.BadParameter("--only names declarations written by hand: leave others out")
    if rate is not None and count is None and file is None:
        raise typer.BadParameter("--rate needs --count or --file")
    manner = Manner(
        rate=rate,
        concurrency=concurrency or (CONCURRENCY if rate is None else PACED_CONCURRENCY),
        batch_size=batch_size,
        duplicates=duplicates,
        quiet=timeout,
        seed=seed or 0,
    )
    console, counts = Console(), dict[str, int]()

    def bar(title: str, total: int | None) -> Showing:
        silent = nullcontext(lambda counts: None)
        return noted(counts, silent if as_json else shown(console, title, total))

    with telling_how_far(counts, url), faulty(bank) if faults else nullcontext():
        if count is not None:
            chosen = mixture(group or "birth", count, day_at(url), families=families, seed=seed)
            load = generated(chosen.declarations)
            report = run(fire_at(url, load, manner, bar("Generated", count)))
            report.run = chosen.run
        elif file is not None:
            number = seed if seed is not None else Runs().take_run()
            load = from_file(file, number, day_at(url))
            report = run(fire_at(url, load, manner, bar(file.name, None)))
            report.run = f"onestop fire --file {file} --seed {number}"
        else:
            number = seed if seed is not None else Runs().take_run()
            these = written.load_named(only) if only else written.load_groups(group or "both")
            showing = bar("Written", len(written.ending(these)))
            report = run(fire_written_at(url, number, manner, showing, these=these, issuer=issuer))
    if as_json:
        print(json.dumps(report.summary(), ensure_ascii=False, indent=2))
    else:
        console.print()
        console.print(tables.whole(report))
    raise typer.Exit(0 if report.good else 1)


async def fire_at(url: str, load: Load, manner: Manner, showing: Showing) -> Report:
    """Send a load to the portal at this address. Raises `FireError`."""
    async with Portal(url, connections=manner.concurrency + 2, patience=manner.quiet) as portal:
        await portal.check()
        with showing as tell:
            return await fire(portal, load, manner, tell)


async def fire_written_at(
    url: str,
    number: int,
    manner: Manner,
    showing: Showing,
    *,
    these: Mapping[str, written.Written] | None = None,
    issuer: Path = DEFAULT_DATA / FOLDER,
) -> Report:
    """Send written declarations, by default all, to the portal at this address.

    Raises `OnestopError`.
    """
    async with Portal(url, connections=manner.concurrency + 2, patience=manner.quiet) as portal:
        await portal.check()
        with showing as tell:
            day = await portal.today()
            declarations = written.load() if these is None else these
            report = await fire_written(portal, declarations, number, day, manner, tell, issuer)
    report.run = f"onestop fire --seed {number}"
    return report


def day_at(url: str) -> date:
    """Return the day it is for the portal at this address. Raises `FireError`."""

    async def ask() -> date:
        async with Portal(url) as portal:
            await portal.check()
            return await portal.today()

    return asyncio.run(ask())


def run(work: Coroutine[Any, Any, Report]) -> Report:
    """Run this and return its report; of several errors at once, raise the first of ours."""
    try:
        return asyncio.run(work)
    except BaseExceptionGroup as group:
        ours = group.subgroup(OnestopError)
        while isinstance(ours, BaseExceptionGroup):
            ours = ours.exceptions[0]  # type: ignore[assignment]
        raise (ours or group) from None
