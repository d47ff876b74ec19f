"""A volume of declarations: generated, or from a file."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from tests.fire import volley, words
from tests.fire.answers import NO_ANSWER, Answer
from tests.fire.declared import Declared
from tests.fire.portal import FireError, Item, Portal
from tests.fire.report import Report
from tests.fire.watcher import Watcher

SAMPLE = 500
"""Of how many cases the procedures' times are asked for, one by one."""
_ASK_AT_ONCE = 8
_SHOWN = 5
"""Of how many cases that have not ended it is told what they wait for."""

Progress = Callable[[Mapping[str, int]], None]
"""Is told, at each answer and a few times a second, how far the run is."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How to send."""

    rate: float | None = None
    """Declarations a second, as an open model; None: as fast as the concurrency allows."""
    concurrency: int = 32
    batch_size: int = 1
    duplicates: float = 0.0
    quiet: float = 60.0
    """Give up when no case has ended for so many seconds."""
    seed: int = 0


@dataclass(frozen=True)
class Load:
    """What to send, and the outcome expected of each by its key, where it is known."""

    items: Iterable[Item]
    outcomes: dict[str, str] = field(default_factory=dict)


def generated(declarations: Iterable[Declared]) -> Load:
    """Return generated declarations, each with its outcome."""
    load = Load([])

    def items() -> Iterator[Item]:
        for each in declarations:
            load.outcomes[each.key] = each.outcome
            yield Item(each.key, each.declaration)

    return Load(items(), load.outcomes)


def from_file(path: Path, run: int, day: date) -> Load:
    """Return the declarations of a file, one a line.

    A line is a declaration, or `{"idempotency_key": …, "declaration": …}`; without a key, it gets
    one that is the same in each run with the same number. Words like `@today-3d` are replaced.

    Raises `FireError` for a line that is neither.
    """
    items = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            bare = entry if "group" in entry else entry["declaration"]
            declaration = words.resolve(bare, run, day)
            key = entry.get("idempotency_key") or _key(line, run, day)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise FireError(
                f'{path}, line {number}: neither a declaration nor {{"declaration": …}}'
            ) from None
        items.append(Item(key, declaration))
    return Load(items)


async def fire(portal: Portal, load: Load, manner: Manner, progress: Progress) -> Report:
    """Send everything, wait until the cases have ended, and report.

    Raises `FireError` where the portal answers in a way that nobody can understand.
    """
    report = Report()
    cases: dict[str, set[str]] = {}
    statuses: dict[str, Answer] = {}

    async with Watcher(portal) as watcher:

        def tell() -> None:
            progress({"sent": len(statuses), "accepted": len(cases), "ended": len(watcher.ended)})

        async def send(batch: Sequence[Item]) -> None:
            for item, answer in zip(batch, await portal.declare(batch), strict=True):
                report.repeats += item.repeats
                if answer.case_id and answer.accepted:
                    cases.setdefault(item.key, set()).add(answer.case_id)
                    watcher.watch(answer.case_id)
                elif item.repeats and item.key in cases:
                    report.other_case += 1
                if not item.repeats or item.key not in statuses:
                    statuses[item.key] = answer
            tell()

        ticker = asyncio.create_task(_every(0.25, tell))
        try:
            report.dropped = await _sent(send, load.items, manner)
            await watcher.until_all_ended(manner.quiet)
        finally:
            ticker.cancel()
            tell()
        ids = {case_id for found in cases.values() for case_id in found}
        report.ended = [watcher.ended[case_id] for case_id in ids & watcher.ended.keys()]
        report.unfinished = sorted(ids - watcher.ended.keys())
        report.waiting = await _waiting(portal, report.unfinished[:_SHOWN])
        sample = sorted(ids & watcher.ended.keys())
        if len(sample) > SAMPLE:
            sample = Random(manner.seed).sample(sample, SAMPLE)
        report.details = await _details(portal, sample)

        report.sent = len(statuses)
        report.accepted = len(cases)
        report.unanswered = sum(answer.status == NO_ANSWER for answer in statuses.values())
        report.rejected = report.sent - report.accepted - report.unanswered
        report.other_case += sum(len(found) > 1 for found in cases.values())
        report.differences = _differences(load, cases, statuses, watcher)
    return report


async def _sent(send: volley.Send, items: Iterable[Item], manner: Manner) -> int:
    """Send in this manner; return how many were dropped."""
    random = Random(manner.seed)
    stream = volley.with_repeats(items, manner.duplicates, random) if manner.duplicates else items
    size, concurrency = manner.batch_size, manner.concurrency
    if manner.rate is None:
        await volley.closed(send, stream, concurrency, size)
        return 0
    return await volley.paced(send, stream, manner.rate, concurrency, size)


async def _every(seconds: float, tell: Callable[[], None]) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(seconds)
            tell()


async def _details(portal: Portal, ids: Sequence[str]) -> list[dict[str, Any]]:
    at_once = asyncio.Semaphore(_ASK_AT_ONCE)

    async def detail(case_id: str) -> dict[str, Any]:
        async with at_once:
            return await portal.case(case_id)

    return await asyncio.gather(*map(detail, ids))


async def _waiting(portal: Portal, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return what each of these waits for, of those that the portal tells of."""
    found: dict[str, list[str]] = {}

    async def ask(case_id: str) -> None:
        with suppress(FireError):
            case = await portal.case(case_id)
            waits = [f"{each['owner']}: {each['procedure']}" for each in case["waiting_for"]]
            found[case_id] = waits or ["portal: nothing is in progress"]

    await asyncio.gather(*map(ask, ids))
    return found


def _differences(
    load: Load,
    cases: Mapping[str, set[str]],
    statuses: Mapping[str, Answer],
    watcher: Watcher,
) -> dict[str, list[str]]:
    """Return what is not as expected, of declarations whose outcome is known beforehand."""
    found: dict[str, list[str]] = {}
    for key, answer in statuses.items():
        outcome = load.outcomes.get(key)
        if outcome is None:
            continue
        if key not in cases:
            found[key] = [f"answered {answer.sentence()}, not 202"]
            continue
        for case_id in cases[key]:
            row = watcher.ended.get(case_id)
            if row and row["status"] != outcome:
                found[key] = [f"{row['status']}, not {outcome}", f"case {case_id}"]
    return found


def _key(line: str, run: int, day: date) -> str:
    return f"file-{sha256(f'{line}/{run}/{day}'.encode()).hexdigest()[:32]}"
