"""Keys of agencies, made once for all tests that need some."""

import pytest

from tests.unit.signed import Registry


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Agencies with keys. Who changes them makes a registry of their own."""
    return Registry(tmp_path_factory.mktemp("authority"))
