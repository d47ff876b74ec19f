"""The tracker derives only what an event can have changed; here all is derived plainly, and anew.

Random groups, bundles and histories: refusals, news in any order, repeated, and of older entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import create_model

from contracts.catalogue import Catalogue, catalogue
from contracts.common.events import DeclarationSubmitted
from contracts.envelope import Codec, Event
from contracts.group import Bundle, Form, ProcedureGroup, ProcedureSpec, Result
from contracts.model import Text
from services.chassis.cause import cause_of
from services.chassis.procedure import Context
from services.portal.standing import Plans, Standing
from services.portal.tracker import Case, case, tracker
from tests.unit.births import RECEIVED
from tests.unit.births import submitted as declared
from tests.unit.tracking import Listener

CONTRACTS = Path(__file__).parents[2] / "contracts"
NAMES = ("ant", "bee", "cat", "dog", "eel", "fox")
RESULTS: tuple[Result, ...] = ("granted", "refused")


def fact(procedure: str, result: Result) -> type[Event]:
    return create_model(
        f"{procedure}_{result}", __base__=Event, __cls_kwargs__={"type": f"{procedure}.{result}.v1"}
    )


FACTS = {(name, result): fact(name, result) for name in NAMES for result in RESULTS}


@dataclass
class Word:
    """Something that is said: that a procedure ended, or, without one, the submission."""

    procedure: str | None
    result: Result
    at: datetime
    entry: int


@dataclass
class Plainly:
    """A case by the rules as they are written in `standing`, with no thought of the time taken."""

    requires: Mapping[str, set[str]]
    bundle: tuple[str, ...]
    submitted: bool = False
    words: dict[str, Word] = field(default_factory=dict)

    def hear(self, word: Word) -> None:
        if word.procedure is None:
            self.submitted = True
        elif word.procedure in self.bundle:
            known = self.words.get(word.procedure)
            if known is None or word.entry > known.entry:
                self.words[word.procedure] = word

    def standing(self, name: str) -> Standing:
        before = [self.standing(other) for other in self.requires[name]]
        closed = [each.until for each in before if each.state in ("refused", "not-started")]
        granted = [each.until for each in before if each.state == "granted"]
        since = max(at for at in (RECEIVED, *granted) if at is not None)
        could_start = since if len(granted) == len(before) else None
        if name in self.words:
            return Standing(self.words[name].result, could_start, self.words[name].at)
        if closed:
            return Standing("not-started", None, min(at for at in closed if at is not None))
        return Standing("in-progress" if could_start else "waiting", could_start, None)

    def standings(self) -> dict[str, Standing]:
        return {name: self.standing(name) for name in self.bundle}

    def outcome(self) -> str | None:
        standings = self.standings()
        if not self.submitted or any(each.until is None for each in standings.values()):
            return None
        if {each.state for each in standings.values()} == {"granted"}:
            return "completed"
        weights = [len(self.above(name)) for name in self.bundle]
        foundation = self.bundle[weights.index(max(weights))]
        return "partial" if standings[foundation].state == "granted" else "refused"

    def above(self, name: str) -> set[str]:
        direct = {other for other in self.bundle if name in self.requires[other]}
        return direct.union(*(self.above(other) for other in direct))

    def timed(self) -> dict[str, tuple[str, float] | None]:
        """What ended and has all that it requires decided, with its time where it could start."""
        if not self.submitted:
            return {}
        standings = self.standings()
        return {
            name: (standings[name].state, seconds)
            if (seconds := standings[name].seconds) is not None
            else None
            for name in self.words
            if self.requires[name] <= self.words.keys()
        }


@dataclass
class World:
    """A group of six procedures, each requiring some of others, and a bundle of some of them."""

    random: Random

    def __post_init__(self) -> None:
        names = self.random.sample(NAMES, len(NAMES))
        required = {name: self.some(names[:i], 0.4) for i, name in enumerate(names)}
        self.bundle = tuple(self.some(list(NAMES), 0.8) or NAMES[:1])
        self.requires = {name: set(required[name]) & set(self.bundle) for name in self.bundle}
        group = ProcedureGroup(
            name="zoo",
            title=Text(vi="", en=""),
            form=Form,
            procedures=tuple(self.spec(name, required[name]) for name in NAMES),
            bundles=(Bundle(since=date(2020, 1, 1), procedures=self.bundle, source=""),),
        )
        events: tuple[type[Event], ...] = (DeclarationSubmitted, *FACTS.values())
        self.known = Catalogue(groups={"zoo": group}, events={each.type: each for each in events})

    def some(self, names: list[str], share: float) -> list[str]:
        chosen = [name for name in names if self.random.random() < share]
        return self.random.sample(chosen, len(chosen))

    def spec(self, name: str, requires: list[str]) -> ProcedureSpec:
        return ProcedureSpec(
            name=name,
            title=Text(vi="", en=""),
            owner=name,
            hears=(DeclarationSubmitted,),
            ends={FACTS[name, result]: result for result in RESULTS},
            requires=tuple(requires),
        )

    def history(self) -> list[Word]:
        spoken = [None, *NAMES, *self.random.choices((None, *NAMES), k=4)]
        words = [self.word(procedure) for procedure in spoken]
        return self.random.sample(words, len(words))

    def word(self, procedure: str | None) -> Word:
        result = self.random.choices(RESULTS, (4, 1))[0]
        at = RECEIVED + timedelta(seconds=self.random.randint(-5, 30))
        return Word(procedure, result, at, entry=self.random.randint(1, 3))

    def event(self, word: Word) -> Event:
        if word.procedure is None:
            return declared(group="zoo", bundle=self.bundle)
        return FACTS[word.procedure, word.result]()


@pytest.mark.parametrize("seed", range(200))
def test_a_case_is_followed_as_if_all_were_derived_anew_after_each_event(seed: int) -> None:
    world = World(Random(seed))
    listener = Listener(procedure=tracker(world.known), group="zoo")
    plainly = Plainly(world.requires, world.bundle)
    plan = Plans(world.known.groups).of("zoo", world.bundle)
    for word in world.history():
        before = plainly.timed()
        plainly.hear(word)
        decision = listener.decide(world.event(word), word.at, word.entry)
        times = {n: time for n, time in plainly.timed().items() if time and n not in before}
        assert measured(decision.measures) == times
        if (outcome := plainly.outcome()) is not None:
            (completed,) = decision.events
            standings = plainly.standings()
            results = {name: standing.state for name, standing in standings.items()}
            assert completed.model_dump(include={"outcome", "results"}) == {
                "outcome": outcome,
                "results": results,
            }
            assert decision.state == Case(completed=True)
            return
        assert not decision.events
        listener.state = Case.model_validate_json(decision.state.model_dump_json())
        assert listener.state == decision.state
        if plainly.submitted:
            ended = listener.state.ended
            assert {n: end["entry"] for n, end in ended.items()} == {
                name: known.entry for name, known in plainly.words.items()
            }
            assert plan.standings(RECEIVED, ended) == plainly.standings()


def measured(measures: Any) -> dict[str, tuple[str, float]]:
    return {
        measure.labels["procedure"]: (measure.labels["outcome"], measure.value)
        for measure in measures
        if measure.metric == "procedure_seconds"
    }


ENDINGS = [
    pytest.param(name, spec, event, id=event.type)
    for name, group in catalogue().groups.items()
    for spec in group.procedures
    for event in spec.ends
    if group.form is not None
]


@pytest.mark.parametrize(("group", "spec", "event"), ENDINGS)
def test_what_is_shown_of_an_event_is_what_its_own_json_says(
    group: str, spec: ProcedureSpec, event: type[Event]
) -> None:
    (sample,) = CONTRACTS.glob(f"*/samples/{event.type}.json")
    envelope = Codec([event]).decode(sample.read_bytes())
    # An event that groups share has one sample, which is of one of them.
    cause = replace(cause_of(envelope), group=group)
    context = Context("case-1", "case", now=RECEIVED, cause=cause)
    end = case.decide(Case(), envelope.data, context).state.ended[spec.name]
    whole = envelope.data.model_dump(mode="json")
    shown = {name: value for name, value in whole.items() if name in spec.shows}
    told = {"state": spec.ends[event], "at": envelope.time, "entry": envelope.entry}
    reason = {"reason": whole["reason"]} if "reason" in whole else {}
    assert end == {**told, **({"result": shown} if shown else {}), **reason}
    assert list(end.get("result", {})) == list(shown)
