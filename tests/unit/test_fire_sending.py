"""Schedules, repeats and percentiles."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random

import pytest

from infra.errors import OnestopError
from tests.fire.portal import Item
from tests.fire.report import Report, Spread, percentile
from tests.fire.runs import Runs
from tests.fire.tables import verdict
from tests.fire.volley import LATEST, Schedule, closed, paced, with_repeats
from tests.fire.volume import from_file

ITEMS = [Item(str(number), {}) for number in range(200)]


def test_an_open_model_keeps_its_rate_whatever_happens() -> None:
    schedule = Schedule(rate=50)
    assert [schedule.due(number) for number in (0, 1, 50, 3_000)] == [0.0, 0.02, 1.0, 60.0]
    assert Schedule(rate=500, size=100).due(10) == 2.0


def test_an_arrival_that_cannot_begin_in_time_is_missed() -> None:
    schedule = Schedule(rate=10)
    assert not schedule.missed(10, now=1.0 + LATEST)
    assert schedule.missed(10, now=1.01 + LATEST)


async def test_the_open_model_drops_what_finds_no_place() -> None:
    release = asyncio.Event()
    sent: list[Item] = []

    async def send(batch: Sequence[Item]) -> None:
        sent.extend(batch)
        if len(sent) == 8:
            asyncio.get_running_loop().call_later(0.1, release.set)
        await release.wait()

    dropped = await paced(send, ITEMS[:40], rate=2_000, concurrency=4, size=2)
    assert len(sent) + dropped == 40
    assert len(sent) == 8


async def test_the_closed_model_sends_everything_within_its_concurrency() -> None:
    sent: list[Item] = []
    under_way, most = 0, 0

    async def send(batch: Sequence[Item]) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        sent.extend(batch)
        under_way -= 1

    await closed(send, ITEMS, concurrency=5, size=7)
    assert sorted(sent, key=ITEMS.index) == ITEMS
    assert most == 5


def test_repeats_come_after_the_first_and_are_as_many_as_asked() -> None:
    stream = list(with_repeats(ITEMS, 0.25, Random(1)))
    counts = Counter(item.key for item in stream)
    assert set(counts) == {item.key for item in ITEMS}
    assert 30 < len(stream) - len(ITEMS) < 70
    first = {item.key: position for position, item in reversed(list(enumerate(stream)))}
    assert all(not stream[position].repeats for position in first.values())
    assert sum(item.repeats for item in stream) == len(stream) - len(ITEMS)


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1), (0.001, 1)]
)
def test_percentiles_are_values_that_occurred(share: float, value: int) -> None:
    assert percentile(range(1, 101), share) == value


def test_the_spread_of_few_and_of_none() -> None:
    assert Spread.of([]) is None
    assert Spread.of([0.3, 0.1]) == Spread(count=2, p50=0.1, p95=0.3, p99=0.3, max=0.3)


def row(status: str, start: int, end: int) -> dict[str, object]:
    return {
        "case_id": f"{status}-{start}",
        "status": status,
        "submitted_at": f"2026-01-01T00:00:{start:02d}+00:00",
        "completed_at": f"2026-01-01T00:00:{end:02d}Z",
        "seconds": float(end - start),
    }


def test_a_report_counts_and_judges() -> None:
    report = Report(sent=3, accepted=3, ended=[row("completed", 0, 2), row("partial", 1, 5)])
    assert report.good
    assert report.throughput == pytest.approx(2 / 5)
    assert (report.outcome("completed"), report.outcome("partial")) == (1, 1)
    report.unfinished = ["x"]
    assert not report.good
    assert report.summary()["unfinished"] == 1


@pytest.mark.parametrize(
    "report",
    [
        Report(sent=2, rejected=2),
        Report(sent=1, accepted=1, other_case=1),
        Report(sent=2, accepted=1, unanswered=1),
        Report(sent=1, accepted=1, differences={"x": ["y"]}),
    ],
)
def test_a_report_that_is_not_good(report: Report) -> None:
    assert not report.good


def test_runs_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "new" / "fire.json"
    first = Runs(path).take_run()
    assert Runs(path).take_run() == first + 1
    births = Runs(path).take_births(200)
    assert Runs(path).take_births(1) == births + 200
    path.write_text("[]", encoding="utf-8")
    assert Runs(path).take_run() >= 0


def test_a_file_is_read_by_line(tmp_path: Path) -> None:
    path = tmp_path / "declarations.ndjson"
    path.write_text(
        '{"group": "birth", "form": {"born_on": "@today-1d"}}\n'
        "\n"
        '{"idempotency_key": "mine", "declaration": {"group": "birth"}}\n',
        encoding="utf-8",
    )
    bare, keyed = from_file(path, 1, date(2026, 1, 1)).items
    assert bare.declaration["form"] == {"born_on": "2025-12-31"}
    assert keyed == Item("mine", {"group": "birth"})
    again, _ = from_file(path, 1, date(2026, 1, 1)).items
    other, _ = from_file(path, 2, date(2026, 1, 1)).items
    assert again.key == bare.key != other.key


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"key": 1}', '{"group": 1, "a": "@todays"}'])
def test_a_line_that_is_no_declaration_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "declarations.ndjson"
    path.write_text(f'{{"group": "birth"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(OnestopError, match="line 2"):
        from_file(path, 1, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (Report(run="onestop fire --seed 3"), "Nothing was sent."),
        (Report(sent=1, run="onestop fire --seed 3"), "Again: onestop fire --seed 3"),
        (Report(sent=1, run="births from number 7"), "Sent were: births from number 7"),
    ],
)
def test_the_verdict_says_how_to_send_the_same_and_praises_nothing_for_nothing(
    report: Report, says: str
) -> None:
    assert verdict(report).plain.endswith(says)
