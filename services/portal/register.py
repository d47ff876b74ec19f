"""The register of cases: what is remembered of a declaration, and the row of a case. Pure."""

from collections.abc import Mapping
from typing import (
    Any,
    NotRequired,  # pydantic takes the one of `typing` from Python 3.12 on
)

from pydantic import AwareDatetime
from typing_extensions import (
    TypedDict,
)

from contracts.common.events import CaseCompleted, Channel, DeclarationSubmitted
from services.portal import time_limits
from services.portal.pauses import Breaks, stops
from services.portal.standing import Ends
from services.portal.time_limits import NO_BREAKS, Limit, Received, Watch

CASES = "cases"
"""The register of cases; its rows are `row`."""


class Submission(TypedDict):
    """What is remembered of a declaration. The bundle was frozen when it was received."""

    group: str
    bundle: tuple[str, ...]
    submitted_at: AwareDatetime
    province: str
    channel: Channel
    working_days: NotRequired[int | None]
    """Missing where the declaration was received before there were time limits."""


def submission_of(event: DeclarationSubmitted) -> Submission:
    """Return what is remembered of a declaration."""
    return {
        "group": event.group,
        "bundle": event.bundle,
        "submitted_at": event.received_at,
        "province": event.province,
        "channel": event.channel,
        "working_days": event.working_days,
    }


def limit_of(
    submission: Submission, ended: Ends | None = None, breaks: Breaks = NO_BREAKS
) -> Limit | None:
    """Return the time limit of the whole case, where it has one."""
    return received_of(submission).limit(stops(breaks, ended or {}))


def received_of(submission: Mapping[str, Any]) -> Received:
    """Return from when on, and how long, the time of a case runs; also of its row."""
    return Received(submission["submitted_at"], submission.get("working_days"))


def row(
    submission: Submission,
    ended: Ends | None = None,
    watch: Watch | None = None,
    completed: CaseCompleted | None = None,
    breaks: Breaks = NO_BREAKS,
    *,
    waiting: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """Return a case as the register has it: what was declared, and in the end how it ended.

    `waiting` are the columns by which it says whether somebody is waited for.
    """
    return {
        **submission,
        "bundle": list(submission["bundle"]),
        "working_days": submission.get("working_days"),
        "ended": ended or {},
        **({"breaks": breaks} if breaks else {}),
        **(waiting or {}),
        "status": completed.outcome if completed else "in-progress",
        "completed_at": completed.completed_at if completed else None,
        "seconds": completed.seconds if completed else None,
        **time_limits.columns(limit_of(submission, ended, breaks), watch, completed),
    }
