"""Births on the whole system: what was declared, what became of it, and what it left behind."""

import asyncio
import json
import re
from collections import Counter
from contextlib import nullcontext
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from prometheus_client.metrics import MetricWrapperBase

from contracts.catalogue import catalogue
from contracts.common.events import CaseCompleted
from infra.commands.fire import fire_written_at, run
from infra.local.waiting import wait_until
from services.chassis import metrics as declared
from tests.e2e.city import City, Document, everybody
from tests.e2e.onestop import LIMIT_SECONDS
from tests.faults.invariants import broken
from tests.faults.snapshot import snapshot
from tests.fire import written
from tests.fire.report import Report
from tests.fire.volume import Manner

RUN = 1
SEED = 7
COUNT = 300
OUTSIDE = ("/imports/people.ndjson", "/bank")
STUCK = "social-insurance"

BAD = (
    *("events_dead_lettered_total", "dead_letters", "halted", "missing", "offset_gaps_total"),
    "unbalanced_postings",
)
LABELS = {
    *(
        "account",
        "channel",
        "group",
        "on_time",
        "outcome",
        "owner",
        "partition",
        "procedure",
        "service",
        "topic",
        "waited",
    ),
    *("type", "what"),
}
OF_THE_LIBRARY = {"le", "generation", "implementation", "major", "minor", "patchlevel", "version"}
DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)")
CARD = re.compile(r"TE1\d{12}")
TIME = re.compile(r" *\d\d:\d\d:\d\d\.\d{3} ")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@pytest.fixture(scope="module")
def by_hand(city: City) -> Report:
    """All written declarations, sent as the command sends them, to their ends."""
    url = city.stack.url("portal")
    showing = nullcontext(lambda counts: None)
    return run(fire_written_at(url, RUN, Manner(), showing, issuer=city.issuer))


@pytest.fixture(scope="module")
def volume(city: City, by_hand: Report) -> tuple[int, Document]:
    """Generated births, some of them sent again."""
    return city.fire("--count", str(COUNT), "--duplicates", "0.1", "--seed", str(SEED))


@pytest.fixture(scope="module")
def settled(city: City, volume: tuple[int, Document]) -> City:
    """The system after all that, when everything that was said has been heard."""
    assert wait_until(city.quiet, LIMIT_SECONDS)
    return city


def test_each_declaration_written_by_hand_ends_as_it_should(by_hand: Report) -> None:
    days = {stem for stem, each in written.load().items() if each.days}
    sent = [each for each in written.load().values() if not each.days]
    expected = Counter(each.expected.status for each in sent)
    waiting = [each.stem for each in sent if each.expected.status == 202 and not each.expected.ends]
    assert waiting == ["payout-waits-for-an-account"]
    assert by_hand.differences == {}
    assert by_hand.left_out == sorted(days), "here, days pass as they do"
    assert by_hand.notices > sum(each.hospital is not None for each in sent), "one was replaced"
    assert by_hand.good
    assert (by_hand.accepted, by_hand.rejected) == (expected[202], expected[422])
    assert all(by_hand.outcome(name) for name in ("completed", "partial", "refused"))


def test_the_command_says_so_too_and_the_same_run_is_nothing_new(
    city: City, by_hand: Report
) -> None:
    before = {case["case_id"] for case in city.cases()}
    status, summary = city.fire("--seed", str(RUN))
    assert (status, summary["ok"], summary["differences"]) == (0, True, {})
    assert summary["accepted"] == by_hand.accepted
    assert {case["case_id"] for case in city.cases()} == before


def test_a_volume_of_births_ends_and_what_is_sent_again_is_the_same_case(
    volume: tuple[int, Document],
) -> None:
    status, summary = volume
    assert (status, summary["ok"]) == (0, True)
    assert (summary["sent"], summary["accepted"], summary["unfinished"]) == (COUNT, COUNT, 0)
    assert summary["completed"] + summary["partial"] == COUNT
    assert summary["duplicates"] > 0
    assert summary["duplicates_with_another_case"] == 0


def test_what_does_not_end_is_reported_until_the_agency_is_back(city: City) -> None:
    these = ("--count", "5", "--seed", str(SEED + 1))
    city.stack.stop_part(STUCK)
    try:
        status, summary = city.fire(*these, "--timeout", "2")
        assert (status, summary["ok"], summary["accepted"]) == (1, False, 5)
        assert summary["unfinished"] > 0
        assert wait_until(lambda: adds_up(city, summary["unfinished"]), LIMIT_SECONDS)
    finally:
        city.stack.start_part(STUCK)
    status, summary = city.fire(*these)
    assert (status, summary["unfinished"]) == (0, 0)


def adds_up(city: City, unfinished: int) -> bool:
    """Whether the portal counts these as in flight, and each accepted one as that or as ended."""
    portal = city.scrape("portal")
    ended = portal.total("onestop_case_seconds_count", group="birth")
    in_flight = portal.total("onestop_cases_in_flight", group="birth")
    accepted = portal.total("onestop_declarations_total", group="birth")
    age = portal.total("onestop_oldest_unfinished_case_seconds", group="birth")
    return in_flight == unfinished and accepted == ended + in_flight and age > 0


