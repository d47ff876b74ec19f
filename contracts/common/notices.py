"""What the family reads of what can happen in every group alike."""

from collections.abc import Mapping

from contracts.common.events import (
    ApologySent,
    CaseRated,
    DeadlineApproached,
    DeadlineMissed,
    DelayEscalated,
)
from contracts.envelope import Event
from contracts.model import Text

NOTICES: Mapping[type[Event], Text] = {
    DeadlineApproached: Text(
        vi="Sắp đến hạn giải quyết; cơ quan đã được nhắc.",
        en="The time limit will end soon; the agency has been reminded.",
    ),
    DeadlineMissed: Text(vi="Đã quá hạn giải quyết.", en="The time limit has been missed."),
    DelayEscalated: Text(
        vi="Việc chậm trễ đã được báo cáo lên cấp trên.",
        en="The delay has been reported to those higher up.",
    ),
    ApologySent: Text(
        vi="Xin lỗi vì đã quá hạn; có ngày hẹn mới.",
        en="An apology for the delay, with a new date.",
    ),
    CaseRated: Text(
        vi="Cảm ơn ông/bà đã đánh giá.", en="Thank you for saying how well you were served."
    ),
}
