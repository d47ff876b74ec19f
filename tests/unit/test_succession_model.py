"""Cases of who has died as a model: each passes once, to who lives, or waits for an official.

Two portals share a store and a broker that may fail at any moment, and every step of theirs may
cross any other: declarations that are taken in, deaths that become known, cases that end, and the
passing on of cases.
"""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from contracts.common.events import CaseOrphaned, CasePassed
from contracts.compensation.events import DeathRecordCancelled
from contracts.model import Reason
from contracts.people.events import PersonRecorded
from services.chassis.broker import BrokerUnavailable
from services.chassis.journal import Journal
from services.chassis.procedure import Record
from services.chassis.registers import Registers
from services.chassis.store import StoreUnavailable
from services.portal.case_events import submitted
from services.portal.citizens import Hands
from services.portal.intake import Arrival, Intake
from services.portal.keys import Keys
from services.portal.people import DECEASED, PEOPLE, register
from services.portal.register import CASES
from services.portal.submissions import Claim
from services.portal.successions import SUCCESSIONS, Successions, candidates
from tests.unit import births, deaths
from tests.unit.births import ALONE, FATHER, MOTHER, form
from tests.unit.deaths import SON, WIDOW, deceased
from tests.unit.driver import NOW, Desk
from tests.unit.shelves import Fate, Post, Shelves, Turns

WHY = Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void.")
DECLARED: list[dict[str, Any]] = [
    {"group": "birth", "declarant": MOTHER, "form": form()},
    {"group": "death", "declarant": WIDOW, "form": deaths.form()},
    {"group": "birth", "declarant": MOTHER, "form": form(**ALONE)},
]
NEWS = (*["declares", "passes_on", "passes_on", "finish"], *["dies"] * 3, "ends")
PEOPLE_HERE = (MOTHER, FATHER, WIDOW, SON)
PORTALS = ("portal-1", "portal-2")
PROCESSES = ("intake", *PORTALS)
FATES = st.sampled_from([*["done"] * 6, *get_args(Fate)])


def portal_of(store: Any, post: Post) -> Any:
    """Return what a portal needs of its runtime for this."""
    clock = SimpleNamespace(now=lambda: NOW)
    journal, registers = Journal(store), Registers(store)
    return SimpleNamespace(
        store=store, journal=journal, registers=registers, publisher=post, clock=clock
    )


