"""A third procedure group with a new agency, brought in by the package path alone."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.catalogue import catalogue
from infra.local import Stack
from tests.e2e import toy
from tests.e2e.metrics import Scrape
from tests.e2e.onestop import LIMIT_SECONDS, onestop
from tests.e2e.toy import AGENCY, BUYER, TAX, TRANSFER, Case, procedure
from tests.fire.portal import Portal
from tests.fire.watcher import Watcher

WORDS = re.compile(
    r"[\"']property[\"']|\bproperty\.|transfer|land.?regist|parcel|\btax", re.IGNORECASE
)
"""Of the group; `@property` is Python's."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The new agency, the portal, and the register that knows the buyer."""
    with Stack(
        tmp_path_factory.mktemp("toy"),
        services=["portal", "population", AGENCY],
        topic_names=toy.catalogued("topics"),
        environment=toy.ENVIRONMENT,
    ) as stack:
        toy.introduce_the_buyer(stack)
        yield stack


@pytest.fixture(scope="module")
def cases(stack: Stack) -> tuple[Case, Case]:
    """Two declarations of one parcel, the second after the first has ended."""

    async def declared_twice() -> tuple[Case, Case]:
        async with Portal(stack.url("portal")) as portal, Watcher(portal) as watcher:
            return await declared(portal, watcher, "one"), await declared(portal, watcher, "two")

    return asyncio.run(declared_twice())


async def declared(portal: Portal, watcher: Watcher, key: str) -> Case:
    """Declare a transfer of the parcel, and return the case when it has ended."""
    (answer,) = await portal.declare([toy.declaration(key)])
    assert answer.case_id, answer.sentence()
    assert await watcher.end_of(answer.case_id, LIMIT_SECONDS), "the case did not end"
    return await portal.case(answer.case_id)


def test_the_transfer_is_granted_and_the_tax_assessed_at_the_deadline(
    cases: tuple[Case, Case],
) -> None:
    first, _ = cases
    assert (first["status"], first["group"], first["province"]) == ("completed", "property", "01")
    assert procedure(first, TRANSFER)["state"] == "granted"
    tax = procedure(first, TAX)
    assert (tax["state"], tax["seconds"] >= 1) == ("granted", True), "before the time was over"
    assert first["waiting_for"] == []


def test_the_page_of_the_case_has_titles_results_and_notices(cases: tuple[Case, Case]) -> None:
    first, _ = cases
    transfer, tax = procedure(first, TRANSFER), procedure(first, TAX)
    assert transfer["title"] == {
        "vi": "Đăng ký biến động đất đai",
        "en": "Registration of the transfer",
    }
    assert transfer["owner"] == tax["owner"] == AGENCY
    assert transfer["result"] == {"parcel": "01-317-22", "owner": BUYER.personal_id}
    assert tax["result"] == {"amount": 500_000}
    notices = {event["type"]: event["notice"] for event in first["timeline"]}
    assert notices["land-registry.transfer-registered.v1"]["en"] == (
        "The transfer has been registered."
    )
    assert notices["land-registry.tax-assessed.v1"]["vi"] == "Đã xác định thuế."
    assert list(notices)[-1] == "portal.case-completed.v1"


def test_the_second_declaration_is_refused_and_told_of_the_first(cases: tuple[Case, Case]) -> None:
    first, second = cases
    refused = procedure(second, TRANSFER)
    assert (second["status"], refused["state"]) == ("refused", "refused")
    assert refused["reason"]["code"] == "parcel-taken"
    assert refused["reason"]["refers_to"] == first["case_id"]
    assert procedure(second, TAX)["state"] == "not-started"


def test_the_command_shows_the_case(stack: Stack, cases: tuple[Case, Case]) -> None:
    first, second = cases
    environment = toy.operator(stack)
    shown = onestop(environment, "case", first["case_id"])
    assert shown.status == 0
    for part in ("property", "completed", "Tax assessment", "tax-assessed", "amount: 500000"):
        assert part in shown.out
    assert first["case_id"] in onestop(environment, "case", second["case_id"]).out


@pytest.mark.usefixtures("cases")
def test_the_metrics_have_the_label_of_the_group(stack: Stack) -> None:
    portal = Scrape.of(stack.url("portal"))
    assert portal.total("onestop_declarations_total", group="property") == 2
    for outcome in ("completed", "refused"):
        counted = {"group": "property", "outcome": outcome}
        assert portal.total("onestop_case_seconds_count", **counted) == 1
    assessed = {"group": "property", "procedure": TAX, "outcome": "granted"}
    assert portal.total("onestop_procedure_seconds_count", **assessed) == 1
    agency = Scrape.of(stack.url(AGENCY))
    assert agency.total("onestop_events_emitted_total", type="land-registry.tax-assessed.v1") == 1


def test_services_topics_and_listeners_follow_from_the_catalogue() -> None:
    assert set(toy.catalogued("services")) == {*catalogue().services, AGENCY}
    assert set(toy.catalogued("topics")) == {*catalogue().topics, f"{AGENCY}.events"}


@pytest.mark.parametrize("folder", ["services/chassis", "services/portal", "infra", "contracts"])
def test_nothing_of_it_is_known_where_it_was_not_written(folder: str) -> None:
    told = [
        f"{file.relative_to(toy.ROOT)}: {line.strip()}"
        for file in written(toy.ROOT / folder)
        for line in file.read_text(encoding="utf-8").splitlines()
        if WORDS.search(line.replace('"property": ', ""))  # so External Secrets calls a field
    ]
    assert told == []


def test_the_words_looked_for_are_those_of_the_group() -> None:
    unknown = [file.name for file in modules() if not WORDS.search(file.read_text("utf-8"))]
    assert unknown == []


def test_it_costs_one_folder_of_contracts_and_one_for_the_new_agency() -> None:
    assert {str(file.parent.relative_to(toy.TOY)) for file in modules()} == {
        "contracts/property",
        "services/land_registry",
    }
    assert sorted(file.name for file in modules() if file.name != "__init__.py") == [
        *("__main__.py", "events.py", "main.py", "process.py", "tax.py", "transfer.py")
    ]


def modules() -> list[Path]:
    """Return the files of which the third group consists."""
    return [file for file in written(toy.TOY) if file.suffix == ".py"]


def written(folder: Path) -> list[Path]:
    """Return the files of a folder that people or programs of ours wrote."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [file for file in files if "__pycache__" not in file.parts]
