"""JSON Schemas (2020-12) of all that is published: the envelope, each event's data, each form."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from contracts.catalogue import Catalogue
from contracts.envelope import Envelope, Event

Schema = dict[str, Any]


def schemas(catalogue: Catalogue) -> dict[str, Schema]:
    """Return the schemas by their path under `contracts/`."""
    found = {envelope_path(): _schema(Envelope[Event]) | {"title": "Envelope"}}
    for type, event in sorted(catalogue.events.items()):
        found[event_path(type)] = _schema(event)
    for name, group in sorted(catalogue.groups.items()):
        if group.form is not None:
            found[form_path(name)] = _closed(_schema(group.form))
            if group.form.content is not None:
                found[content_path(name)] = _closed(_schema(group.form.content))
    return found


def envelope_path() -> str:
    """Return where the schema of the envelope is."""
    return "schemas/envelope.json"


def event_path(type: str) -> str:
    """Return where the schema of the data of this type of event is."""
    return f"schemas/events/{type}.json"


def form_path(group: str) -> str:
    """Return where the schema of the group's form is."""
    return f"schemas/forms/{group}.json"


def content_path(group: str) -> str:
    """Return where the schema is of what is signed in the group's form."""
    return f"schemas/forms/{group}.signed.json"


class _Generator(GenerateJsonSchema):
    """Leaves out the titles that only repeat the names of the fields."""

    def field_title_should_be_set(self, schema: core_schema.CoreSchema | Any) -> bool:
        return False


def _schema(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(schema_generator=_Generator)
    order = ("title", "description", "type", *schema)
    ordered = {key: schema[key] for key in order if key in schema}
    return {"$schema": _Generator.schema_dialect, **ordered}


def _closed(schema: Any) -> Any:
    """Return the schema with every object closed: the door refuses unknown fields throughout."""
    if isinstance(schema, Mapping):
        closed = {key: _closed(value) for key, value in schema.items()}
        if isinstance(schema.get("properties"), Mapping) and schema.get("type") == "object":
            closed.setdefault("additionalProperties", False)
        return closed
    return [_closed(value) for value in schema] if isinstance(schema, list) else schema
