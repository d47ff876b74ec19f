"""A form is strict at the door and lenient between services."""

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.catalogue import catalogue
from contracts.common.people import Person
from contracts.generate import committed
from contracts.json_schemas import form_path
from tests.contract import samples

DECLARED = samples.message("portal.declaration-submitted.v1")
FORM: dict[str, Any] = DECLARED["data"]["form"]
GROUP = catalogue().groups[DECLARED["group"]]
SCHEMA = Draft202012Validator(committed()[form_path(DECLARED["group"])])

PLACES = ((), ("child",), ("child", "place"), ("mother",), ("evidence",), ("household",))


def test_the_sample_is_a_form_of_its_group() -> None:
    form = GROUP.parse(FORM)
    assert set(form.people()) == DECLARED["data"]["people"].keys()
    people = {id: Person.model_validate(one) for id, one in DECLARED["data"]["people"].items()}
    assert form.province(people) == DECLARED["data"]["province"]
    received = samples.envelope(DECLARED["type"]).time.date()
    assert list(GROUP.bundle(form.circumstance(), received)) == DECLARED["data"]["bundle"]
    assert SCHEMA.is_valid(FORM)


@pytest.mark.parametrize("place", PLACES)
def test_an_unknown_field_is_a_mistake_at_the_door_and_a_later_form_inside(
    place: tuple[str, ...],
) -> None:
    form = copy.deepcopy(FORM)
    inner = form
    for key in place:
        inner = inner[key]
    inner["of_tomorrow"] = 1
    with pytest.raises(ValidationError, match="of_tomorrow"):
        GROUP.parse(form)
    assert not SCHEMA.is_valid(form)
    assert GROUP.form
    assert GROUP.form.model_validate(form, extra="ignore") == GROUP.parse(FORM)


def test_mother_and_father_are_two_and_neither_is_the_witness() -> None:
    mother, father = FORM["mother"], FORM["father"]
    with pytest.raises(ValidationError, match="father: The same person"):
        GROUP.parse(FORM | {"father": mother})
    witness = {"kind": "witness", "personal_id": father["personal_id"]}
    with pytest.raises(ValidationError, match=r"evidence\.personal_id: A parent is no witness"):
        GROUP.parse(FORM | {"evidence": witness})


def test_what_nobody_declares_has_no_form() -> None:
    with pytest.raises(LookupError, match="not declared"):
        catalogue().groups["people"].parse(FORM)


@pytest.mark.parametrize(
    "digits", ["٠٠١١٩٦٠١٨٤٢٧", "00119601842", "0011960184270", "001196018427\n0"]
)
def test_an_identifier_is_twelve_ascii_digits(digits: str) -> None:
    with pytest.raises(ValidationError, match="mother"):
        GROUP.parse(FORM | {"mother": {"personal_id": digits, "details": None}})
