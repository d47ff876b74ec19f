"""What breaks between two versions of a JSON Schema.

An event of one type is read in both directions: consumers with the old schema meet new events while
a deployment rolls, and new consumers meet old events when a journal is published again. So a type
of event may only gain optional fields; whatever makes it take more *or* less needs a new version of
the type. A form has no version and is read by the agencies with unknown fields ignored, so a later
form may also take more, provided that the agencies are deployed before the portal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Schema = Mapping[str, Any]
Effect = Literal["narrower", "wider", "other"]

_ANNOTATIONS = frozenset(
    (
        *("$comment", "$defs", "$id", "$schema", "deprecated", "description", "discriminator"),
        *("examples", "readOnly", "title", "writeOnly"),
    )
)
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_HANDLED = frozenset(
    (
        *(*_LOWER, *_UPPER, "$ref", "additionalProperties", "anyOf", "const", "default", "enum"),
        *("items", "oneOf", "patternProperties", "properties", "propertyNames", "required", "type"),
    )
)
_MISSING = object()


@dataclass(frozen=True)
class Difference:
    """One difference. `narrower`: the new schema refuses what the old one took; `wider`: takes
    what the old one refused; `other`: both, or what cannot be told."""

    at: str
    says: str
    effect: Effect

    def __str__(self) -> str:
        return f"{self.at or 'the whole'}: {self.says}"


def breaking(old: Schema, new: Schema, *, old_readers: bool = True) -> list[str]:
    """Return a sentence for each change that breaks a reader; an empty list is compatible.

    `old_readers`: whether readers that have the old schema must understand what the new one
    allows. True for events, False for forms.
    """
    comparison = _Comparison(old, new, old_readers)
    return list(dict.fromkeys(map(str, comparison.breaking("", old, new, frozenset()))))


Open = frozenset[tuple[str, str]]
"""The pairs of references that the comparison is inside of, so that recursive schemas end."""


@dataclass(frozen=True)
class _Comparison:
    old_root: Schema
    new_root: Schema
    old_readers: bool

    def breaking(self, at: str, old: Schema, new: Schema, open: Open) -> list[Difference]:
        found = self._differences(at, old, new, open)
        return [one for one in found if self.old_readers or one.effect != "wider"]

    def _differences(self, at: str, old: Schema, new: Schema, open: Open) -> Iterator[Difference]:
        if "$ref" in old and "$ref" in new:
            pair = (old["$ref"], new["$ref"])
            if pair in open:
                return
            open |= {pair}
        old, new = _resolved(old, self.old_root), _resolved(new, self.new_root)
        olds, news = _alternatives(old), _alternatives(new)
        if len(olds) > 1 or len(news) > 1:
            yield from self._alternatives(at, olds, news, open)
            return
        types = list(_types(at, old, new))
        if types:
            yield from types
            return
        yield from _values(at, old, new)
        yield from _bounds(at, old, new)
        yield from _opaque(at, old, new)
        yield from self._fields(at, old, new, open)
        for keyword, name in (
            ("items", "[]"),
            ("additionalProperties", ".*"),
            ("propertyNames", ".<name>"),
        ):
            one, other = _open(old.get(keyword, True)), _open(new.get(keyword, True))
            yield from self._subschema(f"{at}{name}".lstrip("."), one, other, open)
        patterns = (old.get("patternProperties", {}), new.get("patternProperties", {}))
        for pattern in dict.fromkeys((*patterns[0], *patterns[1])):
            one, other = (_open(side.get(pattern, True)) for side in patterns)
            yield from self._subschema(f"{at}.<{pattern}>".lstrip("."), one, other, open)

    def _alternatives(
        self, at: str, olds: list[Schema], news: list[Schema], open: Open
    ) -> Iterator[Difference]:
        added, changed = list(news), []
        for old in olds:
            same = next((new for new in added if not self.breaking(at, old, new, open)), None)
            if same is None:
                changed.append(old)
            else:
                added.remove(same)
        # What is left on both sides under one name is one alternative that has changed.
        for old in changed:
            name = _name(old)
            same = next((new for new in added if _name(new) == name), None)
            if same is None:
                yield Difference(at, f"no longer takes {name}", "narrower")
            else:
                added.remove(same)
                yield from self._differences(f"{at}({name})", old, same, open)
        for new in added:
            yield Difference(at, f"now also takes {_name(new)}", "wider")

    def _fields(self, at: str, old: Schema, new: Schema, open: Open) -> Iterator[Difference]:
        olds, news = old.get("properties", {}), new.get("properties", {})
        was, now = frozenset(old.get("required", ())), frozenset(new.get("required", ()))
        for name in dict.fromkeys((*olds, *sorted(was), *news, *sorted(now))):
            here = f"{at}.{name}".lstrip(".")
            if name in news and name not in olds:
                if name in now:
                    yield Difference(
                        here, "new required field, which old messages lack", "narrower"
                    )
                elif old.get("additionalProperties", True) is not True:
                    yield Difference(
                        here, "new field, and old readers refuse unknown ones", "wider"
                    )
                continue
            if name in olds and name not in news:
                yield Difference(here, "removed", "other")
                continue
            if name in now - was:
                yield Difference(here, "now required, and old messages may lack it", "narrower")
            elif name in was - now:
                yield Difference(here, "no longer required, and old readers need it", "wider")
            if name not in olds:
                continue
            if name not in was | now and _default(olds[name]) != _default(news[name]):
                yield Difference(here, "another default: old messages change meaning", "other")
            yield from self._differences(here, olds[name], news[name], open)

    def _subschema(
        self, at: str, old: Schema | bool, new: Schema | bool, open: Open
    ) -> Iterator[Difference]:
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self._differences(at, old, new, open)
        elif old != new:
            if old is True or new is False:
                yield Difference(at, "now restricted", "narrower")
            else:
                yield Difference(at, "no longer restricted", "wider")


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _alternatives(schema: Schema) -> list[Schema]:
    listed = schema.get("anyOf") or schema.get("oneOf")
    if listed is None:
        return [schema]
    beside = {
        key: value
        for key, value in schema.items()
        if key not in _ANNOTATIONS | {"anyOf", "oneOf", "default"}
    }
    return [{**beside, **one} for one in listed]


def _name(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    return str(schema.get("const", schema.get("title", schema.get("type", "anything"))))


def _open(schema: Any) -> Any:
    return True if schema == {} else schema


def _default(schema: Schema) -> Any:
    return schema.get("default", _MISSING)


def _types(at: str, old: Schema, new: Schema) -> Iterator[Difference]:
    was, now = _type_set(old), _type_set(new)
    if was == now:
        return
    effect: Effect = "narrower" if now <= was else "wider" if was <= now else "other"
    yield Difference(at, f"is now {_listed(now)}, was {_listed(was)}", effect)


def _type_set(schema: Schema) -> frozenset[str]:
    every = ("array", "boolean", "integer", "null", "number", "object", "string")
    named = schema.get("type", every)
    types = frozenset([named] if isinstance(named, str) else named)
    return types | {"integer"} if "number" in types else types


def _listed(values: frozenset[str]) -> str:
    return " or ".join(sorted(values - ({"integer"} if "number" in values else frozenset())))


def _values(at: str, old: Schema, new: Schema) -> Iterator[Difference]:
    was, now = _value_list(old), _value_list(new)
    if was is None and now is not None:
        yield Difference(at, f"now takes only {now}", "narrower")
    elif was is not None and now is None:
        yield Difference(at, f"now takes more than {was}", "wider")
    elif was is not None and now is not None:
        for value in was:
            if value not in now:
                yield Difference(at, f"no longer takes {value!r}", "narrower")
        for value in now:
            if value not in was:
                yield Difference(at, f"now also takes {value!r}, unknown to old readers", "wider")


def _value_list(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _bounds(at: str, old: Schema, new: Schema) -> Iterator[Difference]:
    for keyword in (*_LOWER, *_UPPER):
        was, now = old.get(keyword), new.get(keyword)
        if was == now:
            continue
        if was is None or now is None:
            tighter = was is None
        else:
            tighter = now > was if keyword in _LOWER else now < was
        text = f"{keyword} is now {now if now is not None else 'absent'}, was {was}"
        yield Difference(at, text, "narrower" if tighter else "wider")


def _opaque(at: str, old: Schema, new: Schema) -> Iterator[Difference]:
    """Compare keywords whose meaning is not weighed, like patterns: any change counts."""
    for keyword in dict.fromkeys((*old, *new)):
        was, now = old.get(keyword), new.get(keyword)
        if keyword in _HANDLED | _ANNOTATIONS or was == now:
            continue
        effect: Effect = "narrower" if was is None else "wider" if now is None else "other"
        yield Difference(at, f"{keyword} is now {now}, was {was}", effect)
