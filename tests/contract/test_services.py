"""Each service handles what the catalogue says that it hears: no more, and no less."""

from importlib import import_module

import pytest

from contracts.catalogue import catalogue


@pytest.mark.parametrize("name", catalogue().services)
def test_a_service_handles_what_the_catalogue_says_it_hears(name: str) -> None:
    main = import_module(f"services.{name.replace('-', '_')}.main")
    assert set(main.service.handles) == {event.type for event in catalogue().hears(name)}
