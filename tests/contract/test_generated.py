"""What is committed is what the models say, and the command that writes it guards the readers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.catalogue import PARTITIONS, catalogue, publisher
from contracts.generate import broken, committed, documents, main, outdated
from contracts.json_schemas import event_path

EVENT = event_path("payments.premium-funded.v1")


def test_the_committed_documents_are_those_of_the_models() -> None:
    assert list(outdated(documents(catalogue()))) == []


def test_the_models_break_no_reader_of_the_committed_schemas() -> None:
    assert broken(committed(), documents(catalogue())) == []


@pytest.mark.parametrize("path", [path for path in committed() if path.startswith("schemas/")])
def test_a_schema_is_a_json_schema(path: str) -> None:
    Draft202012Validator.check_schema(committed()[path])


@pytest.mark.parametrize("service", catalogue().services)
def test_a_service_sends_what_it_publishes_and_receives_what_it_hears(service: str) -> None:
    document = documents(catalogue())[f"asyncapi/{service}.json"]
    listed: dict[str, set[str]] = {"send": set(), "receive": set()}
    for operation in document["operations"].values():
        for reference in operation["messages"]:
            message = resolved(document, resolved(document, reference)["$ref"])
            listed[operation["action"]].add(message["name"])
    published = {event.type for event in catalogue().events.values() if publisher(event) == service}
    assert listed["send"] == published
    assert listed["receive"] == {event.type for event in catalogue().hears(service)}
    for channel in document["channels"].values():
        assert channel["bindings"]["kafka"]["partitions"] == PARTITIONS


def resolved(document: Any, reference: Any) -> Any:
    """Return what the reference, an object or a string, points to in the document."""
    pointer = reference if isinstance(reference, str) else reference["$ref"]
    for part in pointer.removeprefix("#/").split("/"):
        document = document[part]
    return document


@pytest.mark.parametrize("service", catalogue().services)
def test_the_payloads_of_a_service_are_committed_schemas(service: str) -> None:
    found = committed()
    messages = found[f"asyncapi/{service}.json"]["components"]["messages"]
    assert messages
    for type, message in messages.items():
        envelope, data = message["payload"]["allOf"]
        assert envelope["$ref"].removeprefix("../") in found
        assert data["properties"]["data"]["$ref"] == f"../{event_path(type)}"
        assert event_path(type) in found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert main([], tmp_path) == 0
    return tmp_path


def rewrite(file: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def test_what_is_written_twice_is_the_same(home: Path) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*.json")}
    assert main([], home) == 0
    assert {path: path.read_bytes() for path in home.rglob("*.json")} == before
    assert main(["--check"], home) == 0


def test_a_breaking_change_is_refused_and_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The committed schema has a field that the models have not: somebody removed it."""
    rewrite(home / EVENT, lambda s: s["properties"].update(fund={"type": "string"}))
    before = (home / EVENT).read_bytes()
    assert main([], home) == 1
    assert f"{EVENT}: fund: removed\n" in capsys.readouterr().err
    assert (home / EVENT).read_bytes() == before
    assert main(["--check"], home) == 1
    assert f"{EVENT}: fund: removed\n" in capsys.readouterr().err
    assert main(["--breaking"], home) == 0
    assert main(["--check"], home) == 0


def test_an_additive_change_is_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The models have an optional field, and an event, that the committed schemas have not."""
    grown = home / event_path("payments.fee-refunded.v1")
    rewrite(grown, lambda s: s["$defs"]["Reason"]["properties"].pop("refers_to"))
    (home / EVENT).unlink()
    assert main(["--check"], home) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{grown.relative_to(home)}: not what the models say now",
        f"{EVENT}: missing",
        "Run `python -m contracts.generate`.",
    ]
    assert main([], home) == 0
    assert main(["--check"], home) == 0


def test_a_document_that_nothing_generates_is_removed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "asyncapi/notary.json").write_text("{}", encoding="utf-8")
    assert main(["--check"], home) == 1
    assert "asyncapi/notary.json: nothing generates it any more" in capsys.readouterr().err
    assert main([], home) == 0
    assert not (home / "asyncapi/notary.json").exists()
