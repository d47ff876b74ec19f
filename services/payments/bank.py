"""The bank, as we speak with it. What a real bank replaces is this module, and nothing else.

It is asked and never calls: an agency has no door of its own. A payment is ordered under an id of
ours, and is the same payment however often it is ordered; the bank says later what became of it, in
a statement that is read on from where it was read last, and in answer to a question about one.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Annotated, Any, Literal, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from contracts.common.payouts import Payout
from contracts.model import Name, PersonalId, Vnd
from services.chassis.settings import SettingsError

ADDRESS, PATIENCE = "ONESTOP_BANK", "ONESTOP_BANK_PATIENCE"
DEFAULT_ADDRESS = "http://127.0.0.1:8090"
ANSWER_SECONDS = 5.0
M = TypeVar("M", bound=BaseModel)


class BankUnavailable(ConnectionError):
    """The bank gave no answer that can be used; what was ordered may or may not have arrived."""


class Order(BaseModel):
    """What the bank is to pay, in dong; the same id is the same payment."""

    id: Name
    amount: Vnd
    payee: PersonalId
    about: Name
    payout: Payout


class Standing(BaseModel):
    """What the bank says of a payment. `settled_at` is None while it is `accepted` only."""

    payment_id: Name
    status: Literal["accepted", "paid", "rejected"]
    reference: Name
    settled_at: AwareDatetime | None = None
    cause: Name | None = None


class Statement(BaseModel):
    """What became of payments, in the order of the bank's books, and where to read on."""

    lines: tuple[Standing, ...]
    next: Annotated[int, Field(ge=0)]


class BankSettings(NamedTuple):
    """Where the bank is, and after how many seconds of silence it is asked about a payment."""

    address: str = DEFAULT_ADDRESS
    patience: float = 2.0


_patience: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(gt=0, allow_inf_nan=False)])


def settings_from(environment: Mapping[str, str] = os.environ) -> BankSettings:
    """Return what the environment says. Raises `SettingsError` for what cannot be used."""
    address = environment.get(ADDRESS) or DEFAULT_ADDRESS
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{ADDRESS} cannot be used: {address!r} is no http:// address")
    try:
        patience = _patience.validate_python(environment.get(PATIENCE) or BankSettings().patience)
    except ValidationError as error:
        raise SettingsError(f"{PATIENCE} cannot be used: {error.errors()[0]['msg']}") from None
    return BankSettings(address, patience)


class Bank:
    """Speaks HTTP with the bank, each request in a thread and on a connection of its own."""

    def __init__(self, address: str) -> None:
        self._parts = urlsplit(address)

    async def order(self, order: Order) -> Standing:
        """Have it paid, once however often; return how it stands. Raises `BankUnavailable`."""
        body = order.model_dump(mode="json", exclude={"id"})
        status, said = await self._ask("PUT", f"/payments/{quote(order.id)}", body)
        return _read(Standing, said, status in (200, 202))

    async def standing(self, payment_id: str) -> Standing | None:
        """Return how a payment stands, None where the bank knows none of this id.

        Raises `BankUnavailable`.
        """
        status, said = await self._ask("GET", f"/payments/{quote(payment_id)}")
        return None if status == 404 else _read(Standing, said, status == 200)

    async def statement(self, after: int) -> Statement:
        """Return the next lines of the statement after this one. Raises `BankUnavailable`."""
        status, said = await self._ask("GET", f"/statement?after={after}")
        return _read(Statement, said, status == 200)

    async def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        return await asyncio.to_thread(self._ask_now, method, path, body)

    def _ask_now(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        secure = self._parts.scheme == "https"
        kind = HTTPSConnection if secure else HTTPConnection
        host, port = self._parts.hostname or "", self._parts.port
        connection = kind(host, port, timeout=ANSWER_SECONDS)
        try:
            sent = None if body is None else json.dumps(body).encode()
            headers = {"Content-Type": "application/json"} if sent else {}
            connection.request(method, self._parts.path.rstrip("/") + path, sent, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            raise BankUnavailable(f"the bank is away: {type(error).__name__}") from error
        finally:
            connection.close()


def _read(model: type[M], said: bytes, understood: bool) -> M:
    if not understood:
        raise BankUnavailable("the bank did not take the request; it is told again later")
    try:
        return model.model_validate_json(said)
    except ValidationError as error:
        raise BankUnavailable("the bank's answer is not what was agreed upon") from error
