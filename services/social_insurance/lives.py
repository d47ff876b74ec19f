"""Who lives and who has died, as claims: nothing is granted to the dead, in any case. Pure.

Of everybody who has died the case of their death, or of the import that reported it, claims the
life. A case that decides about a benefit claims it too, to learn who holds it, and lets go of it in
the same entry.
"""

from contracts.model import PersonalId
from contracts.people.events import BenefitsBarred, DeathReported
from contracts.people.process import END_OF_BENEFITS
from services.chassis.procedure import Claim, Context, Decision, Procedure, State

LIFE, DIED, RECEIVES = "life", "died", "receives"


class Ended(State):
    """What is remembered of a person in the case of their import."""

    barred: bool = False


end_of_benefits = Procedure(END_OF_BENEFITS, initial=Ended())


@end_of_benefits.on(DeathReported)
def reported(state: Ended, event: DeathReported, context: Context) -> Decision[Ended]:
    """Let the person receive nothing from now on, whose death was registered elsewhere."""
    if state.barred:
        return Decision(state)
    context.claim(death_of(event.personal_id))
    return Decision(Ended(barred=True), events=(BenefitsBarred(personal_id=event.personal_id),))


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
