"""AsyncAPI 3.0 documents: what each service sends and receives, over which topics.

https://www.asyncapi.com/docs/reference/specification/v3.0.0, with the Kafka bindings 0.5.0.
"""

from collections.abc import Iterable
from inspect import getdoc
from typing import Any

from contracts.catalogue import PARTITIONS, Catalogue, publisher, topic_of
from contracts.envelope import CONTENT_TYPE, Event
from contracts.json_schemas import envelope_path, event_path

Document = dict[str, Any]

_KAFKA = {"bindingVersion": "0.5.0"}


def documents(catalogue: Catalogue) -> dict[str, Document]:
    """Return the document of each service by its path under `contracts/`."""
    return {
        f"asyncapi/{service}.json": _document(catalogue, service) for service in catalogue.services
    }


def _document(catalogue: Catalogue, service: str) -> Document:
    sent = _ordered(event for event in catalogue.events.values() if publisher(event) == service)
    heard = _ordered(catalogue.hears(service))
    topics = sorted({topic_of(event) for event in (*sent, *heard)})
    owned = ", ".join(sorted(spec.title.en for spec in catalogue.owned_by(service)))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": service,
            # The events carry their own versions; the set of them has none.
            "version": "1.0.0",
            "description": f"Owns: {owned}." if owned else "Owns no procedure.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            name: _channel(name, _ordered(e for e in {*sent, *heard} if _on(e, name)))
            for name in topics
        },
        "operations": {
            **{
                f"send-{name}": _operation("send", name, here)
                for name in topics
                if (here := [event for event in sent if _on(event, name)])
            },
            **{
                f"receive-{name}": _operation("receive", name, here, group=service)
                for name in topics
                if (here := [event for event in heard if _on(event, name)])
            },
        },
        "components": {
            "messages": {event.type: _message(event) for event in _ordered({*sent, *heard})},
            "messageTraits": {"cloud-event": _CLOUD_EVENT},
        },
    }


def _ordered(events: Iterable[type[Event]]) -> list[type[Event]]:
    return sorted(events, key=lambda event: event.type)


def _on(event: type[Event], name: str) -> bool:
    return topic_of(event) == name


def _channel(name: str, events: list[type[Event]]) -> Document:
    return {
        "address": name,
        "messages": {
            event.type: {"$ref": f"#/components/messages/{event.type}"} for event in events
        },
        "bindings": {"kafka": {"topic": name, "partitions": PARTITIONS, **_KAFKA}},
    }


def _operation(
    action: str, name: str, events: list[type[Event]], group: str | None = None
) -> Document:
    operation: Document = {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{event.type}"} for event in events],
    }
    if group is not None:
        consumer = {"groupId": {"type": "string", "enum": [group]}, **_KAFKA}
        operation["bindings"] = {"kafka": consumer}
    return operation


def _message(event: type[Event]) -> Document:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": (getdoc(event) or "").partition("\n")[0],
        "traits": [{"$ref": "#/components/messageTraits/cloud-event"}],
        "payload": {
            "allOf": [
                {"$ref": f"../{envelope_path()}"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"type": "string", "const": event.type},
                        "data": {"$ref": f"../{event_path(event.type)}"},
                    },
                },
            ]
        },
    }


# Structured mode: the CloudEvents attributes are in the payload, around the data.
_CLOUD_EVENT: Document = {
    "contentType": CONTENT_TYPE,
    "correlationId": {"location": "$message.payload#/correlationid"},
    "headers": {
        "type": "object",
        "properties": {
            "content-type": {"type": "string", "const": CONTENT_TYPE},
            "type": {"type": "string", "description": "The event's type, to skip it unread."},
            "entry": {
                "type": "string",
                "pattern": "^[0-9]+$",
                "description": "Number of the entry in the publisher's journal that this is from.",
            },
            "entry-hash": {
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
                "description": "Hash of that entry: who receives the event is its witness.",
            },
        },
        "required": ["content-type"],
    },
    "bindings": {
        "kafka": {
            "key": {
                "type": "string",
                "description": "The case id, which is the subject of the event.",
            },
            **_KAFKA,
        }
    },
}
