"""Which written declarations are played: those named; what takes days where days pass; what is
signed where signatures can be verified."""

import asyncio
from collections.abc import Sequence
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

NEVER, PROPOSED = "supplement-never-comes", "proposed-by-the-hospital"


REFUSED = {"field": "x", "message": {"vi": "Không.", "en": "No."}}


def fired(
    speed: float, quiet: float, tmp_path: Path, stem: str = NEVER, keys: Sequence[str] = ()
) -> Report:
    """Play a declaration to a portal whose clock goes so fast, and which refuses it.

    It publishes these keys.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/clock":
            return httpx.Response(200, json={"now": "2026-11-20T00:00:00Z", "speed": speed})
        if request.url.path == "/.well-known/jwks.json":
            return httpx.Response(200, json={"keys": keys})
        return httpx.Response(422, json={"errors": [REFUSED]})

    async def run() -> Report:
        async with Portal("http://portal", transport=httpx.MockTransport(answer)) as portal:
            issuer = Issuer(tmp_path)
            issuer.prepare()
            manner, day = Manner(quiet=quiet), date(2026, 11, 20)
            these = written.load_named([stem])
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


def test_what_a_hospital_signs_is_played_where_it_can_be_verified(tmp_path: Path) -> None:
    report = fired(1, 60, tmp_path, PROPOSED)
    assert (report.left_out, report.sent, report.notices) == ([PROPOSED], 0, 0)
    report = fired(1, 60, tmp_path, PROPOSED, keys=["some"])
    assert (report.left_out, report.notices) == ([], 0)
    assert "the hospital's notice: answered HTTP 422 x: No." in report.differences[PROPOSED]


def test_declarations_are_chosen_by_name_with_those_before_them() -> None:
    everything: dict[str, Any] = written.load()
    stem, first = next((s, w.after) for s, w in everything.items() if w.after)
    assert list(written.load_named([stem])) == [first, stem]
    stem, during = next((s, w.during) for s, w in everything.items() if w.during)
    assert list(written.load_named([stem])) == list(written.load_named([during])) == [during, stem]
    assert {during, stem} <= written.load_groups("birth").keys()
    with pytest.raises(FireError, match="no written declaration is called nobody"):
        written.load_named(["nobody"])
