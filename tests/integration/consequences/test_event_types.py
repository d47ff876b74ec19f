"""What becomes of an event by its type: handled, skipped, or put aside."""

from collections.abc import Callable
from typing import Any

from prometheus_client import REGISTRY

from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, State
from tests.integration.events import Answered, Passed, Told
from tests.integration.office import Office, Offices


class Nothing(State):
    """No state."""


parrot = Procedure("parrot", initial=Nothing())


@parrot.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Say it again."""
    return Decision(state, events=(Answered(text=event.text),))


def typed(office: Office, type: str, change: Callable[[Any], Any] = lambda e: None) -> Message:
    """An event of that type, whatever it is."""

    def make(envelope: dict[str, Any]) -> None:
        envelope["type"] = type
        change(envelope)

    return office.changed(office.message("a", Told(text=type)), make)


async def reasons(office: Office) -> list[str]:
    return [letter["reason"] for letter in await office.letters()]


async def test_a_handled_type_is_handled(offices: Offices) -> None:
    office = offices.open(parrot)
    await office.tell("a", Told(text="hello"))
    assert await office.texts() == ["hello"]


async def test_a_handled_type_in_an_unknown_version_is_a_dead_letter(offices: Offices) -> None:
    office = offices.open(parrot)
    await office.handle(typed(office, "citizen.told.v2"), typed(office, "citizen.told.v10"))
    reason = "Unreadable: type: not an event, or not a version of it, that is known here"
    assert await reasons(office) == [reason, reason]


async def test_what_is_catalogued_and_not_handled_is_skipped(offices: Offices) -> None:
    office = offices.open(parrot)
    await office.handle(office.message("a", Passed()), typed(office, Passed.type))
    assert await office.letters() == []
    assert await office.entries("a") == []


async def test_what_its_header_says_is_skipped_is_not_even_parsed(offices: Offices) -> None:
    office = offices.open(parrot)
    header = (("type", Passed.type.encode()),)
    await office.handle(office.raw(b"no JSON at all, but " + header[0][1], headers=header))
    assert await office.letters() == []


async def test_a_header_that_its_event_does_not_bear_out_loses_nothing(offices: Offices) -> None:
    office = offices.open(parrot)
    header = (("type", Passed.type.encode()),)
    await office.handle(office.message("a", Told(text="hello"), headers=header))
    assert await office.texts() == ["hello"]


async def test_only_the_door_puts_aside_what_nobody_has_catalogued(offices: Offices) -> None:
    agency, door = offices.open(parrot), offices.open(parrot, door=True)
    for office in (agency, door):
        await office.handle(
            typed(office, "citizen.sang.v1"),
            typed(office, "nonsense"),
            office.message("a", Passed()),
            office.message("a", Told(text="hello")),
        )
        assert await office.texts() == ["hello"]
    assert await agency.letters() == []
    assert [letter["value"] is not None for letter in await door.letters()] == [True, True]


async def test_it_says_how_many_were_for_this_service(offices: Offices) -> None:
    """By these it tells how fast messages come: what is skipped costs it nothing."""
    office = offices.open(parrot)
    skipped = [office.message(f"case-{n}", Passed()) for n in range(20)]
    ours = [office.message("a", Told(text="hello")), typed(office, "citizen.told.v2")]
    assert await office.handle(*skipped, *ours) == 2
    assert await office.handle(*ours) == 2, "repeated, it is heard all the same"


async def test_unknown_fields_are_of_a_later_version_and_ignored(offices: Offices) -> None:
    office = offices.open(parrot)

    def grow(envelope: dict[str, Any]) -> None:
        envelope["priority"] = 1
        envelope["data"]["mood"] = "glad"

    await office.handle(typed(office, Told.type, grow))
    assert await office.texts() == [Told.type]


async def test_an_event_of_another_group_is_left_to_its_procedures(offices: Offices) -> None:
    office = offices.open(parrot, groups={"parrot": "music"})
    await office.handle(
        office.message("a", Told(text="noise"), group="test"),
        office.message("b", Told(text="song"), group="music"),
    )
    assert await office.texts() == ["song"]
    assert await office.letters() == []


async def test_no_label_of_a_metric_comes_from_a_message(offices: Offices) -> None:
    office = offices.open(parrot, door=True)
    secret = "an-identifier-0123456789"
    bad = office.raw(b"bad", secret, headers=(("type", secret.encode()),))
    await office.handle(bad, typed(office, secret))
    assert len(await office.letters()) == 2
    labels = {
        value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        for value in sample.labels.values()
    }
    assert "unknown" in labels
    assert not any(secret in label for label in labels)
