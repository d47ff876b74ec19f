"""Sending the written declarations: those that wait for another, when that one has ended."""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from tests.fire import words
from tests.fire.answers import NO_ANSWER, Answer
from tests.fire.clerks import Clerks
from tests.fire.feedback import Feedback
from tests.fire.hospitals import Hospitals
from tests.fire.officials import FAMILY
from tests.fire.payees import Instruction, Payees, asked
from tests.fire.petitioners import Petitioners
from tests.fire.portal import Item, Portal
from tests.fire.report import Report
from tests.fire.volume import Manner, Progress
from tests.fire.watcher import Watcher
from tests.fire.written import Written, judge_answer, judge_case

DAY = 86_400.0
"""Seconds."""


async def fire_written(
    portal: Portal,
    written: Mapping[str, Written],
    run: int,
    day: date,
    manner: Manner,
    progress: Progress,
    issuer: Path,
) -> Report:
    """Send all of them, wait for their ends, and report what is not as expected.

    What takes days is left out where these do not pass within the patience, and what a hospital
    gives notice of where its signature cannot be verified.

    `manner` counts only by its concurrency and patience; `issuer` has the keys for the officials'
    tokens.
    """
    speed = await portal.speed()
    left_out = {stem for stem, one in written.items() if one.days * DAY / speed > manner.quiet}
    noticed = {stem for stem, one in written.items() if one.hospital}
    hospitals = Hospitals(portal, issuer, run, day)
    if noticed and not await hospitals.believed():
        left_out |= noticed
    async with Watcher(portal) as watcher:
        people = People(
            Clerks(portal, issuer),
            Payees(portal, issuer),
            Petitioners(portal, issuer, run, day),
            Feedback(portal, issuer, run),
            hospitals,
        )
        sending = _Sending(portal, watcher, people, run, day, manner)
        report = sending.report

        def tell() -> None:
            counts = {"sent": report.sent, "accepted": report.accepted}
            progress({**counts, "ended": len(watcher.ended)})

        async def one(declaration: Written) -> None:
            try:
                await sending.one(declaration)
            finally:
                tell()

        async with asyncio.TaskGroup() as group:
            for stem, declaration in written.items():
                if stem not in left_out:
                    group.create_task(one(declaration))
        report.ended = list(watcher.ended.values())
        report.left_out, report.notices = sorted(left_out), hospitals.given
    for stem, problems in sorted(sending.problems.items()):
        if problems:
            report.differences[stem] = problems
    return report


class People(NamedTuple):
    """Who does something about the cases."""

    clerks: Clerks
    payees: Payees
    petitioners: Petitioners
    feedback: Feedback
    hospitals: Hospitals


