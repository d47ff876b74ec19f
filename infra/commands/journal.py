"""`onestop journal`: whether all journals are whole and agree; published anew; kept, restored."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from infra.local.clock import machine_now
from infra.services import ALL, Answer, Kafka, Mongo, PortBase, Services, chosen, leave
from infra.witnesses import Finding, Folder, compare

VERIFY_HELP = "\n\n".join(
    (
        "Check that no journal was tampered with.",
        "Each service checks the hashes and the chains of its own journal. Then every entry that"
        " one service heard of is looked for at its source: so a tail that was cut off, a deleted"
        " case and a rewritten entry are found too. Nobody hears of the portal's entries: of its"
        " journal only what was changed or is missing in between is found. Each fault is one line"
        " with service, case and entry; exits 1 if there is any. The system may run meanwhile.",
        "[bold]Example[/]",
        "  onestop journal verify",
    )
)
REPUBLISH_HELP = "\n\n".join(
    (
        "Publish stored events of a service again, byte for byte, for topics that have lost them.",
        "Harmless for whoever has them: what was heard before is not decided again.",
        "[bold]Examples[/]",
        "  onestop journal republish --service civil-status --all",
        "  onestop journal republish --service all --since 2026-07-01T00:00:00+07:00",
        "  onestop journal republish --service all --case 018f6f0e-7a52-7cc1-a0c6-1f6f0d3f2f11",
    )
)


BACKUP_HELP = "\n\n".join(
    (
        "Write all journals, and what came in at the door, to a folder: a folder for each service.",
        "All until one moment, so that no service has heard of what another lacks. The system may"
        " run meanwhile. With --since only what was decided since then: name a quarter of an hour"
        " before the --until of the last backup, for an entry may be written after it was decided.",
        "[bold]Examples[/]",
        "  onestop journal backup /backup/monday",
        "  onestop journal backup /backup/tuesday --since 2026-07-01T02:45:00+07:00",
    )
)
RESTORE_HELP = "\n\n".join(
    (
        "Put backups back into the store, and make registers, deadlines and claims anew.",
        "No service may run meanwhile. Afterwards create the topics, start the services, and"
        " `onestop journal republish --service all --all`: what was in flight goes on.",
        "[bold]Example[/]",
        "  onestop journal restore /backup/monday /backup/tuesday",
    )
)


def register(app: typer.Typer) -> None:
    """Add the commands to `onestop`."""
    journal = typer.Typer(
        help="The journals: verify, republish, backup, restore.", no_args_is_help=True
    )
    journal.command("verify", help=VERIFY_HELP)(verify)
    journal.command("republish", help=REPUBLISH_HELP)(republish)
    journal.command("backup", help=BACKUP_HELP)(backup)
    journal.command("restore", help=RESTORE_HELP)(restore)
    app.add_typer(journal, name="journal")


def verify(kafka: Kafka = None, mongo: Mongo = None, port_base: PortBase = None) -> None:
    """Verify all journals and compare them; see VERIFY_HELP."""
    services = Services.of(kafka, mongo, port_base).with_store()
    names = chosen(ALL)
    with TemporaryDirectory(prefix="onestop-") as path:
        folder = Folder(Path(path))
        answers = _verified(services, folder, names)
        for answer in answers.values():
            print(answer.said, end="")
        findings = _compared(services, folder, names)
    for finding in findings:
        print(finding)
    print("The journals agree." if not findings else f"Contradictions: {len(findings):,}.")
    leave([bool(findings), *(not answer.yes for answer in answers.values())])


def republish(
    *,
    service: Annotated[str, typer.Option(metavar="NAME|all", help="Whose events.")],
    case: Annotated[str | None, typer.Option(metavar="ID", help="Of one case.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Of entries since then: ISO 8601 with a zone."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Of the whole journal.")] = False,
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """Publish stored events again; see REPUBLISH_HELP."""
    services = Services.of(kafka, mongo, port_base).with_servers()
    options = [("--case", case), ("--since", since)]
    given = [part for name, value in options if value is not None for part in (name, value)]
    command = ("journal", "republish", *given, *(["--all"] if all_ else []))
    leave([services.hand_over(name, *command) for name in chosen(service)])


def backup(
    *,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", file_okay=False, help="Where it is to be kept.")
    ],
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Only what was decided since then: ISO 8601 with a zone."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="And until then.", show_default="now")
    ] = None,
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """Back all journals up; see BACKUP_HELP."""
    services = Services.of(kafka, mongo, port_base).with_store()
    options = ["--until", until or machine_now().isoformat()]
    options += ["--since", since] if since is not None else []
    _tell(
        services.ask_each(
            {name: ("journal", "backup", str(folder / name), *options) for name in chosen(ALL)}
        )
    )


def restore(
    *,
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", exists=True, help="Backups.")],
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """Restore all journals; see RESTORE_HELP."""
    services = Services.of(kafka, mongo, port_base).with_store()
    asked = {
        name: ("journal", "restore", *(str(folder / name) for folder in folders))
        for name in chosen(ALL)
    }
    _tell(services.ask_each(asked))


def _tell(answers: Mapping[str, Answer]) -> None:
    """Print what the services say, and exit with the worst of their answers."""
    for answer in answers.values():
        print(answer.said, end="")
    leave(not answer.yes for answer in answers.values())


def _verified(services: Services, folder: Folder, names: Iterable[str]) -> dict[str, Answer]:
    files = {
        name: ("--witness-out", folder.heard(name), "--entries-out", folder.entries(name))
        for name in names
    }
    return services.ask_each(
        {name: ("journal", "verify", *map(str, options)) for name, options in files.items()}
    )


def _compared(services: Services, folder: Folder, names: tuple[str, ...]) -> list[Finding]:
    findings = compare(folder, names)
    lacking = {finding.service for finding in findings if finding.is_missing}
    if not lacking:
        return findings
    # While the system runs, a source that was read before its receiver lacks what it said since.
    services.ask_each(
        {
            name: ("journal", "verify", "--entries-out", str(folder.entries(name)))
            for name in lacking
        }
    )
    return compare(folder, names)
