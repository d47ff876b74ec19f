"""Each event has a golden message, which our codec, our schemas and the CloudEvents SDK read."""

import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from jsonschema import Draft202012Validator, FormatChecker

import contracts
from contracts.catalogue import catalogue
from contracts.envelope import CONTENT_TYPE, upgraded
from contracts.generate import committed
from contracts.json_schemas import envelope_path, event_path
from tests.contract import samples

SCHEMAS = committed()
STORY = "portal.declaration-submitted.v1"
"""Where the story of one birth begins; the refusals are of other cases."""


def test_every_sample_is_of_an_event_in_the_catalogue() -> None:
    files = [file for home in contracts.__path__ for file in Path(home).glob("*/samples/*.json")]
    assert {file.stem for file in files} == set(samples.TYPES)


@pytest.mark.parametrize("type", samples.TYPES)
def test_a_sample_reads_and_writes_back_the_same(type: str) -> None:
    envelope = samples.envelope(type)
    assert envelope.type == type
    assert isinstance(envelope.data, catalogue().events[type])
    assert json.loads(envelope.encode()) == samples.message(type)


@pytest.mark.parametrize("type", samples.TYPES)
def test_a_sample_is_valid_by_the_published_schemas(type: str) -> None:
    message = samples.message(type)
    for path, instance in ((envelope_path(), message), (event_path(type), message["data"])):
        validator = Draft202012Validator(SCHEMAS[path], format_checker=FormatChecker())
        assert [error.message for error in validator.iter_errors(instance)] == []


@pytest.mark.parametrize("type", samples.TYPES)
def test_the_cloudevents_sdk_reads_what_we_write(type: str) -> None:
    envelope = samples.envelope(type)
    event = from_structured_event(
        KafkaMessage(
            headers={"content-type": CONTENT_TYPE.encode()},
            key=envelope.subject.encode(),
            value=envelope.encode(),
        )
    )
    assert event.get_id() == str(envelope.id)
    assert event.get_source() == envelope.source
    assert event.get_type() == type
    assert event.get_specversion() == "1.0"
    assert event.get_subject() == envelope.subject
    assert event.get_time() == envelope.time
    assert event.get_datacontenttype() == "application/json"
    message = samples.message(type)
    for name in ("group", "entry", "causationid", "correlationid", "traceparent"):
        assert event.get_extension(name) == message.get(name)
    assert event.get_data() == message["data"]
    assert set(event.get_attributes()) - {"partitionkey"} == set(message) - {"data"}


@pytest.mark.parametrize("type", samples.TYPES)
def test_a_sample_of_an_earlier_version_reads_as_the_newest(type: str) -> None:
    newest = catalogue().newest(type)
    assert newest is not None
    assert isinstance(upgraded(samples.envelope(type).data, newest), newest)


@pytest.mark.parametrize("type", samples.TYPES)
def test_an_event_may_grow_at_every_level(type: str) -> None:
    """A consumer of today reads an event in which every object has a field of tomorrow."""
    grown = samples.CODEC.decode(json.dumps(_grown(samples.message(type))).encode())
    assert grown == samples.envelope(type)


def _grown(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        # Form and changes are read by their group; the others are maps, whose keys are data.
        more = {} if key in ("form", "people", "results", "changes") else {"of_tomorrow": 1}
        if key in ("form", "changes"):
            return value
        return {name: _grown(one, name) for name, one in value.items()} | more
    return [_grown(one) for one in value] if isinstance(value, list) else value


def test_the_story_is_one_chain_of_causes() -> None:
    envelopes = {envelope.id: envelope for envelope in map(samples.envelope, samples.TYPES)}
    root = samples.envelope(STORY)
    story = [one for one in envelopes.values() if one.subject == root.subject]
    assert {one.type for one in story} >= set(_ends_granted())
    for envelope in story:
        assert envelope.correlationid == root.id
        chain = [envelope]
        while (cause := chain[-1].causationid) is not None:
            chain.append(envelopes[cause])
        assert chain[-1] == root
        assert chain == sorted(chain, key=lambda one: one.time, reverse=True)


def _ends_granted() -> list[str]:
    group = catalogue().groups["birth"]
    asked_for = {name for bundle in group.bundles for name in bundle.procedures}
    return [
        event.type
        for spec in group.procedures
        if spec.name in asked_for
        for event, result in spec.ends.items()
        if result == "granted"
    ]


def test_identifiers_have_the_structure_of_the_decree() -> None:
    """3 place + 1 century and sex (1900s: 0, 1; 2000s: 2, 3) + 2 year of birth + 6."""
    people = [one for type in samples.TYPES for one in _identified(samples.message(type)["data"])]
    assert {person["sex"] for person in people} == {"female", "male"}
    for person in people:
        born, sex = person["born_on"], person["sex"]
        century = (int(born[:2]) - 19) * 2 + (sex == "female")
        assert person["personal_id"][3:6] == f"{century}{born[2:4]}"


def _identified(value: Any) -> list[dict[str, Any]]:
    """Return all people in `value` of whom identifier, sex and birthday are known."""
    if isinstance(value, list):
        return [person for one in value for person in _identified(one)]
    if not isinstance(value, dict):
        return []
    known = value | {key: value["child"][key] for key in ("sex", "born_on") if "child" in value}
    here = [known] if {"personal_id", "sex", "born_on"} <= known.keys() else []
    return here + [person for one in value.values() for person in _identified(one)]
