"""How a linked procedure group is described: as data, from which everything else derives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from contracts.common.calendar import in_force
from contracts.common.people import Person
from contracts.envelope import Event
from contracts.model import Fault, Input, PersonalId, ProvinceCode, Text

Result = Literal["granted", "refused"]
"""How a procedure that started can end."""
Change = Literal["withdrawn", "cancelled", "corrected", "recovered", "refunded", "declined"]
"""What can become of a procedure beside its end, and after it."""


class Signed(NamedTuple):
    """What a form says was signed: the field, the compact JWS in it, and who has to have signed.

    That is the organisation in the certificate of the key.
    """

    field: str
    jws: str
    by: str


class Form(Input):
    """What a declarant fills in for one group. The base says what every portal must know of it.

    The portal refuses unknown fields (`ProcedureGroup.parse`). Agencies read the form from an event
    with `extra="ignore"`: it may be of a later version.
    """

    content: ClassVar[type[Input] | None] = None
    """What is in the field that has to be signed, if there is one (`signed`)."""

    def people(self) -> tuple[str, ...]:
        """Return the personal identifiers that the form refers to, to be looked up at intake."""
        raise NotImplementedError

    def living(self) -> Mapping[str, PersonalId]:
        """Return who must be alive besides the declarant, by the field that names them."""
        return {}

    def faults(self, received_on: date) -> Iterable[Fault]:
        """Yield what is wrong on that day of receipt."""
        return ()

    def successors(self) -> tuple[PersonalId, ...]:
        """Return who may go on with the case where the declarant dies: the first who lives."""
        return ()

    def recipients(self) -> tuple[PersonalId, ...]:
        """Return who is to be paid in the case, and then who may be in their place."""
        return ()

    def signed(self) -> Signed | None:
        """Return what the portal has to find signed, where the form is somebody's signed word."""
        return None

    def answers(self) -> str | None:
        """Return the key of the proposal that it would answer, if the state has made one."""
        return None

    def circumstance(self) -> str:
        """Return the name that chooses among the bundles of one date."""
        return "usual"

    def time_limit(self) -> str:
        """Return the name that chooses among the time limits of one date."""
        return "usual"

    def province(self, people: Mapping[PersonalId, Person]) -> ProvinceCode:
        """Return the province that the case is routed to; `people` holds all whom it names."""
        raise NotImplementedError


class Review(Protocol):
    """What is said where an official may have to decide about a procedure."""

    @property
    def acts(self) -> tuple[type[Event], ...]:
        """What the procedure's owner hears of officials."""

    @property
    def answers(self) -> tuple[type[Event], ...]:
        """What it says to that."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """What a family is given when a procedure ends well, and again when that was corrected: the
    event, signed, under a number that stays."""

    title: Text
    issued_by: Text
    """How the agency is called in print."""
    number: str
    """The field of the event that holds the number, by which anybody can ask for the document."""
    shows: Mapping[str, Text]
    """What is printed of the event, in this order, and how it is called there. A field of a field
    is named with a dot between."""
    words: Mapping[str, Text] = field(default_factory=dict)
    """What is printed instead of a code."""


@dataclass(frozen=True, kw_only=True)
class ProcedureSpec:
    """One procedure: who owns it, what it hears, what must be granted before, how it ends."""

    name: str
    title: Text
    owner: str
    hears: tuple[type[Event], ...]
    ends: Mapping[type[Event], Result]
    requires: tuple[str, ...] = ()
    afterwards: Mapping[type[Event], Change] = field(default_factory=dict)
    """What the owner says of second thoughts: they reopen nothing, and the case page tells them.
    Documents that it gave before are revoked by what cancels, and superseded by what corrects:
    that gives the document anew, under its number, and is among `documents` too."""
    shows: tuple[str, ...] = ()
    """The fields of the ending event that the case page shows as the result."""
    working_days: int | None = None
    """The legal deadline of this procedure, in working days after it could start."""
    review: Review | None = None
    """None: the rules alone decide, whatever the policy."""
    documents: Mapping[type[Event], Document] = field(default_factory=dict)
    """The documents that the procedure gives, by the event that each of them is: one by which it
    is granted, or one that corrects what was."""

    @property
    def listens(self) -> tuple[type[Event], ...]:
        """All that the procedure hears: of other procedures, and of officials."""
        return (*self.hears, *self.acts)

    @property
    def acts(self) -> tuple[type[Event], ...]:
        """What it hears of officials."""
        return self.review.acts if self.review else ()

    @property
    def answers(self) -> tuple[type[Event], ...]:
        """What its owner says to officials, and of them."""
        return self.review.answers if self.review else ()


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The procedures of one declaration, by date of receipt and circumstance."""

    since: date
    procedures: tuple[str, ...]
    circumstance: str = "usual"
    source: str


@dataclass(frozen=True, kw_only=True)
class TimeLimit:
    """How many working days the law gives a whole case, by date of receipt and a name."""

    since: date
    working_days: int
    name: str = "usual"
    source: str


@dataclass(frozen=True, kw_only=True)
class ProcedureGroup:
    """A linked procedure group, whole: the only place where its shape is written down."""

    name: str
    title: Text
    form: type[Form] | None
    """None: the group is not declared by citizens."""
    procedures: tuple[ProcedureSpec, ...]
    bundles: tuple[Bundle, ...]
    time_limits: tuple[TimeLimit, ...] = ()
    correction: type[Input] | None = None
    """What an official may put right in its registration. None: nothing."""
    notices: Mapping[type[Event], Text] = field(default_factory=dict)
    """What the family reads when an event of the group happens."""

    def hearing(self, event: type[Event]) -> ProcedureSpec | None:
        """Return the first procedure that hears this type of event, or None."""
        return next((spec for spec in self.procedures if event in spec.hears), None)

    def procedure(self, name: str) -> ProcedureSpec:
        """Return the procedure of that name. Raises `KeyError` where there is none."""
        return {spec.name: spec for spec in self.procedures}[name]

    def bundle(self, circumstance: str, received: date) -> tuple[str, ...]:
        """Return the names of the procedures of a declaration received on that day.

        Raises `LookupError` where no bundle was in force yet.
        """
        meant = (bundle for bundle in self.bundles if bundle.circumstance == circumstance)
        bundle = in_force(meant, received)
        if bundle is None:
            raise LookupError(f"{self.name}: no bundle for '{circumstance}' on {received}")
        return bundle.procedures

    def time_limit(self, name: str, received: date) -> int | None:
        """Return the working days that the law gives a case received on that day, where it does.

        Raises `LookupError` for a name that is none of this group's.
        """
        named = [limit for limit in self.time_limits if limit.name == name]
        if self.time_limits and not named:
            raise LookupError(f"{self.name}: there is no time limit '{name}'")
        limit = in_force(named, received)
        return limit.working_days if limit else None

    def parse(self, form: Mapping[str, Any]) -> Form:
        """Return the form as somebody filled it in: unknown fields are mistakes.

        Raises `pydantic.ValidationError` where it is not filled in right, and `LookupError`
        where citizens do not declare this group.
        """
        if self.form is None:
            raise LookupError(f"{self.name} is not declared by citizens")
        return self.form.model_validate(form, extra="forbid")
