"""Why an act of an official, or a supplement of a family, does not count, and the sentences."""

from collections.abc import Mapping

from contracts.common.events import SupplementSubmitted
from contracts.common.tasks import (
    Act,
    Approval,
    OfficialDecision,
    Refusal,
    SupplementRequest,
    Task,
)
from contracts.model import Reason


def objection_to_claim(task: Task, act: Act) -> str | None:
    """Return the code of why the official cannot have the task in hand."""
    person = act.official.person_id
    if task.held_by is not None and task.held_by.person_id != person:
        return "held-by-another"
    if any(other.person_id == person for other in task.approved_by):
        return "second-person-needed"
    return None


def objection_to_holder(task: Task, act: Act) -> str | None:
    """Return the code of why it is not for this official to give the task back, or to decide."""
    holder = task.held_by
    return None if holder and holder.person_id == act.official.person_id else "not-held"


def objection_to_decision(
    task: Task, decided: OfficialDecision, *, examined: int, asks_family: bool
) -> str | None:
    """Return the code of why what the holder has decided cannot be.

    `examined` is the revision since which the file is as it is. Acts of before they named the one
    that the official saw count.
    """
    seen = decided.revision
    if seen is not None and not examined <= seen <= task.revision:
        return "file-has-changed"
    if isinstance(decided, SupplementRequest) and not asks_family:
        return "nobody-to-ask"
    if isinstance(decided, Approval) and task.finding is not None:
        return "rules-refuse"
    if isinstance(decided, Refusal) and reason_of(decided, task) is None:
        return "reason-missing"
    return None


def objection_to_supplement(task: Task | None, event: SupplementSubmitted) -> str | None:
    """Return the code of why a supplement does not count.

    Whether it came in time is told by when the portal took it, whatever it was delayed by since.
    """
    if task is None:
        return "nothing-asked"
    if task.state == "decided":
        return "procedure-ended"
    if task.request is None:
        return "supplied-before"
    if task.request != event.request:
        return "asked-anew"
    late = task.supplement_until is not None and event.received_at > task.supplement_until
    return "supplement-too-late" if late else None


def reason_of(refusal: Refusal, task: Task) -> Reason | None:
    """Return the official's own reason, or else what the rules found."""
    if refusal.reason is None:
        return task.finding
    return Reason(code="refused-by-official", vi=refusal.reason.vi, en=refusal.reason.en)


WHY: Mapping[str, Mapping[str, str]] = {
    code: {"vi": vi, "en": en}
    for code, vi, en in (
        ("no-task", "Không có việc nào chờ cán bộ giải quyết.", "No task waits here."),
        (
            "not-yours",
            "Việc này không thuộc thẩm quyền của cán bộ.",
            "The task is outside of the official's agency, province or procedures.",
        ),
        (
            "own-case",
            "Cán bộ không được giải quyết hồ sơ của chính mình hoặc của gia đình mình.",
            "Nobody decides about their own or their family's case.",
        ),
        (
            "not-adopted",
            "Hồ sơ này chưa có việc tiếp nhận nào để bàn giao.",
            "No official has been asked to adopt the case, so nobody can hand it over.",
        ),
        (
            "awaits-adoption",
            "Hồ sơ đang chờ cán bộ tiếp nhận.",
            "The case waits already for an official to adopt it.",
        ),
        ("already-decided", "Việc này đã được giải quyết.", "The task is decided already."),
        (
            "awaits-supplement",
            "Hồ sơ đang chờ gia đình bổ sung.",
            "The file waits for what the family has been asked for.",
        ),
        (
            "held-by-another",
            "Cán bộ khác đang giải quyết việc này.",
            "Another official has the task in hand.",
        ),
        (
            "second-person-needed",
            "Cần một cán bộ khác phê duyệt lần thứ hai.",
            "The second approval must be another official's.",
        ),
        (
            "not-held",
            "Cán bộ chưa nhận việc này, hoặc đã hết thời hạn giữ việc.",
            "The official does not have the task in hand: it must be claimed first.",
        ),
        (
            "file-has-changed",
            "Hồ sơ hiện tại không còn như bản mà quyết định này nêu; hãy xem lại rồi quyết định.",
            "The file is not as it was at the revision that the decision names: look at it again,"
            " then decide.",
        ),
        (
            "nobody-to-ask",
            "Không còn ai để yêu cầu bổ sung; chỉ có thể phê duyệt hoặc từ chối.",
            "There is nobody who could supply anything: approve, or refuse.",
        ),
        (
            "rules-refuse",
            "Hồ sơ không đủ điều kiện theo quy định; chỉ có thể từ chối hoặc yêu cầu bổ sung.",
            "The rules refuse this file: it can be refused, or a supplement asked for.",
        ),
        (
            "reason-missing",
            "Phải nêu lý do từ chối.",
            "A refusal needs its reason, for the rules found none.",
        ),
        (
            "nothing-asked",
            "Không có yêu cầu bổ sung nào đối với thủ tục này.",
            "Nothing has been asked for here.",
        ),
        (
            "supplied-before",
            "Phần bổ sung theo yêu cầu này đã được nhận trước đó.",
            "What was asked for is there already; nothing more is awaited.",
        ),
        (
            "asked-anew",
            "Cơ quan đã có yêu cầu bổ sung khác sau yêu cầu này.",
            "Something else has been asked for since.",
        ),
        (
            "supplement-too-late",
            "Phần bổ sung được nộp sau khi hết thời hạn.",
            "The supplement came after its time was over.",
        ),
        (
            "procedure-ended",
            "Thủ tục đã được giải quyết xong trước khi nhận được phần bổ sung.",
            "The procedure had ended before the supplement came.",
        ),
    )
}
"""By code."""
