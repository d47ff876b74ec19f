"""Who lives and who has died, as claims: nothing is granted to the dead, in any case. Pure.

Of everybody who has died the case of their death, or of the import that reported it, claims the
life. A case that decides about a benefit claims it too, to learn who holds it, and lets go of it in
the same entry.
"""

from contracts.model import PersonalId
from contracts.people.events import (
    BenefitsBarred,
    BenefitsResumed,
    DeathReported,
    DeathReportWithdrawn,
)
from contracts.people.process import END_OF_BENEFITS
from services.chassis.procedure import Claim, Context, Decision, Procedure, State, TooEarly

LIFE, DIED, RECEIVES = "life", "died", "receives"


class Ended(State):
    """What is remembered of a person in the case of their import."""

    barred: bool = False
    latest: tuple[int, bool] = (-1, False)
    """The entry of the population register's journal that says the newest of it, and whether that
    withdraws a report: this is the last that an entry says."""


end_of_benefits = Procedure(END_OF_BENEFITS, initial=Ended())


@end_of_benefits.on(DeathReported)
def reported(state: Ended, event: DeathReported, context: Context) -> Decision[Ended]:
    """Let the person receive nothing from now on, whose death was registered elsewhere.

    Raises `TooEarly` as `end_life` does.
    """
    latest = (context.cause.entry, False)
    if latest <= state.latest:
        return Decision(state)
    after = Ended(barred=True, latest=latest)
    if state.barred:
        return Decision(after)
    end_life(event.personal_id, context)
    return Decision(after, events=(BenefitsBarred(personal_id=event.personal_id),))


@end_of_benefits.on(DeathReportWithdrawn)
def withdrawn(state: Ended, event: DeathReportWithdrawn, context: Context) -> Decision[Ended]:
    """Let the person receive something again: the import was wrong."""
    latest = (context.cause.entry, True)
    if latest <= state.latest:
        return Decision(state)
    after = Ended(latest=latest)
    if not state.barred:
        return Decision(after)
    resumed = BenefitsResumed(personal_id=event.personal_id)
    return Decision(after, events=(resumed,), releases=(death_of(event.personal_id),))


def end_life(person: PersonalId, context: Context) -> None:
    """Claim the life of somebody who has died.

    Raises `TooEarly` while another case holds it as that of their death. The population register
    marks nobody twice, so one of the two is void: the news of that is on its way.
    """
    if context.claim(death_of(person)) != (None,):
        raise TooEarly("another case has ended this life; that it is void was not heard yet")


def death_of(person: PersonalId) -> Claim:
    """Return what is claimed where somebody has died."""
    return Claim(LIFE, person, DIED)


def life_of(person: PersonalId) -> Claim:
    """Return what is claimed to learn whether somebody has died."""
    return Claim(LIFE, person, RECEIVES)


def lives(person: PersonalId, context: Context) -> bool:
    """Return whether nobody has claimed the life of a person as that of somebody who has died."""
    (holder,) = context.claim(life_of(person))
    return holder is None or holder.subject != DIED
