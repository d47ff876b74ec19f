"""What was seen in containers is told at the end, in a few lines."""

from collections.abc import Callable, Generator, Iterator

import pytest

from tests.compose.compose import Compose, why_not

TOLD = pytest.StashKey[list[str]]()
Tell = Callable[[str], None]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TOLD] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash[TOLD]:
        terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure comes what the containers say: they are gone afterwards."""
    report = yield
    compose = getattr(item, "funcargs", {}).get("compose")
    if report.when == "call" and report.failed and isinstance(compose, Compose):
        try:
            said = compose.troubles()
        except Exception as error:  # noqa: BLE001  the test's own failure must not be lost
            said = repr(error)
        report.sections.append(("containers", said))
    return report


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Adds a line to the summary."""
    return request.config.stash[TOLD].append


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests marked `docker` are skipped where there is no engine, and say why."""
    if request.node.get_closest_marker("docker") and (reason := why_not()):
        pytest.skip(reason)
    yield
