"""The clock of a stack never goes back on the data that it has."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.clock import ClockSetting, check_forward, remember
from infra.local.errors import StackError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def used(folder: Path, setting: ClockSetting, since: datetime, until: datetime) -> Path:
    """Leave data that were used between these moments of the machine; return the store's folder."""
    remember(folder, setting.environment(since))
    store = folder / "mongo" / "data"
    store.mkdir(parents=True)
    (store / "journal").write_text("")
    for file in (store / "journal", store):
        os.utime(file, (until.timestamp(), until.timestamp()))
    return folder / "mongo"


@pytest.mark.parametrize(
    ("setting", "last"),
    [
        (ClockSetting(), NOON + HOUR),
        (ClockSetting(NOON - 100 * HOUR), NOON - 99 * HOUR),
        (ClockSetting(NOON + 100 * HOUR, speed=1440), NOON + 1540 * HOUR),
    ],
)
def test_data_are_refused_by_a_clock_that_is_earlier(
    setting: ClockSetting, last: datetime, tmp_path: Path
) -> None:
    store = used(tmp_path, setting, NOON, NOON + HOUR)
    check_forward(tmp_path, store, last)
    with pytest.raises(StackError, match=r"cannot be set back to .* with --fresh .* --data, "):
        check_forward(tmp_path, store, last - HOUR)


def test_data_of_before_clocks_were_remembered_have_the_machines(tmp_path: Path) -> None:
    store = used(tmp_path, ClockSetting(), NOON, NOON)
    (tmp_path / "clock.json").unlink()
    with pytest.raises(StackError, match="used until 2026-11-20 19:00 of their clock"):
        check_forward(tmp_path, store, NOON - HOUR)


def test_where_nothing_is_kept_any_clock_will_do(tmp_path: Path) -> None:
    check_forward(tmp_path, tmp_path / "mongo", datetime(1990, 1, 1, tzinfo=UTC))
