"""How long cases and their procedures took, as the metrics have it. Pure."""

from collections.abc import Iterable, Iterator

from contracts.common.events import CaseCompleted
from services.chassis.procedure import Measure
from services.portal import time_limits
from services.portal.pauses import Breaks
from services.portal.register import Submission, received_of
from services.portal.standing import Ends, Step
from services.portal.time_limits import ON_TIME

WAITED = {False: "no", True: "yes"}
"""How the metric says whether somebody was waited for: an official, the family, a bank."""


def of_case(group: str, completed: CaseCompleted, waited: bool) -> Measure:
    """Return the time of a case from its submission to its end."""
    labels = {
        "group": group,
        "outcome": completed.outcome,
        "on_time": ON_TIME[completed.on_time],
        "waited": WAITED[waited],
    }
    return Measure("case_seconds", completed.seconds, labels)


def of_procedures(
    steps: Iterable[Step], submission: Submission, ended: Ends, breaks: Breaks
) -> Iterator[Measure]:
    """Yield the time of each of these procedures that could start and has ended."""
    group, received = submission["group"], received_of(submission)
    for step in steps:
        if (seconds := step.seconds(received.at, ended)) is not None:
            on_time = time_limits.in_time(step, seconds, received, ended, breaks)
            labels = {
                "group": group,
                "procedure": step.name,
                "owner": step.spec.owner,
                "outcome": ended[step.name]["state"],
                "on_time": ON_TIME[on_time],
            }
            yield Measure("procedure_seconds", seconds, labels)
