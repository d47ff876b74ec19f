"""The results as tables for people."""

from typing import Any

from rich.console import Console, Group
from rich.table import Table

from tests.bench.results import BARE, COPYING, HTTP, ONESTOP, Results

_ROWS = (
    (BARE, "saturation", "bare pipeline, at once"),
    (COPYING, "saturation", "bare pipeline that copies"),
    (ONESTOP, "saturation", "onestop, at once"),
    (HTTP, "batches", "onestop by HTTP, batches"),
    (HTTP, "singly", "onestop by HTTP, singly"),
    (BARE, "steady", "bare pipeline, steady"),
    (ONESTOP, "steady", "onestop, steady"),
    (HTTP, "steady", "onestop by HTTP, steady"),
)
_FIGURES = ("cases_per_second", "cpu_us_per_case", "p50", "p95", "p99", "max")


def show(results: Results, console: Console) -> None:
    """Print medians, ratios, and what each process cost."""
    console.print(Group(_figures(results), _processes(results)))
    for line in results.noisy():
        console.print(f"[yellow]not quiet:[/] {line}")


def _figures(results: Results) -> Table:
    options = results.options
    table = Table(
        "",
        "cases/s",
        "CPU µs/case",
        *(f"{name} ms" for name in _FIGURES[2:]),
        title=f"{options['count']:,} cases at once; {options['rate']:g}/s for "
        f"{options['seconds']:g} s; medians of {options['rounds']}",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for what, how, name in _ROWS:
        found = results.medians(what, how)
        if found:
            table.add_row(name, *(_number(found.get(figure)) for figure in _FIGURES))
    ratios = results.ratios()
    if ratios["throughput"] is not None:
        table.add_section()
        columns = ("throughput", "cpu_per_case", "p50", None, "p99", None)
        shown = [ratios[name] if name else None for name in columns]
        table.add_row("onestop / bare", *("" if r is None else f"{r:.2f}" for r in shown))
    return table


def _processes(results: Results) -> Table:
    table = Table("process", title="processor seconds and memory at saturation")
    columns = {}
    for what in (BARE, ONESTOP):
        found = results.medians(what, "saturation")
        if found:
            columns[what] = found["processes"]
            for name in ("CPU s", "MB before", "MB after"):
                table.add_column(f"{what} {name}", justify="right")
    names = dict.fromkeys(name for processes in columns.values() for name in processes)
    for name in names:
        cells: list[str] = []
        for processes in columns.values():
            usage = processes.get(name, {})
            for figure in ("cpu_seconds", "rss_start_mb", "rss_end_mb"):
                cells.append(_number(usage.get(figure)))
        table.add_row(name, *cells)
    return table


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