class Passing(RuleBasedStateMachine):
    """Two portals, some families, and the news of deaths."""

    @initialize(before=st.sets(st.sampled_from(range(len(DECLARED)))))
    def begin(self, before: set[int]) -> None:
        self.turns = Turns()
        self.store, self.post = Shelves(self.turns), Post(self.turns)
        for who, known in {**births.people(), **deaths.people()}.items():
            fields = known.model_dump(mode="json", exclude={"personal_id"})
            self.store.write([Record(PEOPLE, who, fields)])
        self.portal = portal_of(self.store, self.post)
        self.intake = Intake(self.portal, Successions(self.portal), Keys(None, None))
        self.busy: dict[str, asyncio.Task[None]] = {}
        self.died: list[str] = []
        self.ended: dict[str, tuple[str, ...]] = {}
        """Cases that have ended, each with who had died by then."""
        for number in sorted(before):
            self.declares(number)
            self.finish()

    @rule(what=st.sampled_from(NEWS), number=st.integers(0, 11))
    def happens(self, what: str, number: int) -> None:
        """Something happens in a family or at a portal."""
        getattr(self, what)(number)

    def declares(self, number: int) -> None:
        """A family declares something, perhaps again: with the same key."""
        self.start("intake", self.sends(number))

    async def sends(self, number: int) -> None:
        declared = DECLARED[number % len(DECLARED)]
        async with self.intake.turn() as turn:
            await self.intake.many([Arrival(f"key-{number}", declared, NOW)], turn)

    def dies(self, number: int) -> None:
        """The population register says that somebody has died, once."""
        who = PEOPLE_HERE[number % len(PEOPLE_HERE)]
        if who not in self.died:
            self.died.append(who)
            told = Desk(register, None, f"death-of-{who}", group="death")
            self.store.write(told.hear(deceased(personal_id=who)).records)

    def ends(self, number: int) -> None:
        """A case that was taken in comes to its end."""
        key = f"/key-{number}"
        for case in [each.case_id for each in self.claims() if each.id.endswith(key)]:
            self.ended.setdefault(case, tuple(self.died))
            self.store.collection(CASES).rows[case] = {"_id": case, "completed_at": NOW}

    def passes_on(self, number: int) -> None:
        """A portal looks for cases to pass on, unless it is at that."""
        portal = PORTALS[number % 2]
        if portal not in self.busy or self.busy[portal].done():
            self.busy[portal] = self.start(portal, Successions(self.portal).settle())

    @rule(process=st.sampled_from(PROCESSES), fate=FATES)
    def meets(self, process: str, fate: Fate) -> None:
        """A process asks store or broker for something, and perhaps in vain."""
        self.turns.next(process, fate)

    @rule(process=st.sampled_from(PROCESSES), steps=st.integers(1, 9))
    def goes_on(self, process: str, steps: int) -> None:
        """A process comes some way on, and overtakes the others."""
        for _ in range(steps):
            self.turns.next(process)

    def finish(self, _: int = 0) -> None:
        """Everybody goes on to the end."""
        while self.turns.waiting:
            self.turns.next()

    def start(self, process: str, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Begin something that is begun anew where store or broker is away."""

        async def guarded() -> None:
            self.turns.process.set(process)
            with suppress(StoreUnavailable, BrokerUnavailable):
                await work

        task = self.turns.loop.create_task(guarded())
        self.turns.run()
        return task

    def claims(self) -> list[Claim]:
        """Return what was taken in."""
        rows = self.store.collection("submissions").rows.values()
        return [
            Claim(*(row[n] for n in ("_id", "fingerprint", "case_id", "value"))) for row in rows
        ]

    def teardown(self) -> None:
        """All is there again, and portals go on until there is nothing left to do."""
        if not hasattr(self, "turns"):
            return
        self.finish()
        news = self.store.collection(DECEASED).rows
        for _ in range(2 * len(PEOPLE_HERE)):
            self.start(PORTALS[0], Successions(self.portal).settle())
            self.finish()
        assert not any(row["open"] for row in news.values()), "there is an end to it"
        accepted = {message.value for message in self.post.taken}
        for claim in self.claims():
            if claim.value in accepted:
                self.in_the_end(claim)
        self.told_once()
        self.turns.loop.close()

    def in_the_end(self, claim: Claim) -> None:
        """Assert that a case is in the hands of somebody who lives, unless nobody does."""
        rows = self.store.collection(SUCCESSIONS).rows
        passed = {id.partition("/")[2] for id in rows if id.startswith(f"{claim.case_id}/")}
        assert passed <= set(self.died), "who lives keeps their case"
        if claim.case_id in self.ended:
            assert passed <= set(self.ended[claim.case_id]), "what has ended passes to nobody"
            return
        holder = self.holder(claim)
        assert holder not in self.died, "no case is in the hands of the dead"
        left = set(candidates(submitted(claim).data)) - set(self.died)
        assert holder is not None or not left, "it waits for an official only if nobody is left"

    def holder(self, claim: Claim) -> str | None:
        found = self.turns.loop.create_task(Hands(self.portal).in_family(claim))
        self.turns.run()
        self.finish()
        return found.result()

    def told_once(self) -> None:
        """Assert that of each passing there is one event, in the same bytes however often."""
        told: dict[tuple[str, str], set[bytes]] = {}
        for message in self.post.taken:
            said = json.loads(message.value)
            if said["type"] in (CasePassed.type, CaseOrphaned.type):
                key = (said["subject"], said["data"]["deceased"])
                told.setdefault(key, set()).add(message.value)
        assert all(len(values) == 1 for values in told.values())
        rows = self.store.collection(SUCCESSIONS).rows
        running = {id for id, row in rows.items() if row["case_id"] not in self.ended}
        assert running <= {f"{case}/{who}" for case, who in told} <= set(rows)


def test_any_interleaving_and_any_fault_ends_the_same() -> None:
    steps = settings(max_examples=200, stateful_step_count=30, deadline=None, derandomize=True)
    run_state_machine_as_test(Passing, settings=steps)


def test_whom_a_court_has_found_alive_keeps_their_cases_whatever_an_older_copy_says() -> None:
    town = Passing()
    town.begin({0})
    death, imported = (Desk(register, None, name) for name in ("death", f"person-{MOTHER}"))
    death.hear(deceased(personal_id=MOTHER))
    death.now = NOW + timedelta(hours=4)
    void = DeathRecordCancelled(personal_id=MOTHER, registration_number="KT-01-2026-1", reason=WHY)
    town.store.write(death.hear(void, entry=2).records)
    copy = births.people()[MOTHER].with_(deceased_on=date(2026, 11, 1))
    town.store.write(imported.hear(PersonRecorded(person=copy)).records)
    town.teardown()
    assert not town.store.collection(SUCCESSIONS).rows


@pytest.mark.parametrize("who", [MOTHER, FATHER])
@pytest.mark.parametrize("slow", ["intake", PORTALS[0]])
def test_whoever_is_overtaken_by_a_death_leaves_no_case_behind(slow: str, who: str) -> None:
    """A declaration on its way, or a case that passes on, stands still at each of its steps.

    Meanwhile somebody dies, and a portal that looks for their cases comes as far as it may.
    """
    for begun, looked in product(range(9), range(12)):
        town = Passing()
        town.begin(set() if slow == "intake" else {0})
        if slow == "intake":
            town.declares(0)
        else:
            town.dies(PEOPLE_HERE.index(MOTHER))
            town.passes_on(0)
        town.goes_on(slow, begun)
        town.dies(PEOPLE_HERE.index(who))
        town.passes_on(1)
        town.goes_on(PORTALS[1], looked)
        town.goes_on(slow, 20)
        town.teardown()
