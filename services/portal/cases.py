"""GET /api/cases: where cases stand, from the register, or from the claim until it has the case."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic_core import to_json

from contracts.catalogue import catalogue
from contracts.common.events import Channel, Outcome
from services.chassis import metrics
from services.chassis.encoding import Document
from services.chassis.runtime import Runtime
from services.portal import views
from services.portal.account import told
from services.portal.aftermath import remembered
from services.portal.examples import CASE
from services.portal.measures import WAITED
from services.portal.paging import marked, place
from services.portal.problems import documented, error, invalid, refused
from services.portal.register import CASES
from services.portal.sentences import mistake
from services.portal.standing import STATUSES, Status
from services.portal.submissions import Submissions
from services.portal.time_limits import ON_TIME
from services.portal.views import SUMMARY, CaseList, CaseView, Summary

MOST_IDS = 500
IN_FLIGHT = "in-progress"

LOOKED_AT = 200
"""So many of the oldest cases that wait for nobody are looked at: which has stood still longest."""

_NEWEST_FIRST = (("submitted_at", -1), ("_id", -1))
_OLDEST_FIRST = (("submitted_at", 1), ("_id", 1))
_LISTED = (("group", 1), ("status", 1), ("attended", 1), *_NEWEST_FIRST)
_UNATTENDED = {"attended": {"$in": [None, False]}}
_ANY = {"attended": {"$in": [None, False, True]}}

router = APIRouter(tags=["cases"])


class Cases:
    """The cases, as they can be looked up."""

    def __init__(self, runtime: Runtime) -> None:
        self._register = runtime.registers[CASES]
        self._submissions = Submissions(runtime.store)
        self._journal = runtime.journal
        self._clock = runtime.clock.now
        self._groups = [name for name, group in catalogue().groups.items() if group.form]
        for group in self._groups:
            _begin(group)

    async def prepare(self) -> None:
        """Create the indexes. Raises `StoreUnavailable`."""
        await self._register.index(_LISTED)
        await self._submissions.prepare()

    async def case(self, case_id: str) -> CaseView:
        """Return one case. Raises `StoreUnavailable`, and `Problem` 404."""
        entries = await self._journal.case(case_id)
        row = views.row_from(entries)
        if row is not None:
            timeline, happened = views.timeline(row["group"], entries), remembered(entries)
            return told(views.case(row, timeline, self._clock()), row["ended"], happened)
        claims = await self._submissions.of_cases([case_id])
        if case_id in claims:
            claim = claims[case_id]
            return views.case(views.row_of(claim), views.timeline_of(claim), self._clock())
        raise refused(404, "no-such-case")

    async def named(self, ids: Sequence[str]) -> list[Summary]:
        """Return the cases that there are, in the order asked. Raises `StoreUnavailable`."""
        rows = await self._register.find({"_id": {"$in": list(ids)}}, fields=SUMMARY)
        now = self._clock()
        found = {row["_id"]: views.summary(row, now) for row in rows}
        missing = [id for id in ids if id not in found]
        for case_id, claim in (await self._submissions.of_cases(missing)).items():
            found[case_id] = views.summary(views.row_of(claim), now)
        return [found[id] for id in dict.fromkeys(ids) if id in found]

    async def listed(
        self, group: str | None, status: Status | None, limit: int, after: str | None
    ) -> CaseList:
        """Return cases of the register, the newest first. Raises `StoreUnavailable`."""
        filter: dict[str, Any] = {
            # All values by name where none is asked for, so that one index serves every question.
            "group": {"$in": [group] if group else self._groups},
            "status": {"$in": [status] if status else list(STATUSES)},
            **_ANY,
        }
        if after is not None:
            at, case_id = place(after)
            older = {"submitted_at": {"$lt": at}}
            filter["$or"] = [older, {"submitted_at": at, "_id": {"$lt": case_id}}]
        rows = await self._register.find(filter, SUMMARY, sort=_NEWEST_FIRST, limit=limit + 1)
        shown, now = rows[:limit], self._clock()
        more = len(rows) > limit
        return {
            "cases": [views.summary(row, now) for row in shown],
            "next": marked(shown[-1]["submitted_at"], shown[-1]["_id"]) if more else None,
        }

    async def observe(self) -> None:
        """Set the metrics of unfinished cases. Raises `StoreUnavailable`."""
        for group in self._groups:
            unfinished = {"group": group, "status": IN_FLIGHT, **_ANY}
            count = await self._register.count(unfinished)
            oldest = await self._oldest(unfinished, 1)
            unattended = await self._oldest({**unfinished, **_UNATTENDED}, LOOKED_AT)
            now = self._clock()
            overdue = await self._register.count({**unfinished, "due_at": {"$lt": now}})
            late = await self._register.count({**unfinished, "at_risk_at": {"$lte": now}})
            metrics.CASES_OVERDUE.labels(group).set(overdue)
            metrics.CASES_AT_RISK.labels(group).set(max(0, late - overdue))
            metrics.CASES_IN_FLIGHT.labels(group).set(count)
            submitted = [row["submitted_at"] for row in oldest]
            # A case that waited for an official may be old: what counts is since when it does not.
            moved: list[datetime] = [
                row.get("moved_at") or row["submitted_at"] for row in unattended
            ]
            metrics.OLDEST_CASE_SECONDS.labels(group).set(_age(submitted, now))
            metrics.OLDEST_UNATTENDED_CASE_SECONDS.labels(group).set(_age(moved, now))

    async def _oldest(self, filter: Document, limit: int) -> list[Document]:
        fields = ["submitted_at", "moved_at"]
        return await self._register.find(filter, fields, sort=_OLDEST_FIRST, limit=limit)


@router.get(
    "/api/cases/{case_id}",
    summary="One case: its procedures, whom it waits for, its results and its timeline",
    responses={
        200: {"model": CaseView, "content": {"application/json": {"example": CASE}}},
        **documented(404, 422, 503),
    },
)
async def one_case(request: Request, case_id: Annotated[str, Path(max_length=128)]) -> Response:
    """Return a case from the moment it is accepted."""
    return _json(await _cases(request).case(case_id))


@router.get(
    "/api/cases",
    summary="Cases, the newest first, or those named",
    responses={200: {"model": CaseList}, **documented(422, 503)},
)
async def some_cases(
    request: Request,
    *,
    status: Status | None = None,
    group: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(description="The `next` of the answer before.")] = None,
    ids: Annotated[
        str | None, Query(description="Up to 500 case ids, with commas; the rest is ignored then.")
    ] = None,
) -> Response:
    """Return a page of the register, or the cases whose ids are given, accepted ones included."""
    cases = _cases(request)
    if ids is None:
        return _json(await cases.listed(group, status, limit, after))
    named = [id for id in ids.split(",") if id]
    if len(named) > MOST_IDS:
        wrong = error("query.ids", mistake("too-many-ids", ids=len(named), most=MOST_IDS))
        raise invalid([wrong], "invalid-request")
    answer: CaseList = {"cases": await cases.named(named), "next": None}
    return _json(answer)


def _age(since: Sequence[datetime], now: datetime) -> float:
    """Return the seconds since the first of these moments, 0 where there is none."""
    return max(0.0, (now - min(since, default=now)).total_seconds())


def _begin(group: str) -> None:
    """Let the metrics of a group be there before its first case: a rate is told by two values."""
    for channel in get_args(Channel):
        metrics.DECLARATIONS.labels(group, channel)
    metrics.CASE_RATING.labels(group)
    for labels in product(get_args(Outcome), ON_TIME.values(), WAITED.values()):
        metrics.CASE_SECONDS.labels(group, *labels)
    for spec in catalogue().groups[group].procedures:
        for result, on_time in product(set(spec.ends.values()), ON_TIME.values()):
            metrics.PROCEDURE_SECONDS.labels(group, spec.name, spec.owner, result, on_time)


def _cases(request: Request) -> Cases:
    cases: Cases = request.app.state.cases
    return cases


def _json(body: CaseView | CaseList) -> Response:
    # Straight from dicts that the type checker knows, without validating our own answer again.
    return Response(to_json(body), media_type="application/json")
