"""Whatever the portal refuses, it says why in a sentence, in Vietnamese and in English."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from contracts.catalogue import catalogue
from contracts.common.tasks import OfficialDecision
from contracts.model import SHAPES, Text
from services.portal.acts import Handover
from services.portal.declaration import Declaration
from services.portal.fields import errors_in
from services.portal.payouts import Instruction
from services.portal.petitions import BODIES
from services.portal.problems import Problem
from services.portal.ratings import Rating
from services.portal.sentences import FIELDS, REQUESTS, FieldFault, mistake, sentence
from services.portal.supplements import Supplementation

WRITTEN = Path(__file__).parents[1] / "fire" / "declarations"
FORMS = {name: group.form for name, group in catalogue().groups.items() if group.form}
CHANGED = {f"{name} put right": group.correction for name, group in catalogue().groups.items()}
READ: dict[str, TypeAdapter[Any]] = {
    **{name: TypeAdapter(form) for name, form in FORMS.items()},
    **{name: TypeAdapter(changes) for name, changes in CHANGED.items() if changes},
    "declaration": TypeAdapter(Declaration),
    **{name: TypeAdapter(body) for name, body in BODIES.items()},
    "decision": TypeAdapter(OfficialDecision),
    "handover": TypeAdapter(Handover),
    "instruction": TypeAdapter(Instruction),
    "rating": TypeAdapter(Rating),
    "supplement": TypeAdapter(Supplementation),
}
BODIES_SENT = {
    "revocation": {"judgement": {"court": "Hà Nội", "number": "1/2026", "judged_on": "2026-11-02"}},
    "correction": {"decision_number": "1", "changes": {"full_name": "Lê An"}},
    "withdrawal": {},
    "birth put right": {"full_name": "Lê An", "born_on": "2026-11-10"},
    "death put right": {"died_on": "2026-11-10"},
    "declaration": {"group": "birth", "declarant": "001196000001", "channel": "portal", "form": {}},
    "decision": {"decision": "refuse", "revision": 3, "reason": {"vi": "Không", "en": "No"}},
    "handover": {"reason": {"vi": "Cán bộ nghỉ hưu", "en": "The official retires"}},
    "instruction": {
        "payout": {"method": "bank-account", "bank": "VCB", "account_number": "0123456789"}
    },
    "rating": {"stars": 5, "comment": "Nhanh"},
    "supplement": {
        "procedure": "birth-registration",
        "request": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
        "supplied": [{"text": "Đây"}],
        "form": {},
    },
}
SAID: dict[str, Text] = dict([*REQUESTS.reasons.items(), *FIELDS.reasons.items()])
JUNK: tuple[Any, ...] = (
    *(None, True, 1, -1, 10**30, 1.5, float("inf")),
    *("", "x", "x" * 600, "2026-02-30", "2026-11-20T08:00:00", "12a", "\ud800"),
    *([], [1], ["x"] * 30, {}, {"kind": "rumour"}, {"method": "cheque"}),
)


def declared() -> Iterator[tuple[str, Any]]:
    """Yield forms of families that have every field and every kind of each between them."""
    known: set[str] = set()
    for path in sorted(WRITTEN.glob("*/*.json")):
        text = re.sub(r'"@[^"]*"', '"2026-11-20"', path.read_text("utf-8"))
        declaration = json.loads(text)["declaration"]
        group, form = declaration["group"], declaration["form"]
        found = {f"{group}{each}" for each in fields(form)}
        if group in FORMS and not found <= known:
            known |= found
            yield group, form


def fields(value: Any) -> Iterator[str]:
    """Yield the paths of all fields, and what kind each is."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield f".{key}"
            if key in ("kind", "basis", "method"):
                yield f".{key}={part}"
            yield from (f".{key}{inner}" for inner in fields(part))
    elif isinstance(value, list):
        for part in value:
            yield from fields(part)


def spoilt(value: Any) -> Iterator[Any]:
    """Yield it with each of its parts, and itself, made into each kind of junk, or left out."""
    yield from JUNK
    if isinstance(value, dict):
        for key, part in value.items():
            yield {name: each for name, each in value.items() if name != key}
            for wrong in spoilt(part):
                yield value | {key: wrong}
        yield value | {"colour": "red"}
    if isinstance(value, list):
        for number, part in enumerate(value):
            for wrong in spoilt(part):
                yield [*value[:number], wrong, *value[number + 1 :]]


def refusals(name: str, raw: Any) -> list[Any]:
    """Return what is said of a body."""
    try:
        READ[name].validate_python(raw, extra="forbid")
    except ValidationError as fault:
        return [each["message"] for each in errors_in(fault, raw)]
    return []


def test_whatever_is_filled_in_wrong_has_a_sentence_of_its_own() -> None:
    unsaid = mistake("not-this-value", why="").vi
    for name, body in (*BODIES_SENT.items(), *declared()):
        for wrong in spoilt(body):
            for message in refusals(name, wrong):
                assert message["vi"] != unsaid, (name, wrong, message)
                assert message["en"].endswith("."), (name, wrong, message)


@pytest.mark.parametrize("name", BODIES_SENT)
def test_what_the_bodies_are_spoilt_from_is_right(name: str) -> None:
    assert not refusals(name, BODIES_SENT[name])


def test_what_pydantic_finds_is_called_as_pydantic_calls_it() -> None:
    ours = {
        *("key-unusable", "not-this-page", "too-many-ids", "office-does-not-reach"),
        *("unknown-group", "no-bundle", "nobody", "deceased", "not-signed", "answer-each"),
        *("another-province", "another-bundle", "not-this-value"),
    }
    known = {type.replace("_", "-") for type in get_args(ErrorType)}
    assert set(get_args(FieldFault)) - ours <= known


@pytest.mark.parametrize("text", SAID.values(), ids=SAID.keys())
def test_both_languages_say_the_same_of_the_same(text: Text) -> None:
    # What another's program says of it is English.
    assert set(re.findall(r"{\w+}", text.vi)) == set(re.findall(r"{\w+}", text.en)) - {"{why}"}
    assert text.vi != text.en
    assert text.vi.endswith(".")
    assert text.en.endswith(".")


@pytest.mark.parametrize("name", FORMS)
def test_every_pattern_of_a_form_has_its_sentence(name: str) -> None:
    schema = json.dumps(FORMS[name].model_json_schema())
    patterns = {json.loads(f'"{each}"') for each in re.findall(r'"pattern": "(.*?)"', schema)}
    assert patterns
    assert patterns <= set(SHAPES)


def test_a_problem_is_told_in_both_languages() -> None:
    document = Problem(404, "no-such-case", sentence("no-such-case")).document()
    assert document["detail"] == "There is no case with this id."
    assert document["sentence"] == {
        "vi": "Không tìm thấy hồ sơ có mã này.",
        "en": "There is no case with this id.",
    }
