"""What families are told: of everything that matters, in both languages, and with the details."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.catalogue import catalogue
from contracts.common.events import ApologySent, CaseCompleted, PersonIdentified
from contracts.common.notices import NOTICES
from contracts.common.task_events import task_events
from contracts.common.tasks import SupplementRequested, TaskOpened
from contracts.envelope import Event
from contracts.model import Text
from services.chassis.cause import Cause
from services.chassis.procedure import Context, Decision
from services.chassis.settings import SettingsError
from services.portal import notices, outbox, webhook
from services.portal.notices import DETAILS, Stateless
from services.portal.outbox import AT_ONCE, OUTBOX
from services.portal.webhook import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PREFIX,
    Receiver,
    body_of,
    pause_after,
    signature,
)
from tests.contract import samples
from tests.unit.driver import NOW
from tests.unit.tracking import NOT_BORN, REGISTERED

DECLARED = [group for group in catalogue().groups.values() if group.form is not None]
CHANNEL = outbox.procedure(catalogue())
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""With the signature below, the example of the Standard Webhooks specification."""


def heard(procedure: Any, event: Event, group: str = "birth") -> Decision[Stateless]:
    cause = Cause(uuid4(), event.type, "/services/somebody", NOW, group)
    context = Context("case-1", procedure.name, NOW, cause)
    found: Decision[Stateless] = procedure.decide(Stateless(), event, context)
    assert [record.key for record in found.records] in ([], [str(cause.id)])
    return found


def row(procedure: Any, event: Event, group: str = "birth") -> dict[str, Any]:
    (record,) = heard(procedure, event, group).records
    assert record.insert_only, "a repeated effect tells nobody again"
    return dict(record.row())


def sample(type: str) -> Event:
    event: Event = samples.envelope(type).data
    return event


def test_every_text_is_there_in_both_languages() -> None:
    texts = [*NOTICES.values(), *(text for group in DECLARED for text in group.notices.values())]
    assert len(texts) > 30
    for text in texts:
        assert text.vi.endswith((".", "!"))
        assert text.en.endswith((".", "!"))
        assert text.vi != text.en


def test_of_every_end_of_a_procedure_and_of_the_case_a_family_is_told() -> None:
    for group in DECLARED:
        for spec in group.procedures:
            for end in spec.ends:
                assert notices.text_of(group, end.type), end.type
        assert notices.text_of(group, CaseCompleted.type)


@pytest.mark.parametrize("agency", ["civil-status", "population", "residence", "social-insurance"])
def test_of_everything_about_a_supplement_a_family_is_told(agency: str) -> None:
    group, said = catalogue().groups["birth"], task_events(agency)
    for event in (
        said.supplement_requested,
        said.supplement_received,
        said.supplement_lapsed,
        said.supplement_declined,
    ):
        assert notices.text_of(group, event.type)


def test_what_is_missing_is_told_exactly_and_until_when() -> None:
    event = sample("civil-status.supplement-requested.v1")
    assert isinstance(event, SupplementRequested)
    kept = row(notices.notices, event)
    assert kept["details"] == [
        {"vi": "Bản chụp rõ của giấy chứng sinh.", "en": "A legible copy of the birth notice."}
    ]
    assert kept["until"] == event.task.supplement_until
    assert row(CHANNEL, event)["details"] == kept["details"]


def test_a_refusal_is_told_with_its_reason() -> None:
    assert row(notices.notices, NOT_BORN)["details"] == [{"vi": "Không được.", "en": "No."}]


def test_only_what_has_details_is_kept_for_the_inbox() -> None:
    kept = notices.notices.handles
    assert BirthRefused.type in kept
    assert not kept & {BirthRegistered.type, PersonIdentified.type, CaseCompleted.type}
    assert TaskOpened not in notices.detailed(catalogue())


def test_an_event_s_own_words_go_before_the_group_s() -> None:
    event = sample(ApologySent.type)
    assert isinstance(event, ApologySent)
    told = row(CHANNEL, event)["text"]
    assert told == event.notice.model_dump()
    assert told != NOTICES[ApologySent].model_dump()


