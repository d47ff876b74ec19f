"""A registered birth -> the child has a personal identifier and, where asked for, a card.

Both are one decision, for the card's number is the identifier. Only where policy says so does an
official decide about the card, and the identifier does not wait for that.

A registration that is revoked takes both back, and one that is corrected puts both right, whichever
of the three is heard first. The number itself is used up: nobody else will have it.
"""

from datetime import date

from contracts.birth.events import BirthRegistered, IdentityCardIssued, IdentityCardRefused
from contracts.birth.process import IDENTIFIER as IDENTIFICATION
from contracts.birth.process import IDENTITY_CARD
from contracts.common.calendar import birthday, local_date
from contracts.common.events import PersonIdentified
from contracts.common.people import Child, Household
from contracts.common.review import Review, Reviews, Verdict, persons_of
from contracts.compensation.correction import Correction, newer
from contracts.compensation.events import (
    BirthCorrected,
    IdentificationCancelled,
    IdentityCardCancelled,
    IdentityCardCorrected,
    PersonCorrected,
    RegistrationRevoked,
)
from contracts.envelope import Event
from contracts.model import Name, Reason, Value
from services.chassis.gate import Gate
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.population.persons import IDENTIFIER, person_record
from services.population.rules import PopulationRules

NO_RENEWAL = date(9999, 12, 31)
"""After the last age of renewal a card is valid for life."""


class Newborn(Value):
    """The child as registered, and where it lives."""

    registration_number: Name
    child: Child
    household: Household | None


class Identification(State):
    """What is remembered of a child to be identified."""

    personal_id: str | None = None
    newborn: Newborn | None = None
    card: IdentityCardIssued | None = None
    card_for: date | None = None
    """The day of birth of a child about whose card an official has to decide."""
    review: Review | None = None
    correction: Correction | None = None
    revoked: Reason | None = None
    """Why there is no such registration any more."""


identification = Procedure(IDENTIFICATION, initial=Identification())
reviews = Reviews("population", IDENTITY_CARD)


@identification.on(BirthRegistered)
def birth_registered(
    state: Identification, event: BirthRegistered, context: Context
) -> Decision[Identification]:
    """Give the child the first free identifier of its place, sex and year, for ever.

    Raises `chassis.procedure.Exhausted` where none of many candidates is free.
    """
    if state.personal_id is not None or IDENTIFICATION not in event.bundle:
        return Decision(state)
    rules: PopulationRules = context.rules
    child = state.correction.child if state.correction else event.child
    prefix = identifier_prefix(child, rules)
    personal_id = context.first_free(
        IDENTIFIER, lambda k: f"{prefix}{context.derive(IDENTIFIER, k, 10**6):06}"
    )
    identified = PersonIdentified(
        personal_id=personal_id,
        registration_number=event.registration_number,
        child=child,
        household=event.household,
        bundle=event.bundle,
    )
    known = Newborn(
        registration_number=event.registration_number, child=child, household=event.household
    )
    after = state.model_copy(update={"personal_id": personal_id, "newborn": known})
    newborn = newborn_record(after)
    if state.revoked is not None:
        return _never_was(after, identified, state.revoked)
    if IDENTITY_CARD not in event.bundle:
        return Decision(after, events=(identified,), records=(newborn,))
    today = local_date(context.now)
    place = event.household.province if event.household else None
    policy = rules.review_of(IDENTITY_CARD, today, place)
    if policy is None:
        issued = issue(after, child.born_on, context)
        return issued._replace(
            events=(identified, *issued.events), records=(newborn, *issued.records)
        )
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=place,
        persons=persons_of(identified),
        **policy._asdict(),
    )
    waiting = gate.shut(after.with_(card_for=child.born_on), opened)
    return waiting._replace(events=(identified, *waiting.events), records=(newborn,))


def decided(state: Identification, verdict: Verdict, context: Context) -> Decision[Identification]:
    """Issue the card or refuse it, as officials have decided; the identifier stands."""
    assert state.personal_id is not None
    assert state.card_for is not None
    if verdict.supplement:
        return gate.shut(state, reviews.resumed(state.review, verdict.supplement, finding=None))
    after = state.with_(card_for=None)
    if verdict.refused:
        refused = IdentityCardRefused(personal_id=state.personal_id, reason=verdict.refused)
        return Decision(after, events=(refused,))
    return issue(after, state.card_for, context)


gate = Gate(identification, reviews, decided)


@identification.on(RegistrationRevoked)
def revoked(
    state: Identification, event: RegistrationRevoked, context: Context
) -> Decision[Identification]:
    """Cancel identifier and card; where there are none yet, remember it."""
    if state.revoked is not None:
        return Decision(state)
    after, reason = state.with_(revoked=event.reason, card=None, card_for=None), event.reason
    if state.personal_id is None:
        return Decision(after)
    events: list[Event] = [IdentificationCancelled(personal_id=state.personal_id, reason=reason)]
    records = [newborn_record(after)]
    if state.card is not None:
        number = state.card.card_number
        events.append(
            IdentityCardCancelled(personal_id=state.personal_id, card_number=number, reason=reason)
        )
        records.append(identity_card_record(state.card, cancelled=True))
    if state.card_for is not None:
        events.append(IdentityCardRefused(personal_id=state.personal_id, reason=reason))
    decision = Decision(after, events=tuple(events), records=tuple(records))
    return gate.lifted(decision, state, reviews.closed(state.review, reason))


