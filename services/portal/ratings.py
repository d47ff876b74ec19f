"""A rating, from a request to the event that is published: one for each finished case. Pure."""

from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, StringConstraints, ValidationError

from contracts.catalogue import topic_of
from contracts.common.events import CaseRated, DeclarationSubmitted
from contracts.envelope import Envelope, envelope_of
from contracts.model import Input
from services.chassis.consumer import from_outside
from services.chassis.message import Outgoing
from services.portal.declaration import SOURCE, fingerprint
from services.portal.fields import errors_in
from services.portal.problems import Problem
from services.portal.submissions import Claim

_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/ratings")


class Rating(Input):
    """What somebody sends: 1 to 5 stars, 5 for the best, and a word if they like."""

    stars: Annotated[int, Field(ge=1, le=5, strict=True)]
    comment: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None


def read(raw: Any) -> Rating:
    """Return what was sent. Raises `Problem` 422, naming each field at fault."""
    try:
        return Rating.model_validate(raw)
    except ValidationError as fault:
        errors = errors_in(fault, raw)
        fields = ", ".join(dict.fromkeys(each["field"] or "the body" for each in errors))
        raise Problem(422, "invalid-rating", f"correct {fields}", errors) from None


def claim_of(sent: Rating, declared: Envelope[DeclarationSubmitted], at: datetime) -> Claim:
    """Return what the one rating of a case is claimed for, with the event as it is published."""
    case_id = declared.subject
    value = envelope_of(CaseRated)(
        id=uuid5(_NAMESPACE, case_id),
        source=SOURCE,
        type=CaseRated.type,
        subject=case_id,
        time=at,
        group=declared.group,
        correlationid=declared.correlationid,
        traceparent=declared.traceparent,
        data=CaseRated(stars=sent.stars, comment=sent.comment),
    ).encode()
    return Claim(case_id, fingerprint(sent.model_dump()), case_id, value)


def message(claim: Claim) -> Outgoing:
    """Return a claimed rating as it is published, the same bytes however often."""
    return from_outside(topic_of(CaseRated), claim.case_id, CaseRated.type, claim.value)
