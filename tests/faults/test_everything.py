"""Births, deaths, officials' tasks and payouts at once, while everything is killed in turn."""

from collections.abc import Iterator

import pytest

from contracts.catalogue import catalogue
from infra.gateway.faults import MIXED
from infra.local import Stack
from infra.local.ports import GATEWAY
from tests.faults.bank import movements, turn, wrongly_paid
from tests.faults.city import City, command
from tests.faults.clerk import Clerk
from tests.faults.conftest import SETTINGS, inhabited

AT_EACH = 10
REVIEWED = {
    "residence": ("permanent-residence-registration", "permanent-residence-removal"),
    "social-insurance": ("funeral-benefit",),
}
POLICY = """
[[approval.{procedure}]]
from = 2024-01-01
value = "review"
source = "a test"
confidence = "low"
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The six services and the bank, where officials decide about residence and benefits."""
    rules = tmp_path_factory.mktemp("rules")
    for service, procedures in REVIEWED.items():
        text = "".join(POLICY.format(procedure=procedure) for procedure in procedures)
        (rules / f"{service}.toml").write_text(text, encoding="utf-8")
    environment = {**SETTINGS, "ONESTOP_RULES": str(rules)}
    stack = Stack(tmp_path_factory.mktemp("city"), command=command, environment=environment)
    with inhabited(stack, tmp_path_factory.mktemp("people") / "people.ndjson") as city:
        yield city


async def test_everything_is_killed_in_turn_and_all_is_decided_and_paid_once(city: City) -> None:
    await turn(city.stack, **MIXED.model_dump())
    async with Clerk(city.stack).working() as clerk:
        for victim in (*catalogue().services, GATEWAY, "mongo", "kafka"):
            async with city.flow.declaring(AT_EACH):
                await city.accepts(AT_EACH // 3)
                await city.kill(victim)
                await city.start(victim)
        found = await city.assert_whole()
    assert clerk.decided > 0
    moved = await movements(city.stack)
    assert moved
    assert wrongly_paid(found, moved) == []
