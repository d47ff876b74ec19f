"""Somebody has died: registered and marked deceased -> allowance or support granted | refused.

Both facts may come first, and they come for a bundle that does not ask for a benefit too. Where the
registration is revoked, before or after, nobody has a right to a benefit.
"""

from dataclasses import replace
from typing import Literal

from contracts.common.calendar import local_date
from contracts.common.review import Review, Reviews, Supplement, Verdict
from contracts.compensation.events import RegistrationRevoked
from contracts.death.benefits import BenefitRequest, FuneralAllowanceRequest, heirs
from contracts.death.events import (
    BenefitRefused,
    BurialSupportGranted,
    DeathRegistered,
    FuneralAllowanceGranted,
)
from contracts.death.form import DeathForm
from contracts.death.process import BENEFIT
from contracts.model import PersonalId, Reason
from contracts.people.events import PersonDeceased
from services.chassis.gate import Gate
from services.chassis.procedure import Claim, Context, Decision, Procedure, State
from services.social_insurance.funeral import examine
from services.social_insurance.grants import (
    NUMBER,
    Application,
    Grant,
    benefit_row,
    granted,
    number_of,
)
from services.social_insurance.lives import death_of, end_life, life_of, lives
from services.social_insurance.rules import SocialInsuranceRules

PERSON = "funeral-benefit"
"""The kind of claim that makes allowance and support exclude each other."""


class Benefit(State):
    """What is remembered of a benefit that is asked for."""

    application: Application | None = None
    deceased: PersonalId | None = None
    """Whom the population register has marked deceased."""
    review: Review | None = None
    outcome: Literal["granted", "refused", "not-asked", "cancelled"] | None = None
    grant: Grant | None = None
    revoked: Reason | None = None
    """Why there is no such death any more."""


benefit = Procedure(BENEFIT, initial=Benefit())
reviews = Reviews("social-insurance", BENEFIT)


@benefit.on(DeathRegistered)
def registered(state: Benefit, event: DeathRegistered, context: Context) -> Decision[Benefit]:
    """Remember what is asked for, and decide where the population register knows of the death."""
    if state.application or state.outcome:
        return Decision(state)
    if event.benefit is None or BENEFIT not in event.bundle:
        return Decision(state.with_(outcome="not-asked"))
    application = Application(
        deceased=event.deceased.personal_id,
        died_on=event.died_on,
        cause=event.cause,
        province=event.province,
        request=event.benefit,
    )
    return settle(state.with_(application=application), context)


@benefit.on(PersonDeceased)
def deceased(state: Benefit, event: PersonDeceased, context: Context) -> Decision[Benefit]:
    """Remember that the population register knows it, and decide where the death is registered.

    Whoever has died receives nothing from then on, in any case: that is claimed here, in the case
    of their death, and looked up in theirs. Raises `TooEarly` as `end_life` does.
    """
    if state.deceased:
        return Decision(state)
    after = state.with_(deceased=event.personal_id)
    if state.revoked is None:
        end_life(event.personal_id, context)
    return Decision(after) if state.outcome else settle(after, context)


@benefit.on(RegistrationRevoked)
def revoked(state: Benefit, event: RegistrationRevoked, context: Context) -> Decision[Benefit]:
    """Cancel the benefit, and let another case ask for one; refuse what is not granted yet.

    Who has not died may be granted something again, in any case.
    """
    if state.revoked is not None:
        return Decision(state)
    after, grant = state.with_(revoked=event.reason), state.grant
    alive = (death_of(state.deceased),) if state.deceased else ()
    if grant is not None:
        return Decision(
            after.with_(outcome="cancelled"),
            events=(grant.cancelled(event.reason),),
            records=(grant.record(cancelled=True),),
            releases=(Claim(PERSON, grant.row["deceased"]), *alive),
        )
    if state.application is None or state.outcome is not None:
        return Decision(after, releases=alive)
    closed = reviews.closed(state.review, event.reason)
    refused = refuse(after, state.application, event.reason, alive)
    return gate.lifted(refused, state, closed)