def test_the_channel_tells_of_exactly_what_the_groups_have_texts_for() -> None:
    wanted = {event.type for group in DECLARED for event in group.notices}
    assert CHANNEL.handles == wanted | {event.type for event in NOTICES}
    for type in CHANNEL.handles:
        for group in DECLARED:
            text = notices.text_of(group, type)
            records = heard(CHANNEL, sample(type), group.name).records
            assert len(records) == (text is not None)


def test_a_row_of_the_channel_is_due_whatever_the_system_s_clock_says() -> None:
    found = row(CHANNEL, REGISTERED)
    assert (found["due"], found["attempts"], found["at"]) == (AT_ONCE, 0, NOW)
    assert DETAILS != OUTBOX


def test_the_channel_is_off_unless_an_address_is_named() -> None:
    assert webhook.procedures({}) == ()
    assert webhook.procedures({"ONESTOP_NOTICES_URL": ""}) == ()
    assert len(webhook.procedures({"ONESTOP_NOTICES_URL": "http://a/"})) == 1
    assert Receiver.from_environment({}) is None


def test_a_signature_is_that_of_standard_webhooks() -> None:
    named = {"ONESTOP_NOTICES_URL": "https://vneid.example/", "ONESTOP_NOTICES_SECRET": SECRET}
    receiver = Receiver.from_environment(named)
    assert receiver is not None
    id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    made = signature(receiver.key, id, 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    others = [(id, 1614265331, body), ("x", 1614265330, body), (id, 1614265330, body + b" ")]
    assert made not in [signature(receiver.key, *each) for each in others]


@pytest.mark.parametrize(
    ("url", "secret", "says"),
    [
        ("vneid.example", SECRET, "ONESTOP_NOTICES_URL"),
        ("ftp://vneid.example/", SECRET, "ONESTOP_NOTICES_URL"),
        ("https://vneid.example/", "", "ONESTOP_NOTICES_SECRET"),
        ("https://vneid.example/", SECRET.removeprefix(PREFIX), "ONESTOP_NOTICES_SECRET"),
        ("https://vneid.example/", "whsec_c2hvcnQ=", "ONESTOP_NOTICES_SECRET"),
        ("https://vneid.example/", "whsec_$$$", "ONESTOP_NOTICES_SECRET"),
    ],
)
def test_a_channel_that_cannot_be_used_is_a_sentence(url: str, secret: str, says: str) -> None:
    named = {"ONESTOP_NOTICES_URL": url, "ONESTOP_NOTICES_SECRET": secret}
    with pytest.raises(SettingsError, match=f"{says} cannot be used") as raised:
        Receiver.from_environment(named)
    assert not secret or secret not in str(raised.value)


def test_pauses_grow_and_stay_within_a_quarter_of_an_hour() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 100)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[1], pauses[-1]) == (FIRST_PAUSE, 2 * FIRST_PAUSE, LONGEST_PAUSE)
    assert timedelta(minutes=15) == LONGEST_PAUSE


def test_a_body_says_whom_it_is_for() -> None:
    found = row(CHANNEL, NOT_BORN)
    assert b'"recipient":"001196000001"' in body_of(found, "001196000001")
    assert b'"recipient":null' in body_of(found, None)


def test_the_inbox_has_what_matters_with_its_details() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    text = Text(vi="Không.", en="No.").model_dump()
    timeline = [
        {"event_id": "1", "type": "a", "at": at, "notice": text},
        {"event_id": "2", "type": "b", "at": at, "notice": None},
        {"event_id": "3", "type": "c", "at": at, "notice": text},
    ]
    found = notices.inbox(
        "case-1", "birth", timeline, [{"_id": "3", "details": [text], "until": at}]
    )
    assert [each["id"] for each in found] == ["3", "1"]
    assert (found[0]["details"], found[0]["until"]) == ([text], at)
    assert (found[1]["details"], found[1]["until"]) == ([], None)
