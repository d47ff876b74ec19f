"""The clock of a stack never goes back on the data that it has."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.clock import ClockSetting, machine_now, remember, settle
from infra.local.errors import PortInUse, StackError
from infra.local.ports import HOST, MONGO, Ports
from infra.local.stack import Stack

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def used(folder: Path, setting: ClockSetting, since: datetime, until: datetime) -> Path:
    """Leave data that were used between these moments of the machine; return the store's folder."""
    remember(folder, setting.environment(since))
    return written(folder, until)


def written(folder: Path, at: datetime) -> Path:
    store = folder / "mongo" / "data"
    store.mkdir(parents=True, exist_ok=True)
    (store / "journal").write_text("")
    for file in (store / "journal", store):
        os.utime(file, (at.timestamp(), at.timestamp()))
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
    settle(tmp_path, store, last)
    with pytest.raises(StackError, match=r"cannot be set back to .* with --fresh .* --data, "):
        settle(tmp_path, store, last - HOUR)


def test_data_of_before_clocks_were_remembered_have_the_machines(tmp_path: Path) -> None:
    store = used(tmp_path, ClockSetting(), NOON, NOON)
    (tmp_path / "clock.json").unlink()
    with pytest.raises(StackError, match="used until 2026-11-20 19:00 of their clock"):
        settle(tmp_path, store, NOON - HOUR)


def test_where_nothing_is_kept_any_clock_will_do(tmp_path: Path) -> None:
    settle(tmp_path, tmp_path / "mongo", datetime(1990, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("last", [NOON - 99 * HOUR, NOON + 99 * HOUR])
def test_what_the_store_writes_before_any_service_runs_is_by_no_clock(
    last: datetime, tmp_path: Path
) -> None:
    """A start that fails there, however often, leaves the data as far as they came before it."""
    store = used(tmp_path, ClockSetting(last - HOUR), NOON, NOON + HOUR)
    for days in (1, 2):
        settle(tmp_path, store, last + days * 240 * HOUR)
        written(tmp_path, NOON + days * 24 * HOUR)
    settle(tmp_path, store, last)
    with pytest.raises(StackError, match="cannot be set back"):
        settle(tmp_path, store, last - HOUR)


def test_a_first_start_that_failed_leaves_the_choice_of_a_clock(tmp_path: Path) -> None:
    settle(tmp_path, tmp_path / "mongo", NOON)
    settle(tmp_path, written(tmp_path, NOON), NOON - 1000 * HOUR)


def test_a_store_that_was_not_written_since_came_as_far_as_its_clock_was_set(
    tmp_path: Path,
) -> None:
    store = used(tmp_path, ClockSetting(NOON, speed=1440), NOON, NOON - HOUR)
    with pytest.raises(StackError, match="used until 2026-11-20 19:00 of their clock"):
        settle(tmp_path, store, NOON - HOUR)


def test_a_stack_settles_how_far_its_data_came_before_the_store_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONESTOP_MONGO", raising=False)
    past = NOON - 100 * HOUR
    used(tmp_path, ClockSetting(past), NOON, NOON + HOUR)
    with socket.create_server((HOST, 0)) as taken:
        ports = Ports.free()
        ports.by_name[MONGO] = taken.getsockname()[1]
        stack = Stack(tmp_path, ports=ports, services=(), clock=ClockSetting(past + 2 * HOUR))
        with pytest.raises(PortInUse):
            stack.start()
    store = written(tmp_path, machine_now())
    settle(tmp_path, store, past + 2 * HOUR)


@pytest.mark.parametrize(
    "content",
    [
        '{"ONESTOP_CLOCK": "2026-',
        "",
        "[]",
        '{"reached": "one day"}',
        '{"reached": "2026-11-20T12:00:00"}',
        '{"ONESTOP_CLOCK": 3, "ONESTOP_CLOCK_SET_AT": []}',
        '{"ONESTOP_CLOCK": "2026-11-20T12:00:00+00:00"}',
        b"\xff",
    ],
)
def test_a_file_that_does_not_say_how_the_clock_was_set_is_one_sentence(
    content: str | bytes, tmp_path: Path
) -> None:
    store = used(tmp_path, ClockSetting(), NOON, NOON)
    kept = tmp_path / "clock.json"
    kept.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(StackError) as refused:
        settle(tmp_path, store, NOON + HOUR)
    said = str(refused.value)
    assert said.startswith(f"{kept} does not say how the clock of the data was set (")
    assert "--fresh" in said
    assert "\n" not in said


def test_without_data_it_does_not_matter_what_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text("{")
    settle(tmp_path, tmp_path / "mongo", NOON)
    settle(tmp_path, written(tmp_path, NOON), NOON)


def test_the_setting_is_whole_in_the_file_or_not_there(
    tmp_path: Path,
) -> None:
    """Somebody who reads it while it is written sees the one before."""
    remember(tmp_path, {})
    with (tmp_path / "clock.json").open(encoding="utf-8") as before:
        remember(tmp_path, ClockSetting(NOON).environment(NOON))
        assert before.read() == "{}"
    assert [file.name for file in tmp_path.iterdir()] == ["clock.json"]