def test_a_case_is_told_by_the_command(city: City, by_hand: Report) -> None:
    partial = [each for each in by_hand.details if each["status"] == "partial"]
    case = next(each for each in partial if each["group"] == "birth")
    shown = city.onestop("case", case["case_id"])
    assert shown.status == 0
    assert f"Case {case['case_id']} (birth" in shown.out
    for procedure in case["procedures"]:
        assert procedure["title"]["en"] in shown.out
    told = [line for line in shown.out.splitlines() if TIME.match(line)]
    assert len(told) == len(case["timeline"])
    assert "declaration-submitted" in told[0]
    assert "case-completed" in told[-1]
    answer = json.loads(city.onestop("case", case["case_id"], "--json").out)
    assert answer == case


def test_a_case_that_is_none_is_one_line(city: City) -> None:
    shown = city.onestop("case", "nobody")
    assert (shown.status, shown.err.count("\n")) == (1, 1)
    assert "there is no case nobody" in shown.err


def test_each_child_has_one_of_everything_and_the_books_are_balanced(
    settled: City, by_hand: Report
) -> None:
    outcomes = {row["case_id"]: row["status"] for row in by_hand.ended}
    assert broken(asyncio.run(snapshot(settled.stack)), outcomes) == []
    assert len(settled.rows("social-insurance", "cards")) > COUNT / 2


def test_the_journals_agree_and_nothing_is_a_dead_letter(settled: City) -> None:
    verified = settled.onestop("journal", "verify")
    assert (verified.status, verified.err) == (0, "")
    lines = verified.out.splitlines()
    assert lines[-1] == "The journals agree."
    whole = [line for line in lines if line.endswith(": whole")]
    assert {line.partition(":")[0] for line in whole} == set(catalogue().services)
    for service in catalogue().services:
        assert settled.rows(service, "dead_letters") == []


def test_the_metrics_count_what_happened(settled: City) -> None:
    portal = settled.scrape("portal")
    cases = settled.cases()
    accepted = portal.total("onestop_declarations_total")
    ended = portal.total("onestop_case_seconds_count")
    waiting = [case for case in cases if case["status"] == "in-progress"]
    assert accepted == len(cases) == ended + len(waiting)
    assert portal.total("onestop_cases_in_flight") == len(waiting) == 1
    outcomes = Counter(case["status"] for case in cases if case not in waiting)
    for outcome, number in outcomes.items():
        assert portal.total("onestop_case_seconds_count", outcome=outcome) == number
    groups = [group for group in catalogue().groups.values() if group.form]
    procedures = {spec.name for group in groups for spec in group.procedures}
    timed = {
        each.labels["procedure"]
        for each in portal.samples
        if each.name == "onestop_procedure_seconds_count" and each.value
    }
    assert timed <= procedures
    orphaned = {name for name in procedures if name.startswith("orphaned")}
    assert len(timed) >= len(procedures - orphaned) - 1


def test_every_service_has_every_metric_and_stands_well(settled: City) -> None:
    metrics = [each for each in vars(declared).values() if isinstance(each, MetricWrapperBase)]
    names = {family.name for each in metrics for family in each.describe()}
    assert len(names) > 15
    for service in catalogue().services:
        scrape = settled.scrape(service)
        assert scrape.names >= names
        assert scrape.total("onestop_events_handled_total", service=service) > 0
        assert scrape.total("onestop_batch_messages_count", service=service) > 0
        assert scrape.total("onestop_consumer_lag_messages") == 0
        for bad in BAD:
            assert scrape.total(f"onestop_{bad}") == 0, bad


def test_labels_hold_nothing_personal_and_no_ids(settled: City) -> None:
    names = {person.full_name for person in everybody()}
    for service in catalogue().services:
        scrape = settled.scrape(service)
        assert {
            label for each in scrape.samples for label in each.labels
        } <= LABELS | OF_THE_LIBRARY
        for label in LABELS:
            values = scrape.values(label)
            told = " ".join(values)
            assert not DIGITS.search(told), f"{service}: {label}"
            assert not UUID.search(told), f"{service}: {label}"
            assert not values & names, f"{service}: {label}"


def test_logs_hold_nothing_personal(settled: City) -> None:
    children = settled.rows("civil-status", "births")
    names = {person.full_name for person in everybody()} | {row["full_name"] for row in children}
    for log in settled.logs():
        text = log.read_text(encoding="utf-8")
        assert text
        without_ids = UUID.sub("", text)
        assert not DIGITS.search(without_ids), log
        assert not CARD.search(text), log
        assert [name for name in names if name in text] == [], log


def test_logs_are_lines_of_json(settled: City) -> None:
    for log in settled.logs():
        for line in log.read_text(encoding="utf-8").splitlines():
            assert {"time", "level", "service", "message"} <= json.loads(line).keys(), line


def test_the_cloudevents_sdk_reads_what_is_on_the_topics(settled: City) -> None:
    completed: list[Any] = []
    for topic in catalogue().topics:
        messages = settled.messages(topic)
        assert messages, f"nothing was said on {topic}"
        for message in messages:
            headers = dict(message.headers)
            event = from_structured_event(KafkaMessage(headers, message.key, message.value))
            assert event.get_specversion() == "1.0"
            assert event.get_type() == headers["type"].decode()
            assert event.get_subject() == message.key.decode()
            assert event.get_source() in (f"/services/{topic.partition('.')[0]}", *OUTSIDE)
            assert event.get_time() is not None
            if event.get_type() == CaseCompleted.type:
                completed.append((event.get_id(), event.get_subject()))
    ended = len(settled.ended())
    assert len(set(completed)) == len({case for _, case in completed}) == ended
