"""Sending the written declarations: those that wait for another, when that one has ended."""

import asyncio
from collections.abc import Mapping
from datetime import date

from tests.fire import words
from tests.fire.portal import NO_ANSWER, Answer, Item, Portal
from tests.fire.report import Report
from tests.fire.volume import Manner, Progress
from tests.fire.watcher import Watcher
from tests.fire.written import Written, judge_answer, judge_case


async def fire_written(
    portal: Portal,
    written: Mapping[str, Written],
    run: int,
    day: date,
    manner: Manner,
    progress: Progress,
) -> Report:
    """Send all of them, wait for their ends, and report what is not as expected.

    `manner` counts only by its concurrency and patience.
    """
    async with Watcher(portal) as watcher:
        sending = _Sending(portal, watcher, run, day, manner)
        report = sending.report

        def tell() -> None:
            counts = {"sent": report.sent, "accepted": report.accepted}
            progress({**counts, "ended": len(watcher.ended)})

        async def one(declaration: Written) -> None:
            await sending.one(declaration)
            tell()

        async with asyncio.TaskGroup() as group:
            for declaration in written.values():
                group.create_task(one(declaration))
        report.ended = list(watcher.ended.values())
    for stem, problems in sorted(sending.problems.items()):
        if problems:
            report.differences[stem] = problems
    return report


class _Sending:
    def __init__(
        self, portal: Portal, watcher: Watcher, run: int, day: date, manner: Manner
    ) -> None:
        self.report = Report()
        self.problems: dict[str, list[str]] = {}
        self._cases: dict[str, str] = {}
        self._over: dict[str, asyncio.Event] = {}
        self._portal = portal
        self._watcher = watcher
        self._run = run
        self._day = day
        self._quiet = manner.quiet
        self._at_once = asyncio.Semaphore(manner.concurrency)

    async def one(self, written: Written) -> None:
        """Send one declaration, after the one it waits for, and judge what becomes of it."""
        if written.after:
            await self._end_of(written.after).wait()
        try:
            self.problems[written.stem] = await self._judged(written)
        finally:
            self._end_of(written.stem).set()

    async def _judged(self, written: Written) -> list[str]:
        # The day is in the key: tomorrow the same words are other dates, and another body.
        key = f"written-{self._run}-{self._day}-{written.stem}"
        declaration = words.resolve(written.declaration, self._run, self._day)
        async with self._at_once:
            answer = (await self._portal.declare([Item(key, declaration)]))[0]
        self._count(answer)
        problems = judge_answer(written.expected, answer)
        if problems or not answer.case_id:
            return problems
        self._cases[written.stem] = answer.case_id
        if await self._watcher.end_of(answer.case_id, self._quiet) is None:
            self.report.unfinished.append(answer.case_id)
            return [f"case {answer.case_id} has not ended"]
        async with self._at_once:
            case = await self._portal.case(answer.case_id)
        self.report.details.append(case)
        problems = judge_case(written.expected, case, self._cases)
        return [*problems, f"case {answer.case_id}"] if problems else []

    def _count(self, answer: Answer) -> None:
        self.report.sent += 1
        self.report.accepted += answer.accepted
        self.report.unanswered += answer.status == NO_ANSWER
        self.report.rejected += not answer.accepted and answer.status != NO_ANSWER

    def _end_of(self, stem: str) -> asyncio.Event:
        return self._over.setdefault(stem, asyncio.Event())
