"""The channel outside, in the place of VNeID and SMS: each notice is posted until it is taken.

A row of the outbox is due, is leased for as long as an attempt may take, and is then either done or
due again, later after each failure. So a portal that dies in between, a receiver that is away, and
a second replica all come to the same: the notice arrives at least once, always with the same id, by
which a receiver drops repetitions. Nothing else of the portal waits for any of it.

Requests are signed as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA256 over
id, timestamp and body.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
from pydantic_core import to_json

from contracts.catalogue import catalogue
from contracts.model import PersonalId
from services.chassis import metrics
from services.chassis.clock import Clock
from services.chassis.encoding import Document
from services.chassis.procedure import Procedure
from services.chassis.runtime import Runtime
from services.chassis.settings import SettingsError
from services.portal import outbox
from services.portal.citizens import Hands
from services.portal.outbox import OUTBOX
from services.portal.submissions import Submissions

log = logging.getLogger(__name__)

URL, SECRET = "ONESTOP_NOTICES_URL", "ONESTOP_NOTICES_SECRET"
PREFIX = "whsec_"
_SHORTEST_SECRET = 24

DELIVER_SECONDS = 0.5
"""How often the outbox is looked at."""
ANSWER_WITHIN = 5.0
"""Seconds after which a receiver that does not answer has not taken it."""
LEASE = timedelta(seconds=30)
"""For so long no other replica tries the same notice."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=15)
AT_ONCE = 8
_TOGETHER = 200
_MACHINE = Clock()
"""Receivers and pauses know no other time, whatever the system's clock shows."""


class Receiver(NamedTuple):
    """Where notices go, and the key by which they are signed."""

    url: str
    key: bytes

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Receiver | None":
        """Return the receiver that ONESTOP_NOTICES_URL and ONESTOP_NOTICES_SECRET name, if any.

        Raises `SettingsError` where they cannot be used.
        """
        url = environment.get(URL)
        if not url:
            return None
        try:
            absolute = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise SettingsError(f"{URL} cannot be used: {error}") from None
        if absolute.scheme not in ("http", "https") or not absolute.host:
            raise SettingsError(
                f"{URL} cannot be used: it begins with neither http:// nor https://"
            )
        return cls(url, _key(environment.get(SECRET, "")))


def procedures(environment: Mapping[str, str] = os.environ) -> tuple[Procedure[Any], ...]:
    """Return the procedure that fills the outbox, if an address is named that empties it."""
    return (outbox.procedure(catalogue()),) if environment.get(URL) else ()


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """Return what proves that who has the key sent this body under this id, at this time."""
    signed = b".".join((id.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(key, signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts have failed."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def body_of(row: Document, recipient: str | None) -> bytes:
    """Return a notice as it is sent; `recipient` is who has the case, None where nobody has."""
    return to_json(
        {
            "type": row["type"],
            "timestamp": row["at"],
            "data": {
                "case_id": row["case_id"],
                "group": row["group"],
                "recipient": recipient,
                "text": row["text"],
                "details": row["details"],
                "until": row["until"],
            },
        }
    )


def client() -> httpx.AsyncClient:
    """Return what notices are posted with."""
    return httpx.AsyncClient(timeout=ANSWER_WITHIN, follow_redirects=False, trust_env=False)


def begin(service: str) -> None:
    """Let the metrics of the channel be there before its first notice, also where there is none."""
    metrics.NOTICES_WAITING.labels(service).set(0)
    for outcome in ("taken", "failed"):
        metrics.NOTICES_SENT.labels(outcome)


class Webhook:
    """Empties the outbox towards one receiver."""

    def __init__(self, runtime: Runtime, receiver: Receiver, http: httpx.AsyncClient) -> None:
        self._outbox = runtime.registers[OUTBOX]
        self._submissions, self._hands = Submissions(runtime.store), Hands(runtime)
        self._name, self._receiver = runtime.name, receiver
        self._free = asyncio.Semaphore(AT_ONCE)
        self._http = http

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._outbox.index([("due", 1)])

    async def deliver(self) -> None:
        """Try all that is due, some at once. Raises `StoreUnavailable`, after which it is begun
        anew."""
        rows = await self._outbox.find(
            {"due": {"$lte": _MACHINE.now()}}, sort=[("due", 1)], limit=_TOGETHER
        )
        done = await asyncio.gather(*map(self._one, rows), return_exceptions=True)
        for fault in filter(None, done):
            raise fault

    async def observe(self) -> None:
        """Count what waits. Raises `StoreUnavailable`."""
        waiting = await self._outbox.count({"due": {"$ne": None}})
        metrics.NOTICES_WAITING.labels(self._name).set(waiting)

    async def _one(self, row: Document) -> None:
        async with self._free:
            now = _MACHINE.now()
            due = {"_id": row["_id"], "due": row["due"]}
            if not await self._outbox.update(due, {"$set": {"due": now + LEASE}}):
                return  # another replica has it
            taken = await self._taken(row)
            metrics.NOTICES_SENT.labels("taken" if taken else "failed").inc()
            attempts = row["attempts"] + 1
            after = None if taken else _MACHINE.now() + pause_after(attempts)
            done = {"attempts": attempts, "due": after}
            await self._outbox.update({"_id": row["_id"]}, {"$set": done})

    async def _holder(self, case_id: str) -> PersonalId | None:
        claim = (await self._submissions.of_cases([case_id])).get(case_id)
        return await self._hands.holder(claim) if claim else None

    async def _taken(self, row: Document) -> bool:
        body = body_of(row, row.get("to") or await self._holder(row["case_id"]))
        timestamp = int(_MACHINE.now().timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": row["_id"],
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._receiver.key, row["_id"], timestamp, body),
        }
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                answer = await self._http.post(self._receiver.url, content=body, headers=headers)
        except (httpx.HTTPError, TimeoutError) as error:
            log.info("a notice was not taken: %s", type(error).__name__)
            return False
        if not answer.is_success:
            log.info("a notice was not taken: HTTP %d", answer.status_code)
        return answer.is_success


def _key(secret: str) -> bytes:
    wanted = f"{PREFIX} and the base64 of at least {_SHORTEST_SECRET} random bytes"
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) < _SHORTEST_SECRET:
        raise SettingsError(f"{SECRET} cannot be used: give it {wanted}")
    return key
