"""The catalogue keeps its rules, and each rule can be broken."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contracts.birth import process
from contracts.birth.documents import BIRTH_CERTIFICATE
from contracts.birth.events import (
    BirthRefused,
    BirthRegistered,
    HealthCardIssued,
    PremiumFunded,
)
from contracts.birth.process import BIRTH, FEES, IDENTIFIER, PREMIUM, RESIDENCE, USUAL
from contracts.catalogue import Catalogue, catalogue, topic, topic_of
from contracts.common.events import CaseCompleted, DeclarationSubmitted, HandoverRequested
from contracts.common.task_events import ACTS, task_events
from contracts.envelope import Event
from contracts.group import Bundle, TimeLimit
from contracts.model import Text
from tests.contract.rules import faults


class Register(Event, type="civil-status.register-birth.v1"):
    """A command, not an event."""


class Unversioned(Event, type="civil-status.birth-registered"):
    """Has no version."""


class Misspelt(Event, type="civil-statuss.birth-registered.v1"):
    """Of a service that does not exist."""


class Unheard(Event, type="civil-status.birth-doubted.v1"):
    """Nobody has any use for it."""


class Renamed(Event, type="civil-status.birth-noted.v2", replaces=BirthRegistered):
    """Is another event, and does not say how this is read."""


class Later(Event, type="civil-status.birth-registered.v3", replaces=BirthRegistered):
    """Is a later version."""

    @classmethod
    def upgrade(cls, earlier: BirthRegistered) -> "Later":
        return cls()


class OfNothing(Event, type="civil-status.birth-doubted.v2", replaces=Unheard):
    """Replaces what was removed."""


def test_the_catalogue_has_no_faults() -> None:
    assert faults(catalogue()) == []


def test_every_event_has_its_group_or_is_shared() -> None:
    assert {event.__module__ for event in catalogue().events.values()} == {
        "contracts.common.events",
        "contracts.common.supplements",
        "contracts.common.tasks",
        "contracts.compensation.events",
        *(f"contracts.{name.replace('-', '_')}.events" for name in catalogue().groups),
    }


def with_event(event: type[Event]) -> Catalogue:
    real = catalogue()
    return replace(real, events={**real.events, event.type: event})


def with_group(**changes: Any) -> Catalogue:
    real = catalogue()
    return replace(real, groups={**real.groups, "birth": replace(process.GROUP, **changes)})


def with_procedure(name: str, /, **changes: Any) -> Catalogue:
    changed = [
        replace(spec, **changes) if spec.name == name else spec for spec in process.PROCEDURES
    ]
    return with_group(procedures=tuple(changed))


def with_bundle(*procedures: str) -> Catalogue:
    bundle = Bundle(since=date(2027, 1, 1), procedures=procedures, source="a test")
    return with_group(bundles=(*process.GROUP.bundles, bundle))


def notices(**changes: Text) -> Mapping[type[Event], Text]:
    return {
        event: changes.get(event.__name__, text) for event, text in process.GROUP.notices.items()
    }


def certificate(**changes: Any) -> Any:
    return replace(BIRTH_CERTIFICATE, **changes)


BROKEN: dict[str, tuple[Catalogue, str]] = {
    "a document is no end": (
        with_procedure(BIRTH, documents={BirthRefused: certificate()}),
        "birth/birth-registration: civil-status.birth-refused.v1 is a document, and grants nothing",
    ),
    "a correction gives no document anew": (
        with_procedure(BIRTH, documents={BirthRegistered: certificate()}),
        "birth/birth-registration: civil-status.birth-corrected.v1 corrects a document, and gives"
        " none anew",
    ),
    "a document has no such number": (
        with_procedure(BIRTH, documents={BirthRegistered: certificate(number="serial")}),
        "birth/birth-registration: the document civil-status.birth-registered.v1 shows serial,"
        " which it does not have",
    ),
    "a document shows what is not there": (
        with_procedure(
            BIRTH,
            documents={
                BirthRegistered: certificate(shows={"child.mother.name": BIRTH_CERTIFICATE.title})
            },
        ),
        "birth/birth-registration: the document civil-status.birth-registered.v1 shows"
        " child.mother.name, which it does not have",
    ),
    "a document is in one language": (
        with_procedure(
            BIRTH, documents={BirthRegistered: certificate(title=Text(vi="Giấy", en="Giấy"))}
        ),
        "birth: the text of its title of civil-status.birth-registered.v1 is not there in both"
        " languages",
    ),
    "an event is a command": (
        with_event(Register),
        "civil-status.register-birth.v1: 'birth' is not in the past tense",
    ),
    "a type has no version": (
        with_event(Unversioned),
        "civil-status.birth-registered: not <service>.<what-happened>.v<version>",
    ),
    "a publisher does not exist": (
        with_event(Misspelt),
        "civil-statuss.birth-registered.v1: civil-statuss owns no procedure",
    ),
    "a published event has no consumer": (
        with_event(Unheard),
        "civil-status.birth-doubted.v1: no procedure hears it",
    ),
    "a version replaces another event": (
        with_event(Renamed),
        "birth-noted.v2: replaces civil-status.birth-registered.v1, which is no earlier",
    ),
    "a version does not read the one before": (
        with_event(Renamed),
        "birth-noted.v2: does not say how civil-status.birth-registered.v1 is read",
    ),
    "a version replaces what is gone": (
        with_event(OfNothing),
        "birth-doubted.v2: replaces civil-status.birth-doubted.v1, which is not in the catalogue",
    ),
    "a procedure names a version that is replaced": (
        with_event(Later),
        "civil-status.birth-registered.v1 is replaced by a newer version: name that",
    ),
    "a consumed event has no publisher": (
        with_procedure(FEES, hears=(DeclarationSubmitted, Unheard)),
        "birth/fee-settlement: civil-status.birth-doubted.v1 is not in the catalogue",
    ),
    "a procedure ends by what another says": (
        with_procedure(PREMIUM, ends={PremiumFunded: "granted", HealthCardIssued: "refused"}),
        "premium-funding: ends by social-insurance.health-card-issued.v1, which payments does not",
    ),
    "an agency answers officials by what another says": (
        with_procedure(BIRTH, review=task_events("residence")),
        "birth-registration: answers officials by residence.task-opened.v1, which civil-status",
    ),
    "a procedure's second thoughts are told by another": (
        with_procedure(PREMIUM, afterwards={HealthCardIssued: "cancelled"}),
        "premium-funding: is changed by social-insurance.health-card-issued.v1, which payments",
    ),
    "a procedure is never granted": (
        with_procedure(PREMIUM, ends={PremiumFunded: "refused"}),
        "birth/premium-funding: has no event by which it is granted",
    ),
    "a procedure hears nothing": (
        with_procedure(BIRTH, hears=()),
        "birth/birth-registration: hears nothing",
    ),
    "two procedures of one name": (
        with_procedure(PREMIUM, name=FEES),
        "birth/fee-settlement: two procedures of this name",
    ),
    "a requirement does not exist": (
        with_procedure(RESIDENCE, requires=("blessing",)),
        "permanent-residence-registration: requires blessing, which does not exist",
    ),
    "a requirement is not heard of": (
        with_procedure(RESIDENCE, requires=(BIRTH,)),
        "permanent-residence-registration: requires birth-registration, but hears nothing that",
    ),
    "requirements go in a circle": (
        with_procedure(BIRTH, requires=(RESIDENCE,)),
        "birth/personal-identification: requires itself, by way of birth-registration",
    ),
    "a bundle names what does not exist": (
        with_bundle(*USUAL, "blessing"),
        "'usual' of 2027-01-01 names blessing, which does not exist",
    ),
    "a bundle lacks what is required": (
        with_bundle(IDENTIFIER),
        "'usual' of 2027-01-01 has personal-identification without birth-registration",
    ),
    "a bundle names a procedure twice": (
        with_bundle(BIRTH, BIRTH),
        "'usual' of 2027-01-01 names a procedure twice",
    ),
    "two bundles for one day": (
        with_group(bundles=process.GROUP.bundles * 2),
        "'usual' of 2026-09-01 is there twice",
    ),
    "a form without a bundle": (
        with_group(bundles=()),
        "birth: can be declared, but has no bundle",
    ),
    "an event without a notice": (
        with_group(notices={CaseCompleted: process.GROUP.notices[CaseCompleted]}),
        "birth: no notice for civil-status.birth-registered.v1",
    ),
    "a time limit of no days": (
        with_procedure(BIRTH, working_days=0),
        "birth/birth-registration: a time limit of 0 working days",
    ),
    "a time limit of a whole case of no days": (
        with_group(
            time_limits=(TimeLimit(since=date(2026, 1, 1), working_days=0, source="a test"),)
        ),
        "birth: a time limit of 0 working days",
    ),
    "two time limits for one day": (
        with_group(time_limits=process.GROUP.time_limits * 2),
        "birth: the time limit 'usual' of 2023-07-10 is there twice",
    ),
    "time limits of what nobody declares": (
        with_group(form=None),
        "birth: has time limits, and nobody declares it",
    ),
    "a notice in one language": (
        with_group(notices=notices(BirthRegistered=Text(vi="Đã đăng ký khai sinh.", en=" "))),
        "birth: the text of civil-status.birth-registered.v1 is not there in both languages",
    ),
    "a notice that was not translated": (
        with_procedure(BIRTH, title=Text(vi="Đăng ký khai sinh", en="Đăng ký khai sinh")),
        "birth: the text of birth-registration is not there in both languages",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_named(name: str) -> None:
    broken, sentence = BROKEN[name]
    assert any(sentence in fault for fault in faults(broken)), faults(broken)


def test_the_services_and_topics_follow_from_the_events() -> None:
    more = with_event(Misspelt)
    assert set(more.services) - set(catalogue().services) == {"civil-statuss"}
    assert set(more.topics) - set(catalogue().topics) == {"civil-statuss.events"}
    assert BirthRegistered in catalogue().hears("population")
    assert BirthRegistered not in catalogue().hears("residence")


def test_what_officials_want_is_on_a_topic_that_others_need_not_read() -> None:
    assert {topic_of(HandoverRequested), *map(topic_of, ACTS)} == {"portal.acts"}
    assert topic_of(CaseCompleted) == topic("portal") == "portal.events"
    assert "portal.acts" in catalogue().topics
    heard = {topic_of(event) for event in catalogue().hears("social-insurance")}
    assert heard == {"portal.acts", "civil-status.events", "population.events"}


def test_who_hears_a_version_hears_those_that_it_replaces() -> None:
    specs = [replace(s, hears=(Later,)) for s in process.PROCEDURES if s.name == IDENTIFIER]
    group = replace(process.GROUP, procedures=tuple(specs))
    known = Catalogue({"birth": group}, {event.type: event for event in (BirthRegistered, Later)})
    heard = {event for event in known.hears("population") if event.type.startswith("civil")}
    assert heard == {BirthRegistered, Later}
    assert known.current == (Later,)
    assert known.newest(BirthRegistered.type) is known.newest(Later.type) is Later
