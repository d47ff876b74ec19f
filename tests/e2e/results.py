"""Families who ask for their results, and the clerk who decides about residence."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from pymongo import MongoClient

from contracts.birth.process import RESIDENCE
from contracts.common.tasks import task_id
from infra.local.waiting import wait_until
from tests.e2e.city import City, Document
from tests.e2e.onestop import LIMIT_SECONDS
from tests.fire.declared import Declared
from tests.fire.portal import Item, Portal
from tests.unit.officials import APPROVE, official

CLERK = official(5, "residence")
REGISTRAR = official(6, "civil-status")


@contextmanager
def database(city: City) -> Iterator[Any]:
    """The portal's database, as somebody who got into it has it."""
    client: MongoClient[Document] = MongoClient(city.stack.addresses.mongo)
    with client:
        yield client["onestop_portal"]


@dataclass(frozen=True)
class Given:
    """A document that a family was given: its number, and who should have signed it."""

    number: str
    procedure: str
    agency: str
    official: str | None
    case: str


class Counter:
    """Where families ask for their documents."""

    def __init__(self, city: City) -> None:
        self.city = city
        url = city.stack.url("portal")
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def declared(self, some: Declared) -> Document:
        """Declare, let the clerk decide where one is asked, and return the case when it ended."""
        case = asyncio.run(self._declared(some))

        def ended() -> bool:
            return bool(self.case(case)["status"] != "in-progress")

        if some.declaration["group"] == "birth":
            task = f"/api/tasks/{task_id(case, RESIDENCE)}"
            assert wait_until(lambda: self._ask(task).status_code == 200, LIMIT_SECONDS)
            for what, body in (("claim", None), ("decision", APPROVE)):
                headers = self._clerk | {"Idempotency-Key": f"{case}-{what}"}
                sent = self.http.post(f"{task}/{what}", json=body, headers=headers)
                assert sent.status_code == 202, sent.text
                counted = partial(self._counted, task, sent.json()["act_id"])
                assert wait_until(counted, LIMIT_SECONDS)
        assert wait_until(ended, LIMIT_SECONDS), self.case(case)
        return self.case(case)

    def case(self, id: str) -> Document:
        return dict(self.http.get(f"/api/cases/{id}").json())

    def result(self, number: str) -> Document:
        """Return a document, when the portal has heard of it."""
        path = f"/api/results/{number}"
        assert wait_until(lambda: self.http.get(path).status_code == 200, LIMIT_SECONDS)
        return dict(self.http.get(path).json())

    def request(self, case: str, what: str, body: Document) -> None:
        """Let the registrar ask for something about a case."""
        token = self.city.stack.issuer.token(REGISTRAR)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"{case}-{what}"}
        sent = self.http.post(f"/api/cases/{case}/{what}", json=body, headers=headers)
        assert sent.status_code == 202, sent.text

    def becomes(self, number: str, state: str) -> Document:
        """Return what is told of a document, when it is in this state."""
        path = f"/api/verify/{number}"
        reached = wait_until(lambda: self.http.get(path).json()["state"] == state, LIMIT_SECONDS)
        assert reached, self.http.get(path).json()
        return dict(self.http.get(path).json())

    @property
    def _clerk(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.city.stack.issuer.token(CLERK)}"}

    def _ask(self, path: str) -> httpx.Response:
        return self.http.get(path, headers=self._clerk)

    def _counted(self, task: str, act: str) -> bool:
        answers = self._ask(task).json()["answers"]
        return any(each["act"] == act and each["counted"] for each in answers)

    async def _declared(self, some: Declared) -> str:
        async with Portal(self.city.stack.url("portal")) as door:
            (answer,) = await door.declare([Item(some.key, some.declaration)])
        assert answer.case_id, answer
        return str(answer.case_id)
