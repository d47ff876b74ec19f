"""The golden messages: one whole envelope for each type of event, beside the models."""

import inspect
import json
from pathlib import Path
from typing import Any

from contracts.catalogue import catalogue
from contracts.envelope import Codec, Envelope, Event

TYPES = tuple(sorted(catalogue().events))
CODEC = Codec(catalogue().events.values())


def path(type: str) -> Path:
    """Return where the sample of this type of event is."""
    return Path(inspect.getfile(catalogue().events[type])).parent / "samples" / f"{type}.json"


def raw(type: str) -> bytes:
    """Return the sample as it is in its file."""
    return path(type).read_bytes()


def message(type: str) -> dict[str, Any]:
    """Return the sample as parsed JSON."""
    parsed: dict[str, Any] = json.loads(raw(type))
    return parsed


def envelope(type: str) -> Envelope[Event]:
    """Return the sample as our models see it."""
    return CODEC.decode(raw(type))
