"""A declaration at the door: what is wrong is named; what is right becomes an event."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.birth.process import BIRTH, FEES, IDENTIFIER, IDENTITY_CARD, USUAL
from contracts.catalogue import catalogue
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.envelope import Codec
from services.chassis.broker import LARGEST_EVENT
from services.portal import declaration
from services.portal.bodies import parse_json
from services.portal.declaration import Identity
from services.portal.problems import Problem
from tests.unit.births import FATHER, FOREIGN_MOTHER, HOME, MOTHER, abroad, form, people

NOW = datetime(2026, 11, 20, 2, 0, 0, 105_000, tzinfo=UTC)
IDENTITY = Identity(
    "01a20040-a5a4-73a8-b8d3-ab911707044a",
    UUID("0d3e6b0e-94a5-4a9c-a8d7-4c9bb0f4a5cf"),
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
DECEASED = {"deceased_on": "2026-01-31"}


def sent(of: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return what a client sends. A field set to None is left out."""
    fields = {
        "group": "birth",
        "declarant": MOTHER,
        "channel": "portal",
        "form": form() if of is None else of,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def accept(
    raw: Any, known: dict[str, Person] | None = None, now: datetime = NOW
) -> DeclarationSubmitted:
    """Return the event that a declaration becomes."""
    register = people() if known is None else known
    filled = declaration.filled(declaration.sent(raw))
    declaration.check_people(filled, register)
    return declaration.event_of(filled, register, now)


def refusal(raw: Any, known: dict[str, Person] | None = None, now: datetime = NOW) -> Problem:
    """Return the problem that a declaration runs into."""
    with pytest.raises(Problem) as raised:
        accept(raw, known, now)
    return raised.value


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in form().items() if key != name}


WRONG: list[tuple[str, Any, list[str]]] = [
    ("not an object", [1, 2], [""]),
    ("a string", "declaration", [""]),
    ("nothing at all", {}, ["group", "declarant", "form"]),
    ("an unknown field", sent(colour="red"), ["colour"]),
    ("a group nobody has", sent(group="wedding"), ["group"]),
    ("a group that is not declared", sent(group="people"), ["group"]),
    ("a short identifier", sent(declarant="123"), ["declarant"]),
    ("digits of another script", sent(declarant="٠٠١١٩٦٠٠٠٠٠١"), ["declarant"]),
    ("an unknown channel", sent(channel="fax"), ["channel"]),
    ("a form that is a list", sent(form=[1]), ["form"]),
    ("an empty form", sent({}), ["form.relation", "form.child", "form.evidence"]),
    ("a misspelt field", sent(form(mother_id=MOTHER)), ["form.mother_id"]),
    ("a misspelt field inside", sent(form({"colour": 1})), ["form.child.colour"]),
    ("a day that does not exist", sent(form({"born_on": "2026-02-30"})), ["form.child.born_on"]),
    ("too many copies", sent(form(certificate_copies=21)), ["form.certificate_copies"]),
    (
        "a tag of a union is not part of the path",
        sent(form(evidence={"kind": "hospital-notice", "code": "1"})),
        ["form.evidence.code"],
    ),
    (
        "what an alternative of a union lacks",
        sent(form(evidence={"kind": "hospital-notice"})),
        ["form.evidence.code"],
    ),
    ("an unknown alternative", sent(form(evidence={"kind": "rumour"})), ["form.evidence.kind"]),
    ("a rule of the whole form", sent(without("household")), ["form.household"]),
    (
        "a rule of the whole form about a field inside",
        sent(form({"place": {"country": "VN", "detail": "Hà Nội"}})),
        ["form.child.place.province"],
    ),
    (
        "a rule of a part of the form",
        sent(form(mother={"personal_id": MOTHER, **FOREIGN_MOTHER})),
        ["form.mother"],
    ),
    (
        "several faults at once",
        sent(form({"sex": "?"}, certificate_copies=-1), declarant=MOTHER),
        ["form.child.sex", "form.certificate_copies"],
    ),
]


