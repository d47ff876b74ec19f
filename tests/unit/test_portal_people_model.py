"""The portal's copy of the register of people as a model: who is dead at the door, in any order.

The population register says what it does of one person: imports report them, two deaths of theirs
are registered, and courts find that they live. What the door makes of it is worked out here plainly
from the story in its order, and has to come out whichever way it was heard.
"""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from contracts.compensation.events import DeathRecordCancelled, DeathRecordCorrected
from contracts.envelope import Event
from contracts.model import Reason
from contracts.people.events import PersonDeceased, PersonRecorded
from services.chassis.procedure import Decision
from services.portal import people
from tests.unit.deaths import DECEASED, deceased, person
from tests.unit.driver import NOW, Desk, World
from tests.unit.models import Model, check

IMPORT, DEATHS = "import", ("death", "second-death")
WHY = Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void.")
DAYS = (date(2026, 11, 16), date(2026, 11, 18))
Story = list[tuple[str, Event]]
"""What the population register says, in order, each in its case."""


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw what is said of one person: nobody is marked who is marked, or of whom imports told."""
    told: Story = []
    left, marked, reported = list(DEATHS), "", False
    for number in range(draw(st.integers(min_value=1, max_value=8))):
        may = ["report", *(["correct", "cancel", "cancel"] if marked else [])]
        may += ["mark"] if left and not marked and not reported else []
        wanted, day = draw(st.sampled_from(may)), draw(st.sampled_from(DAYS))
        about = {"personal_id": DECEASED, "registration_number": marked}
        if wanted == "report":
            died = draw(st.sampled_from([None, day, day]))
            known = person(DECEASED, "Phạm Văn Lợi", address=f"Số {number}", deceased_on=died)
            told.append((IMPORT, PersonRecorded(person=known)))
            reported = reported or bool(died and not marked)
        elif wanted == "mark":
            marked = left.pop(0)
            told.append((marked, deceased(deceased_on=day, registration_number=marked)))
        elif wanted == "correct":
            corrected = DeathRecordCorrected.model_validate({**about, "deceased_on": day})
            told.append((marked, corrected))
        else:
            told.append((marked, DeathRecordCancelled.model_validate({**about, "reason": WHY})))
            marked = ""
    return told


class Copy(Model):
    """The portal: dead is whose registration stands, or whom imports name since a court."""

    group, cases = "death", (IMPORT, *DEATHS)
    rewritten = (people.PEOPLE, people.DECEASED)

    def drawn(self, data: st.DataObject) -> dict[str, list[Event]]:
        self.story: Story = data.draw(stories())
        told: dict[str, list[Event]] = {case: [] for case in self.cases}
        self.said: dict[int, tuple[int, datetime]] = {}
        for hour, (case, event) in enumerate(self.story):
            told[case].append(event)
            self.said[id(event)] = len(told[case]), NOW + timedelta(hours=hour)
        return told

    def desk(self, case: str, world: World) -> Desk:
        return Desk(people.register, None, case, world=world, group=self.group)

    def deliver(self, desk: Desk, event: Event) -> Decision[Any]:
        entry, desk.now = self.said[id(event)]
        return desk.hear(event, entry)

    def holds(self, case: Desk) -> None:
        for row in stored(case, people.DECEASED).values():
            assert row["open"] != row["cancelled"], "cases of who has died are looked for"

    def same_as_in_order(self, case: str, office: Desk) -> None:
        """Assert what the door knows at the end, in whichever order it finds the rows."""
        for entries in ("several", "one"):
            rows = [
                row
                for desk in self.desks.values()
                for row in stored(desk, people.DECEASED, entries == "one").values()
            ]
            for found in (rows, rows[::-1]):
                assert people.dead(found) == self.expected()
        for row in stored(self.desks[IMPORT], people.PEOPLE).values():
            newest = self.events[IMPORT][-1]
            assert isinstance(newest, PersonRecorded)
            assert row["address"] == newest.person.address

    def expected(self) -> dict[str, str]:
        """Return the day on which the person died, worked out from the story in its order."""
        registered = reported = None
        void: set[date | None] = set()
        """Days that imports had named when a court said that there was no death."""
        named: set[date | None] = set()
        for _, event in self.story:
            if isinstance(event, PersonDeceased | DeathRecordCorrected):
                registered = event.deceased_on
            elif isinstance(event, DeathRecordCancelled):
                registered, void = None, set(named)
            elif isinstance(event, PersonRecorded):
                reported = event.person.deceased_on
                named.add(reported)
        day = registered or (reported if reported not in void else None)
        return {DECEASED: day.isoformat()} if day else {}


def stored(desk: Desk, register: str, one_entry: bool = False) -> dict[str, dict[str, Any]]:
    """Return the rows of a register as the store has them in the end.

    Of a row that one entry writes several times the last counts, also where it is only inserted.
    """
    found: dict[str, dict[str, Any]] = {}
    for record in desk.records:
        kept = record.insert_only and record.key in found and not one_entry
        if record.register == register and not kept:
            found[record.key] = dict(record.row())
    return found


def test_any_order_repetition_and_interleaving_ends_the_same() -> None:
    check(Copy, examples=300)
