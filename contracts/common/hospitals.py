"""Hospitals, as their notices of births name them."""

from typing import Annotated

from pydantic import Field

from contracts.model import shaped

_FACILITY_DIGITS = 5

NoticeCode = Annotated[
    str,
    shaped(
        r"^[0-9]{5}\.GCS\.[0-9]{5}\.[0-9]{2}$",
        vi="Mã giấy chứng sinh có dạng 01001.GCS.00001.26.",
        en="The code of a birth notice looks like 01001.GCS.00001.26.",
    ),
    Field(description="Code of the hospital's signed birth notice: XXXXX.GCS.ZZZZZ.YY."),
]


def hospital_of(code: str) -> str:
    """Return by which name the hospital that gave this code signs: its digits come first."""
    return f"hospital-{code[:_FACILITY_DIGITS]}"
