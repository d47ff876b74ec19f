"""All agencies, the bank and one case: what each says the others hear, in an order that is drawn.

Each event has the number of the entry by which its agency said it, as on the wire.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contracts.envelope import Event
from services.chassis.procedure import TooEarly
from services.portal import people
from services.residence.death import NUMBER as REMOVAL_NUMBER
from services.social_insurance.birth import INSURANCE_NUMBER
from tests.unit.agencies import OFFICES
from tests.unit.driver import Desk, World
from tests.unit.written import reports

FOR_EVER = (
    *("personal-id", "registration-number", "decision-number"),
    *(INSURANCE_NUMBER, REMOVAL_NUMBER),
)
"""Numbers that are used up, whatever becomes of what they were given for."""
Row = dict[str, Any]


class Parcel(NamedTuple):
    """An event on its way to one desk."""

    desk: Desk
    event: Event
    entry: int


@dataclass
class Town:
    """The desks of one case, what is on its way, and what was delivered."""

    group: str
    rules: dict[str, Any] = field(default_factory=dict)
    """Of a service, where they are others than usual."""
    worlds: dict[str, World] = field(default_factory=dict)
    case: str = "case-1"
    waiting: list[Parcel] = field(default_factory=list)
    delivered: list[Parcel] = field(default_factory=list)
    said: list[tuple[str, Event, int]] = field(default_factory=list)
    put_off: list[Parcel] = field(default_factory=list)
    """What came too early, and is to be delivered again."""
    _entries: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        offices = [*OFFICES[self.group], ("portal", people.register, None)]
        self.desks = [
            (service, self._desk(service, procedure, rules))
            for service, procedure, rules in offices
        ]

    def _desk(self, service: str, procedure: Any, rules: Any) -> Desk:
        world = self.worlds.setdefault(service, World())
        known = self.rules.get(service, rules)
        return Desk(procedure, known, self.case, world=world, group=self.group)

    def send(self, event: Event, entry: int = 0) -> None:
        """Put an event on its way to everybody who hears it."""
        self.waiting += [
            Parcel(desk, event, entry)
            for _, desk in self.desks
            if event.type in desk.procedure.handles
        ]

    def deliver(self, parcel: Parcel) -> None:
        """Let one desk hear an event; what it says goes on its way."""
        desk, event, entry = parcel
        before = len(desk.events)
        try:
            desk.hear(event, entry)
        except TooEarly:
            self.put_off.append(parcel)
            return
        self.delivered.append(parcel)
        if len(desk.events) == before:
            return
        (service,) = (name for name, each in self.desks if each is desk)
        self._entries[service] += 1
        for said in desk.events[before:]:
            self.said.append((service, said, self._entries[service]))
            self.send(said, self._entries[service])
            for report in reports(said):
                self.send(report)

    def settle(self, choose: Callable[[int], int] = lambda _: 0) -> None:
        """Deliver everything, and what follows; `choose` draws which of so many is next."""
        while self.waiting:
            self.deliver(self.waiting.pop(choose(len(self.waiting))))

    def heard_from(self, service: str) -> Iterator[tuple[Event, int]]:
        """Yield what a service has said, in its order, with the entries."""
        return ((event, entry) for name, event, entry in self.said if name == service)

    def rows(self, service: str, register: str) -> dict[str, Row]:
        """Return the rows of a register as the store has them in the end."""
        found: dict[str, Row] = {}
        for record in self._records(service):
            if record.register == register and not (record.insert_only and record.key in found):
                found[record.key] = dict(record.row())
        return found

    def standing(self, service: str, register: str) -> list[Row]:
        """Return the rows of what is not void."""
        found = self.rows(service, register).values()
        # Which of two events says so is no matter of what stands.
        rows = [{name: row[name] for name in row if name != "cause"} for row in found]
        return [row for row in rows if not row.get("cancelled") and not row.get("revoked_by")]

    def held(self) -> set[tuple[str, str]]:
        """Return what the case holds, but for numbers that are used up."""
        return {
            (service, id)
            for service, world in self.worlds.items()
            for id in world.of(self.case)
            if not id.startswith(FOR_EVER)
        }

    def ledger(self) -> Sequence[Any]:
        """Return the postings."""
        return [record for record in self._records("payments") if record.register == "ledger"]

    def _records(self, service: str) -> list[Any]:
        return [r for name, desk in self.desks if name == service for r in desk.records]
