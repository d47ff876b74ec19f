"""Naming the field at fault: the path, with dots, in the body that was sent. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.model import SHAPES, Fault, Text
from services.portal.problems import FieldError, error, invalid
from services.portal.sentences import FIELDS, mistake

T = TypeVar("T")


def read(validate: Callable[..., T], raw: Any, kind: str, prefix: str = "") -> T:
    """Return what pydantic's `validate` makes of what was sent, which stands at `prefix`.

    What nobody asked for is a fault, at any depth. Raises `Problem` 422 of this kind, naming each
    field at fault.
    """
    try:
        return validate(raw, extra="forbid")
    except ValidationError as fault:
        raise invalid(errors_in(fault, raw, prefix), kind) from None


def errors_in(problem: ValidationError, sent: Any, prefix: str = "") -> list[FieldError]:
    """Return one error for each fault that pydantic found in `sent`, which stands at `prefix`."""
    found = []
    for fault in problem.errors(include_url=False, include_input=False):
        path = _path(fault["loc"], sent, missing=fault["type"] == "missing")
        if fault["type"].startswith("union_tag"):
            path = (*path, fault["ctx"]["discriminator"].strip("'"))
        rule = fault.get("ctx", {}).get("error")
        if isinstance(rule, Fault):
            found.append(error(joined(prefix, *path, rule.field), rule.text))
        else:
            found.append(error(joined(prefix, *path), sentence_of(fault)))
    return found


def sentence_of(fault: Mapping[str, Any]) -> Text:
    """Return what is said of a fault that pydantic found."""
    values = dict(fault.get("ctx", {}))
    if "expected" in values:
        values["expected"] = values["expected"].replace(" or ", ", ")
    if values.get("pattern") in SHAPES:
        return SHAPES[values["pattern"]]
    code = fault["type"].replace("_", "-")
    if code in FIELDS.reasons:
        return mistake(code, **values)
    return mistake("not-this-value", why=fault["msg"])


def paths_of(value: str, sent: Any, prefix: str = "") -> Iterator[str]:
    """Yield the path of each field of `sent` that has this value."""
    if sent == value:
        yield prefix
    for name, inner in _inside(sent):
        yield from paths_of(value, inner, joined(prefix, name))


def filled_in(sent: Any) -> int:
    """Return how many fields were filled in: whatever is neither empty nor a container."""
    if isinstance(sent, dict):
        return sum(map(filled_in, sent.values()))
    if isinstance(sent, list):
        return sum(map(filled_in, sent))
    return sent is not None


def shared(ours: Any, sent: Any) -> int:
    """Return how many of our fields were sent as they are, at any depth."""
    if isinstance(ours, dict):
        inside = sent if isinstance(sent, dict) else {}
        return sum(shared(value, inside.get(name)) for name, value in ours.items())
    return int(sent is not None and ours == sent)


def joined(*parts: str) -> str:
    """Return the path of a field."""
    return ".".join(part for part in parts if part)


def _inside(sent: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(sent, dict):
        yield from sent.items()
    elif isinstance(sent, list):
        yield from ((str(index), inner) for index, inner in enumerate(sent))


def _path(loc: Sequence[int | str], sent: Any, missing: bool) -> tuple[str, ...]:
    """Return `loc` without the names of the alternatives of a union, which nobody sent."""
    path: list[str] = []
    for number, part in enumerate(loc):
        inside = dict(_inside(sent))
        if str(part) in inside:
            sent = inside[str(part)]
        elif not (missing and number == len(loc) - 1):
            continue
        path.append(str(part))
    return tuple(path)
