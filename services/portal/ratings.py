"""A rating, from a request to the event that is published: one for each finished case. Pure."""

from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, StringConstraints

from contracts.common.events import CaseRated
from contracts.model import Input
from services.portal import fields
from services.portal.case_events import SOURCE, Submission, encoded, thread_of
from services.portal.declaration import fingerprint
from services.portal.submissions import Claim

_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/ratings")


class Rating(Input):
    """What somebody sends: 1 to 5 stars, 5 for the best, and a word if they like."""

    stars: Annotated[int, Field(ge=1, le=5, strict=True)]
    comment: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None


def read(raw: Any) -> Rating:
    """Return what was sent. Raises `Problem` 422, naming each field at fault."""
    return fields.read(Rating.model_validate, raw, "invalid-rating")


def claim_of(sent: Rating, declared: Submission, at: datetime) -> Claim:
    """Return what the one rating of a case is claimed for, with the event as it is published."""
    case_id = declared.subject
    event = CaseRated(stars=sent.stars, comment=sent.comment)
    value = encoded(event, uuid5(_NAMESPACE, case_id), at, thread_of(declared))
    return Claim(case_id, fingerprint(sent.model_dump()), case_id, value)
