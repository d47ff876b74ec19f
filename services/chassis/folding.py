"""Deciding about one case: its new items, folded over its state into one draft of an entry. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import TypeAdapter
from pydantic_core import to_json

from contracts.catalogue import topic
from contracts.envelope import Event, envelope_of
from services.chassis import deadlines
from services.chassis.broker import LARGEST_EVENT
from services.chassis.claims import Asked
from services.chassis.deadlines import Due
from services.chassis.journal import Entry, Tip
from services.chassis.procedure import (
    Context,
    Deadline,
    Decision,
    Measure,
    Owner,
    Procedure,
    Record,
    State,
)
from services.chassis.reading import Item
from services.chassis.store import Document, Unencodable

Answers = Mapping[str, Owner]


class Memory(TypedDict):
    """What a service remembers of a case: states by procedure, current deadlines by their cause."""

    states: dict[str, State]
    deadlines: dict[str, str]


@dataclass
class Draft:
    """What the items of a case lead to. While something is `asked`, there is nothing else."""

    entry: Entry | None = None
    asked: list[Asked] = field(default_factory=list)
    failed: list[tuple[Item, Exception]] = field(default_factory=list)
    handled: list[Item] = field(default_factory=list)
    stale: list[Due] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


@dataclass
class _Effects:
    records: dict[tuple[str, str], Document] = field(default_factory=dict)
    deadlines: dict[str, Document] = field(default_factory=dict)
    releases: list[Document] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)

    def merge(self, later: "_Effects") -> None:
        self.records.update(later.records)
        self.deadlines.update(later.deadlines)
        self.releases += later.releases
        self.events += later.events
        self.measures += later.measures


@dataclass(frozen=True)
class _Step:
    """One item on its way through the procedures: nothing counts until all of them took it."""

    case_id: str
    n: int
    now: datetime
    answers: Answers
    item: Item
    effects: _Effects = field(default_factory=_Effects)


class Folder:
    """Folds items by the procedures of one service."""

    def __init__(
        self,
        service: str,
        procedures: Sequence[tuple[Procedure[Any], str | None]],
        *,
        secret: bytes,
        rules: Any = None,
        rules_version: str = "",
    ) -> None:
        self.source = f"/services/{service}"
        self.topic = topic(service)
        self._service = service
        self._procedures = procedures
        self._by_name = {procedure.name: procedure for procedure, _ in procedures}
        self._secret, self._rules, self._rules_version = secret, rules, rules_version
        self._memory: TypeAdapter[Any] = TypeAdapter(_memory_type(procedures))
        self._namespaces = {
            procedure.name: uuid5(NAMESPACE_URL, f"{self.source}/{procedure.name}")
            for procedure, _ in procedures
        }
        self._routes: dict[tuple[str, str], list[Procedure[Any]]] = {}

    def concerns(self, item: Item) -> bool:
        """Return whether any procedure takes this item, by its type and its group."""
        return item.due is not None or bool(self._route(item))

    def fold(
        self, case_id: str, tip: Tip, items: Sequence[Item], answers: Answers, now: datetime
    ) -> Draft:
        """Return the draft of the case's next entry. An item that fails leaves no trace in it."""
        draft = Draft()
        memory = self._remember(tip)
        effects = _Effects()
        for item in items:
            step = _Step(case_id, tip.n + 1, now, answers, item)
            try:
                after = self._decide(memory, step, draft)
            except Exception as error:  # noqa: BLE001  whatever a handler raises costs its item only
                draft.failed.append((item, error))
                continue
            if draft.asked:
                return Draft(asked=draft.asked)
            if after is not None:
                memory = after
                effects.merge(step.effects)
                draft.handled.append(item)
        if draft.handled:
            try:
                draft.entry = self._entry(
                    case_id, tip, draft.handled, memory, effects, answers, now
                )
            except (Unencodable, ValueError) as error:
                return self._without_the_unencodable(case_id, tip, draft, answers, now, error)
        draft.measures = effects.measures
        return draft

    def _without_the_unencodable(
        self,
        case_id: str,
        tip: Tip,
        draft: Draft,
        answers: Answers,
        now: datetime,
        error: Exception,
    ) -> Draft:
        culprits = draft.handled
        if len(draft.handled) > 1:
            alone = [self.fold(case_id, tip, [item], answers, now) for item in draft.handled]
            failed = [item for each in alone for item, _ in each.failed]
            culprits = failed or draft.handled[-1:]
        rest = [item for item in draft.handled if item not in culprits]
        again = self.fold(case_id, tip, rest, answers, now)
        again.failed += draft.failed + [(item, error) for item in culprits]
        again.stale += draft.stale
        return again

    def _remember(self, tip: Tip) -> Memory:
        if tip.state is None:
            return {"states": {}, "deadlines": {}}
        memory: Memory = self._memory.validate_json(tip.state)
        return memory

    def _decide(self, memory: Memory, step: _Step, draft: Draft) -> Memory | None:
        """Return the memory after one item, or None where the item no longer counts."""
        item = step.item
        if item.due is not None and not _current(memory, item.due):
            draft.stale.append(item.due)
            return None
        after: Memory = {
            "states": dict(memory["states"]),
            "deadlines": dict(memory["deadlines"]),
        }
        if item.due is not None:
            after["deadlines"].pop(f"{item.due.procedure}/{item.due.name}")
        for procedure in self._route(item):
            state = after["states"].get(procedure.name, procedure.initial)
            context = self._context(procedure, step)
            decision = _ask(procedure, state, item, context)
            if decision.claims:
                draft.asked += [
                    Asked(claim, context.owner(claim), step.n) for claim in decision.claims
                ]
                continue
            after["states"][procedure.name] = decision.state
            self._collect(procedure, decision, step, after)
        return after

    def _route(self, item: Item) -> list[Procedure[Any]]:
        if item.due is not None:
            return [self._by_name[item.due.procedure]]
        key = (item.cause.type, item.cause.group)
        route = self._routes.get(key)
        if route is None:
            route = self._routes[key] = [
                procedure
                for procedure, group in self._procedures
                if item.cause.type in procedure.handles and group in (None, item.cause.group)
            ]
        return route

    def _context(self, procedure: Procedure[Any], step: _Step) -> Context:
        return Context(
            case_id=step.case_id,
            procedure=procedure.name,
            now=step.now,
            cause=step.item.cause,
            rules=self._rules,
            answers=step.answers,
            secret=self._secret,
        )

    def _collect(
        self, procedure: Procedure[Any], decision: Decision[Any], step: _Step, after: Memory
    ) -> None:
        effects, case_id = step.effects, step.case_id
        for index, event in enumerate(decision.events):
            effects.events.append(self._encode(procedure, event, index, step))
        for record in decision.records:
            effects.records[record.register, record.key] = _stored(record)
        for deadline in decision.deadlines:
            key = deadlines.key(case_id, procedure.name, deadline.name)
            effects.deadlines[key] = self._deadline(procedure, deadline, step, after)
        for claim in decision.releases:
            owner = Owner(case_id=case_id, procedure=procedure.name, subject=claim.subject)
            effects.releases.append({"id": claim.id, "owner": owner.model_dump()})
        effects.measures += decision.measures

    def _encode(self, procedure: Procedure[Any], event: Event, index: int, step: _Step) -> Document:
        cause = step.item.cause
        value = (
            envelope_of(type(event))
            .model_construct(
                id=self._event_id(procedure, cause.source, cause.id, index),
                source=self.source,
                type=event.type,
                subject=step.case_id,
                time=step.now,
                group=cause.group,
                entry=step.n,
                causationid=cause.id,
                correlationid=step.item.correlation,
                traceparent=step.item.traceparent,
                data=event,
            )
            .encode()
        )
        if len(value) > LARGEST_EVENT:
            raise Unencodable(f"{event.type} of {len(value):,} bytes is too large to publish")
        return {"type": event.type, "value": value}

    def _event_id(self, procedure: Procedure[Any], source: str, cause: UUID, index: int) -> UUID:
        return uuid5(self._namespaces[procedure.name], f"{source}/{cause}/{index}")

    def _deadline(
        self, procedure: Procedure[Any], deadline: Deadline, step: _Step, after: Memory
    ) -> Document:
        name = f"{procedure.name}/{deadline.name}"
        if deadline.due is None:
            after["deadlines"].pop(name, None)
            return deadlines.taken_back(step.case_id, procedure.name, deadline.name)
        after["deadlines"][name] = str(step.item.cause.id)
        return deadlines.row(
            Due(
                case_id=step.case_id,
                procedure=procedure.name,
                name=deadline.name,
                due=deadline.due,
                cause=step.item.cause.id,
                group=step.item.cause.group,
                correlation=step.item.correlation,
                traceparent=step.item.traceparent,
                partition=step.item.partition,
            )
        )

    def _entry(
        self,
        case_id: str,
        tip: Tip,
        handled: Sequence[Item],
        memory: Memory,
        effects: _Effects,
        answers: Answers,
        now: datetime,
    ) -> Entry:
        fired = [item.due for item in handled if item.due is not None]
        for due in fired:
            key = deadlines.key(case_id, due.procedure, due.name)
            gone = deadlines.taken_back(case_id, due.procedure, due.name)
            effects.deadlines.setdefault(key, gone)
        held = {id: owner for id, owner in answers.items() if owner.case_id == case_id}
        return Entry(
            case_id=case_id,
            n=tip.n + 1,
            at=now,
            heard=[item.heard() for item in handled],
            state=self._memory.dump_json(memory, exclude_defaults=True),
            context=to_json({"now": now, "rules": self._rules_version, "claims": answers}),
            claims=sorted(held),
            records=list(effects.records.values()),
            deadlines=list(effects.deadlines.values()),
            releases=effects.releases,
            events=effects.events,
            previous_hash=tip.hash,
        ).sealed()


def _ask(procedure: Procedure[Any], state: State, item: Item, context: Context) -> Decision[Any]:
    if item.due is not None:
        return procedure.due(state, item.due.name, context)
    assert item.event is not None
    return procedure.decide(state, item.event, context)


def _current(memory: Memory, due: Due) -> bool:
    return memory["deadlines"].get(f"{due.procedure}/{due.name}") == str(due.cause)


def _stored(record: Record) -> Document:
    return {
        "register": record.register,
        "key": record.key,
        "fields": dict(record.fields),
        "insert_only": record.insert_only,
    }


def _memory_type(procedures: Sequence[tuple[Procedure[Any], str | None]]) -> Any:
    fields: dict[str, Any] = {
        procedure.name: type(procedure.initial) for procedure, _ in procedures
    }
    typed_dict: Any = TypedDict  # the names of its fields are known only now
    states = typed_dict("states", fields, total=False)
    return typed_dict("memory", {"states": states, "deadlines": dict[str, str]})
