"""Examples for the API's documentation, made from the golden sample of a submitted declaration."""

import json
from importlib.resources import files
from typing import Any

from pydantic_core import from_json, to_json, to_jsonable_python

import contracts
from contracts.common.events import DeclarationSubmitted
from services.portal import views
from services.portal.submissions import Claim

_SAMPLE = from_json(
    files(contracts).joinpath(f"common/samples/{DeclarationSubmitted.type}.json").read_bytes()
)
_CLAIM = Claim("", b"", _SAMPLE["subject"], to_json(_SAMPLE))
_ROW = views.row_of(_CLAIM)

DECLARATION: dict[str, Any] = {
    name: _SAMPLE["data"][name] for name in ("group", "declarant", "channel", "form")
}
"""A declaration as a client sends it."""

BATCH = json.dumps(
    {"idempotency_key": "5f0c7a52-office-0001", "declaration": DECLARATION}, ensure_ascii=False
)
"""One line of a batch."""

CASE: dict[str, Any] = to_jsonable_python(
    views.case(_ROW, views.timeline_of(_CLAIM), _ROW["submitted_at"])
)
"""The case that this declaration becomes, as it stands when it has just been accepted."""