@pytest.mark.parametrize(("raw", "fields"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_is_filled_in_wrong_is_named(raw: Any, fields: list[str]) -> None:
    problem = refusal(raw)
    assert problem.status == 422
    assert [error["field"] for error in problem.errors] == fields
    assert all(error["message"] for error in problem.errors)


def test_the_time_limit_of_the_case_is_frozen_with_its_bundle() -> None:
    commitment = {"kind": "commitment", "signed_on": "2026-11-11"}
    assert accept(sent(form())).working_days == 3
    assert accept(sent(form(evidence=commitment))).working_days == 5


UNKNOWN = "999999999999"
REGISTER: list[tuple[str, dict[str, Any], dict[str, Person], list[str]]] = [
    ("unknown declarant", sent(declarant=UNKNOWN), people(), ["declarant"]),
    (
        "unknown mother",
        sent(form(mother={"personal_id": UNKNOWN})),
        people(),
        ["form.mother.personal_id"],
    ),
    (
        "a name is not an identifier",
        sent(form({"full_name": UNKNOWN}, mother={"personal_id": UNKNOWN})),
        people(),
        ["form.child.full_name", "form.mother.personal_id"],
    ),
    (
        "one unknown person in two fields",
        sent(form(father={"personal_id": UNKNOWN}, household=HOME | {"owner": UNKNOWN})),
        people(),
        ["form.father.personal_id", "form.household.owner"],
    ),
    (
        "unknown witness",
        sent(form(evidence={"kind": "witness", "personal_id": UNKNOWN})),
        people(),
        ["form.evidence.personal_id"],
    ),
    ("deceased declarant", sent(), people(mother=DECEASED), ["declarant"]),
    ("deceased owner", sent(), people(father=DECEASED), ["form.household.owner"]),
]


@pytest.mark.parametrize(
    ("raw", "known", "fields"), [r[1:] for r in REGISTER], ids=[r[0] for r in REGISTER]
)
def test_who_is_not_in_the_register_or_no_longer_alive_is_named(
    raw: dict[str, Any], known: dict[str, Person], fields: list[str]
) -> None:
    problem = refusal(raw, known)
    assert problem.status == 422
    assert [error["field"] for error in problem.errors] == fields


def test_a_parent_may_be_dead() -> None:
    raw = sent(form(household=HOME | {"owner": MOTHER}))
    event = accept(raw, people(father=DECEASED))
    assert event.people[FATHER].deceased_on is not None


def faults(born_on: str, province: str, home: str = "01") -> list[str]:
    """Return the fields that are wrong with these provinces of birth and household."""
    place = {"country": "VN", "province": province, "detail": "Bệnh viện"}
    of = form(child={"born_on": born_on, "place": place}, household=HOME | {"province": home})
    try:
        accept(sent(of))
    except Problem as problem:
        return [each["field"] for each in problem.errors]
    return []


def test_a_province_was_one_on_the_day_of_birth_and_is_one_today() -> None:
    """Hà Nam, 35, became a part of Ninh Bình, 37, on 1 July 2025."""
    assert faults("2025-06-30", "35") == []
    assert faults("2025-07-01", "35") == ["form.child.place.province"]
    assert faults("2025-07-01", "37") == []
    assert faults("1990-01-01", "35") == []
    assert faults("2026-11-10", "00", home="99") == [
        "form.child.place.province",
        "form.household.province",
    ]


def test_the_event_says_what_was_declared_by_whom_and_what_the_register_has() -> None:
    event = accept(sent())
    assert (event.group, event.declarant, event.channel) == ("birth", MOTHER, "portal")
    assert (event.province, event.received_at) == ("01", NOW)
    assert event.people == people()
    assert event.form["child"]["nationality"] == "VN"
    assert event.form["child"]["born_on"] == "2026-11-10"
    assert catalogue().groups["birth"].parse(event.form)
    assert event.entered_fields == 19
    assert event.reused_fields == 2 * 8


def test_the_channel_is_the_portal_unless_said_otherwise() -> None:
    assert accept(sent(channel=None)).channel == "portal"
    assert accept(sent(channel="office")).channel == "office"


@pytest.mark.parametrize(
    ("moment", "bundle"),
    [
        ("2026-08-31T16:59:59.999Z", USUAL),
        ("2026-08-31T17:00:00Z", (*USUAL, IDENTITY_CARD)),
    ],
)
def test_the_bundle_is_of_the_day_in_viet_nam(moment: str, bundle: tuple[str, ...]) -> None:
    assert accept(sent(), now=datetime.fromisoformat(moment)).bundle == bundle


def test_the_bundle_is_of_the_circumstance() -> None:
    assert set(accept(sent(abroad())).bundle) == {BIRTH, IDENTIFIER, FEES}


def test_before_there_was_a_bundle_nothing_is_declared() -> None:
    problem = refusal(sent(), now=datetime(2023, 7, 1, tzinfo=UTC))
    assert [error["field"] for error in problem.errors] == ["group"]


def test_the_envelope_is_read_as_it_was_written() -> None:
    event = accept(sent())
    envelope = Codec([DeclarationSubmitted]).decode(declaration.encode(event, IDENTITY))
    assert envelope.data == event
    assert envelope.subject == IDENTITY.case_id
    assert envelope.id == envelope.correlationid == IDENTITY.event_id
    assert (envelope.source, envelope.entry, envelope.group) == ("/services/portal", 0, "birth")
    assert envelope.time == NOW
    assert envelope.traceparent == IDENTITY.traceparent
    assert envelope.causationid is None


def test_an_event_that_nobody_could_publish_is_refused() -> None:
    event = accept(sent()).with_(form={"text": "đ" * LARGEST_EVENT})
    with pytest.raises(Problem) as raised:
        declaration.encode(event, IDENTITY)
    assert raised.value.status == 413


def test_the_fingerprint_is_of_the_meaning_and_not_of_the_spelling() -> None:
    raw = sent()
    shuffled = json.loads(json.dumps(dict(reversed(raw.items())), indent=4))
    assert declaration.fingerprint(raw) == declaration.fingerprint(shuffled)
    assert declaration.fingerprint(raw) != declaration.fingerprint(sent(channel="office"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"n": ' + b"9" * 6_000 + b"}",
    ],
    ids=["empty", "cut off", "not UTF-8", "no number", "half a letter", "deep", "endless"],
)
def test_what_is_no_json_is_refused_before_it_is_looked_at(body: bytes) -> None:
    with pytest.raises(Problem) as raised:
        declaration.fingerprint(parse_json(body))
    assert (raised.value.status, raised.value.kind) == (400, "invalid-json")


def test_a_problem_does_not_repeat_what_somebody_typed_in() -> None:
    problem = refusal(sent(form({"full_name": 77_123_456}), declarant="0011960000019"))
    assert "77123456" not in str(problem.document())
    assert "0011960000019" not in str(problem.document())
