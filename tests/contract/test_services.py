"""Each service handles what the catalogue says that it hears: no more, and no less."""

from importlib import import_module

import pytest

from contracts.catalogue import catalogue
from contracts.common.events import CaseCompleted, HandoverRequested, SupplementSubmitted
from contracts.common.task_events import HEARD
from contracts.people.events import BenefitsBarred, BenefitsResumed, PersonReported
from services.portal.time_limits import SAID

SEEN_ONLY = {
    "portal": {
        CaseCompleted.type,
        PersonReported.type,
        BenefitsBarred.type,
        BenefitsResumed.type,
        *(each.type for each in SAID),
        *(act.type for act in HEARD if act is not SupplementSubmitted),
        HandoverRequested.type,
    }
}
"""What the portal sees on its topics and has nothing to decide about: its own conclusion, what it
said of time limits, a report about a person before the register has taken it, whether somebody may
receive anything, and what it sent of officials before an agency has answered."""


@pytest.mark.parametrize("name", catalogue().services)
def test_a_service_handles_what_the_catalogue_says_it_hears(name: str) -> None:
    main = import_module(f"services.{name.replace('-', '_')}.main")
    heard = {event.type for event in catalogue().hears(name)}
    assert set(main.service.handles) == heard - SEEN_ONLY.get(name, set())
