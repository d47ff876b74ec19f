"""Which written declarations are played: those named, and what takes days where days pass."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.issuer import Issuer
from tests.fire import written
from tests.fire.portal import FireError, Portal
from tests.fire.report import Report
from tests.fire.volume import Manner
from tests.fire.written_run import fire_written

NEVER = "supplement-never-comes"


REFUSED = {"field": "x", "message": {"vi": "Không.", "en": "No."}}


def fired(speed: float, quiet: float, tmp_path: Path) -> Report:
    """Play a declaration that takes days to a portal whose clock goes so fast, and refuses it."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/clock":
            return httpx.Response(200, json={"now": "2026-11-20T00:00:00Z", "speed": speed})
        return httpx.Response(422, json={"errors": [REFUSED]})

    async def run() -> Report:
        async with Portal("http://portal", transport=httpx.MockTransport(answer)) as portal:
            issuer = Issuer(tmp_path)
            issuer.prepare()
            manner, day = Manner(quiet=quiet), date(2026, 11, 20)
            these = written.load_named([NEVER])
            return await fire_written(portal, these, 1, day, manner, lambda _: None, tmp_path)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("speed", "quiet", "left_out"), [(1, 60, True), (86_400, 60, False), (86_400, 10, True)]
)
def test_what_takes_days_is_played_where_they_pass_within_the_patience(
    speed: float, quiet: float, left_out: bool, tmp_path: Path
) -> None:
    report = fired(speed, quiet, tmp_path)
    assert report.left_out == ([NEVER] if left_out else [])
    assert report.sent == (0 if left_out else 1)
    assert report.summary()["left_out"] == report.left_out
    assert left_out or report.differences[NEVER] == ["answered HTTP 422 x: No., not 202"]


def test_declarations_are_chosen_by_name_with_those_before_them() -> None:
    everything: dict[str, Any] = written.load()
    stem, first = next((s, w.after) for s, w in everything.items() if w.after)
    assert list(written.load_named([stem])) == [first, stem]
    stem, during = next((s, w.during) for s, w in everything.items() if w.during)
    assert list(written.load_named([stem])) == list(written.load_named([during])) == [during, stem]
    assert {during, stem} <= written.load_groups("birth").keys()
    with pytest.raises(FireError, match="no written declaration is called nobody"):
        written.load_named(["nobody"])