@identification.on(BirthCorrected)
def corrected(
    state: Identification, event: BirthCorrected, context: Context
) -> Decision[Identification]:
    """Put right person and card, unless something newer is known; see `revoked`."""
    correction = newer(state.correction, event, context.cause.entry)
    if correction is None:
        return Decision(state)
    after = state.with_(correction=correction)
    if state.personal_id is None or state.newborn is None:
        return Decision(after)
    after = after.with_(newborn=state.newborn.with_(child=event.child))
    records = [newborn_record(after)]
    if state.revoked is not None:
        return Decision(after, records=tuple(records))
    events: list[Event] = [
        PersonCorrected(
            personal_id=state.personal_id,
            registration_number=event.registration_number,
            child=event.child,
        )
    ]
    if state.card is not None:
        until = renewal(event.child.born_on, state.card.issued_on, context.rules)
        card = state.card.with_(valid_until=until)
        after = after.with_(card=card)
        events.append(
            IdentityCardCorrected(
                personal_id=state.personal_id,
                card_number=card.card_number,
                full_name=event.child.full_name,
                valid_until=until,
                issued_on=card.issued_on,
            )
        )
        records.append(identity_card_record(card))
    if state.card_for is not None:
        after = after.with_(card_for=event.child.born_on)
    decision = Decision(after, events=tuple(events), records=tuple(records))
    return gate.lifted(decision, state, reviews.reexamined(state.review, finding=None))


def _never_was(
    after: Identification, identified: PersonIdentified, reason: Reason
) -> Decision[Identification]:
    """Use up an identifier for a registration that is void already, and issue no card."""
    id = identified.personal_id
    events: tuple[Event, ...] = (
        identified,
        IdentificationCancelled(personal_id=id, reason=reason),
    )
    if IDENTITY_CARD in identified.bundle:
        events = (*events, IdentityCardRefused(personal_id=id, reason=reason))
    return Decision(after, events=events, records=(newborn_record(after),))


def issue(after: Identification, born_on: date, context: Context) -> Decision[Identification]:
    """Issue the card of somebody who is identified."""
    assert after.personal_id is not None
    card = issue_card(after.personal_id, born_on, local_date(context.now), context.rules)
    return Decision(
        after.model_copy(update={"card": card}),
        events=(card,),
        records=(identity_card_record(card),),
    )


def issue_card(
    personal_id: str, born_on: date, on: date, rules: PopulationRules
) -> IdentityCardIssued:
    """Return the card that is issued on that day; its number is the identifier."""
    return IdentityCardIssued(
        personal_id=personal_id,
        card_number=personal_id,
        issued_on=on,
        valid_until=renewal(born_on, on, rules),
    )


def identifier_prefix(child: Child, rules: PopulationRules) -> str:
    """Return the first six digits: 3 place of birth, 1 century and sex, 2 year of birth.

    The century's digits are 0 and 1 in the 1900s, 2 and 3 in the 2000s, and so on, even for male.
    Decree 137/2015/ND-CP, art. 13; Circular 59/2021/TT-BCA. Raises `ValueError` for a birth before
    1900 or after 2399, for which there is no digit.
    """
    century, year = divmod(child.born_on.year, 100)
    digit = 2 * (century - 19) + (child.sex == "female")
    if not 0 <= digit <= 9:
        raise ValueError("identifiers know the centuries from the 1900s to the 2300s only")
    return f"{place_code(child, rules)}{digit}{year:02}"


def place_code(child: Child, rules: PopulationRules) -> str:
    """Return the three digits of the place of birth: the province's, or the country's."""
    place = child.place
    if place.country == "VN" and place.province is not None:
        return f"0{place.province}"
    return rules.countries.codes.get(place.country, rules.countries.other)


def renewal(born_on: date, issued_on: date, rules: PopulationRules) -> date:
    """Return the day until which a card is valid: for a child under 14 the 14th birthday."""
    birthdays = (birthday(born_on, age) for age in rules.card_renewal_ages.in_force(issued_on))
    return next((day for day in birthdays if issued_on < day), NO_RENEWAL)


def newborn_record(state: Identification) -> Record:
    """Return the row of the child in the register of persons, living where it was declared."""
    assert state.personal_id is not None
    assert state.newborn is not None
    child, household = state.newborn.child, state.newborn.household
    return person_record(
        state.personal_id,
        {
            "cancelled": state.revoked is not None,
            "full_name": child.full_name,
            "sex": child.sex,
            "born_on": child.born_on.isoformat(),
            "nationality": child.nationality,
            "ethnicity": child.ethnicity,
            "province": household.province if household else None,
            "commune": household.commune if household else None,
            "address": household.address if household else None,
            "household_owner": household.owner if household else None,
            "deceased_on": None,
        },
    )


def identity_card_record(card: IdentityCardIssued, cancelled: bool = False) -> Record:
    """Return the row of the register of identity cards."""
    return Record(
        "identity-cards",
        card.card_number,
        {
            "cancelled": cancelled,
            "issued_on": card.issued_on.isoformat(),
            "valid_until": card.valid_until.isoformat(),
        },
    )
