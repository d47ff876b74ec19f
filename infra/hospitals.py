"""A hospital's birth notice as it is sent: signed by the hospital's key, which a demonstration's
authority makes and certifies with its first notice.

In its place stands, in a real system, the hospital's own: it signs where it is, by a key that an
authority has certified for it (its organisation there is `hospital-XXXXX`).
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from contracts.birth_notice.form import BirthNotice
from contracts.birth_notice.process import GROUP
from infra.authority import Authority
from infra.errors import OnestopError


def declaration_of(
    authority: Authority, notice: Mapping[str, Any], declarant: str
) -> dict[str, Any]:
    """Return the declaration of a notice, which somebody sends for the hospital.

    Raises `OnestopError` where it is no birth notice, or there is no authority.
    """
    content = json.dumps(notice, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        said = BirthNotice.read(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise OnestopError(f"this is no birth notice: {where}: {first['msg']}") from None
    signed = authority.word_of(said.hospital, content)
    return {"group": GROUP.name, "declarant": declarant, "form": {"notice": signed}}
