"""A hospital gives notice of a birth -> recorded, and a declaration is proposed | refused."""

from datetime import timedelta
from typing import Any, Literal

from contracts.birth.process import GROUP as BIRTHS
from contracts.birth_notice.events import BirthNoticeRecorded, BirthNoticeRefused
from contracts.birth_notice.form import BirthNotice, BirthNoticeForm
from contracts.birth_notice.process import BIRTH_NOTICE, GROUP
from contracts.common.calendar import add_months, local_date
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.common.proposals import Proposal
from contracts.common.working_days import working_time
from contracts.model import Reason
from services.chassis.procedure import Claim, Context, Decision, Procedure, State
from services.civil_status.rules import CivilStatusRules, NoticeRefusal

CODE, REPLACED = "birth-notice", "birth-notice-replaced"
"""The kinds of claim: one case for each code, however often the hospital sends it, and one that
replaces it."""
_HELD: tuple[NoticeRefusal, ...] = ("birth-notice-recorded-before", "birth-notice-replaced-before")
"""Why it is refused where another case holds the one or the other."""

_LONG_AGO = timedelta(days=31)
"""However long ago a child was born, this is later than any hospital may be."""


class Notice(State):
    """How it ended, if it did."""

    outcome: Literal["recorded", "refused"] | None = None


recording = Procedure(BIRTH_NOTICE, initial=Notice())


@recording.on(DeclarationSubmitted)
def declared(state: Notice, event: DeclarationSubmitted, context: Context) -> Decision[Notice]:
    """Record the notice, unless its code stands for another one. Who signed it, the portal saw.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted.
    """
    if event.group != GROUP.name or BIRTH_NOTICE not in event.bundle or state.outcome:
        return Decision(state)
    rules: CivilStatusRules = context.rules
    said = BirthNoticeForm.model_validate(event.form, extra="ignore").said
    if said.child.born_at > event.received_at:
        return _refused(rules.reason("notice-before-birth"))
    received_on = local_date(event.received_at)
    years = rules.oldest_years.in_force(received_on)
    if add_months(received_on, -12 * years) > local_date(said.child.born_at):
        return _refused(rules.reason("born-too-long-ago", years=years))
    claims = claims_of(said)
    held_by = context.claim(*claims)
    for holder, reason in zip(held_by, _HELD, strict=False):
        if holder is not None:
            won = tuple(c for c, other in zip(claims, held_by, strict=True) if other is None)
            case = holder.case_id
            return _refused(rules.reason(reason, refers_to=case, case=case), won)
    recorded = BirthNoticeRecorded(
        code=said.code,
        hospital=said.hospital,
        born_at=said.child.born_at,
        late=late(said, event, rules),
        proposal=proposal(said, event.people.get(said.registered_mother.personal_id or "")),
    )
    return Decision(Notice(outcome="recorded"), events=(recorded,))


def claims_of(said: BirthNotice) -> tuple[Claim, ...]:
    """Return what a notice claims: its code, and to be the one that replaces another."""
    replaced = (Claim(REPLACED, said.replaces),) if said.replaces else ()
    return (Claim(CODE, said.code), *replaced)


def late(said: BirthNotice, event: DeclarationSubmitted, rules: CivilStatusRules) -> bool:
    """Say whether the hospital took longer than it may, in office hours after the birth."""
    received_at = event.received_at
    hours = rules.birth_notice_hours.in_force(local_date(received_at))
    since = max(said.child.born_at, received_at - _LONG_AGO)
    return working_time(since, received_at) > timedelta(hours=hours)


def proposal(said: BirthNotice, mother: Person | None) -> Proposal:
    """Return the declaration that follows, as far as hospital and population register fill it in.

    The child's names, whether the father is entered, and the consent of the household's owner are
    for the family to say.
    """
    child, ref = said.child, said.registered_mother
    form: dict[str, Any] = {
        "relation": "mother",
        "child": {
            "sex": child.sex,
            "born_on": local_date(child.born_at).isoformat(),
            "birth_order": child.birth_order,
            "place": child.place.model_dump(mode="json", exclude_none=True),
        },
        "mother": ref.model_dump(mode="json", exclude_none=True),
        "evidence": {"kind": "hospital-notice", "code": said.code},
    }
    if mother is not None:
        form["household"] = {
            "owner": mother.household_owner or mother.personal_id,
            "province": mother.province,
            "commune": mother.commune,
            "address": mother.address,
        }
    return Proposal(
        key=said.code, replaces=said.replaces, group=BIRTHS.name, to=ref.personal_id, form=form
    )


def _refused(reason: Reason, releases: tuple[Claim, ...] = ()) -> Decision[Notice]:
    refused = BirthNoticeRefused(reason=reason)
    return Decision(Notice(outcome="refused"), events=(refused,), releases=releases)
