"""A hospital gives notice of a birth -> recorded, and a declaration is proposed | refused."""

from datetime import timedelta
from typing import Any, Literal

from contracts.birth.process import GROUP as BIRTHS
from contracts.birth_notice.events import BirthNoticeRecorded, BirthNoticeRefused
from contracts.birth_notice.form import BirthNotice, BirthNoticeForm
from contracts.birth_notice.process import BIRTH_NOTICE, GROUP
from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.common.proposals import Proposal
from contracts.common.working_days import working_time
from contracts.model import Reason
from services.chassis.procedure import Claim, Context, Decision, Procedure, State
from services.civil_status.rules import CivilStatusRules

CODE = "birth-notice"
"""The kind of claim: one case for each code, however often the hospital sends it."""

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
        return _refused(rules.reason("born-in-future"))
    (holder,) = context.claim(Claim(CODE, said.code))
    if holder is not None:
        case = holder.case_id
        return _refused(rules.reason("birth-notice-recorded-before", refers_to=case, case=case))
    recorded = BirthNoticeRecorded(
        code=said.code,
        hospital=said.hospital,
        born_at=said.child.born_at,
        late=late(said, event, rules),
        proposal=proposal(said, event.people.get(said.mother.personal_id or "")),
    )
    return Decision(Notice(outcome="recorded"), events=(recorded,))


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
    child, ref = said.child, said.mother.model_dump(mode="json", exclude_none=True)
    form: dict[str, Any] = {
        "relation": "mother",
        "child": {
            "sex": child.sex,
            "born_on": local_date(child.born_at).isoformat(),
            "birth_order": child.birth_order,
            "place": child.place.model_dump(mode="json", exclude_none=True),
        },
        "mother": ref,
        "evidence": {"kind": "hospital-notice", "code": said.code},
    }
    if mother is not None:
        form["household"] = {
            "owner": mother.household_owner or mother.personal_id,
            "province": mother.province,
            "commune": mother.commune,
            "address": mother.address,
        }
    return Proposal(key=said.code, group=BIRTHS.name, to=said.mother.personal_id, form=form)


def _refused(reason: Reason) -> Decision[Notice]:
    return Decision(Notice(outcome="refused"), events=(BirthNoticeRefused(reason=reason),))
