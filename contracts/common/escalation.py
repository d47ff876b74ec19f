"""Who is told, and when, that something is late: the rungs of escalation, and the apology, as data.

Each rung is reached when offices close so many working days after the due date, or before it where
the number is negative, and once only.
"""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.common.calendar import local_date
from contracts.common.working_days import add_working_days, closing
from contracts.model import Text


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A step of escalation. `to` is who is told; None: the agency that has it in hand."""

    name: str
    after: int
    to: Text | None = None


AT_RISK = Rung(name="at-risk", after=-1)
OVERDUE = Rung(name="overdue", after=0)

OF_A_PROCEDURE = (
    AT_RISK,
    OVERDUE,
    Rung(
        name="head-of-agency",
        after=1,
        to=Text(vi="Thủ trưởng cơ quan giải quyết", en="The head of the agency"),
    ),
)
"""The rungs of each procedure that has a time limit, in the order in which they are reached."""

OF_A_CASE = (
    AT_RISK,
    OVERDUE,
    Rung(
        name="head-of-province",
        after=3,
        to=Text(
            vi="Chủ tịch Ủy ban nhân dân cấp tỉnh",
            en="The chairperson of the province's people's committee",
        ),
    ),
)
"""The rungs of a whole case that has a time limit, in the order in which they are reached."""

PROMISED_AFTER = 2
"""Working days from an apology to the new date. That there is one apology with one new date: Decree
61/2018/ND-CP, art. 19 (confidence: med); how many days it gives is for the office to set."""


def promised_at(now: datetime) -> datetime:
    """Return the new date that an apology of this moment names."""
    return closing(add_working_days(local_date(now), PROMISED_AFTER))


def apology(due: datetime, promised: datetime) -> Text:
    """Return what the family of an overdue case reads."""
    was, will_be = _day(due), _day(promised)
    return Text(
        vi=(
            f"Hồ sơ của ông/bà đã quá hạn trả kết quả ngày {was}. Chúng tôi xin lỗi ông/bà và hẹn"
            f" trả kết quả chậm nhất ngày {will_be}."
        ),
        en=(
            f"Your case was due on {was} and is late. We apologise, and will have it done by"
            f" {will_be} at the latest."
        ),
    )


def _day(moment: datetime) -> str:
    day: date = local_date(moment)
    return f"{day:%d/%m/%Y}"
