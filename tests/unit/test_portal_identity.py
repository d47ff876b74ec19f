"""Identifiers that intake makes up."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.portal.identity import new_identity, uuid7

AT = datetime(2026, 2, 13, 9, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_case_id_is_a_uuid_of_version_7_that_says_when() -> None:
    made = uuid7(AT)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == AT.timestamp() * 1000


def test_case_ids_are_in_the_order_of_time_and_never_the_same() -> None:
    assert str(uuid7(AT)) < str(uuid7(AT + timedelta(milliseconds=1)))
    assert len({uuid7(AT) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "yes",
        TRACE.upper(),
        f"01{TRACE[2:]}",
        f"{TRACE}-00",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
    ],
)
def test_a_trace_that_is_none_begins_anew(sent: str | None) -> None:
    identity = new_identity(sent, AT)
    assert identity.traceparent != sent
    found = re.fullmatch(r"00-([0-9a-f]{32})-[0-9a-f]{16}-01", identity.traceparent)
    assert found
    assert found[1] == identity.event_id.hex


def test_a_trace_goes_on() -> None:
    assert new_identity(TRACE, AT).traceparent == TRACE