def settle(state: Benefit, context: Context) -> Decision[Benefit]:
    """Decide when both facts are there, unless policy says that an official does.

    Nothing is granted for somebody who may live: the population register says who does not.
    """
    application = state.application
    if application is not None and state.revoked is not None:
        return refuse(state, application, state.revoked)
    if application is None or not state.deceased:
        return Decision(state)
    rules: SocialInsuranceRules = context.rules
    policy = rules.review_of(BENEFIT, local_date(context.now), application.province)
    if policy is None:
        return conclude(state, application, context)
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=application.province,
        persons=persons_of(application),
        finding=objection(application, rules),
        **policy._asdict(),
    )
    return gate.shut(state, opened)


def decided(state: Benefit, verdict: Verdict, context: Context) -> Decision[Benefit]:
    """Do as officials have decided; what they approved may still have nobody to go to.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted.
    """
    application = state.application
    assert application is not None
    if verdict.supplement:
        return examined_again(state, application, verdict.supplement, context)
    if verdict.refused:
        return refuse(state, application, verdict.refused)
    return conclude(state, application, context)


def examined_again(
    state: Benefit, application: Application, supplement: Supplement, context: Context
) -> Decision[Benefit]:
    """Take what a corrected form asks for; an official decides as before. Raises as `decided`."""
    if declared := supplement.event.declaration:
        form = DeathForm.model_validate(declared.form, extra="ignore")
        application = replace(application, request=form.benefit or application.request)
    finding = objection(application, context.rules)
    resumed = reviews.resumed(state.review, supplement, finding)
    return gate.shut(state.with_(application=application), resumed)


gate = Gate(benefit, reviews, decided)


def conclude(state: Benefit, application: Application, context: Context) -> Decision[Benefit]:
    """Grant what there is a right to, unless another case was granted either benefit."""
    rules: SocialInsuranceRules = context.rules
    reason = objection(application, rules)
    if reason is not None:
        return refuse(state, application, reason)
    (case,) = context.claim(Claim(PERSON, application.deceased))
    if case is not None:
        before = rules.reason("granted-before", refers_to=case.case_id, case=case.case_id)
        return refuse(state, application, before)
    payee = living_payee(application.request, context)
    if payee is None:
        nobody = rules.reason("payee-deceased")
        return refuse(state, application, nobody, (Claim(PERSON, application.deceased),))
    number = context.first_free(NUMBER, lambda k: number_of(application, context, k))
    event = granted(application, payee, number, context)
    return grant(state, event, releases=(life_of(payee),))


def living_payee(request: BenefitRequest, context: Context) -> PersonalId | None:
    """Return who receives the benefit: the payee, or the first of the heirs who lives, or nobody.

    Who lives is what nobody has claimed as the case of their death does. The claim that tells is
    let go of again by the same entry, so that the news of a death can still take it.
    """
    people = (request.payee, *heirs(request))
    return next((person for person in people if lives(person, context)), None)


def objection(application: Application, rules: SocialInsuranceRules) -> Reason | None:
    """Return why there is no right to what is asked for, as far as the file alone tells."""
    return examine(application.request, application.died_on, application.cause, rules)


def persons_of(application: Application) -> tuple[PersonalId, ...]:
    """Return whom the case is about, as far as it is known here: none of them decides about it."""
    request = application.request
    relatives = request.relatives if isinstance(request, FuneralAllowanceRequest) else ()
    named = (each.personal_id for each in relatives)
    return tuple(dict.fromkeys((application.deceased, request.payee, *named)))


def grant(
    state: Benefit,
    event: FuneralAllowanceGranted | BurialSupportGranted,
    releases: tuple[Claim, ...],
) -> Decision[Benefit]:
    """Say that the benefit is granted, and write it into the register of benefits."""
    made = Grant(decision_number=event.decision_number, row=benefit_row(event))
    after = state.with_(outcome="granted", grant=made)
    return Decision(after, events=(event,), records=(made.record(),), releases=releases)


def refuse(
    state: Benefit, application: Application, reason: Reason, releases: tuple[Claim, ...] = ()
) -> Decision[Benefit]:
    """Refuse the benefit; the registered death and the removal of residence stand."""
    event = BenefitRefused(personal_id=application.deceased, reason=reason)
    return Decision(state.with_(outcome="refused"), events=(event,), releases=releases)
