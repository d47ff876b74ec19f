"""/api/tasks: what waits for an official, and what the official wants done about it.

A request becomes an event; whether it counts, the agency says that owns the procedure. The answer
202 names the act, by which the agency's word about it is found in the task.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import AwareDatetime
from pydantic_core import to_json
from typing_extensions import TypedDict

from contracts.catalogue import catalogue
from contracts.common.orphans import adopts
from contracts.common.tasks import Official, TaskState
from services.chassis.encoding import Document
from services.chassis.runtime import Runtime
from services.portal import acts
from services.portal.acts import ACTS, Kind, Wish
from services.portal.bodies import accepted, checked_key, keyed
from services.portal.case_events import submitted
from services.portal.citizens import Hands
from services.portal.door import Door
from services.portal.officials import Asking
from services.portal.paging import marked, place
from services.portal.problems import documented, error, refused
from services.portal.sentences import mistake
from services.portal.submissions import Submissions
from services.portal.tasks import TASKS

LARGEST_BODY = 64 * 1024
_OLDEST_FIRST = (("opened_at", 1), ("_id", 1))

router = APIRouter(tags=["tasks"])


class TaskView(TypedDict):
    """A task: the file is at `case_url`, the answers to the latest acts are in `answers`.

    A decision names the `revision` at which the file was looked at.
    """

    task_id: str
    case_id: str
    case_url: str
    group: str
    agency: str
    procedure: str
    province: str | None
    revision: int
    state: TaskState
    opened_at: AwareDatetime
    second_person: bool
    finding: dict[str, Any] | None
    held_by: dict[str, Any] | None
    held_until: str | None
    approved_by: list[dict[str, Any]]
    missing: list[dict[str, Any]]
    supplement_until: str | None
    supplied: list[dict[str, Any]]
    answers: list[dict[str, Any]]


class TaskList(TypedDict):
    """Some tasks; `next` is what to send as `after` for more, null where there are no more."""

    tasks: list[TaskView]
    next: str | None


class Sent(TypedDict):
    """The act is on its way to the agency; its answer will be in the task, under `act_id`."""

    act_id: str
    task_url: str


class Queue:
    """The tasks, as officials see them, and the way of their acts to the agencies."""

    def __init__(self, runtime: Runtime) -> None:
        self._register = runtime.registers[TASKS]
        self._submissions, self._hands = Submissions(runtime.store), Hands(runtime)
        self._door = Door(runtime, "acts")
        self._clock = runtime.clock.now

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._register.index((("agency", 1), ("state", 1), *_OLDEST_FIRST))

    async def listed(
        self, official: Official, asked: dict[str, str | None], limit: int, after: str | None
    ) -> TaskList:
        """Return tasks that are the official's to decide, the oldest first.

        Raises `StoreUnavailable`, and `Problem` 403 for what the office does not reach.
        """
        filter = _filter(official, asked)
        if after is not None:
            at, id = place(after)
            filter["$or"] = [{"opened_at": {"$gt": at}}, {"opened_at": at, "_id": {"$gt": id}}]
        rows = await self._register.find(filter, sort=_OLDEST_FIRST, limit=limit + 1)
        shown = rows[:limit]
        more = marked(shown[-1]["opened_at"], shown[-1]["_id"]) if len(rows) > limit else None
        return {"tasks": [_view(row) for row in shown], "next": more}

    async def task(self, official: Official, task_id: str) -> Document:
        """Return the row of a task that is the official's to decide.

        Raises `StoreUnavailable`, and `Problem` 404 or 403.
        """
        rows = await self._register.find({"_id": task_id}, limit=1)
        if not rows:
            raise refused(404, "no-such-task")
        row = rows[0]
        if not official.may_decide(row["agency"], row["province"], row["procedure"]):
            raise refused(403, "beyond-office")
        return row

    async def send(self, official: Official, wish: Wish) -> UUID:
        """Publish an act and return its id, when the broker has acknowledged it.

        Raises `StoreUnavailable`, and `Problem` 403, 404, 409 or 503.
        """
        row = await self.task(official, wish.task_id)
        spec = catalogue().groups[row["group"]].procedure(row["procedure"])
        if ACTS[wish.kind] not in spec.acts:
            raise refused(409, "nothing-to-hand-over")
        declared = (await self._submissions.of_cases([row["case_id"]])).get(row["case_id"])
        first = submitted(declared).data if declared else None
        whom = self._hands.named if adopts(spec) else self._hands.barred
        barred = await whom(row["case_id"], first)
        asked = acts.claim_of(official, wish, row, declared, self._clock(), barred=barred)
        await self._door.take(asked, ACTS[wish.kind])
        return acts.act_id(asked.id)


Id = Annotated[str, Path(max_length=256)]
Key = Annotated[
    str | None,
    Header(description="1 to 200 visible ASCII characters; repeated, it is the same act."),
]


@router.get(
    "/api/tasks",
    summary="Tasks that are the official's to decide, the oldest first",
    responses={200: {"model": TaskList}, **documented(401, 403, 422, 503)},
)
async def some_tasks(
    request: Request,
    official: Asking,
    *,
    agency: str | None = None,
    province: str | None = None,
    procedure: str | None = None,
    state: TaskState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(description="The `next` of the answer before.")] = None,
) -> Response:
    """Return a page of the queue of the official's agency, within the official's reach."""
    asked = {"agency": agency, "province": province, "procedure": procedure, "state": state}
    return _json(await _queue(request).listed(official, asked, limit, after))


@router.get(
    "/api/tasks/{task_id}",
    summary="One task, with the answers to the latest acts",
    responses={200: {"model": TaskView}, **documented(401, 403, 404, 422, 503)},
)
async def one_task(request: Request, official: Asking, task_id: Id) -> Response:
    """Return a task as its agency last told of it."""
    return _json(_view(await _queue(request).task(official, task_id)))


_SENT: dict[str, Any] = {
    "status_code": 202,
    "responses": {202: {"model": Sent}, **documented(400, 401, 403, 404, 409, 422, 503)},
}


def _with_body(kind: Kind) -> dict[str, Any]:
    content = {"application/json": {"schema": acts.SCHEMAS[kind]}}
    return {**_SENT, "openapi_extra": {"requestBody": {"required": True, "content": content}}}


@router.post("/api/tasks/{task_id}/claim", summary="Take a task in hand, or keep it", **_SENT)
async def claim(
    request: Request, official: Asking, task_id: Id, idempotency_key: Key = None
) -> Response:
    """Ask the agency for the task."""
    return await _sent(request, official, Wish(task_id, "claim", checked_key(idempotency_key)))


@router.post("/api/tasks/{task_id}/release", summary="Give a task back", **_SENT)
async def release(
    request: Request, official: Asking, task_id: Id, idempotency_key: Key = None
) -> Response:
    """Put the task back into the queue."""
    return await _sent(request, official, Wish(task_id, "release", checked_key(idempotency_key)))


@router.post(
    "/api/tasks/{task_id}/decision",
    summary="Approve, refuse with the reason, or ask for a supplement",
    **_with_body("decision"),
)
async def decision(
    request: Request, official: Asking, task_id: Id, idempotency_key: Key = None
) -> Response:
    """Decide about a task that is in the official's hand."""
    wish = await _read("decision", request, task_id, idempotency_key)
    return await _sent(request, official, wish)


