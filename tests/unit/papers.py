"""Documents given, corrected and asked for: what agencies said and signed, in a portal's registers.

Decisions, signatures and the portal's answers are the real ones; the registers are in memory
(tests/e2e/test_results.py has them in MongoDB).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import httpx
from fastapi import FastAPI

from contracts.catalogue import catalogue, publisher
from contracts.envelope import Event, envelope_of
from services.chassis.cause import Cause, Signed
from services.chassis.procedure import Context, Decision
from services.chassis.signing import Keyring
from services.portal.documents import Documents, router
from services.portal.printing import Press
from services.portal.results import CHANGES, RESULTS, Nothing, results
from tests.unit.driver import NOW, Desk
from tests.unit.signed import Registry

ADDRESS = "http://127.0.0.1:8080"
CASE = "case-1"


class File(dict[str, Mapping[str, Any]]):
    """What is filed, in memory."""

    async def filed(self, kind: str, prefix: str) -> list[Mapping[str, Any]]:
        """Return the documents whose keys begin so."""
        assert kind == RESULTS
        return [{"_id": key, **self[key]} for key in sorted(self) if key.startswith(prefix)]


class Rows(dict[str, Mapping[str, Any]]):
    """A register in memory."""

    async def find(
        self, filter: Mapping[str, Any], sort: Sequence[tuple[str, int]]
    ) -> list[Mapping[str, Any]]:
        """Return the rows whose keys are in a range, in the order of the keys."""
        within, ((_, direction),) = filter["_id"], sort
        keys = [key for key in self if within["$gte"] <= key < within["$lt"]]
        return [{"_id": key, **self[key]} for key in sorted(keys, reverse=direction < 0)]


class Office(NamedTuple):
    """An agency's desk, and what it hears: the second is the correction."""

    procedure: Any
    rules: Any
    heard: tuple[Event, ...]
    procedure_name: str
    group: str = "birth"


@dataclass
class Counter:
    """A portal that has heard what agencies said of one case."""

    registry: Registry
    file: File = field(default_factory=File)
    registers: dict[str, Rows] = field(default_factory=lambda: {CHANGES: Rows()})

    def hears_of(self, office: Office) -> Desk:
        """Let an agency decide about all that it hears, and the portal hear what it says."""
        desk = Desk(office.procedure, office.rules, CASE, group=office.group)
        for entry, event in enumerate(office.heard, 1):
            self.hears(desk.hear(event, entry), entry, office.group)
        return desk

    def hears(self, decision: Decision[Any], entry: int, group: str) -> None:
        """Take what was said by one entry of a journal, signed by who decided."""
        for event in decision.events:
            if event.type in results.handles:
                self._hears(event, entry, group, decision.signatory)

    def _hears(self, event: Event, entry: int, group: str, signatory: str | None) -> None:
        agency, id = publisher(type(event)), uuid5(NAMESPACE_URL, f"{event.type}/{entry}")
        at = NOW + timedelta(minutes=entry)
        envelope = envelope_of(type(event))(
            id=id,
            source=f"/services/{agency}",
            type=event.type,
            subject=CASE,
            time=at,
            group=group,
            entry=entry,
            correlationid=id,
            data=event,
        )
        signed, content = None, envelope.encode()
        if event.type in catalogue().signed_by(agency):
            keys = Keyring.of(self.registry.authority.keys, agency)
            signed = Signed(content, keys.sign(content, signatory))
        cause = Cause(
            id=id,
            type=event.type,
            source=envelope.source,
            time=at,
            group=group,
            entry=entry,
            signed=signed,
        )
        context = Context(case_id=CASE, procedure="results", now=at, cause=cause)
        decision = results.decide(Nothing(), event, context)
        self.file.update({filed.key: filed.fields for filed in decision.filed})
        for record in decision.records:
            self.registers[record.register].setdefault(record.key, record.row())

    @property
    def documents(self) -> Documents:
        """The documents as anybody can ask for them."""
        press = Press.from_environment(ADDRESS, self.registry.authority.environment)
        runtime: Any = SimpleNamespace(registers=self.registers, journal=self.file)
        return Documents(runtime, self.registry.portal, press)

    def get(self, address: str) -> httpx.Response:
        """Return what the portal answers to who asks for documents."""
        return asyncio.run(self._get(address))

    async def _get(self, address: str) -> httpx.Response:
        app = FastAPI()
        app.state.documents = self.documents
        app.include_router(router)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            return await client.get(address)
