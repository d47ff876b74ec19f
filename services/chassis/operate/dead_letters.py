"""`dead-letters list | show | replay`: what a service could not handle, and another try at it."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated

import typer

from services.chassis.dead_letters import DeadLetters, Status
from services.chassis.encoding import Document
from services.chassis.operate.replaying import Outcome, replay
from services.chassis.operate.session import CannotDo, paragraphs, perform, program
from services.chassis.runtime import Runtime
from services.chassis.service import Service

EXAMPLE = "some.events/3/17"


def register(cli: typer.Typer, service: Service) -> None:
    """Add the commands."""
    letters = typer.Typer(
        help="Messages that could not be handled: look at them, and replay them.",
        no_args_is_help=True,
    )
    cli.add_typer(letters, name="dead-letters")
    _register_list(letters, service)
    _register_show(letters, service)
    _register_replay(letters, service)


def _register_list(letters: typer.Typer, service: Service) -> None:
    me = program(service)
    help = paragraphs(
        "List dead letters, oldest first, without what is in them.",
        examples=(f"{me} dead-letters list", f"{me} dead-letters list --status dead --json"),
    )

    @letters.command("list", help=help)
    def list_(
        status: Annotated[Status | None, typer.Option(help="Only letters of this status.")] = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="One JSON object a line, for scripts.")
        ] = False,
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            for letter in await runtime.dead_letters.summaries(status):
                summary = _summary(letter)
                typer.echo(json.dumps(summary) if as_json else _line(summary))
            return True

        perform(service, act)


def _register_show(letters: typer.Typer, service: Service) -> None:
    help = paragraphs(
        "Show one dead letter whole: why it failed, and what is in it.",
        "What is in it may be personal data.",
        examples=(f"{program(service)} dead-letters show {EXAMPLE}",),
    )

    @letters.command(help=help)
    def show(
        id: Annotated[str, typer.Argument(metavar="ID", help="Topic/partition/offset.")],
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            for line in _whole(await _existing(runtime.dead_letters, id)):
                typer.echo(line)
            return True

        perform(service, act)


def _register_replay(letters: typer.Typer, service: Service) -> None:
    me = program(service)
    help = paragraphs(
        "Have dead letters handled again, each on its own, by the running service.",
        "Waits until each is replayed, or dead again, and says which; exits 1 unless all are"
        " replayed. To replay a replayed one changes nothing.",
        examples=(
            f"{me} dead-letters replay {EXAMPLE}",
            f"{me} dead-letters replay --all --wait 120",
        ),
    )

    @letters.command("replay", help=help)
    def replay_(
        id: Annotated[
            str | None, typer.Argument(metavar="[ID]", help="Topic/partition/offset.")
        ] = None,
        all_: Annotated[bool, typer.Option("--all", help="All that are dead.")] = False,
        wait: Annotated[
            float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the service.")
        ] = 30.0,
    ) -> None:
        async def act(runtime: Runtime) -> bool:
            letters = runtime.dead_letters
            outcomes = await replay(letters, await _to_replay(letters, id, all_), wait)
            for outcome in outcomes:
                typer.echo(f"{outcome.id}: {outcome.told(service.name)}")
            if not outcomes:
                typer.echo("there are no dead letters")
            return _succeeded(outcomes, wait)

        perform(service, act)


def _succeeded(outcomes: Sequence[Outcome], wait: float) -> bool:
    good = {"replayed", "replayed-before"} | ({"waiting"} if wait == 0 else set())
    return all(outcome.what in good for outcome in outcomes)


async def _to_replay(letters: DeadLetters, id: str | None, all_: bool) -> Collection[str]:
    if (id is None) is not all_:
        raise CannotDo("name one dead letter by its ID, or all of them with --all")
    if id is not None:
        await _existing(letters, id)
        return [id]
    asked = [*await letters.summaries("dead"), *await letters.summaries("replay")]
    return [letter["_id"] for letter in asked]


async def _existing(letters: DeadLetters, id: str) -> Document:
    letter = await letters.get(id)
    if letter is None:
        raise CannotDo(f"there is no dead letter {id} here; `dead-letters list` names all")
    return letter


def _summary(letter: Document) -> Document:
    return {
        "id": letter["_id"],
        "at": _time(letter["at"]),
        "status": letter["status"],
        "replays": letter["replays"],
        "type": _header(letter, "type"),
        "size": letter["size"],
        "reason": letter["reason"],
    }


def _line(summary: Document) -> str:
    names = ("id", "at", "status", "type", "reason")
    return "  ".join(_on_one_line(str(summary[name] or "-")) for name in names)


def _whole(letter: Document) -> list[str]:
    value = letter["value"]
    return [
        f"id        {letter['_id']}",
        f"status    {letter['status']}, replayed {letter['replays']} times",
        f"died      {_time(letter['at'])}",
        f"reason    {letter['reason']}",
        f"key       {_readable(letter['key'])}",
        *(f"header    {name}: {_readable(content)}" for name, content in letter["headers"]),
        f"value     {letter['size']:,} bytes"
        + (", kept only in Kafka" if value is None and letter["size"] else ""),
        *([_readable(value)] if value else []),
        *(["", letter["traceback"].rstrip()] if letter["traceback"] else []),
    ]


def _readable(content: bytes | None) -> str:
    if content is None:
        return "none"
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"hex {content.hex()}"


def _header(letter: Document, name: str) -> str | None:
    content = dict(letter["headers"]).get(name)
    return None if content is None else _readable(content)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
