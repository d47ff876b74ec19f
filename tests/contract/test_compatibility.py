"""What the check calls breaking: a table by hand, and every constraint of every schema in turn."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contracts.catalogue import catalogue
from contracts.compatibility import breaking
from contracts.generate import broken, committed
from contracts.json_schemas import event_path, form_path

SCHEMAS = {path: schema for path, schema in committed().items() if path.startswith("schemas/")}
EVENT = event_path("civil-status.birth-registered.v1")
FORM = form_path("birth")

Change = Callable[[dict[str, Any]], Any]


def changed(path: str, change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(dict(SCHEMAS[path]))
    change(schema)
    assert schema != SCHEMAS[path], "the change changes nothing"
    return schema


def child(schema: dict[str, Any]) -> Any:
    return schema["$defs"]["Child"]


ADDITIVE: dict[str, Change] = {
    "a new optional field": lambda s: s["properties"].update(office={"type": "string"}),
    "a new optional field deep down": lambda s: child(s)["properties"].update(
        weight_grams={"type": "integer", "default": 0}
    ),
    "another description": lambda s: s.update(description="Registered."),
    "another title": lambda s: child(s).update(title="Newborn"),
    "required in another order": lambda s: s["required"].reverse(),
    "a definition that nothing uses": lambda s: s["$defs"].update(Spare={"type": "string"}),
}

BREAKING: dict[str, tuple[Change, str]] = {
    "a required field removed": (
        lambda s: s["properties"].pop("late") and s["required"].remove("late"),
        "late: removed",
    ),
    "an optional field removed": (lambda s: s["properties"].pop("household"), "household: removed"),
    "a field renamed": (
        lambda s: child(s)["properties"].update(sexe=child(s)["properties"].pop("sex")),
        "child.sex: removed",
    ),
    "a new required field": (
        lambda s: (
            s["properties"].update(office={"type": "string"}) or s["required"].append("office")
        ),
        "office: new required field",
    ),
    "an optional field now required": (
        lambda s: s["required"].append("household"),
        "household: now required",
    ),
    "a required field now optional": (
        lambda s: s["required"].remove("late"),
        "late: no longer required",
    ),
    "another type": (
        lambda s: s["properties"]["late"].update(type="string"),
        "late: is now string, was boolean",
    ),
    "a wider type": (
        lambda s: child(s)["properties"]["birth_order"].update(type="number"),
        "child.birth_order: is now number, was integer",
    ),
    "a list in place of one": (
        lambda s: s["properties"].update(
            child={"type": "array", "items": s["properties"]["child"]}
        ),
        "child: is now array, was object",
    ),
    "other items in a list": (
        lambda s: s["properties"]["bundle"]["items"].update(type="integer"),
        "bundle[]: is now integer, was string",
    ),
    "null is taken no more": (
        lambda s: s["properties"]["household"]["anyOf"].pop(),
        "household: no longer takes null",
    ),
    "null is taken now": (
        lambda s: s["properties"].update(
            late={"anyOf": [s["properties"]["late"], {"type": "null"}]}
        ),
        "late: now also takes null",
    ),
    "a narrower enum": (
        lambda s: child(s)["properties"]["sex"]["enum"].remove("male"),
        "child.sex: no longer takes 'male'",
    ),
    "a wider enum": (
        lambda s: child(s)["properties"]["sex"]["enum"].append("unknown"),
        "child.sex: now also takes 'unknown'",
    ),
    "an enum where there was none": (
        lambda s: child(s)["properties"]["ethnicity"].update(enum=["Kinh", "Tày"]),
        "child.ethnicity: now takes only ['Kinh', 'Tày']",
    ),
    "another pattern": (
        lambda s: child(s)["properties"]["nationality"].update(pattern="^[A-Z]{3}$"),
        "child.nationality: pattern is now ^[A-Z]{3}$",
    ),
    "a pattern where there was none": (
        lambda s: child(s)["properties"]["full_name"].update(pattern="^[A-Z]"),
        "child.full_name: pattern",
    ),
    "a shorter limit": (
        lambda s: s["properties"]["registration_number"].update(maxLength=20),
        "registration_number: maxLength is now 20, was 120",
    ),
    "a longer limit": (
        lambda s: s["properties"]["registration_number"].update(maxLength=500),
        "registration_number: maxLength is now 500, was 120",
    ),
    "a limit gone": (
        lambda s: child(s)["properties"]["birth_order"].pop("maximum"),
        "child.birth_order: maximum is now absent",
    ),
    "another format": (
        lambda s: s["properties"]["registered_on"].update(format="date-time"),
        "registered_on: format is now date-time",
    ),
    "another default": (
        lambda s: child(s)["properties"]["nationality"].update(default="LA"),
        "child.nationality: another default",
    ),
    "an object closed": (
        lambda s: child(s).update(additionalProperties=False),
        "child.*: now restricted",
    ),
    "a keyword that the check does not know": (
        lambda s: child(s).update(dependentRequired={"mother": ["father"]}),
        "child: dependentRequired is now",
    ),
}

FORM_GROWS: dict[str, Change] = {
    "a new optional field": lambda s: s["properties"].update(remark={"type": "string"}),
    "one more way of paying": lambda s: s["properties"]["payment_method"]["enum"].append("card"),
    "one more kind of evidence": lambda s: s["properties"]["evidence"]["oneOf"].append(
        {"type": "object", "properties": {"kind": {"const": "court-order", "type": "string"}}}
    ),
    "an answer that is not required any more": lambda s: s["required"].remove("relation"),
    "more copies": lambda s: s["properties"]["certificate_copies"].update(maximum=50),
}

FORM_BREAKS: dict[str, tuple[Change, str]] = {
    "a new question that must be answered": (
        lambda s: (
            s["properties"].update(remark={"type": "string"}) or s["required"].append("remark")
        ),
        "remark: new required field",
    ),
    "a question gone": (
        lambda s: s["properties"].pop("surrogacy_confirmation"),
        "surrogacy_confirmation: removed",
    ),
    "one way of paying less": (
        lambda s: s["properties"]["payment_method"]["enum"].remove("counter"),
        "payment_method: no longer takes 'counter'",
    ),
    "one kind of evidence less": (
        lambda s: s["properties"]["evidence"]["oneOf"].pop(),
        "evidence: no longer takes NoEvidence",
    ),
    "a kind of evidence that asks for more": (
        lambda s: s["$defs"]["Witness"]["required"].append("signed_on"),
        "evidence(Witness).signed_on: now required",
    ),
    "fewer copies": (
        lambda s: s["properties"]["certificate_copies"].update(maximum=5),
        "certificate_copies: maximum is now 5",
    ),
}


@pytest.mark.parametrize("path", SCHEMAS)
def test_nothing_breaks_where_nothing_changes(path: str) -> None:
    assert breaking(SCHEMAS[path], copy.deepcopy(SCHEMAS[path])) == []


@pytest.mark.parametrize("name", ADDITIVE)
def test_additive_changes_of_an_event_pass(name: str) -> None:
    assert breaking(SCHEMAS[EVENT], changed(EVENT, ADDITIVE[name])) == []


@pytest.mark.parametrize("name", BREAKING)
def test_breaking_changes_of_an_event_are_caught(name: str) -> None:
    change, sentence = BREAKING[name]
    found = breaking(SCHEMAS[EVENT], changed(EVENT, change))
    assert any(sentence in one for one in found), found


@pytest.mark.parametrize("name", FORM_GROWS)
def test_a_form_may_take_more(name: str) -> None:
    new = changed(FORM, FORM_GROWS[name])
    assert breaking(SCHEMAS[FORM], new, old_readers=False) == []
    assert breaking(SCHEMAS[FORM], new) != []


@pytest.mark.parametrize("name", FORM_BREAKS)
def test_a_form_may_not_take_less(name: str) -> None:
    change, sentence = FORM_BREAKS[name]
    found = breaking(SCHEMAS[FORM], changed(FORM, change), old_readers=False)
    assert any(sentence in one for one in found), found


def test_an_event_type_may_come_but_not_go() -> None:
    without = {path: schema for path, schema in SCHEMAS.items() if path != EVENT}
    assert broken(without, SCHEMAS) == []
    assert broken(SCHEMAS, without) == [
        f"{EVENT}: removed, and messages of this type are still kept"
    ]


def test_forms_and_events_are_compared_by_their_own_rules() -> None:
    grown = changed(FORM, FORM_GROWS["more copies"])
    assert broken(SCHEMAS, {**SCHEMAS, FORM: grown}) == []
    longer = changed(EVENT, BREAKING["a longer limit"][0])
    assert broken(SCHEMAS, {**SCHEMAS, EVENT: longer}) != []


def test_recursive_schemas_end() -> None:
    tree = {
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}}}},
    }
    other = copy.deepcopy(tree)
    other["$defs"]["Node"]["required"] = ["next"]  # type: ignore[index]
    assert breaking(tree, tree) == []
    assert breaking(tree, other) == ["next: now required, and old messages may lack it"]


CONSTRAINTS = {"const", "enum", "format", "pattern", "type", "anyOf", "oneOf", "items"} | {
    *("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"),
    *("maxItems", "maxLength", "minItems", "minLength"),
}


def watched(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each field and each constraint in the schema."""
    inner = enumerate(node) if isinstance(node, list) else node.items()
    for key, value in inner:
        here = (*path, key)
        if key in CONSTRAINTS or is_field(here):
            yield here
        if isinstance(value, dict | list):
            yield from watched(value, here)


def is_field(path: tuple[str | int, ...]) -> bool:
    return len(path) > 1 and path[-2] == "properties"


def without(schema: Any, path: tuple[str | int, ...]) -> Any:
    copied = inner = copy.deepcopy(schema)
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return copied


@pytest.mark.parametrize("type", sorted(catalogue().events))
def test_every_field_and_constraint_of_an_event_is_watched(type: str) -> None:
    schema = SCHEMAS[event_path(type)]
    paths = list(watched(schema))
    assert len(paths) > 3
    for path in paths:
        fewer = without(schema, path)
        assert breaking(schema, fewer), f"{path} may go unnoticed"
        if not is_field(path):
            assert breaking(fewer, schema), f"{path} may come unnoticed"
