"""What intake makes up: identifiers and traces. The only random numbers of the portal."""

import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.chassis.clock import EPOCH
from services.portal.declaration import Identity

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""https://www.w3.org/TR/trace-context/#traceparent-header, version 00."""


def new_identity(traceparent: str | None, at: datetime) -> Identity:
    """Return the identity of a case that begins now, in the trace of the request or a new one."""
    event_id = uuid4()
    if traceparent is None or not _TRACEPARENT.fullmatch(traceparent):
        traceparent = f"00-{event_id.hex}-{secrets.token_hex(8)}-01"
    return Identity(str(uuid7(at)), event_id, traceparent)


def uuid7(at: datetime) -> UUID:
    """Return a UUID of this moment.

    Its order is the order of time, to the millisecond (RFC 9562, 5.7).
    """
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(3 << 62) | 2 << 62
    return UUID(int=value)
