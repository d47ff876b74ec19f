"""The death group as data: what is done by whom, in which order, and how it can end."""

from contracts.common.documents import RECEIPT
from contracts.common.events import (
    CaseCompleted,
    DeclarationSubmitted,
    FeeRefunded,
    FeeSettled,
    PayoutInstructed,
)
from contracts.common.legal_bases import LEGAL_BASES
from contracts.common.orphans import NOTICES as ORPHANS
from contracts.common.orphans import orphaned_case
from contracts.common.task_events import task_events, task_notices
from contracts.compensation.events import (
    BenefitCancelled,
    CorrectionRequested,
    DeathCorrected,
    DeathRecordCancelled,
    DeathRecordCorrected,
    DeclarationWithdrawn,
    PayoutRefused,
    RecoveryClaimed,
    RegistrationRevoked,
    RequestDeclined,
    ResidenceRestored,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.compensation.notices import second_thoughts
from contracts.death.correction import DeathCorrection
from contracts.death.documents import (
    ALLOWANCE_DECISION,
    DEATH_CERTIFICATE,
    REMOVAL_CONFIRMATION,
    SUPPORT_DECISION,
)
from contracts.death.events import (
    BenefitRefused,
    BurialSupportGranted,
    DeathRecordRefused,
    DeathRefused,
    DeathRegistered,
    DestinationRequested,
    FuneralAllowanceGranted,
    OverpaymentFound,
    PaymentReported,
    PayoutConfirmed,
    PayoutOrdered,
    RemovalRefused,
    ResidenceRemoved,
)
from contracts.death.form import DeathForm
from contracts.group import Bundle, ProcedureGroup, ProcedureSpec, TimeLimit
from contracts.model import Text
from contracts.people.events import PersonDeceased

DEATH = "death-registration"
RECORD = "death-record"
REMOVAL = "permanent-residence-removal"
BENEFIT = "funeral-benefit"
PAYOUT = PayoutOrdered.procedure
FEES = "death-fee-settlement"
ORPHANED_DEATH = "orphaned-death-case"

PROCEDURES = (
    ProcedureSpec(
        name=DEATH,
        title=Text(vi="Đăng ký khai tử", en="Death registration"),
        owner="civil-status",
        hears=(
            *(DeclarationSubmitted, WithdrawalRequested),
            *(RevocationRequested, CorrectionRequested),
        ),
        ends={
            DeathRegistered: "granted",
            DeathRefused: "refused",
            DeclarationWithdrawn: "refused",
        },
        afterwards={
            DeclarationWithdrawn: "withdrawn",
            RegistrationRevoked: "cancelled",
            DeathCorrected: "corrected",
            RequestDeclined: "declined",
        },
        shows=("registration_number", "registered_on", "late"),
        documents={DeathRegistered: DEATH_CERTIFICATE, DeathCorrected: DEATH_CERTIFICATE},
        working_days=1,
        review=task_events("civil-status"),
    ),
    ProcedureSpec(
        name=RECORD,
        title=Text(vi="Cập nhật cơ sở dữ liệu dân cư", en="Record of the death"),
        owner="population",
        hears=(DeathRegistered, RegistrationRevoked, DeathCorrected),
        ends={PersonDeceased: "granted", DeathRecordRefused: "refused"},
        afterwards={DeathRecordCancelled: "cancelled", DeathRecordCorrected: "corrected"},
        shows=("deceased_on",),
        requires=(DEATH,),
        working_days=1,
    ),
    ProcedureSpec(
        name=REMOVAL,
        title=Text(vi="Xóa đăng ký thường trú", en="Removal of permanent residence"),
        owner="residence",
        hears=(DeathRegistered, PersonDeceased, RegistrationRevoked),
        ends={ResidenceRemoved: "granted", RemovalRefused: "refused"},
        afterwards={ResidenceRestored: "cancelled"},
        shows=("confirmation_number", "removed_on", "owned_household"),
        documents={ResidenceRemoved: REMOVAL_CONFIRMATION},
        requires=(DEATH, RECORD),
        working_days=2,
        review=task_events("residence"),
    ),
    ProcedureSpec(
        name=BENEFIT,
        title=Text(
            vi="Trợ cấp mai táng hoặc hỗ trợ chi phí mai táng",
            en="Funeral allowance or burial support",
        ),
        owner="social-insurance",
        hears=(DeathRegistered, PersonDeceased, RegistrationRevoked),
        ends={
            FuneralAllowanceGranted: "granted",
            BurialSupportGranted: "granted",
            BenefitRefused: "refused",
        },
        afterwards={BenefitCancelled: "cancelled"},
        shows=(
            *("decision_number", "payee", "month"),
            *("reference_level", "standard", "multiple", "amount"),
        ),
        documents={
            FuneralAllowanceGranted: ALLOWANCE_DECISION,
            BurialSupportGranted: SUPPORT_DECISION,
        },
        requires=(DEATH, RECORD),
        working_days=6,
        review=task_events("social-insurance"),
    ),
    ProcedureSpec(
        name=PAYOUT,
        title=Text(vi="Chi trả", en="Payout of the benefit"),
        owner="payments",
        hears=(
            *(FuneralAllowanceGranted, BurialSupportGranted, BenefitCancelled),
            *(PaymentReported, PayoutInstructed),
        ),
        # What is granted is owed until it is paid, or cancelled: a payout waits.
        ends={PayoutConfirmed: "granted", PayoutRefused: "refused"},
        afterwards={RecoveryClaimed: "recovered"},
        shows=("payout_number", "amount", "payout", "paid_at", "reference"),
        requires=(BENEFIT,),
    ),
    ProcedureSpec(
        name=FEES,
        title=Text(vi="Phí, lệ phí khai tử", en="Fees of a death"),
        owner="payments",
        hears=(DeclarationSubmitted, DeathRefused, DeclarationWithdrawn),
        ends={FeeSettled: "granted"},
        afterwards={FeeRefunded: "refunded"},
        shows=("receipt_number", "due", "waived", "method"),
        documents={FeeSettled: RECEIPT},
    ),
    orphaned_case(ORPHANED_DEATH),
)

# The family chooses four, three or two procedures; the record and the fees follow from them.
CHOICES = {
    "usual": (DEATH, REMOVAL, BENEFIT, PAYOUT, RECORD, FEES),
    "without-residence": (DEATH, BENEFIT, PAYOUT, RECORD, FEES),
    "without-benefit": (DEATH, REMOVAL, RECORD, FEES),
}

GROUP = ProcedureGroup(
    name="death",
    title=Text(vi="Liên thông khai tử", en="Death"),
    form=DeathForm,
    procedures=PROCEDURES,
    bundles=tuple(
        Bundle(since=since, circumstance=circumstance, procedures=procedures, source=source)
        for circumstance, procedures in CHOICES.items()
        for since, source in LEGAL_BASES
    ),
    # The law names 6 to 18 working days, by the scheme of the benefit, and we have no table of
    # schemes (confidence low): the shortest where no benefit is decided, else the longest, so that
    # no case is called late that may not be.
    time_limits=tuple(
        TimeLimit(since=since, working_days=days, name=name, source=f"{source}: {why}")
        for name, days, why in (
            ("usual", 18, "the slowest scheme of a benefit"),
            ("without-benefit", 6, "the shortest chain"),
        )
        for since, source in LEGAL_BASES
    ),
    correction=DeathCorrection,
    notices={
        **task_notices(PROCEDURES),
        **second_thoughts(PROCEDURES),
        DeclarationSubmitted: Text(
            vi="Đã tiếp nhận tờ khai.", en="Your declaration has been received."
        ),
        DeathRegistered: Text(vi="Đã đăng ký khai tử.", en="The death has been registered."),
        DeathRefused: Text(
            vi="Không đăng ký được khai tử.", en="The death could not be registered."
        ),
        PersonDeceased: Text(
            vi="Cơ sở dữ liệu dân cư đã ghi nhận người chết.",
            en="The population register has recorded the death.",
        ),
        DeathRecordRefused: Text(
            vi="Cơ sở dữ liệu dân cư đã ghi nhận người chết từ trước.",
            en="The population register had recorded the death before.",
        ),
        ResidenceRemoved: Text(
            vi="Đã xóa đăng ký thường trú.", en="The permanent residence has been removed."
        ),
        RemovalRefused: Text(
            vi="Không xóa được đăng ký thường trú.",
            en="There was no permanent residence to remove.",
        ),
        FuneralAllowanceGranted: Text(
            vi="Đã quyết định trợ cấp mai táng.", en="The funeral allowance has been granted."
        ),
        BurialSupportGranted: Text(
            vi="Đã quyết định hỗ trợ chi phí mai táng.", en="Burial support has been granted."
        ),
        BenefitRefused: Text(
            vi="Không giải quyết được mai táng phí.",
            en="Neither the allowance nor the support was granted.",
        ),
        PayoutOrdered: Text(vi="Đã lệnh chi trả.", en="The payment has been ordered."),
        PaymentReported: Text(
            vi="Ngân hàng đã trả lời về lệnh chi trả.",
            en="The bank has answered about the payment.",
        ),
        DestinationRequested: Text(
            vi="Chưa chi trả được; đề nghị cho biết tài khoản hoặc nơi nhận khác.",
            en="The money could not be paid: please say where else it is to go.",
        ),
        PayoutInstructed: Text(
            vi="Đã tiếp nhận nơi nhận tiền khác.", en="We know where else the money is to go."
        ),
        PayoutConfirmed: Text(vi="Đã chi trả.", en="The benefit has been paid."),
        OverpaymentFound: Text(
            vi="Ngân hàng đã chi trả thừa và phải hoàn lại.",
            en="The bank has paid once too often, and has to give it back.",
        ),
        FeeSettled: Text(vi="Đã thanh toán phí, lệ phí.", en="The fees have been settled."),
        FeeRefunded: Text(vi="Đã hoàn trả phí.", en="The fees have been refunded."),
        **ORPHANS,
        CaseCompleted: Text(
            vi="Hồ sơ đã giải quyết xong.", en="Every procedure of your case has ended."
        ),
    },
)
