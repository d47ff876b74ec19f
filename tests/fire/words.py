"""The words in written declarations that mean something else on each day and in each run.

`@today-6y+10d` is a date, `@today-3dT09:30` a time in Viet Nam, `@notice:khoi` a hospital notice's
code, `@run` the number of the run; declarations/README.md describes them.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from tests.fire import cast

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")
Json: TypeAlias = Any
"""What `json.loads` returns."""

_DATE = re.compile(r"@today((?:[+-][0-9]+[dmy])*)")
_STEP = re.compile(r"([+-][0-9]+)([dmy])")
_MOMENT = re.compile(r"(@today(?:[+-][0-9]+[dmy])*)T([0-9]{2}:[0-9]{2})")
_NOTICE = re.compile(r"@notice:([a-z0-9-]+)(?:/([0-9]+))?")


def resolve(value: Json, run: int, day: date) -> Json:
    """Return a copy of `value` with all words replaced, and the run's parents in their places.

    Raises `ValueError` for a word that begins like one of ours and is none.
    """
    if isinstance(value, dict):
        return {key: resolve(item, run, day) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, run, day) for item in value]
    if not isinstance(value, str):
        return value
    if match := _NOTICE.fullmatch(value):
        return notice_code(match[1], run, day, int(match[2] or 0))
    if match := _MOMENT.fullmatch(value):
        return f"{resolve(match[1], run, day)}T{match[2]}:00+07:00"
    if match := _DATE.fullmatch(value):
        return counted(day, _STEP.findall(match[1])).isoformat()
    if value.startswith(("@today", "@notice")):
        raise ValueError(f"{value}: neither a date like @today-10d nor a notice like @notice:name")
    return cast.understudy(value.replace("@run", str(run)), run)


def counted(day: date, steps: Iterable[tuple[str, str]]) -> date:
    """Return the date so many days, months and years from `day`, the largest units first.

    In a shorter month, months and years end on its last day.
    """
    amounts = {unit: int(amount) for amount, unit in steps}
    months = day.year * 12 + day.month - 1 + 12 * amounts.get("y", 0) + amounts.get("m", 0)
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(days=amounts.get("d", 0))


def notice_code(word: str, run: int, day: date, another: int = 0) -> str:
    """Return the hospital notice's code XXXXX.GCS.ZZZZZ.YY of this word in this run, or another one
    of the same hospital.

    Hospitals 99000 to 99999 are ours: no province has such a code, and generated births use others.
    """
    number = int.from_bytes(sha256(f"{word}/{run}/{day}".encode()).digest()[:8])
    serial = (number // 1000 + another) % 100_000
    return f"99{number % 1000:03d}.GCS.{serial:05d}.{day.year % 100:02d}"
