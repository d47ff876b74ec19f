"""A birth as the tracker hears it, and a listener to what it makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts.birth.events import (
    BirthRefused,
    HealthCardIssued,
    HealthCardRefused,
    IdentityCardIssued,
    PremiumFunded,
    ResidenceRefused,
    ResidenceRegistered,
)
from contracts.birth.process import BIRTH, FEES, IDENTIFIER
from contracts.common.events import CaseCompleted, DeclarationSubmitted
from contracts.envelope import Event
from contracts.model import Reason
from services.chassis.cause import Cause
from services.chassis.procedure import Context, Decision, Measure, Procedure
from services.portal.time_limits import TIME_LIMIT
from services.portal.tracker import Case, case
from tests.unit.births import RECEIVED, household, identified, registered, settled
from tests.unit.births import submitted as declared

REASON = Reason(vi="Không được.", en="No.", code="no", refers_to="case-0")
CHILD = "001226000007"
CARD = "TE1012600000712"
ABROAD = (BIRTH, IDENTIFIER, FEES)

SUBMITTED = declared()
REGISTERED, IDENTIFIED, SETTLED = registered(), identified(), settled()
RESIDENT = ResidenceRegistered(
    personal_id=CHILD,
    confirmation_number="TT-1",
    registered_on=date(2026, 11, 20),
    household=household(),
)
NOT_RESIDENT = ResidenceRefused(personal_id=CHILD, reason=REASON)
INSURED = HealthCardIssued(
    personal_id=CHILD,
    card_number=CARD,
    valid_from=date(2026, 11, 10),
    valid_until=date(2032, 11, 10),
    premium_months=72,
)
NOT_INSURED = HealthCardRefused(personal_id=CHILD, reason=REASON)
FUNDED = PremiumFunded(personal_id=CHILD, card_number=CARD, months=72, monthly=113_850, total=8)
CARDED = IdentityCardIssued(
    personal_id=CHILD,
    card_number=CHILD,
    issued_on=date(2026, 11, 20),
    valid_until=date(2040, 11, 10),
)
NOT_BORN = BirthRefused(reason=REASON)
WHOLE = (SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, RESIDENT, INSURED, FUNDED, CARDED)


@dataclass
class Listener:
    """One case at the tracker, and all that it led to. Events happen a second apart."""

    procedure: Procedure[Case] = case
    group: str = "birth"
    state: Case = field(default_factory=Case)
    events: list[CaseCompleted] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    said: list[tuple[datetime, Event]] = field(default_factory=list)
    """What was said of time limits, and when."""
    deadlines: list[datetime | None] = field(default_factory=list)
    now: datetime = RECEIVED + timedelta(minutes=1)

    def hear(self, *events: Event, times: Mapping[type[Event], int] | None = None) -> None:
        for event in events:
            seconds = (times or {}).get(type(event), 1)
            self.keep(self.decide(event, RECEIVED + timedelta(seconds=seconds)))

    def keep(self, decision: Decision[Case]) -> None:
        """Take a decision as the chassis does."""
        stored = decision.state.model_dump_json(exclude_defaults=True)
        self.state = Case.model_validate_json(stored)
        self.events += [e for e in decision.events if isinstance(e, CaseCompleted)]
        self.said += [(self.now, e) for e in decision.events if not isinstance(e, CaseCompleted)]
        self.measures += decision.measures
        self.rows += [record.row() for record in decision.records]
        self.deadlines += [deadline.due for deadline in decision.deadlines]

    def wait(self, until: datetime) -> None:
        """Let time pass: what comes due fires, each when it is due."""
        while self.deadlines and (due := self.deadlines[-1]) is not None and due <= until:
            self.now = max(self.now, due)
            self.fire(due)
        self.now = max(self.now, until)

    def fire(self, due: datetime) -> None:
        """Let the deadline fire that is due at this moment."""
        self.deadlines.append(None)
        cause = Cause(uuid5(NAMESPACE_URL, str(due)), "deadline", "deadline/case", due, self.group)
        context = Context(case_id="case-1", procedure="case", now=self.now, cause=cause)
        self.keep(self.procedure.due(self.state, TIME_LIMIT, context))

    def decide(self, event: Event, at: datetime, entry: int = 1) -> Decision[Case]:
        cause = Cause(
            id=uuid5(NAMESPACE_URL, f"{event.type}/{entry}"),
            type=event.type,
            source="/services/somebody",
            time=at,
            group=self.group,
            entry=entry,
        )
        context = Context(case_id="case-1", procedure="case", now=self.now, cause=cause)
        return self.procedure.decide(self.state, event, context)

    @property
    def completed(self) -> CaseCompleted:
        (event,) = self.events
        return event


def after(*events: Event, **options: Any) -> Listener:
    listener = Listener()
    listener.hear(*events, **options)
    return listener


def submitted(bundle: Sequence[str]) -> DeclarationSubmitted:
    return declared(bundle=tuple(bundle))
