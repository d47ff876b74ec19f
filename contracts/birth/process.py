"""The birth group as data: what is done by whom, in which order, and how it can end."""

from datetime import date

from contracts.birth.correction import BirthCorrection
from contracts.birth.documents import (
    BIRTH_CERTIFICATE,
    RESIDENCE_CONFIRMATION,
)
from contracts.birth.documents import HEALTH_CARD as HEALTH_CARD_DOCUMENT
from contracts.birth.documents import IDENTITY_CARD as IDENTITY_CARD_DOCUMENT
from contracts.birth.events import (
    BirthRefused,
    BirthRegistered,
    HealthCardIssued,
    HealthCardRefused,
    IdentityCardIssued,
    IdentityCardRefused,
    PremiumFunded,
    ResidenceRefused,
    ResidenceRegistered,
)
from contracts.birth.form import BirthForm
from contracts.common.documents import RECEIPT
from contracts.common.events import (
    CaseCompleted,
    CasePassed,
    DeclarationSubmitted,
    FeeRefunded,
    FeeSettled,
    PersonIdentified,
)
from contracts.common.legal_bases import LEGAL_BASES
from contracts.common.orphans import NOTICES as ORPHANS
from contracts.common.orphans import orphaned_case
from contracts.common.task_events import task_events, task_notices
from contracts.compensation.events import (
    BirthCorrected,
    CorrectionRequested,
    DeclarationWithdrawn,
    HealthCardCancelled,
    HealthCardCorrected,
    IdentificationCancelled,
    IdentityCardCancelled,
    IdentityCardCorrected,
    PersonCorrected,
    PremiumAdjusted,
    PremiumRecovered,
    RegistrationRevoked,
    RequestDeclined,
    ResidenceCancelled,
    ResidenceCorrected,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.compensation.notices import second_thoughts
from contracts.group import Bundle, ProcedureGroup, ProcedureSpec, TimeLimit
from contracts.model import Text

BIRTH = "birth-registration"
IDENTIFIER = "personal-identification"
RESIDENCE = "permanent-residence-registration"
HEALTH_CARD = "health-insurance-card"
IDENTITY_CARD = "child-identity-card"
FEES = "fee-settlement"
ORPHANED_BIRTH = "orphaned-birth-case"
PREMIUM = "premium-funding"

PROCEDURES = (
    ProcedureSpec(
        name=BIRTH,
        title=Text(vi="Đăng ký khai sinh", en="Birth registration"),
        owner="civil-status",
        hears=(
            *(DeclarationSubmitted, WithdrawalRequested),
            *(RevocationRequested, CorrectionRequested),
        ),
        ends={
            BirthRegistered: "granted",
            BirthRefused: "refused",
            DeclarationWithdrawn: "refused",
        },
        afterwards={
            DeclarationWithdrawn: "withdrawn",
            RegistrationRevoked: "cancelled",
            BirthCorrected: "corrected",
            RequestDeclined: "declined",
        },
        shows=("registration_number", "registered_on", "late"),
        documents={BirthRegistered: BIRTH_CERTIFICATE, BirthCorrected: BIRTH_CERTIFICATE},
        working_days=1,
        review=task_events("civil-status"),
    ),
    ProcedureSpec(
        name=IDENTIFIER,
        title=Text(vi="Cấp số định danh cá nhân", en="Personal identifier"),
        owner="population",
        hears=(BirthRegistered, RegistrationRevoked, BirthCorrected),
        ends={PersonIdentified: "granted"},
        afterwards={IdentificationCancelled: "cancelled", PersonCorrected: "corrected"},
        shows=("personal_id",),
        requires=(BIRTH,),
        working_days=1,
    ),
    ProcedureSpec(
        name=RESIDENCE,
        title=Text(vi="Đăng ký thường trú", en="Permanent residence registration"),
        owner="residence",
        hears=(PersonIdentified, FeeSettled, RegistrationRevoked, BirthCorrected),
        ends={ResidenceRegistered: "granted", ResidenceRefused: "refused"},
        afterwards={ResidenceCancelled: "cancelled", ResidenceCorrected: "corrected"},
        shows=("confirmation_number", "registered_on"),
        documents={
            ResidenceRegistered: RESIDENCE_CONFIRMATION,
            ResidenceCorrected: RESIDENCE_CONFIRMATION,
        },
        requires=(IDENTIFIER, FEES),
        working_days=2,
        review=task_events("residence"),
    ),
    ProcedureSpec(
        name=HEALTH_CARD,
        title=Text(vi="Cấp thẻ bảo hiểm y tế cho trẻ dưới 6 tuổi", en="Health insurance card"),
        owner="social-insurance",
        hears=(PersonIdentified, RegistrationRevoked, BirthCorrected),
        ends={HealthCardIssued: "granted", HealthCardRefused: "refused"},
        afterwards={HealthCardCancelled: "cancelled", HealthCardCorrected: "corrected"},
        shows=("card_number", "valid_from", "valid_until"),
        documents={
            HealthCardIssued: HEALTH_CARD_DOCUMENT,
            HealthCardCorrected: HEALTH_CARD_DOCUMENT,
        },
        requires=(IDENTIFIER,),
        working_days=2,
        review=task_events("social-insurance"),
    ),
    ProcedureSpec(
        name=IDENTITY_CARD,
        title=Text(vi="Cấp thẻ căn cước cho trẻ", en="Identity card for the child"),
        owner="population",
        # Decided together with the identifier, in one step of one agency.
        hears=(BirthRegistered, RegistrationRevoked, BirthCorrected),
        ends={IdentityCardIssued: "granted", IdentityCardRefused: "refused"},
        afterwards={IdentityCardCancelled: "cancelled", IdentityCardCorrected: "corrected"},
        shows=("card_number", "valid_until"),
        documents={
            IdentityCardIssued: IDENTITY_CARD_DOCUMENT,
            IdentityCardCorrected: IDENTITY_CARD_DOCUMENT,
        },
        requires=(BIRTH,),
        working_days=7,
        review=task_events("population"),
    ),
    ProcedureSpec(
        name=FEES,
        title=Text(vi="Phí, lệ phí", en="Fees"),
        owner="payments",
        hears=(DeclarationSubmitted, BirthRefused, DeclarationWithdrawn),
        ends={FeeSettled: "granted"},
        afterwards={FeeRefunded: "refunded"},
        shows=("receipt_number", "due", "waived", "method"),
        documents={FeeSettled: RECEIPT},
    ),
    ProcedureSpec(
        name=PREMIUM,
        title=Text(vi="Ngân sách đóng bảo hiểm y tế", en="Premium paid by the state budget"),
        owner="payments",
        hears=(HealthCardIssued, HealthCardCancelled, HealthCardCorrected),
        ends={PremiumFunded: "granted"},
        afterwards={PremiumRecovered: "recovered", PremiumAdjusted: "corrected"},
        shows=("months", "total"),
        requires=(HEALTH_CARD,),
    ),
    orphaned_case(ORPHANED_BIRTH),
)

USUAL = (BIRTH, IDENTIFIER, RESIDENCE, HEALTH_CARD, FEES, PREMIUM)

GROUP = ProcedureGroup(
    name="birth",
    title=Text(vi="Liên thông khai sinh", en="Birth"),
    form=BirthForm,
    procedures=PROCEDURES,
    bundles=(
        *(Bundle(since=since, procedures=USUAL, source=source) for since, source in LEGAL_BASES),
        Bundle(
            since=date(2026, 9, 1),
            procedures=(*USUAL, IDENTITY_CARD),
            source="Decree 301/2026: the child's identity card joins",
        ),
        *(
            Bundle(
                since=since,
                circumstance="born-abroad",
                procedures=(BIRTH, IDENTIFIER, FEES),
                source=f"{source}: no residence and no card until the child returns",
            )
            for since, source in LEGAL_BASES
        ),
    ),
    time_limits=(
        *(TimeLimit(since=since, working_days=3, source=source) for since, source in LEGAL_BASES),
        *(
            TimeLimit(
                since=since,
                working_days=5,
                name="verification",
                source=f"{source}: where something has to be verified",
            )
            for since, source in LEGAL_BASES
        ),
    ),
    correction=BirthCorrection,
    notices={
        DeclarationSubmitted: Text(
            vi="Đã tiếp nhận tờ khai.", en="Your declaration has been received."
        ),
        BirthRegistered: Text(vi="Đã đăng ký khai sinh.", en="The birth has been registered."),
        BirthRefused: Text(
            vi="Không đăng ký được khai sinh.", en="The birth could not be registered."
        ),
        PersonIdentified: Text(
            vi="Đã cấp số định danh cá nhân.", en="The child has a personal identifier."
        ),
        ResidenceRegistered: Text(
            vi="Đã đăng ký thường trú cho trẻ.", en="The child's residence has been registered."
        ),
        ResidenceRefused: Text(
            vi="Không đăng ký được thường trú.", en="The residence could not be registered."
        ),
        HealthCardIssued: Text(
            vi="Đã cấp thẻ bảo hiểm y tế.", en="The health insurance card has been issued."
        ),
        HealthCardRefused: Text(
            vi="Không cấp thẻ bảo hiểm y tế cho trẻ dưới 6 tuổi.",
            en="No health insurance card for a child under six was issued.",
        ),
        IdentityCardIssued: Text(
            vi="Đã cấp thẻ căn cước cho trẻ.", en="The child's identity card has been issued."
        ),
        IdentityCardRefused: Text(
            vi="Không cấp thẻ căn cước cho trẻ.", en="No identity card for the child was issued."
        ),
        FeeSettled: Text(vi="Đã thanh toán phí, lệ phí.", en="The fees have been settled."),
        FeeRefunded: Text(vi="Đã hoàn trả phí.", en="The fees have been refunded."),
        PremiumFunded: Text(
            vi="Ngân sách nhà nước đã đóng bảo hiểm y tế.",
            en="The state budget has paid the premium.",
        ),
        CasePassed: Text(
            vi="Người yêu cầu đã qua đời; hồ sơ được chuyển cho người cha hoặc người mẹ còn lại.",
            en="The declarant has died; the case has passed to the other parent.",
        ),
        **ORPHANS,
        CaseCompleted: Text(
            vi="Hồ sơ đã giải quyết xong.", en="Every procedure of your case has ended."
        ),
        **task_notices(PROCEDURES),
        **second_thoughts(PROCEDURES),
    },
)
