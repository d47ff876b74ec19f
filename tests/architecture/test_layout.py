"""The rules of the layout that import-linter cannot say, each with code that breaks it."""

import re
import sys

import pytest

from contracts.catalogue import catalogue
from contracts.group import ProcedureGroup
from tests.architecture import checks, tree

# What the terms of the glossary are made of, and every other word of a family's life.
DOMAIN_WORDS = frozenset(
    {"allowance", "birth", "burial", "card", "certificate", "child", "children", "citizen", "death"}
    | {"deceased", "family", "father", "funeral", "hospital", "mother", "newborn", "premium"}
    | {"residence"}
)

# Terms of the glossary that are the mechanism's own as well.
SHARED = {"case", "linked procedure group", "official", "procedure"}

# The names of all metrics are declared once, and in the chassis: the portal's too.
ALLOWED = {
    "services.chassis.metrics": {"at risk", "case completed", "declaration", "overdue"}
    | {"notice", "rating", "bank", "payments"}
}


def catalogue_words() -> frozenset[str]:
    """Return the names of all groups that citizens declare, services, procedures and events."""
    groups = catalogue().groups.values()
    return frozenset(
        checks.spoken(name)
        for name in (
            *(group.name for group in groups if group.form),
            *(spec.name for group in groups for spec in group.procedures),
            *(event.__name__ for event in catalogue().events.values()),
            *catalogue().services,
        )
    )


def glossary_words() -> frozenset[str]:
    """Return the terms of the domain, the first table of the glossary, that are not shared."""
    glossary = (tree.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    table = re.search(r"^\|-.*\n((?:\|.*\n)+)", glossary, re.MULTILINE)
    assert table, "the glossary has no table"
    cells = [row.split("|")[1] for row in table[1].splitlines()]
    terms = [term for cell in cells for term in re.sub(r"\(.*?\)", "", cell).split(",")]
    return frozenset(map(checks.spoken, terms)) - SHARED


FORBIDDEN = DOMAIN_WORDS | catalogue_words() | glossary_words()


def named(faults: dict[str, list[str]]) -> list[str]:
    return [f"{module}: {fault}" for module in sorted(faults) for fault in faults[module]]


@pytest.mark.parametrize("package", tree.PACKAGES)
def test_files_are_short_enough_to_be_read(package: str) -> None:
    assert named({name: checks.too_long(tree.source(name)) for name in tree.under(package)}) == []


def test_a_long_file_is_noticed() -> None:
    assert checks.too_long("x = 1\n" * checks.LONGEST) == []
    assert checks.too_long("x = 1\n" * (checks.LONGEST + 1)) != []


def test_decisions_are_found_in_every_agency() -> None:
    owners = {module.split(".")[1] for module in tree.domain()}
    assert "tests.toy.services.land_registry.transfer" in tree.domain()
    assert owners >= set(tree.agencies())
    assert {"contracts.envelope", "services.chassis.procedure"} <= tree.reached(tree.domain())


def test_no_decision_reads_a_clock_or_draws_a_number() -> None:
    reached = tree.reached(tree.domain())
    assert named({name: checks.impurities(tree.source(name)) for name in reached}) == []


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime\nx = datetime.now(UTC)",
        "from datetime import datetime as d\nx = d.utcnow()",
        "import datetime\nx = datetime.date.today()",
        "from datetime import date\nclass S: day: date = Field(default_factory=date.today)",
        "import time\nx = time.time()",
        "from time import monotonic\nx = monotonic()",
        "import random\nx = random.randint(1, 6)",
        "from random import choice as pick\nx = pick([1])",
        "import secrets\nx = secrets.token_hex()",
        "import uuid\nx = uuid.uuid4()",
        "from uuid import uuid1\nx = uuid1()",
        "import os\nx = os.environ['PROVINCE']",
        "def f():\n    import os\n    return os.urandom(6)",
        "x = open('rules.toml')",
        "x = hash(name) % 12",
    ],
)
def test_a_clock_or_chance_in_a_decision_is_noticed(code: str) -> None:
    assert checks.impurities(code) != []


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime\ndef f(context): return datetime.combine(context.now, time)",
        "from uuid import uuid5\nx = uuid5(cause, 'birth')",
        "x = context.now\ny = context.derive('id', 0, 10)\nz = state.time",
        "def f(time): return time",
    ],
)
def test_time_and_numbers_from_the_context_are_left_alone(code: str) -> None:
    assert checks.impurities(code) == []


def test_a_service_has_one_clock() -> None:
    found = {name: checks.clocks(tree.source(name)) for name in tree.under("services")}
    assert [name for name in found if found[name]] == ["services.chassis.clock"]


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        ("from datetime import UTC, datetime\nx = datetime.now(UTC)", 1),
        ("import datetime\nx = datetime.date.today()", 1),
        ("import time as t\nx = t.time_ns()", 1),
        ("from time import time\nx = Field(default_factory=time)", 1),
        ("import time\nx = time.monotonic()\ny = time.perf_counter()", 0),
        ("x = runtime.clock.now()\ny = loop.time()", 0),
    ],
)
def test_a_second_clock_is_noticed(code: str, faults: int) -> None:
    assert len(checks.clocks(code)) == faults


