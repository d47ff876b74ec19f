"""Decide, append: the pure fold of each case, its claims, and one entry in the journal."""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.chassis import metrics
from services.chassis.claims import Asked, Claims, Unsettled
from services.chassis.dead_letters import Failure
from services.chassis.deadlines import Deadlines
from services.chassis.folding import Basis, Draft, Folder
from services.chassis.journal import Entry, Gap, Journal, entry_id
from services.chassis.procedure import Measure, Owner
from services.chassis.reading import Item
from services.chassis.tips import HeardId, Tip, holding

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Case:
    """The new items of one case, and what has become of them."""

    id: str
    items: dict[HeardId, Item] = field(default_factory=dict)
    answers: dict[str, Owner] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    draft: Draft | None = None
    waits_for: Asked | None = None
    """What another case has claimed and may not keep."""

    def unused(self, tip: Tip, entry: Entry | None = None) -> list[Asked]:
        """Return what was claimed for an entry that lost, and is not held by another.

        What a message that failed has claimed stays with it until its replay.
        """
        if not self.asked:
            return []
        kept = tip.holds.union(map(holding, entry.claims if entry else ()))
        return [a for a in self.asked if a.holding not in kept and a.n <= tip.n]

    @property
    def is_early(self) -> bool:
        """Whether one of its items has come too early."""
        return self.draft is not None and self.draft.early is not None

    def put_off(self) -> Failure:
        """Leave the item that has come too early to its replay; the others are decided without."""
        assert self.draft is not None
        assert self.draft.early is not None
        item, error = self.draft.early
        del self.items[item.heard_id]
        return item.failure(error, waits=True)

    def let_go(self, tip: Tip) -> list[Asked]:
        """Return what a case that is put off has claimed in vain, and does not hold from before."""
        asked, self.asked = self.asked, []
        won = (a for a in asked if self.answers.get(a.claim.id) == a.owner)
        return [a for a in won if a.holding not in tip.holds]

    def start_again(self) -> None:
        """Forget what was decided upon a tip that is no longer the newest."""
        self.answers, self.draft, self.waits_for = {}, None, None