@router.post(
    "/api/tasks/{task_id}/handover",
    summary="Have somebody else found for an adopted case",
    **_with_body("handover"),
)
async def handover(
    request: Request, official: Asking, task_id: Id, idempotency_key: Key = None
) -> Response:
    """Put the adoption of a case back into the queue; until another it answers to its adopter."""
    wish = await _read("handover", request, task_id, idempotency_key)
    return await _sent(request, official, wish)


async def _read(kind: Kind, request: Request, task_id: str, sent: str | None) -> Wish:
    key, raw = await keyed(request, sent, LARGEST_BODY)
    return Wish(task_id, kind, key, raw, acts.said(kind, raw))


async def _sent(request: Request, official: Official, wish: Wish) -> Response:
    id = await _queue(request).send(official, wish)
    url = f"/api/tasks/{wish.task_id}"
    body: Sent = {"act_id": str(id), "task_url": url}
    return accepted(body, url)


def _queue(request: Request) -> Queue:
    queue: Queue = request.app.state.queue
    return queue


def _json(body: TaskView | TaskList) -> Response:
    return Response(to_json(body), media_type="application/json")


def _filter(official: Official, asked: dict[str, str | None]) -> dict[str, Any]:
    """Return what finds the tasks asked for within the official's reach.

    Raises `Problem` 403 where what was asked for by name is outside of it.
    """
    reach: dict[str, Sequence[str]] = {
        "agency": (official.agency,),
        "province": official.provinces,
        "procedure": official.procedures,
    }
    filter: dict[str, Any] = {"state": asked["state"]} if asked["state"] else {}
    for name, reached in reach.items():
        value, everywhere = asked[name], "*" in reached
        if value is not None and not everywhere and value not in reached:
            wrong = error(f"query.{name}", mistake("office-does-not-reach"))
            raise refused(403, "beyond-office", [wrong])
        if value is not None:
            filter[name] = value
        elif not everywhere:
            filter[name] = {"$in": list(reached)}
    return filter


def _view(row: Document) -> TaskView:
    task = row["task"]
    return {
        "task_id": row["_id"],
        "case_id": row["case_id"],
        "case_url": f"/api/cases/{row['case_id']}",
        "group": row["group"],
        "agency": row["agency"],
        "procedure": row["procedure"],
        "province": row["province"],
        "revision": task["revision"],
        "state": row["state"],
        "opened_at": row["opened_at"],
        "second_person": task["second_person"],
        "finding": task["finding"],
        "held_by": task["held_by"],
        "held_until": task["held_until"],
        "approved_by": task["approved_by"],
        "missing": task["missing"],
        "supplement_until": task["supplement_until"],
        "supplied": task["supplied"],
        "answers": row["answers"],
    }
