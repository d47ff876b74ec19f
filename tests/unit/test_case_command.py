"""What commands print of cases: why, what, or for what they wait, in lines that hold a number."""

import io
from typing import Any

import pytest
from rich.console import Console, RenderableType

from infra.commands.case import _outcome, _procedures, _timeline
from tests.fire.report import Report
from tests.fire.tables import whole

ASKED = {
    "request": "1",
    "until": "2026-12-02T10:00:00Z",
    "missing": [{"vi": "Ảnh.", "en": "A photograph."}, {"vi": "Đơn.", "en": "A form."}],
}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": {"en": "No.", "refers_to": None}}, "No."),
        ({"result": {"card_number": "1"}}, "card number: 1"),
        ({"state": "waiting", "waits_for": ["fees"]}, "waits for fees"),
        ({"supplement": ASKED}, "asked until 2026-12-02 17:00 for: A photograph.; A form."),
        ({}, "civil-status has it in hand"),
        ({"state": "not-started"}, ""),
    ],
)
def test_a_procedure_says_what_there_is_to_know(fields: dict[str, Any], says: str) -> None:
    nothing: dict[str, Any] = {"reason": None, "result": {}, "supplement": None}
    procedure = {"state": "in-progress", "owner": "civil-status", **nothing} | fields
    assert _outcome(procedure).endswith(says)


CASE_ID = "01a203a6-1e9f-781c-a6c0-f24302141dfd"
RECEIPT = f"BL-2026-{'0123456789' * 2}0123"
PROCEDURE = {
    "title": {"en": "Funeral allowance or burial support"},
    "owner": "social-insurance",
    "state": "in-progress",
    "seconds": 1234.5,
    "due_at": "2026-11-25T10:00:00Z",
    "timeliness": "overdue",
    "reason": None,
    "result": {"receipt_number": RECEIPT},
    "supplement": None,
}


def printed(what: RenderableType, width: int = 80) -> str:
    """Return what a terminal of so many letters shows."""
    out = io.StringIO()
    Console(file=out, width=width, no_color=True).print(what)
    return out.getvalue()


def test_numbers_of_cases_and_of_results_are_whole_in_eighty_columns() -> None:
    granted = PROCEDURE | {"state": "granted"}
    refused = PROCEDURE | {"reason": {"en": "Declared before.", "refers_to": CASE_ID}}
    shown = printed(_procedures({"procedures": [granted, refused]}, 80))
    assert RECEIPT in shown
    assert CASE_ID in shown
    differs = Report(differences={f"file-{'f' * 32}": ["refused", f"case {CASE_ID}"]})
    assert CASE_ID in printed(whole(differs))


def test_where_lines_are_long_titles_are_whole_too() -> None:
    refused = PROCEDURE | {"reason": {"en": "Declared before. " * 20, "refers_to": CASE_ID}}
    shown = printed(_procedures({"procedures": [refused]}, 200), 200)
    assert PROCEDURE["title"]["en"] in shown  # type: ignore[index]
    assert CASE_ID in shown


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-11-20T02:00:01.250Z", "09:00:01.250 │ 1.250"),
        ("2026-11-20T04:05:00Z", "2026-11-20 11:05 │ 2 h 05 min"),
        ("2026-12-02T04:05:00Z", "2026-12-02 11:05 │ 12 d 02 h"),
    ],
)
def test_what_takes_days_is_told_with_its_dates(at: str, shown: str) -> None:
    happened = {"at": at, "source": "/services/portal", "type": "portal.case-completed.v1"}
    lines = printed(_timeline({"submitted_at": "2026-11-20T02:00:00Z", "timeline": [happened]}))
    assert shown in " ".join(lines.split())


def case(number: int) -> dict[str, Any]:
    return {"procedures": [PROCEDURE | {"name": "benefit", "seconds": float(number)}]}


def ended(number: int) -> dict[str, Any]:
    times = {"submitted_at": "2026-11-20T02:00:00Z", "completed_at": "2026-11-20T02:00:09Z"}
    return {"status": "completed", "seconds": 9.0, **times}


@pytest.mark.parametrize(("looked_at", "says"), [(3, False), (2, True)])
def test_a_table_of_a_sample_says_so(looked_at: int, says: bool) -> None:
    report = Report(accepted=3, ended=[ended(n) for n in range(3)])
    report.details = [case(n) for n in range(looked_at)]
    shown = " ".join(printed(whole(report)).split())
    assert ("Procedures: of 2 of the 3 cases, drawn by the seed" in shown) == says
