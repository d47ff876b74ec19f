"""The provinces by date: data with its sources in `provinces.json`, beside this module."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from contracts.model import ProvinceCode


def provinces(on: date) -> Mapping[ProvinceCode, str]:
    """Return the Vietnamese names of the provinces of that day by their 2-digit codes.

    63 until 2025-06-30, 34 from 2025-07-01 (Resolution 202/2025/QH15). Raises `LookupError` for a
    day before 2008-08-01, when the table begins.
    """
    for since, names in _periods():
        if since <= on:
            return names
    raise LookupError(f"the table of provinces begins on {_periods()[-1][0]}, not on {on}")


def is_province(code: ProvinceCode, on: date) -> bool:
    """Tell whether this was the code of a province on that day: before 2008-08-01, as on that."""
    return code in provinces(max(on, _periods()[-1][0]))


@cache
def mergers() -> Mapping[ProvinceCode, ProvinceCode]:
    """Return the province of today for each code that ceased to be one on 2025-07-01."""
    merged: dict[ProvinceCode, ProvinceCode] = {}
    for period in _table():
        merged.update(period.get("merged_into", {}))
    return MappingProxyType(merged)


def place_code(province: ProvinceCode) -> str:
    """Return the three digits of a province in a personal identifier (Circular 07/2016/TT-BCA)."""
    return f"0{province}"


@cache
def _periods() -> tuple[tuple[date, Mapping[ProvinceCode, str]], ...]:
    """Return the tables with their first days, the newest first."""
    periods = [
        (date.fromisoformat(period["from"]), MappingProxyType(period["provinces"]))
        for period in _table()
    ]
    return tuple(sorted(periods, key=lambda period: period[0], reverse=True))


@cache
def _table() -> Any:
    return json.loads(files(__package__).joinpath("provinces.json").read_text(encoding="utf-8"))
