"""`onestop case`: one case as it stands, and how it came there."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.commands.options import DEFAULT_URL, Url
from tests.fire.portal import Portal
from tests.fire.words import VIET_NAM

HELP = "\n\n".join(
    (
        "Show a case: its procedures, whom it waits for, what did not go well, and its timeline.",
        "[bold]Examples[/]",
        "  onestop case 018f6f0e-7a52-7cc1-a0c6-1f6f0d3f2f11",
        "  onestop case 018f6f0e-7a52-7cc1-a0c6-1f6f0d3f2f11 --json",
    )
)
_PATIENCE = 10.0
_COLOURS = {
    "granted": "green",
    "completed": "green",
    "refused": "red",
    "partial": "yellow",
    "not-started": "dim",
    "at-risk": "yellow",
    "overdue": "red",
}
_LONG = timedelta(hours=1)
_HOURS, _DAYS = "%H:%M:%S.%f", "%Y-%m-%d %H:%M"
_WIDE = 120
"""Letters from which on no column has to be folded for the sake of another."""


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("case", help=HELP)(case_command)


def case_command(
    case_id: Annotated[str, typer.Argument(metavar="ID", help="The id that the portal gave.")],
    url: Url = DEFAULT_URL,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the portal's answer, and nothing else.")
    ] = False,
) -> None:
    """Show one case; see HELP."""
    case = asyncio.run(_case(url, case_id))
    if as_json:
        print(json.dumps(case, ensure_ascii=False, indent=2))
        return
    console = Console()
    console.print(_heading(case))
    console.print()
    console.print(_procedures(case, console.width))
    console.print()
    for said in case["account"]:
        console.print(f"- {escape(_english(said))}")
    if case["account"]:
        console.print()
    console.print(_timeline(case))


async def _case(url: str, case_id: str) -> dict[str, Any]:
    async with Portal(url, patience=_PATIENCE) as portal:
        await portal.check()
        return await portal.case(case_id)


def _heading(case: Mapping[str, Any]) -> str:
    status = _coloured(case["status"])
    took = f" after {_took(case['seconds'])}" if case.get("seconds") is not None else ""
    submitted = datetime.fromisoformat(case["submitted_at"]).astimezone(VIET_NAM)
    return (
        f"Case {escape(case['case_id'])} ({escape(case['group'])}, province {case['province']}):"
        f" {status}{took}, submitted {submitted:%Y-%m-%d %H:%M:%S}{_due(case, ', due ')}"
    )


def _due(of: Mapping[str, Any], before: str = "") -> str:
    """Return when a case or procedure is due, and whether that is in danger or missed."""
    if of.get("due_at") is None:
        return ""
    due = datetime.fromisoformat(of["due_at"]).astimezone(VIET_NAM)
    late = "" if of["timeliness"] == "on-time" else f" {_coloured(of['timeliness'])}"
    return f"{before}{due:%Y-%m-%d %H:%M}{late}"


def _procedures(case: Mapping[str, Any], width: int) -> Table:
    """Return a table for lines of so many letters, in which a number is whole from 80 on."""
    narrow = width < _WIDE
    table = Table(show_edge=False)
    table.add_column("procedure", overflow="fold", max_width=20 if narrow else None)
    table.add_column("state, due", overflow="fold", max_width=16 if narrow else None)
    table.add_column("result", overflow="fold")  # 36 letters at least: a case's id
    for procedure in case["procedures"]:
        table.add_row(
            f"{escape(_english(procedure['title']))}\n[dim]{escape(procedure['owner'])}[/]",
            "\n".join(filter(None, (_state(procedure), _due(procedure)))),
            escape(_outcome(procedure)),
        )
    return table


def _state(procedure: Mapping[str, Any]) -> str:
    seconds = procedure.get("seconds")
    return _coloured(procedure["state"]) + ("" if seconds is None else f" {_took(seconds)}")


def _took(seconds: float) -> str:
    time = timedelta(seconds=seconds)
    return _passed(time) if time > _LONG else f"{seconds:.3f} s"


def _outcome(procedure: Mapping[str, Any]) -> str:
    """Return why it was refused, what it gave, or whom or what it waits for."""
    if reason := procedure.get("reason"):
        other = reason.get("refers_to")
        return str(reason["en"]) + (f"\n{other}" if other and other not in reason["en"] else "")
    if asked := procedure.get("supplement"):
        until = datetime.fromisoformat(asked["until"]).astimezone(VIET_NAM)
        missing = "; ".join(_english(each) for each in asked["missing"])
        return f"the family is asked until {until:%Y-%m-%d %H:%M} for: {missing}"
    if result := procedure.get("result"):
        return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in result.items())
    if procedure["state"] == "waiting" and procedure.get("waits_for"):
        return "waits for " + ", ".join(procedure["waits_for"])
    if procedure["state"] == "in-progress":
        return f"{procedure['owner']} has it in hand"
    return ""


def _timeline(case: Mapping[str, Any]) -> Table:
    start = datetime.fromisoformat(case["submitted_at"])
    moments = [datetime.fromisoformat(event["at"]) for event in case["timeline"]]
    long = max(moments, default=start) - start > _LONG
    table = Table(show_edge=False)
    table.add_column("time", no_wrap=True)
    table.add_column("after" if long else "+ s", justify="right", no_wrap=True)
    table.add_column("agency", no_wrap=True)
    table.add_column("event", no_wrap=True)
    table.add_column("what the family reads", overflow="fold")
    for event, at in zip(case["timeline"], moments, strict=True):
        table.add_row(
            f"{at.astimezone(VIET_NAM):{_DAYS if long else _HOURS}}"[: None if long else -3],
            _passed(at - start) if long else f"{(at - start).total_seconds():.3f}",
            escape(event["source"].rpartition("/")[2]),
            escape(_short(event["type"])),
            escape(_english(event.get("notice"))),
        )
    return table


def _passed(time: timedelta) -> str:
    """Return how long it took, as people say it of what takes hours or days."""
    minutes = int(time.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours:02} h" if days else f"{hours} h {minutes % 60:02} min"


def _english(text: Any) -> str:
    return str(text["en"] if isinstance(text, Mapping) else text or "")


def _short(type: str) -> str:
    """Return what happened: the publisher has a column of its own, the version is for machines."""
    return type.split(".")[1] if type.count(".") == 2 else type


def _coloured(state: str) -> str:
    return f"[{_COLOURS.get(state, 'cyan')}]{escape(state)}[/]"
