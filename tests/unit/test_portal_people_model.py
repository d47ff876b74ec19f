"""The portal's copy of the register of people as a model: who is dead at the door, in any order.

The population register says what it does of one person: imports report them, two deaths of theirs
are registered, and courts find that they live. What the door makes of it is worked out here plainly
from the story in its order, and has to come out whichever way it was heard.
"""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from contracts.compensation.events import DeathRecordCancelled, DeathRecordCorrected
from contracts.envelope import Event
from contracts.model import Reason
from contracts.people.events import (
    DeathReported,
    DeathReportWithdrawn,
    PersonDeceased,
    PersonRecorded,
)
from services.chassis.procedure import Decision
from services.portal import people
from tests.unit.deaths import DECEASED, deceased, person
from tests.unit.driver import Desk, World
from tests.unit.models import Model, check

IMPORT, DEATHS = "import", ("death", "second-death")
WHY = Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void.")
DAYS = (date(2026, 11, 16), date(2026, 11, 18))
Story = list[tuple[str, Event]]
"""What the population register says, in order, each in its case."""


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw what is said of one person: nobody is marked who is marked."""
    told: Story = []
    left, marked = list(DEATHS), ""
    for number in range(draw(st.integers(min_value=1, max_value=8))):
        may = ["record"]
        may += ["correct", "cancel", "cancel"] if marked in DEATHS else ["report", "report"]
        may += ["withdraw", "withdraw"] if marked == IMPORT else []
        may += ["mark"] if left and not marked else []
        wanted, day = draw(st.sampled_from(may)), draw(st.sampled_from(DAYS))
        about = {"personal_id": DECEASED, "registration_number": marked}
        if wanted == "record":
            died = draw(st.sampled_from([None, day]))
            known = person(DECEASED, "Phạm Văn Lợi", address=f"Số {number}", deceased_on=died)
            told.append((IMPORT, PersonRecorded(person=known)))
        elif wanted == "report":
            marked = IMPORT
            told.append((IMPORT, DeathReported(personal_id=DECEASED, deceased_on=day)))
        elif wanted == "withdraw":
            marked = ""
            told.append((IMPORT, DeathReportWithdrawn(personal_id=DECEASED)))
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
    """The portal: dead is whose registration stands, or whom imports name."""

    group, cases = "death", (IMPORT, *DEATHS)
    rewritten = (people.PEOPLE, people.DECEASED)

    def drawn(self, data: st.DataObject) -> dict[str, list[Event]]:
        self.story: Story = data.draw(stories())
        told: dict[str, list[Event]] = {case: [] for case in self.cases}
        self.said: dict[int, int] = {}
        for case, event in self.story:
            told[case].append(event)
            # A withdrawal may be said by the entry of the report before it: it is its last.
            last = isinstance(event, DeathReportWithdrawn) and data.draw(st.booleans())
            self.said[id(event)] = len(told[case]) - last
        return told

    def desk(self, case: str, world: World) -> Desk:
        return Desk(people.register, None, case, world=world, group=self.group)

    def deliver(self, desk: Desk, event: Event) -> Decision[Any]:
        return desk.hear(event, self.said[id(event)])

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
        recorded = [e for e in self.events[IMPORT] if isinstance(e, PersonRecorded)]
        for row in stored(self.desks[IMPORT], people.PEOPLE).values():
            assert row["address"] == recorded[-1].person.address

    def expected(self) -> dict[str, str]:
        """Return the day on which the person died, worked out from the story in its order."""
        day: date | None = None
        for _, event in self.story:
            if isinstance(event, PersonDeceased | DeathRecordCorrected | DeathReported):
                day = event.deceased_on
            elif isinstance(event, DeathRecordCancelled | DeathReportWithdrawn):
                day = None
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
