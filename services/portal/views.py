"""A case as the API tells it, from what register, claim and journal hold. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from pydantic_core import from_json
from typing_extensions import TypedDict

from contracts.catalogue import catalogue
from contracts.group import ProcedureGroup
from services.chassis.encoding import Document
from services.chassis.journal import Entry
from services.chassis.reading import DEADLINE
from services.portal import time_limits
from services.portal.aftermath import Happened
from services.portal.asked import AWAITED, SupplementView, awaited, supplement
from services.portal.case_events import SOURCE, submitted
from services.portal.notices import text_of
from services.portal.register import CASES, received_of, row, submission_of
from services.portal.sentences import Sentence, shown
from services.portal.standing import Plans, Standing, State, Status, Step
from services.portal.submissions import Claim
from services.portal.time_limits import Timeliness
from services.portal.tracker import remembered


class ReasonView(Sentence):
    """Why something was refused; `refers_to` may name another case."""

    code: str
    refers_to: str | None


class ProcedureView(TypedDict):
    """One procedure of a case. `seconds` is from the moment it could start to its end.

    `due_at` is known once it could start, where the law has set a time limit; as long as the family
    is asked for something, as `supplement` says, the limit stands still and has no date.
    """

    name: str
    title: Sentence
    owner: str
    state: State
    waits_for: list[str]
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    seconds: float | None
    due_at: AwareDatetime | None
    timeliness: Timeliness | None
    reason: ReasonView | None
    result: dict[str, Any]
    supplement: SupplementView | None
    afterwards: list[Happened]


class TimelineView(TypedDict):
    """Something that happened in a case, and what the family reads of it."""

    at: AwareDatetime
    type: str
    source: str
    event_id: str
    entry: int
    notice: Sentence | None


class WaitingView(TypedDict):
    """A procedure that is in progress, and who has it in hand."""

    procedure: str
    owner: str


class Summary(TypedDict):
    """A case in a list. `due_at` is the time limit of the whole case, where the law has set one."""

    case_id: str
    group: str
    status: Status
    submitted_at: AwareDatetime
    completed_at: AwareDatetime | None
    seconds: float | None
    due_at: AwareDatetime | None
    timeliness: Timeliness | None


class CaseView(Summary):
    """A case, whole. `promised_at` is the new date that an apology named; see `account`."""

    account: list[Sentence]
    promised_at: AwareDatetime | None
    province: str
    channel: str
    waiting_for: list[WaitingView]
    procedures: list[ProcedureView]
    timeline: list[TimelineView]


class CaseList(TypedDict):
    """Some cases; `next` is what to send as `after` for more, null where there are no more."""

    cases: list[Summary]
    next: str | None


SUMMARY = (
    *("group", "status", "submitted_at", "completed_at", "seconds"),
    *("at_risk_at", "due_at", "on_time"),
)
"""The fields of the register that a list is made from."""

_plans = Plans(catalogue().groups)


def summary(row: Document, now: datetime) -> Summary:
    """Return a row of the register as a list shows it at this moment."""
    return {
        "case_id": row["_id"],
        "group": row["group"],
        "status": row["status"],
        "submitted_at": row["submitted_at"],
        "completed_at": row["completed_at"],
        "seconds": row["seconds"],
        "due_at": row.get("due_at"),
        "timeliness": _timeliness(row, now),
    }


def _timeliness(row: Document, now: datetime) -> Timeliness | None:
    if row.get("due_at") is None:
        return None  # the law sets no limit, or the row is older than limits
    if row["on_time"] is not None:
        return "on-time" if row["on_time"] else "overdue"
    if now > row["due_at"]:
        return "overdue"
    return "at-risk" if now >= row["at_risk_at"] else "on-time"


def case(row: Document, timeline: list[TimelineView], now: datetime) -> CaseView:
    """Return a row of the register as the page of a case at this moment."""
    group = catalogue().groups[row["group"]]
    plan = _plans.of(group.name, tuple(row["bundle"]))
    standings = plan.standings(row["submitted_at"], row["ended"])
    steps = {step.name: step for step in plan.steps}
    return {
        **summary(row, now),
        "account": [],
        "promised_at": row.get("promised_at"),
        "province": row["province"],
        "channel": row["channel"],
        "waiting_for": [
            {"procedure": name, "owner": steps[name].spec.owner}
            for name in plan.bundle
            if standings[name].state == "in-progress"
        ],
        "procedures": [
            _procedure(
                steps[name],
                standings,
                row["ended"].get(name, {}),
                _limited(steps[name], row, now),
                supplement(row, name),
            )
            for name in plan.bundle
        ],
        "timeline": timeline,
    }


def row_from(entries: Sequence[Entry]) -> Document | None:
    """Return where a case stands as its journal has it, which is as new as what was heard.

    None where the declaration itself was not heard yet.
    """
    if not entries:
        return None
    newest = entries[-1]
    for record in (record for entry in reversed(entries) for record in entry.records):
        if record["register"] == CASES and record["fields"]["completed_at"] is not None:
            return {"_id": newest.case_id, **record["fields"]}
    state = remembered(newest.state)
    if state.submission is None:
        return None
    standing = row(state.submission, state.ended, state.watch, None, state.breaks)
    return {"_id": newest.case_id, **standing, AWAITED: awaited(newest.state)}


def row_of(claim: Claim) -> Document:
    """Return the row of a case that the register does not have yet: nothing has ended."""
    return {"_id": claim.case_id, **row(submission_of(submitted(claim).data))}


def timeline(group: str, entries: Iterable[Entry]) -> list[TimelineView]:
    """Return what the journal has of a case, in the order in which it happened.

    What the portal said and heard of itself happened once.
    """
    described = catalogue().groups[group]
    once: dict[str, TimelineView] = {}
    for each in (each for entry in entries for each in _of_entry(described, entry)):
        once.setdefault(each["event_id"], each)
    return sorted(once.values(), key=lambda each: each["at"])


def timeline_of(claim: Claim) -> list[TimelineView]:
    """Return the timeline of a case of which the journal knows nothing yet."""
    envelope = submitted(claim)
    group = catalogue().groups[envelope.group]
    return [
        {
            "at": envelope.time,
            "type": envelope.type,
            "source": SOURCE,
            "event_id": str(envelope.id),
            "entry": 0,
            "notice": _notice(group, envelope.type),
        }
    ]


class _Limited(TypedDict):
    due_at: datetime | None
    timeliness: Timeliness | None


def _limited(step: Step, row: Document, now: datetime) -> _Limited:
    ended, breaks = row["ended"], row.get("breaks", {})
    limit = time_limits.of_step(step, received_of(row), ended, breaks)
    if limit is None:
        return {"due_at": None, "timeliness": None}
    timeliness = limit.timeliness(ended.get(step.name, {}).get("at"), now)
    return {"due_at": None if limit.paused else limit.due_at, "timeliness": timeliness}


def _procedure(
    step: Step,
    standings: dict[str, Standing],
    end: dict[str, Any],
    limited: _Limited,
    asked: SupplementView | None,
) -> ProcedureView:
    standing = standings[step.name]
    waits = standing.state == "waiting"
    return {
        "name": step.name,
        "title": shown(step.spec.title),
        "owner": step.spec.owner,
        "state": standing.state,
        "waits_for": [n for n in step.requires if waits and standings[n].state != "granted"],
        "started_at": standing.since,
        "ended_at": standing.until,
        "seconds": standing.seconds,
        **limited,
        "reason": end.get("reason"),
        "result": end.get("result", {}),
        "supplement": asked,
        "afterwards": [],
    }


def _of_entry(group: ProcedureGroup, entry: Entry) -> Iterator[TimelineView]:
    for heard in entry.heard:
        if heard["type"] == DEADLINE:
            continue  # what the portal said then is told instead
        yield {
            "at": heard["time"],
            "type": heard["type"],
            "source": heard["source"],
            "event_id": heard["id"],
            "entry": heard["entry"],
            "notice": _notice(group, heard["type"]),
        }
    for said in entry.events:
        event = from_json(said["value"])
        yield {
            "at": entry.at,
            "type": said["type"],
            "source": SOURCE,
            "event_id": event["id"],
            "entry": entry.n,
            # An event may bring its own words, where they name a day.
            "notice": event["data"].get("notice") or _notice(group, said["type"]),
        }


def _notice(group: ProcedureGroup, type: str) -> Sentence | None:
    notice = text_of(group, type)
    return shown(notice) if notice else None
