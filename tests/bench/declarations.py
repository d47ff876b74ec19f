"""Birth declarations for the bench: all alike, each of another child, all to be granted in full.

The people are those of `onestop fire`; what is sent is plain, so that every case makes every hop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from aiokafka.partitioner import DefaultPartitioner
from pydantic_core import to_json

from contracts.catalogue import PARTITIONS
from contracts.common.calendar import local_date
from contracts.common.people import Person
from services.portal import declaration as portal
from services.portal.declaration import Identity
from services.portal.identity import new_identity
from tests.fire.families import DEFAULT_SEED, Family, families

FAMILIES = 2_000
_PARTITIONER, _NUMBERS = DefaultPartitioner(), list(range(PARTITIONS))
_DAYS = 50
"""Born 1 to 50 days ago: on time, whatever the hour."""
_ORDERS = 9
MOST = FAMILIES * _DAYS * _ORDERS


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declaration: as the event that the portal would make of it, and as a client sends it."""

    key: bytes
    """Its case; the key of its events."""
    partition: int
    """Where the portal would put it."""
    event: bytes
    written: bytes
    """When the event says it was submitted, as written there."""
    body: bytes

    def submitted(self, now: datetime) -> bytes:
        """Return the event as submitted at `now`."""
        return self.event.replace(self.written, _written(now))


def declarations(count: int, first: int = 0) -> list[Declaration]:
    """Return `count` declarations, from that number on. Raises `ValueError` past the last child."""
    if first + count > MOST:
        raise ValueError(f"there are {MOST:,} children to declare, not {first + count:,}")
    now = datetime.now(UTC).replace(microsecond=123456)
    return [_declaration(number, now) for number in range(first, first + count)]


def people() -> Iterator[Person]:
    """Yield everybody whom the population register must hold beforehand."""
    for family in _families():
        yield from family.people


def _declaration(number: int, now: datetime) -> Declaration:
    family = _families()[number % FAMILIES]
    raw = {
        "group": "birth",
        "declarant": family.mother.personal_id,
        "channel": "portal",
        "form": _form(family, number, local_date(now)),
    }
    filled = portal.filled(portal.sent(raw))
    event = portal.event_of(filled, {p.personal_id: p for p in family.people}, now)
    fresh = new_identity(None, now)
    # The first digit of an event's id is its kind, 0 for a declaration: see bare/flow.py.
    identity = Identity(fresh.case_id, UUID("0" + str(fresh.event_id)[1:]), fresh.traceparent)
    key = identity.case_id.encode()
    return Declaration(
        key=key,
        partition=int(_PARTITIONER(key, _NUMBERS, _NUMBERS)),
        event=portal.encode(event, identity),
        written=_written(now),
        body=to_json(raw),
    )


def _form(family: Family, number: int, today: date) -> dict[str, Any]:
    turn = number // FAMILIES
    born = today - timedelta(days=1 + turn % _DAYS)
    high, low = divmod(number, 100_000)
    place = {"country": "VN", "province": family.mother.province, "detail": "Bệnh viện Sản Nhi"}
    return {
        "relation": "mother",
        "child": {
            "full_name": f"{family.father.full_name.split()[0]} Minh An",
            "sex": "female" if turn % 2 else "male",
            "born_on": born.isoformat(),
            "birth_order": 1 + turn // _DAYS,
            "place": place,
            "ethnicity": family.father.ethnicity,
            "hometown": family.father.commune,
        },
        "mother": {"personal_id": family.mother.personal_id},
        "father": {"personal_id": family.father.personal_id},
        "parents_married": True,
        "evidence": {
            "kind": "hospital-notice",
            "code": f"{high:05}.GCS.{low:05}.{born.year % 100:02}",
        },
        "household": {
            "owner": family.owner.personal_id,
            "province": family.owner.province,
            "commune": family.owner.commune,
            "address": family.owner.address,
            "owner_consents": True,
        },
        "certificate_copies": 0,
        "payment_method": "online",
    }


@cache
def _families() -> tuple[Family, ...]:
    return tuple(families(DEFAULT_SEED, FAMILIES))


def _written(moment: datetime) -> bytes:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
