"""What must hold of every catalogue, as one pure function: `faults(catalogue)`."""

import re
from collections.abc import Iterator
from typing import TypeGuard, get_args

from pydantic import BaseModel

from contracts.catalogue import Catalogue, publisher
from contracts.common.notices import NOTICES
from contracts.envelope import Event, versions
from contracts.group import ProcedureGroup, ProcedureSpec
from contracts.model import Text

DOOR = "portal"
"""The one service that publishes although it owns no procedure."""

_TYPE = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*")
_IRREGULAR = ("begun", "found", "given", "lost", "paid", "sent", "taken", "told", "withdrawn")


def faults(catalogue: Catalogue) -> list[str]:
    """Return one sentence for each rule that the catalogue breaks."""
    found = [fault for event in catalogue.events.values() for fault in _event(event, catalogue)]
    for group in catalogue.groups.values():
        for spec in group.procedures:
            found += _procedure(spec, group, catalogue)
        found += _requirements(group)
        found += _bundles(group)
        found += _time_limits(group)
        found += _texts(group)
    return found


def _event(event: type[Event], catalogue: Catalogue) -> Iterator[str]:
    if not _TYPE.fullmatch(event.type):
        yield f"{event.type}: not <service>.<what-happened>.v<version>"
        return
    verb = event.type.split(".")[1].rsplit("-", 1)[-1]
    if not verb.endswith("ed") and verb not in _IRREGULAR:
        yield f"{event.type}: '{verb}' is not in the past tense"
    if publisher(event) != DOOR and not catalogue.owned_by(publisher(event)):
        yield f"{event.type}: {publisher(event)} owns no procedure, so nobody publishes this"
    groups = catalogue.groups.values()
    consumed = {heard for group in groups for spec in group.procedures for heard in spec.hears}
    consumed |= {end for group in groups for spec in group.procedures for end in spec.ends}
    consumed |= {each for group in groups for spec in group.procedures for each in spec.afterwards}
    consumed |= {told for group in groups for told in group.notices} | NOTICES.keys()
    # What is said of officials' tasks goes into the portal's register of them.
    consumed |= {event for spec in catalogue.procedures for event in (*spec.acts, *spec.answers)}
    if event not in {version for each in consumed for version in versions(each)}:
        yield f"{event.type}: no procedure hears it, none ends by it, no family is told of it"
    if event.replaces is not None:
        yield from _replacement(event, event.replaces, catalogue)


def _replacement(event: type[Event], earlier: type[Event], catalogue: Catalogue) -> Iterator[str]:
    (name, number), (before, lower) = _versioned(event), _versioned(earlier)
    if name != before or number <= lower:
        yield f"{event.type}: replaces {earlier.type}, which is no earlier version of it"
    if catalogue.events.get(earlier.type) is not earlier:
        yield f"{event.type}: replaces {earlier.type}, which is not in the catalogue any more"
    if "upgrade" not in vars(event):
        yield f"{event.type}: does not say how {earlier.type} is read (`upgrade`)"


def _versioned(event: type[Event]) -> tuple[str, int]:
    name, _, version = event.type.rpartition(".v")
    return name, int(version)


def _procedure(spec: ProcedureSpec, group: ProcedureGroup, catalogue: Catalogue) -> Iterator[str]:
    where = f"{group.name}/{spec.name}"
    if not spec.hears:
        yield f"{where}: hears nothing, so it cannot start"
    if "granted" not in spec.ends.values():
        yield f"{where}: has no event by which it is granted"
    for event in (*spec.hears, *spec.ends, *spec.afterwards):
        if catalogue.events.get(event.type) is not event:
            yield f"{where}: {event.type} is not in the catalogue, so nobody publishes it"
        elif event not in catalogue.current:
            yield f"{where}: {event.type} is replaced by a newer version: name that"
    for event in (*spec.ends, *spec.answers, *spec.afterwards):
        if publisher(event) != spec.owner:
            does = "ends by" if event in spec.ends else "answers officials by"
            does = "is changed by" if event in spec.afterwards else does
            yield f"{where}: {does} {event.type}, which {spec.owner} does not publish"
    for event, document in spec.documents.items():
        if event not in _grants(spec) and spec.afterwards.get(event) != "corrected":
            yield f"{where}: {event.type} is a document, and grants nothing"
        for path in (document.number, *document.shows):
            if not _has(event, path):
                yield f"{where}: the document {event.type} shows {path}, which it does not have"
    for event, change in spec.afterwards.items():
        if spec.documents and change == "corrected" and event not in spec.documents:
            yield f"{where}: {event.type} corrects a document, and gives none anew"
    if sum(spec.name == other.name for other in group.procedures) > 1:
        yield f"{where}: two procedures of this name"