class Decider:
    """Decides the items of one service, and appends what follows."""

    def __init__(
        self,
        service: str,
        *,
        folder: Folder,
        journal: Journal,
        claims: Claims,
        deadlines: Deadlines,
    ) -> None:
        self.service = service
        self._folder = folder
        self._journal, self._claims, self._deadlines = journal, claims, deadlines

    async def decide(
        self, items: Sequence[Item], at: datetime, failed: list[Failure]
    ) -> list[Entry]:
        """Append one entry for each case with something new; return these and the repeated ones.

        What could not be decided is added to `failed`. Raises `StoreUnavailable`.
        """
        cases = _by_case(items)
        entries: dict[str, Entry] = {}
        repeated: dict[str, set[HeardId]] = defaultdict(set)
        while cases:
            tips = await self._journal.load(cases)
            cases = self._without_gaps(cases, tips, failed)
            in_vain: list[Asked] = []
            for case in cases.values():
                tip = tips[case.id]
                for heard, n in self._take_out_heard(case, tip).items():
                    repeated[entry_id(case.id, n)].add(heard)
                if not case.items:
                    in_vain += case.unused(tip)
            cases = _with_items(cases)
            await self._fold(cases, tips, at)
            drafts = {id: d.entry for id, case in cases.items() if (d := case.draft) and d.entry}
            lost = await self._journal.append(list(drafts.values()))
            appended = {id: entry for id, entry in drafts.items() if id not in lost}
            waiting = [case for case in cases.values() if case.waits_for]
            early = [case for case in cases.values() if case.is_early]
            decided = [case for case in cases.values() if not (case.waits_for or case.is_early)]
            settled = [case for case in decided if case.id not in lost]
            # Before the store is asked again: what is appended is not decided, nor counted, anew.
            self._count(settled, appended.values(), lost)
            for case in settled:
                in_vain += case.unused(tips[case.id], appended.get(case.id))
            if in_vain:
                await self._claims.forget(in_vain)
            won = [asked for case in (*waiting, *early) for asked in case.let_go(tips[case.id])]
            if won:
                await self._claims.put_back(won)
            for case in settled:
                await self._settle(case, failed)
            failed += [case.put_off() for case in early]
            if not (drafts or early):
                failed += _put_off(waiting)
            for case in cases.values():
                case.start_again()
            entries.update({entry.id: entry for entry in appended.values()})
            cases = _with_items(cases)
        stored = await self._journal.entries(repeated) if repeated else []
        return [entry.repeated_for(repeated[entry.id]) for entry in stored] + list(entries.values())

    def _without_gaps(
        self, cases: dict[str, Case], tips: dict[str, Tip], failed: list[Failure]
    ) -> dict[str, Case]:
        gap = Gap("entries of the case are missing: run `journal verify`, and restore them")
        for id, case in cases.items():
            if tips[id].torn:
                failed += [item.failure(gap) for item in case.items.values()]
        return {id: case for id, case in cases.items() if not tips[id].torn}

    def _take_out_heard(self, case: Case, tip: Tip) -> dict[HeardId, int]:
        """Leave only what is new in a case; return the entries that have heard the rest."""
        if not tip.heard:
            return {}
        heard = {id: tip.heard[id] for id in case.items if id in tip.heard}
        for id in heard:
            item = case.items.pop(id)
            metrics.REPEATED.labels(self.service, item.cause.type).inc()
        return heard

    async def _fold(self, cases: dict[str, Case], tips: dict[str, Tip], at: datetime) -> None:
        """Fold each case, in rounds: all claims of a round are made in one write."""
        bases = {id: Basis(id, tips[id], case.answers, at) for id, case in cases.items()}
        undecided = list(cases.values())
        while undecided:
            round: list[tuple[Case, Asked]] = []
            for case in undecided:
                items = list(case.items.values())
                draft = self._folder.fold(bases[case.id], items)
                case.draft = draft
                case.asked += draft.asked
                round += [(case, asked) for asked in draft.asked]
            if not round:
                return
            held = await self._claims.claim([asked for _, asked in round])
            for case, asked in round:
                owner = held[asked]
                if owner is None:
                    case.waits_for = asked
                else:
                    case.answers[asked.claim.id] = owner
            asking = (case for case in undecided if case.draft and case.draft.asked)
            undecided = [case for case in asking if not case.waits_for]

    async def _settle(self, case: Case, failed: list[Failure]) -> None:
        """Take stock of a case whose entry is in the journal; what is left waits for the next."""
        draft = case.draft
        assert draft is not None
        for due in draft.stale:
            await self._deadlines.drop(due)
        failed += [item.failure(error) for item, error in draft.failed]
        case.items = {item.heard_id: item for item in draft.rest}
        case.asked = []

    def _count(
        self, settled: Sequence[Case], appended: Collection[Entry], lost: Collection[str]
    ) -> None:
        drafts = [case.draft for case in settled if case.draft]
        handled = [item for draft in drafts for item in draft.handled]
        for type, number in Counter(item.cause.type for item in handled).items():
            metrics.HANDLED.labels(self.service, type).inc(number)
        emitted = Counter(event["type"] for entry in appended for event in entry.events)
        for type, number in emitted.items():
            metrics.EMITTED.labels(self.service, type).inc(number)
        for draft in drafts:
            if draft.measures:
                _take(draft.measures, draft.handled[-1])
        metrics.CONFLICTS.labels(self.service).inc(len(lost))
        if log.isEnabledFor(logging.DEBUG):
            for item in handled:
                log.debug("handled %s", item.cause.type, extra=item.whereabouts())


def _by_case(items: Sequence[Item]) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for item in items:
        case = cases.get(item.case_id)
        if case is None:
            case = cases[item.case_id] = Case(item.case_id)
        case.items.setdefault(item.heard_id, item)
    return cases


def _with_items(cases: dict[str, Case]) -> dict[str, Case]:
    return {id: case for id, case in cases.items() if case.items}


def _put_off(waiting: Iterable[Case]) -> list[Failure]:
    """Return what waits for a case that is not in hand here, and leave it to its replay."""
    failures: list[Failure] = []
    for case in waiting:
        assert case.waits_for is not None
        kind = case.waits_for.claim.kind
        error = Unsettled(f"another case has claimed the same {kind}, and may not keep it")
        failures += [item.failure(error, waits=True) for item in case.items.values()]
        case.items.clear()
    return failures


def _take(measures: Iterable[Measure], item: Item) -> None:
    """Take what a decision measured; a measure that does not fit costs nothing but itself."""
    for measure in measures:
        try:
            metrics.take(*measure, item.whereabouts)
        except (KeyError, ValueError) as error:
            log.error("no such measure: %s", error)