class _Sending:
    def __init__(
        self,
        portal: Portal,
        watcher: Watcher,
        people: People,
        run: int,
        day: date,
        manner: Manner,
    ) -> None:
        self.report = Report()
        self.problems: dict[str, list[str]] = {}
        self._cases: dict[str, str] = {}
        self._begun: dict[str, asyncio.Event] = {}
        self._over: dict[str, asyncio.Event] = {}
        self._portal = portal
        self._watcher = watcher
        self._people = people
        self._run = run
        self._day = day
        self._quiet = manner.quiet
        self._at_once = asyncio.Semaphore(manner.concurrency)

    async def one(self, written: Written) -> None:
        """Send one declaration when the one it waits for is so far; judge what becomes of it."""
        if written.after:
            await self._end_of(written.after).wait()
        if written.during:
            await self._beginning_of(written.during).wait()
        try:
            self.problems[written.stem] = await self._judged(written)
        finally:
            self._beginning_of(written.stem).set()
            self._end_of(written.stem).set()

    async def _judged(self, written: Written) -> list[str]:
        # The day is in the key: tomorrow the same words are other dates, and another body.
        key = f"written-{self._run}-{self._day}-{written.stem}"
        declaration = words.resolve(written.declaration, self._run, self._day)
        if written.hospital and written.hospital.when == "before":
            wrong = await self._people.hospitals.give(key, written.hospital)
            if not wrong:
                declaration, wrong = await self._people.hospitals.filled_in(
                    written.hospital, declaration
                )
            if wrong:
                return wrong
        async with self._at_once:
            answer = (await self._portal.declare([Item(key, declaration)]))[0]
        self._count(answer)
        problems = judge_answer(written.expected, answer)
        if problems or not answer.case_id:
            return problems
        self._cases[written.stem] = answer.case_id
        self._beginning_of(written.stem).set()
        acted = await self._acted(written, answer.case_id, declaration)
        acted += await self._asked(written, answer.case_id, declaration, "paid")
        if acted:
            return [*acted, f"case {answer.case_id}"]
        if (
            written.expected.ends
            and await self._watcher.end_of(answer.case_id, self._quiet) is None
        ):
            self.report.unfinished.append(answer.case_id)
            return [f"case {answer.case_id} has not ended"]
        acted = await self._asked(written, answer.case_id, declaration, "ended")
        acted += await self._people.petitioners.changed(answer.case_id, written.expected)
        acted += await self._people.feedback.rate(answer.case_id, written.ratings)
        acted += await self._people.feedback.read(answer.case_id, written.expected.told)
        acted += await self._waiting(written, answer.case_id)
        acted += await self._proposed(written, key, declaration)
        if acted:
            return [*acted, f"case {answer.case_id}"]
        async with self._at_once:
            case = await self._portal.case(answer.case_id)
        self.report.details.append(case)
        problems = judge_case(written.expected, case, self._cases)
        if written.expected.asked not in (None, asked(case)):
            problems.append(f"asked {asked(case)} times, not {written.expected.asked}")
        return [*problems, f"case {answer.case_id}"] if problems else []

    async def _acted(
        self, written: Written, case_id: str, declaration: Mapping[str, Any]
    ) -> list[str]:
        """Let officials and family do their part, and return what came differently."""
        steps = [step.resolved(self._run, self._day) for step in written.officials]
        problems = await self._people.clerks.play(case_id, steps, declaration)
        said = [one.model_dump(mode="json") for one in written.payouts]
        resolved = words.resolve(said, self._run, self._day)
        instructions = [Instruction.model_validate(one) for one in resolved]
        problems += await self._people.payees.play(case_id, instructions)
        if written.expected.asked:
            await self._people.payees.until_asked(case_id, written.expected.asked)
        return problems

    async def _waiting(self, written: Written, case_id: str) -> list[str]:
        """Return which tasks do not stand where they must when everybody has done their part."""
        by = {
            step.procedure: step.by
            for step in written.officials
            if step.status == 202 and step.by != FAMILY
        }
        problems = []
        for procedure, state in written.expected.tasks.items():
            found = await self._people.clerks.state(case_id, by[procedure], procedure, state)
            problems += [] if found == state else [f"{procedure} is {found}, not {state}"]
        return problems

    async def _proposed(self, written: Written, key: str, declaration: dict[str, Any]) -> list[str]:
        """Return what the hospital's notice has come to, where that is not as it should be."""
        hospital, hospitals, problems = written.hospital, self._people.hospitals, list[str]()
        if hospital and hospital.when == "after":
            problems += await hospitals.give(key, hospital)
        if hospital and written.expected.proposed is not None:
            due = written.expected.proposed
            problems += await hospitals.proposed(hospital, declaration, due)
        return problems

    async def _asked(
        self, written: Written, case_id: str, declaration: dict[str, Any], when: str
    ) -> list[str]:
        """Let second thoughts of that time be asked for, and return what came differently."""
        requests = [each for each in written.requests if each.when == when]
        return await self._people.petitioners.play(
            case_id, declaration.get("declarant", ""), requests
        )

    def _count(self, answer: Answer) -> None:
        self.report.sent += 1
        self.report.accepted += answer.accepted
        self.report.unanswered += answer.status == NO_ANSWER
        self.report.rejected += not answer.accepted and answer.status != NO_ANSWER

    def _beginning_of(self, stem: str) -> asyncio.Event:
        return self._begun.setdefault(stem, asyncio.Event())

    def _end_of(self, stem: str) -> asyncio.Event:
        return self._over.setdefault(stem, asyncio.Event())
