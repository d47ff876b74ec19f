"""The client of `onestop fire`: retries with the same key, batches, and waiting for the ends."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from tests.fire.answers import differs
from tests.fire.births import Births
from tests.fire.portal import FireError, Item, Portal
from tests.fire.volume import Load, Manner, fire, generated
from tests.fire.watcher import Watcher

ITEM = Item("key-1", {"group": "birth", "declarant": "001196000001"})
START = "2026-01-01T00:00:00+00:00"


class FakePortal:
    """Cases by key, which end the second time that somebody asks for them."""

    def __init__(self, outcome: str = "completed") -> None:
        self.outcome = outcome
        self.cases: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.keys: list[str] = []
        self.never: set[str] = set()
        self.before: list[Callable[[httpx.Request], httpx.Response | None]] = []
        """What happens instead, once each."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.before and (answer := self.before.pop(0)(request)):
            return answer
        path = request.url.path
        if path == "/api/declarations":
            self.keys.append(request.headers["idempotency-key"])
            return httpx.Response(202, json={"case_id": self.case_of(self.keys[-1])})
        if path == "/api/declarations/batch":
            return httpx.Response(200, text="\n".join(map(self.line, request.content.split(b"\n"))))
        if path == "/api/cases":
            ids = request.url.params["ids"].split(",")
            return httpx.Response(200, json={"cases": [self.row(case_id) for case_id in ids]})
        case_id = path.rpartition("/")[2]
        if case_id not in self.cases.values():
            return httpx.Response(404, json={"detail": "no"})
        waits = [{"procedure": "card", "owner": "population"}] if case_id in self.never else []
        rest = {"procedures": [], "timeline": [], "waiting_for": waits}
        return httpx.Response(200, json={**self.row(case_id), **rest})

    def case_of(self, key: str) -> str:
        return self.cases.setdefault(key, f"case-{len(self.cases)}")

    def line(self, line: bytes) -> str:
        entry = json.loads(line)
        self.keys.append(entry["idempotency_key"])
        return json.dumps({"status": 202, "case_id": self.case_of(self.keys[-1])})

    def row(self, case_id: str) -> dict[str, Any]:
        self.asked[case_id] += 1
        ended = self.asked[case_id] > 1 and case_id not in self.never
        return {
            "case_id": case_id,
            "status": self.outcome if ended else "in-progress",
            "submitted_at": START,
            "completed_at": "2026-01-01T00:00:02Z",
            "seconds": 2.0,
        }


def portal(fake: Callable[[httpx.Request], httpx.Response], patience: float = 5.0) -> Portal:
    transport = httpx.MockTransport(fake)
    return Portal("http://portal", connections=8, patience=patience, transport=transport)


def busy(request: httpx.Request) -> httpx.Response:
    return httpx.Response(503, headers={"Retry-After": "0"}, json={"detail": "busy"})