def waiting_tests() -> list[str]:
    """The tests: without the commands that fire declarations, and measure, at a steady rate."""
    paced = ("tests.bench", "tests.fire")
    return [name for name in tree.under("tests") if not name.startswith(paced)]


def test_no_test_sleeps() -> None:
    assert named({name: checks.sleeps(tree.source(name)) for name in waiting_tests()}) == []


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        ("import asyncio\nawait asyncio.sleep(0)", 0),
        ("import asyncio\nawait asyncio.sleep(0.1)", 1),
        ("import asyncio as aio\nawait aio.sleep(delay)", 1),
        ("from asyncio import sleep\nasync def f(): await sleep(1)", 1),
        ("import time\ntime.sleep(1)\ntime.sleep(0)\ntime.sleep(2)", 2),
        ("from time import sleep as nap\nnap(5)", 1),
        ("import time\ntime.monotonic()", 0),
    ],
)
def test_a_sleeping_test_is_noticed(code: str, faults: int) -> None:
    assert len(checks.sleeps(code)) == faults


def test_the_chassis_has_no_domain_word() -> None:
    found = {
        name: checks.words(tree.source(name), FORBIDDEN - ALLOWED.get(name, set()))
        for name in tree.under("services.chassis")
    }
    assert len(found) > 1
    assert named(found) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("class BirthRegistered: ...", ["birth", "birth registered"]),
        ("topic = 'social-insurance.events'", ["social insurance"]),
        ("# the portal's own", ["portal"]),
        ("def health_cards(): ...", ["card"]),
        ("FEE_SETTLEMENT = 1", ["fee", "fee settlement"]),
        ("if service == 'civil_status':", ["civil status"]),
        ("cardinal, fees_of, discard = rebirth()", ["fee"]),
        ("class HouseholdOwner: ...", ["household", "household owner"]),
        ("case, procedure, entry, register, claim, deadline", []),
    ],
)
def test_a_domain_word_is_noticed(code: str, found: list[str]) -> None:
    assert checks.words(code, FORBIDDEN) == [f"line 1: {word}" for word in found]


def strangers(imported: frozenset[str] | set[str], known: set[str]) -> list[str]:
    """Return the imports that are neither in the standard library nor known."""
    tops = {name.split(".")[0]: name for name in sorted(imported)}
    return [name for top, name in tops.items() if top not in known | sys.stdlib_module_names]


def test_contracts_need_pydantic_and_nothing_else() -> None:
    known = {"contracts", "pydantic", "pydantic_core"}
    found = {name: strangers(tree.imported(name), known) for name in tree.under("contracts")}
    assert named(found) == []
    assert strangers({"json", "pydantic.Field", "contracts.model", "motor.x"}, known) == ["motor.x"]


def test_agencies_need_the_chassis_and_nothing_else() -> None:
    known = {"contracts", "pydantic", "services"}
    found = {
        name: strangers(tree.imported(name), known)
        for agency in tree.agencies()
        for name in tree.under(f"services.{agency}")
    }
    assert len(found) > len(catalogue().services)
    assert named(found) == []
    assert strangers({"services.chassis.service", "fastapi.FastAPI"}, known) == ["fastapi.FastAPI"]


def other_groups(imported: frozenset[str] | set[str], own: str | None = None) -> list[str]:
    """Return the imports from the folders of groups that citizens declare, other than the own."""
    declared = [group.name for group in catalogue().groups.values() if _is_declared(group)]
    pattern = "|".join(re.escape(name.replace("-", "_")) for name in declared if name != own)
    return [
        name
        for name in sorted(imported)
        if pattern and re.match(rf"contracts\.({pattern})\b", name)
    ]


def _is_declared(group: ProcedureGroup) -> bool:
    return group.form is not None


def test_groups_know_what_is_common_and_never_each_other() -> None:
    found = {
        name: other_groups(tree.imported(name), own=name.split(".")[1].replace("_", "-"))
        for name in tree.under("contracts")
        if name.count(".") > 1
    }
    assert len(found) > 1
    assert named(found) == []
    assert other_groups({"contracts.birth.events.BirthRegistered"}, own="death") != []
    assert other_groups({"contracts.birth.events.BirthRegistered"}, own="birth") == []


def test_the_portal_knows_no_group() -> None:
    found = {name: other_groups(tree.imported(name)) for name in tree.under("services.portal")}
    assert found
    assert named(found) == []
    assert other_groups({"contracts.birth.form.BirthForm"}) == ["contracts.birth.form.BirthForm"]
    assert other_groups({"contracts.common.events.CaseCompleted"}) == []
