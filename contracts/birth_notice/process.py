"""Birth notices as data: a hospital declares, civil status records, and a birth is proposed."""

from datetime import date

from contracts.birth_notice.events import BirthNoticeRecorded, BirthNoticeRefused
from contracts.birth_notice.form import BirthNoticeForm
from contracts.common.events import CaseCompleted, DeclarationSubmitted
from contracts.group import Bundle, ProcedureGroup, ProcedureSpec
from contracts.model import Text

BIRTH_NOTICE = "birth-notice-record"

GROUP = ProcedureGroup(
    name="birth-notice",
    title=Text(vi="Giấy chứng sinh", en="Birth notice"),
    form=BirthNoticeForm,
    procedures=(
        ProcedureSpec(
            name=BIRTH_NOTICE,
            title=Text(vi="Ghi nhận giấy chứng sinh", en="Record of a birth notice"),
            owner="civil-status",
            hears=(DeclarationSubmitted,),
            ends={BirthNoticeRecorded: "granted", BirthNoticeRefused: "refused"},
            shows=("late",),
        ),
    ),
    bundles=(
        Bundle(
            since=date(2025, 1, 1),
            procedures=(BIRTH_NOTICE,),
            source="DOMAIN.md, hospital birth notice (2025); the day is an assumption of ours",
        ),
    ),
    notices={
        DeclarationSubmitted: Text(
            vi="Đã tiếp nhận giấy chứng sinh.", en="The birth notice has been received."
        ),
        BirthNoticeRecorded: Text(
            vi="Bệnh viện đã gửi giấy chứng sinh; mời gia đình khai sinh cho trẻ.",
            en="The hospital has given notice of a birth: the family may declare it now.",
        ),
        BirthNoticeRefused: Text(
            vi="Giấy chứng sinh không được ghi nhận.", en="The birth notice was not recorded."
        ),
        CaseCompleted: Text(
            vi="Đã xử lý xong giấy chứng sinh.", en="The birth notice has been dealt with."
        ),
    },
)