def _has(model: type[BaseModel], path: str) -> bool:
    """Return whether a model has the field that a path of names with dots leads to."""
    name, _, rest = path.partition(".")
    field = model.model_fields.get(name)
    if field is None or not rest:
        return field is not None
    kinds = [field.annotation, *get_args(field.annotation)]
    return any(_has(kind, rest) for kind in kinds if isinstance(kind, type) and _is_model(kind))


def _is_model(kind: type) -> TypeGuard[type[BaseModel]]:
    return issubclass(kind, BaseModel)


def _requirements(group: ProcedureGroup) -> Iterator[str]:
    specs = {spec.name: spec for spec in group.procedures}
    for spec in group.procedures:
        where = f"{group.name}/{spec.name}"
        for name in spec.requires:
            if name not in specs:
                yield f"{where}: requires {name}, which does not exist"
            elif not _grants(specs[name]) & set(spec.hears):
                yield f"{where}: requires {name}, but hears nothing that grants it"
        reached, ahead = set[str](), list(spec.requires)
        while ahead:
            name = ahead.pop()
            if name not in reached and name in specs:
                reached.add(name)
                ahead += specs[name].requires
        if spec.name in reached:
            yield f"{where}: requires itself, by way of {', '.join(sorted(reached))}"


def _grants(spec: ProcedureSpec) -> set[type[Event]]:
    return {event for event, result in spec.ends.items() if result == "granted"}


def _bundles(group: ProcedureGroup) -> Iterator[str]:
    specs = {spec.name: spec for spec in group.procedures}
    if group.form is not None and not group.bundles:
        yield f"{group.name}: can be declared, but has no bundle"
    for bundle in group.bundles:
        where = f"{group.name}: the bundle '{bundle.circumstance}' of {bundle.since}"
        for name in bundle.procedures:
            if name not in specs:
                yield f"{where} names {name}, which does not exist"
                continue
            for required in specs[name].requires:
                if required not in bundle.procedures:
                    yield f"{where} has {name} without {required}, so it cannot start"
        if len(set(bundle.procedures)) < len(bundle.procedures):
            yield f"{where} names a procedure twice"
        same = [(one.circumstance, one.since) for one in group.bundles]
        if same.count((bundle.circumstance, bundle.since)) > 1:
            yield f"{where} is there twice"


def _time_limits(group: ProcedureGroup) -> Iterator[str]:
    for spec in group.procedures:
        if spec.working_days is not None and spec.working_days < 1:
            yield f"{group.name}/{spec.name}: a time limit of {spec.working_days} working days"
    if group.time_limits and group.form is None:
        yield f"{group.name}: has time limits, and nobody declares it"
    dated = [(limit.name, limit.since) for limit in group.time_limits]
    for limit in group.time_limits:
        if limit.working_days < 1:
            yield f"{group.name}: a time limit of {limit.working_days} working days"
        if dated.count((limit.name, limit.since)) > 1:
            yield f"{group.name}: the time limit '{limit.name}' of {limit.since} is there twice"


def _texts(group: ProcedureGroup) -> Iterator[str]:
    procedures = group.procedures
    told = {e for spec in procedures for e in (*spec.hears, *spec.ends, *spec.afterwards)}
    if group.form is not None:
        for event in sorted(told - group.notices.keys(), key=lambda event: event.type):
            yield f"{group.name}: no notice for {event.type}"
    texts = {event.type: text for event, text in group.notices.items()}
    texts |= {event.type: text for event, text in NOTICES.items()}
    texts |= {spec.name: spec.title for spec in group.procedures} | {"title": group.title}
    for spec in group.procedures:
        for event, document in spec.documents.items():
            printed = {"its title": document.title, **document.shows, **document.words}
            texts |= {f"{name} of {event.type}": text for name, text in printed.items()}
    for name, text in texts.items():
        if not _in_both_languages(text):
            yield f"{group.name}: the text of {name} is not there in both languages"


def _in_both_languages(text: Text) -> bool:
    vi, en = text.vi.strip(), text.en.strip()
    return bool(vi and en) and vi != en and en.isascii()
