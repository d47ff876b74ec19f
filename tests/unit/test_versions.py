"""A handler of an event hears the versions that it replaces too, upgraded, and no others."""

from datetime import UTC, datetime
from typing import Self
from uuid import UUID

import pytest

from contracts.envelope import Event, upgraded, versions
from services.chassis.cause import Cause
from services.chassis.procedure import Context, Decision, Procedure, State, Unhandled


class Weighed1(Event, type="hospital.child-weighed.v1"):
    """A child was weighed."""

    kilograms: float


class Weighed2(Event, type="hospital.child-weighed.v2", replaces=Weighed1):
    """A child was weighed, in whole grams."""

    grams: int

    @classmethod
    def upgrade(cls, earlier: Weighed1) -> Self:
        if earlier.kilograms < 0:
            raise ValueError("nobody weighs less than nothing")
        return cls(grams=round(earlier.kilograms * 1000))


class Weighed3(Event, type="hospital.child-weighed.v3", replaces=Weighed2):
    """A child was weighed, on a scale."""

    grams: int
    scale: str

    @classmethod
    def upgrade(cls, earlier: Weighed2) -> Self:
        return cls(grams=earlier.grams, scale="unknown")


class Weights(State):
    grams: tuple[int, ...] = ()
    scales: tuple[str, ...] = ()


def scales() -> Procedure[Weights]:
    procedure = Procedure("scales", initial=Weights())

    @procedure.on(Weighed3)
    def weighed(state: Weights, event: Weighed3, context: Context) -> Decision[Weights]:
        return Decision(
            Weights(grams=(*state.grams, event.grams), scales=(*state.scales, event.scale))
        )

    return procedure


def context(event: Event) -> Context:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    cause = Cause(UUID(int=1), event.type, "/services/hospital", now, "birth")
    return Context(case_id="case", procedure="scales", now=now, cause=cause)


def test_a_handler_is_called_with_the_newest_version_whichever_came() -> None:
    procedure, state = scales(), Weights()
    for event in (Weighed2(grams=3100), Weighed1(kilograms=3.2), Weighed3(grams=1, scale="b")):
        state = procedure.decide(state, event, context(event)).state
    assert state == Weights(grams=(3100, 3200, 1), scales=("unknown", "unknown", "b"))


def test_a_procedure_handles_all_versions() -> None:
    assert scales().handles == {event.type for event in (Weighed1, Weighed2, Weighed3)}


def test_a_release_that_knows_only_the_first_does_not_handle_the_second() -> None:
    procedure = Procedure("scales", initial=Weights())
    procedure.on(Weighed1)(lambda state, event, context: Decision(state))
    with pytest.raises(Unhandled, match=r"child-weighed\.v2"):
        procedure.decide(Weights(), Weighed2(grams=1), context(Weighed2(grams=1)))


def test_two_handlers_for_two_versions_of_one_event_are_a_mistake() -> None:
    procedure = scales()
    with pytest.raises(ValueError, match=r"two handlers for hospital\.child-weighed\.v1"):
        procedure.on(Weighed1)(lambda state, event, context: Decision(state))


def test_what_cannot_be_upgraded_says_why() -> None:
    event = Weighed1(kilograms=-1)
    with pytest.raises(ValueError, match="less than nothing"):
        scales().decide(Weights(), event, context(event))


def test_an_upgrade_goes_through_every_version_between() -> None:
    assert list(versions(Weighed3)) == [Weighed3, Weighed2, Weighed1]
    assert upgraded(Weighed1(kilograms=2), Weighed2) == Weighed2(grams=2000)
    assert upgraded(Weighed1(kilograms=2), Weighed3) == Weighed3(grams=2000, scale="unknown")


def test_a_version_that_does_not_say_how_the_one_before_is_read_is_named() -> None:
    class Silent(Event, type="hospital.child-weighed.v9", replaces=Weighed3):
        """Forgets to say it."""

    with pytest.raises(NotImplementedError, match=r"child-weighed\.v9 does not say"):
        upgraded(Weighed3(grams=1, scale="a"), Silent)
