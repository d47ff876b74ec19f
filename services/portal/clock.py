"""GET /api/clock: what time it is for the system, which testers may have set to another."""

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from services.chassis.clock import Clock


class ClockView(TypedDict):
    """The time, and how many seconds of it pass in one of the machine's."""

    now: AwareDatetime
    speed: float


router = APIRouter(tags=["clock"])


@router.get(
    "/api/clock",
    summary="What time it is for the system",
    responses={200: {"model": ClockView}},
)
async def clock(request: Request) -> Response:
    """Return the time by which declarations are received and time limits are counted."""
    shown: Clock = request.app.state.clock
    answer: ClockView = {"now": shown.now(), "speed": shown.speed}
    return Response(to_json(answer), media_type="application/json")
