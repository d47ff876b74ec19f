"""What the family reads of second thoughts, in every group."""

from collections.abc import Iterable

from contracts.compensation.events import (
    BenefitCancelled,
    BirthCorrected,
    CorrectionRequested,
    DeathCorrected,
    DeathRecordCancelled,
    DeathRecordCorrected,
    DeclarationWithdrawn,
    HealthCardCancelled,
    HealthCardCorrected,
    IdentificationCancelled,
    IdentityCardCancelled,
    IdentityCardCorrected,
    PayoutRefused,
    PersonCorrected,
    PremiumAdjusted,
    PremiumRecovered,
    RecoveryClaimed,
    RegistrationRevoked,
    RequestDeclined,
    ResidenceCancelled,
    ResidenceCorrected,
    ResidenceRestored,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.envelope import Event
from contracts.group import ProcedureSpec
from contracts.model import Text

_TEXTS: dict[type[Event], tuple[str, str]] = {
    WithdrawalRequested: (
        "Ông/bà đã đề nghị rút hồ sơ.",
        "You have asked to withdraw the declaration.",
    ),
    RevocationRequested: (
        "Cán bộ đã chuyển bản án, quyết định của Tòa án về việc hủy đăng ký.",
        "An official has put forward a judgement that makes the registration void.",
    ),
    CorrectionRequested: (
        "Cán bộ đã đề nghị cải chính nội dung đăng ký.",
        "An official has asked that the registration be corrected.",
    ),
    RequestDeclined: (
        "Đề nghị không được chấp nhận; kết quả đã có vẫn giữ nguyên.",
        "What was asked for does not count; everything stays as it is.",
    ),
    DeclarationWithdrawn: (
        "Hồ sơ đã được rút; chưa có việc nào được đăng ký.",
        "The declaration has been withdrawn; nothing was registered.",
    ),
    RegistrationRevoked: (
        "Việc đăng ký đã bị hủy theo bản án, quyết định của Tòa án.",
        "By judgement of a court the registration is void.",
    ),
    BirthCorrected: ("Nội dung khai sinh đã được cải chính.", "The birth has been corrected."),
    DeathCorrected: ("Nội dung khai tử đã được cải chính.", "The death has been corrected."),
    IdentificationCancelled: (
        "Số định danh cá nhân đã bị hủy.",
        "The personal identifier has been cancelled.",
    ),
    IdentityCardCancelled: ("Thẻ căn cước đã bị hủy.", "The identity card has been cancelled."),
    PersonCorrected: (
        "Cơ sở dữ liệu dân cư đã ghi nhận nội dung cải chính.",
        "The population register holds the correction.",
    ),
    IdentityCardCorrected: (
        "Thẻ căn cước đã được đổi theo nội dung cải chính.",
        "The identity card says what was corrected.",
    ),
    DeathRecordCancelled: (
        "Cơ sở dữ liệu dân cư đã hủy ghi nhận người chết.",
        "The population register no longer holds the person as deceased.",
    ),
    DeathRecordCorrected: (
        "Cơ sở dữ liệu dân cư đã sửa ngày chết.",
        "The population register holds the corrected day of the death.",
    ),
    ResidenceCancelled: (
        "Đăng ký thường trú đã bị hủy.",
        "The permanent residence has been cancelled.",
    ),
    ResidenceCorrected: (
        "Thông tin cư trú đã được sửa theo nội dung cải chính.",
        "The register of residents says what was corrected.",
    ),
    ResidenceRestored: (
        "Đã khôi phục đăng ký thường trú.",
        "The permanent residence has been restored.",
    ),
    HealthCardCancelled: (
        "Thẻ bảo hiểm y tế đã bị hủy.",
        "The health insurance card has been cancelled.",
    ),
    HealthCardCorrected: (
        "Thẻ bảo hiểm y tế đã được đổi theo nội dung cải chính.",
        "The health insurance card says what was corrected.",
    ),
    BenefitCancelled: (
        "Quyết định trợ cấp, hỗ trợ mai táng đã bị hủy.",
        "The decision about the allowance or support has been cancelled.",
    ),
    PremiumRecovered: (
        "Ngân sách đã thu hồi tiền đóng bảo hiểm y tế của thời gian còn lại.",
        "The state budget has the premium of the remaining months back.",
    ),
    PremiumAdjusted: (
        "Tiền đóng bảo hiểm y tế đã được tính lại.",
        "The premium has been reckoned anew.",
    ),
    PayoutRefused: (
        "Không chi trả vì quyết định đã bị hủy.",
        "Nothing is paid out, because the decision was cancelled.",
    ),
    RecoveryClaimed: (
        "Số tiền đã chi trả phải được hoàn trả.",
        "The amount that was paid out is claimed back.",
    ),
}


def second_thoughts(procedures: Iterable[ProcedureSpec]) -> dict[type[Event], Text]:
    """Return what the family reads of the second thoughts that these procedures know."""
    known = {event for spec in procedures for event in (*spec.hears, *spec.ends, *spec.afterwards)}
    return {event: Text(vi=vi, en=en) for event, (vi, en) in _TEXTS.items() if event in known}
