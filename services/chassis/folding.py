"""Deciding about one case, purely: its new items, folded over its state into one draft."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from contracts.catalogue import topic
from services.chassis.claims import Asked
from services.chassis.deadlines import Due
from services.chassis.effects import Answers, Effector, Effects, Step
from services.chassis.encoding import LARGEST, check_text
from services.chassis.journal import Entry
from services.chassis.memory import Memory, MemoryCodec
from services.chassis.procedure import (
    Context,
    Decision,
    Measure,
    Procedure,
    TooEarly,
)
from services.chassis.reading import Item
from services.chassis.signing import Signer
from services.chassis.tips import Tip


@dataclass(slots=True)
class Draft:
    """What the items of a case lead to. While something is `asked`, there is nothing else.

    Nor where an item is too `early`: the others are decided without it.

    `rest` waits for the next entry: what an item releases, a later one may claim again, and what
    one says, a later one may say otherwise. Which came last is told by the number of the entry.
    """

    entry: Entry | None = None
    asked: list[Asked] = field(default_factory=list)
    early: tuple[Item, TooEarly] | None = None
    rest: list[Item] = field(default_factory=list)
    failed: list[tuple[Item, Exception]] = field(default_factory=list)
    handled: list[Item] = field(default_factory=list)
    stale: list[Due] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


@dataclass(slots=True)
class Basis:
    """What a case is decided upon."""

    case_id: str
    tip: Tip
    answers: Answers
    now: datetime
    memo: dict[Any, Any] = field(default_factory=dict)
    """What decisions computed in earlier rounds: see `Context.once`."""


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
        signer: Signer | None = None,
    ) -> None:
        self.topic = topic(service)
        self._procedures = procedures
        self._by_name = {procedure.name: procedure for procedure, _ in procedures}
        self._secret, self._rules, self._rules_version = secret, rules, rules_version
        self._memory = MemoryCodec([procedure for procedure, _ in procedures])
        self._effector = Effector(service, list(self._by_name.values()), signer)
        self._routes: dict[tuple[str, str], list[Procedure[Any]]] = {}

    def concerns(self, item: Item) -> bool:
        """Return whether any procedure takes this item, by its type and its group."""
        return item.due is not None or bool(self._route(item))

    def fold(self, basis: Basis, items: Sequence[Item]) -> Draft:
        """Return the draft of the case's next entry. An item that fails leaves no trace in it."""
        try:
            memory = self._memory.load(basis.tip.state)
        except ValueError as error:
            return Draft(failed=[(item, error) for item in items])
        try:
            return self._fold(basis, items, memory)
        except ValueError:
            return self._fold(basis, items, memory, check=True)

    def _fold(
        self, basis: Basis, items: Sequence[Item], memory: Memory, check: bool = False
    ) -> Draft:
        """Fold the items. To `check` each of them alone finds those that cannot be stored.

        Raises `ValueError` for an entry that cannot be stored.
        """
        draft, effects, size = Draft(), Effects(), 0
        for index, item in enumerate(items):
            step = Step(basis.case_id, basis.tip.n + 1, basis.now, basis.answers, item, basis.memo)
            try:
                after = self._decide(memory, step, draft)
                size += self._size(after, step) if check and after and not draft.asked else 0
            except TooEarly as error:
                return Draft(early=(item, error))
            except Exception as error:  # noqa: BLE001  whatever a handler raises costs its item only
                draft.failed.append((item, error))
                continue
            if draft.asked:
                return Draft(asked=draft.asked)
            if draft.handled and (size > LARGEST or step.effects.says_again(effects)):
                draft.rest = list(items[index:])
                break
            if after is not None:
                memory = after
                effects.merge(step.effects)
                draft.handled.append(item)
                if step.effects.releases:
                    draft.rest = list(items[index + 1 :])
                    break
        if draft.handled:
            draft.entry = self._entry(basis, draft.handled, memory, effects)
        draft.measures = effects.measures
        return draft

    def _size(self, memory: Memory, step: Step) -> int:
        """Return what one item adds to an entry. Raises `ValueError` if that cannot be stored."""
        item = Entry(
            case_id=step.case_id,
            n=step.n,
            at=step.now,
            heard=[step.item.heard()],
            state=self._memory.dump(memory),
            context=b"",
            **step.effects.stored(),
        )
        return item.size()

    def _decide(self, memory: Memory, step: Step, draft: Draft) -> Memory | None:
        """Return the memory after one item, or None where the item no longer counts."""
        item = step.item
        if item.due is not None and not _current(memory, item.due):
            draft.stale.append(item.due)
            return None
        after = memory.copy()
        if item.due is not None:
            after.deadlines.pop(f"{item.due.procedure}/{item.due.name}")
        for procedure in self._route(item):
            state = after.states.get(procedure.name, procedure.initial)
            context = self._context(procedure, step)
            decision = _ask(procedure, state, item, context)
            if decision.claims:
                asked = [Asked(claim, context.owner(claim), step.n) for claim in decision.claims]
                for each in asked:
                    check_text(each.claim.id)  # here, because one write claims for all cases
                    check_text(each.claim.subject)
                draft.asked += asked
                continue
            after.states[procedure.name] = decision.state
            self._effector.collect(procedure, decision, step, after)
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

    def _context(self, procedure: Procedure[Any], step: Step) -> Context:
        return Context(
            case_id=step.case_id,
            procedure=procedure.name,
            now=step.now,
            cause=step.item.cause,
            rules=self._rules,
            answers=step.answers,
            secret=self._secret,
            memo=step.memo,
        )

    def _entry(
        self, basis: Basis, handled: Sequence[Item], memory: Memory, effects: Effects
    ) -> Entry:
        case_id, tip = basis.case_id, basis.tip
        fired = [item.due for item in handled if item.due is not None]
        for due in fired:
            effects.deadlines.setdefault(due.key, None)
        held = {id: owner for id, owner in basis.answers.items() if owner.case_id == case_id}
        claims = [{"id": id, "owner": held[id].document()} for id in sorted(held)]
        return Entry(
            case_id=case_id,
            n=tip.n + 1,
            at=basis.now,
            heard=[item.heard() for item in handled],
            state=self._memory.dump(memory),
            context=to_json(
                {"now": basis.now, "rules": self._rules_version, "claims": basis.answers}
            ),
            claims=claims,
            **effects.stored(),
            previous_hash=tip.hash,
        ).sealed()


def _ask(procedure: Procedure[Any], state: Any, item: Item, context: Context) -> Decision[Any]:
    if item.due is not None:
        return procedure.due(state, item.due.name, context)
    assert item.event is not None
    return procedure.decide(state, item.event, context)


def _current(memory: Memory, due: Due) -> bool:
    return memory.deadlines.get(f"{due.procedure}/{due.name}") == str(due.cause)
