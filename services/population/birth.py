"""A registered birth -> the child has a personal identifier and, where asked for, a card.

Both are one decision, for the card's number is the identifier. Only where policy says so does an
official decide about the card, and the identifier does not wait for that.
"""

from datetime import date

from contracts.birth.events import BirthRegistered, IdentityCardIssued, IdentityCardRefused
from contracts.birth.process import IDENTIFIER as IDENTIFICATION
from contracts.birth.process import IDENTITY_CARD
from contracts.common.calendar import birthday, local_date
from contracts.common.events import PersonIdentified
from contracts.common.people import Child
from contracts.common.review import Review, Reviews, Verdict, persons_of
from services.chassis.gate import Gate
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.population.persons import IDENTIFIER, person_record
from services.population.rules import PopulationRules

NO_RENEWAL = date(9999, 12, 31)
"""After the last age of renewal a card is valid for life."""


class Identification(State):
    """What is remembered of a child to be identified."""

    personal_id: str | None = None
    card_for: date | None = None
    """The day of birth of a child about whose card an official has to decide."""
    review: Review | None = None


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
    prefix = identifier_prefix(event.child, rules)
    personal_id = context.first_free(
        IDENTIFIER, lambda k: f"{prefix}{context.derive(IDENTIFIER, k, 10**6):06}"
    )
    identified = PersonIdentified(
        personal_id=personal_id,
        registration_number=event.registration_number,
        child=event.child,
        household=event.household,
        bundle=event.bundle,
    )
    after, newborn = Identification(personal_id=personal_id), newborn_record(identified)
    if IDENTITY_CARD not in event.bundle:
        return Decision(after, events=(identified,), records=(newborn,))
    today = local_date(context.now)
    place = event.household.province if event.household else None
    policy = rules.review_of(IDENTITY_CARD, today, place)
    if policy is None:
        card = issue_card(personal_id, event.child.born_on, today, rules)
        records = (newborn, identity_card_record(card))
        return Decision(after, events=(identified, card), records=records)
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=place,
        persons=persons_of(identified),
        **policy._asdict(),
    )
    waiting = gate.shut(after.with_(card_for=event.child.born_on), opened)
    return waiting._replace(events=(identified, *waiting.events), records=(newborn,))


def decided(state: Identification, verdict: Verdict, context: Context) -> Decision[Identification]:
    """Issue the card or refuse it, as officials have decided; the identifier stands."""
    assert state.personal_id is not None
    assert state.card_for is not None
    if verdict.supplement:
        return gate.shut(state, reviews.resumed(state.review, verdict.supplement, finding=None))
    after = Identification(personal_id=state.personal_id)
    if verdict.refused:
        refused = IdentityCardRefused(personal_id=state.personal_id, reason=verdict.refused)
        return Decision(after, events=(refused,))
    card = issue_card(state.personal_id, state.card_for, local_date(context.now), context.rules)
    return Decision(after, events=(card,), records=(identity_card_record(card),))


gate = Gate(identification, reviews, decided)


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


def newborn_record(event: PersonIdentified) -> Record:
    """Return the row of the child in the register of persons, living where it was declared."""
    child, household = event.child, event.household
    return person_record(
        event.personal_id,
        {
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


def identity_card_record(card: IdentityCardIssued) -> Record:
    """Return the row of the register of identity cards."""
    return Record(
        "identity-cards",
        card.card_number,
        {
            "issued_on": card.issued_on.isoformat(),
            "valid_until": card.valid_until.isoformat(),
        },
    )
