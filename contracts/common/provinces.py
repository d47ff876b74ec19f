"""The provinces by date, and the place codes with which personal identifiers begin.

The tables are data beside this module: `provinces.json` and `countries.json`, each with its source.
"""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from contracts.model import CountryCode, ProvinceCode


def provinces(on: date) -> Mapping[ProvinceCode, str]:
    """Return the Vietnamese names of the provinces of that day by their 2-digit codes.

    63 until 2025-06-30, 34 from 2025-07-01 (Resolution 202/2025/QH15). Raises `LookupError` for a
    day before 2008-08-01, when the table begins.
    """
    for since, names in _periods():
        if since <= on:
            return names
    raise LookupError(f"the table of provinces begins on {_periods()[-1][0]}, not on {on}")


@cache
def mergers() -> Mapping[ProvinceCode, ProvinceCode]:
    """Return the province of today for each code that ceased to be one on 2025-07-01."""
    merged: dict[ProvinceCode, ProvinceCode] = {}
    for period in _table("provinces.json"):
        merged.update(period.get("merged_into", {}))
    return MappingProxyType(merged)


def place_code(country: CountryCode, province: ProvinceCode | None = None) -> str:
    """Return the three digits of a place of birth in a personal identifier.

    A province's code with a leading zero, or the country's for a birth abroad (Circular
    07/2016/TT-BCA); a country that is not in the table has the code of all that are not.
    Raises `ValueError` for a birth in Viet Nam without a province.
    """
    if country != "VN":
        table = _table("countries.json")
        entry = table["countries"].get(country)
        return str(entry["code"] if entry else table["unlisted"])
    if province is None:
        raise ValueError("a birth in Viet Nam has a province")
    return f"0{province}"


@cache
def _periods() -> tuple[tuple[date, Mapping[ProvinceCode, str]], ...]:
    """Return the tables with their first days, the newest first."""
    table = _table("provinces.json")
    periods = [(date.fromisoformat(p["from"]), MappingProxyType(p["provinces"])) for p in table]
    return tuple(sorted(periods, key=lambda period: period[0], reverse=True))


@cache
def _table(name: str) -> Any:
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
