"""What `onestop case` says of a procedure: why, what, or for what it waits."""

from typing import Any

import pytest

from infra.commands.case import _outcome

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
        ({}, ""),
    ],
)
def test_a_procedure_says_what_there_is_to_know(fields: dict[str, Any], says: str) -> None:
    procedure = {"state": "in-progress", "reason": None, "result": {}, "supplement": None} | fields
    assert _outcome(procedure).endswith(says)