def lost(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("gone", request=request)


async def test_busy_and_lost_are_tried_again_with_the_same_key() -> None:
    fake = FakePortal()
    fake.before = [busy, lost, busy]
    async with portal(fake) as client:
        (answer,) = await client.declare([ITEM])
    assert answer.accepted
    assert fake.keys == ["key-1"]
    assert not fake.before


async def test_patience_ends() -> None:
    async with portal(busy, patience=0) as client:
        (answer,) = await client.declare([ITEM])
        assert (answer.status, answer.sentence()) == (503, "HTTP 503 busy")
    async with portal(lost, patience=0) as client:
        assert [answer.status for answer in await client.declare([ITEM, ITEM])] == [0, 0]


async def test_lines_of_a_batch_that_were_busy_are_sent_again_alone() -> None:
    fake = FakePortal()

    def half(request: httpx.Request) -> httpx.Response:
        lines = request.content.split(b"\n")
        answers = [json.loads(fake.line(lines[0])), {"status": 503}, {"status": 422, "problem": {}}]
        text = "\n".join(map(json.dumps, answers))
        return httpx.Response(200, text=text, headers={"Retry-After": "0"})

    fake.before = [half]
    async with portal(fake) as client:
        answers = await client.declare([Item(key, {}) for key in ("a", "b", "c")])
    assert [answer.status for answer in answers] == [202, 202, 422]
    assert fake.keys == ["a", "b"]


async def test_an_answer_that_nobody_understands_is_one_sentence() -> None:
    async with portal(lambda request: httpx.Response(200, text="<html>\n</html>")) as client:
        with pytest.raises(FireError, match="does not answer a batch"):
            await client.declare([ITEM, ITEM])
    async with portal(FakePortal()) as client:
        with pytest.raises(FireError, match="there is no case nobody"):
            await client.case("nobody")
    async with portal(lost) as client:
        with pytest.raises(FireError, match="no portal answers at http://portal"):
            await client.check()


async def test_it_asks_again_until_what_it_waits_for_is_there() -> None:
    fake = FakePortal()
    case_id = fake.case_of("key-1")
    async with portal(fake) as client:
        assert await client.becomes(case_id, lambda case: case["status"] == "completed")
        assert fake.asked[case_id] == 2


async def test_what_never_comes_is_awaited_as_long_as_its_patience() -> None:
    fake = FakePortal()
    case_id = fake.case_of("key-1")
    fake.never = {case_id}
    async with portal(fake, patience=0.2) as client:
        assert not await client.becomes(case_id, lambda case: case["status"] == "completed")
        assert 1 < fake.asked[case_id] <= 6
        seen = await client.until(lambda: client.case(case_id), lambda case: False)
        assert seen["status"] == "in-progress"


def test_another_answer_is_told_in_the_portals_own_words() -> None:
    said = {"title": "Unauthorized", "detail": "The token is not accepted.", "sentence": {}}
    refused = httpx.Response(401, json=said)
    assert differs(refused, 202) == "HTTP 401, not 202: The token is not accepted."
    assert differs(refused, 401) is None
    assert differs(httpx.Response(202, json={"act_id": "1"}), 403) == "HTTP 202, not 403"
    assert differs(httpx.Response(502, text="<html>"), 202) == "HTTP 502, not 202: <html>"


async def test_cases_that_never_end_do_not_hide_those_that_do() -> None:
    fake = FakePortal()
    ids = [fake.case_of(str(number)) for number in range(1_200)]
    fake.never = set(ids[:700])
    async with portal(fake) as client, Watcher(client) as watcher:
        for case_id in ids:
            watcher.watch(case_id)
        await watcher.until_all_ended(quiet=1.5)
        assert watcher.ended.keys() == {*ids} - fake.never
        assert watcher.open == 700


async def test_what_makes_it_stop_asking_is_raised_where_ends_are_awaited() -> None:
    def strange(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"cases": [{"case_id": "case-1"}]})

    async with portal(strange) as client, Watcher(client) as watcher:
        with pytest.raises(KeyError, match="status"):
            await watcher.end_of("case-1", quiet=60)


async def test_of_some_that_never_end_it_is_told_what_they_wait_for() -> None:
    fake = FakePortal()
    fake.never = {f"case-{number}" for number in range(1, 8)}
    load = generated(Births(date(2026, 3, 1), families=50).sequence(0, 8))
    async with portal(fake) as client:
        report = await fire(client, load, Manner(quiet=0.6), lambda counts: None)
    assert len(report.unfinished) == 7
    assert list(report.waiting.values()) == [["population: card"]] * 5
    assert report.summary()["waiting"] == report.waiting
    assert not report.good


@pytest.mark.parametrize(("batch_size", "rate"), [(1, None), (40, None), (1, 2_000.0)])
async def test_a_volume_is_sent_and_its_ends_are_awaited(
    batch_size: int, rate: float | None
) -> None:
    fake = FakePortal()
    births = Births(date(2026, 3, 1), families=50)
    # Outcomes that are not as expected are told; these all complete here.
    manner = Manner(batch_size=batch_size, rate=rate, concurrency=300, duplicates=0.3, quiet=5)
    load = generated(births.sequence(0, 200))
    told: list[int] = []
    async with portal(fake) as client:
        report = await fire(client, load, manner, lambda counts: told.append(counts["ended"]))
    # At a rate, what a busy machine could not send in time is dropped and told.
    sent = 200 - report.dropped
    assert sent == 200 if rate is None else sent >= 100
    assert (report.sent, report.accepted, len(report.ended)) == (sent, sent, sent)
    assert report.repeats == len(fake.keys) - sent > 0
    assert report.other_case == 0
    assert told[-1] == sent
    partial = {key for key, outcome in load.outcomes.items() if outcome == "partial"}
    assert set(report.differences) == partial & set(fake.keys)
    assert len(report.details) == sent


async def test_a_second_case_for_the_same_key_is_told() -> None:
    fake = FakePortal()
    number = iter(range(10))
    fake.case_of = lambda key: fake.cases.setdefault(  # type: ignore[method-assign]
        f"{key}/{next(number)}", f"case-{len(fake.cases)}"
    )
    async with portal(fake) as client:
        manner = Manner(duplicates=1.0, quiet=5)
        report = await fire(client, Load([ITEM]), manner, lambda counts: None)
    assert report.other_case == 1
    assert not report.good


async def test_what_never_ends_is_unfinished() -> None:
    fake = FakePortal()
    fake.never = {"case-0"}
    async with portal(fake) as client:
        report = await fire(client, Load([ITEM]), Manner(quiet=0.6), lambda counts: None)
    assert report.unfinished == ["case-0"]
    assert not report.good
