"""A report as a person reads it."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tests.fire.report import OUTCOMES, Report, Spread

_MOST_DIFFERENCES = 40


def whole(report: Report) -> RenderableType:
    """Return everything: counts, seconds, and what is not as expected."""
    parts: list[RenderableType] = [counts(report), "", seconds(report)]
    if report.differences:
        parts += ["", listed("Not as expected", report.differences)]
    if report.waiting:
        parts += ["", listed("Some that have not ended, and what each waits for", report.waiting)]
    return Group(*parts, "", verdict(report))


def counts(report: Report) -> Table:
    """Return how many declarations came to what; what is zero and should be is left out."""
    table = Table(title="Declarations", title_justify="left", show_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("sent", f"{report.sent:,}")
    if report.repeats:
        table.add_row("sent again with the same key", f"{report.repeats:,}")
    table.add_row("accepted", f"{report.accepted:,}")
    for name in OUTCOMES:
        table.add_row(name, f"{report.outcome(name):,}")
    others = {
        "rejected by the portal": (report.rejected, "default"),
        "not answered": (report.unanswered, "red"),
        "dropped, no place free": (report.dropped, "yellow"),
        "accepted but not finished": (len(report.unfinished), "red"),
        "given two cases": (report.other_case, "red"),
        "left out (see --help)": (len(report.left_out), "default"),
        "notices of hospitals": (report.notices, "default"),
    }
    for name, (number, colour) in others.items():
        if number:
            table.add_row(name, f"[{colour}]{number:,}[/]")
    table.add_row("cases finished in a second", f"{report.throughput:,.0f}")
    return table


def seconds(report: Report) -> Table:
    """Return how long cases and procedures took."""
    table = Table(title="Seconds", title_justify="left", show_edge=False)
    table.add_column("")
    for heading in ("cases", "p50", "p95", "p99", "max"):
        table.add_column(heading, justify="right")
    _add(table, "[bold]From submission to completion[/]", report.end_to_end())
    titles = report.titles()
    for name, spread in report.by_procedure().items():
        _add(table, escape(titles.get(name, name)), spread)
    if len(report.details) < len(report.ended):
        table.caption = (
            f"Procedures: of {len(report.details):,} of the {len(report.ended):,} cases, drawn by"
            " the seed"
        )
        table.caption_justify = "left"
    return table


def listed(title: str, problems: Mapping[str, Sequence[str]]) -> RenderableType:
    """Return each problem of each name in a line of its own, with room for a case's id."""
    lines = [Text(title, "italic red")]
    for name, each in list(problems.items())[:_MOST_DIFFERENCES]:
        lines += [Text(name, "bold"), *(Text(f"  {problem}") for problem in each)]
    left = len(problems) - _MOST_DIFFERENCES
    if left > 0:
        lines.append(Text(f"and {left:,} more"))
    return Group(*lines)


def verdict(report: Report) -> Text:
    """Return one sentence: whether all is well, and how to send the same again."""
    if not report.sent:
        return Text("Nothing was sent.", "yellow")
    sent = "Again" if report.run.startswith("onestop ") else "Sent were"
    again = f" {sent}: {report.run}" if report.run else ""
    if report.good:
        return Text(f"Every accepted declaration has ended as it should.{again}", "green")
    return Text(f"Not every declaration has ended as it should.{again}", "red")


def _add(table: Table, title: str, spread: Spread | None) -> None:
    if spread is None:
        return
    times = (spread.p50, spread.p95, spread.p99, spread.max)
    table.add_row(title, f"{spread.count:,}", *(f"{time:.3f}" for time in times))
