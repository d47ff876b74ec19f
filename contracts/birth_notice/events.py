"""The events of birth notices."""

from pydantic import AwareDatetime, Field

from contracts.common.hospitals import NoticeCode
from contracts.common.proposals import Proposing
from contracts.envelope import Event
from contracts.model import Name, Reason


class BirthNoticeRecorded(Proposing, type="civil-status.birth-notice-recorded.v1"):
    """Civil status knows of a birth by a hospital's notice, whoever declares it."""

    code: NoticeCode
    hospital: Name
    born_at: AwareDatetime
    late: bool = Field(description="Shared later than hospitals have to, in office hours.")


class BirthNoticeRefused(Event, type="civil-status.birth-notice-refused.v1"):
    """Civil status did not record the hospital's notice."""

    reason: Reason
