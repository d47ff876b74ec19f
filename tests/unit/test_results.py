"""What agencies give is kept as they signed it; what revokes it is data of the group."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from contracts.birth import process
from contracts.birth.events import BirthRefused, BirthRegistered, HealthCardIssued
from contracts.birth.process import BIRTH, HEALTH_CARD
from contracts.catalogue import Catalogue, catalogue
from contracts.common.events import FeeSettled
from contracts.envelope import Event
from services.chassis.cause import Cause, Signed
from services.chassis.procedure import Context, Decision
from services.portal.results import (
    CHANGES,
    RESULTS,
    Nothing,
    changes,
    numbered,
    procedure,
    results,
    versions,
)
from tests.unit.births import registered, settled
from tests.unit.driver import NOW
from tests.unit.tracking import REASON

SIGNED = Signed(b'{"type": "what was signed"}', "head..tail")


def known(**changes: Any) -> Catalogue:
    """The catalogue, with something else about the registration of births and health cards."""
    specs = tuple(
        replace(spec, **changes) if spec.name in (BIRTH, HEALTH_CARD) else spec
        for spec in process.PROCEDURES
    )
    groups = {**catalogue().groups, "birth": replace(process.GROUP, procedures=specs)}
    return replace(catalogue(), groups=groups)


def heard(
    event: Event, *, known: Any = results, signed: Signed | None = SIGNED, **cause: Any
) -> Decision[Nothing]:
    """Return what one event leads to."""
    about: dict[str, Any] = {
        "group": "birth",
        "entry": 1,
        "time": NOW,
        "source": "/services/x",
    } | cause
    context = Context(
        case_id="case-1",
        procedure="results",
        now=datetime.now(UTC),
        cause=Cause(id=uuid4(), type=event.type, signed=signed, **about),
    )
    decision: Decision[Nothing] = known.decide(Nothing(), event, context)
    assert decision.state == Nothing()
    assert all(record.insert_only for record in decision.records)
    return decision


def keys_of(decision: Decision[Nothing]) -> list[str]:
    return [*(each.key for each in decision.filed), *(each.key for each in decision.records)]


def test_a_document_is_kept_byte_for_byte() -> None:
    (filed,) = heard(registered()).filed
    assert (filed.kind, filed.key) == (RESULTS, "KS-01-2026-00000042/000001")
    assert filed.fields == {
        "case_id": "case-1",
        "group": "birth",
        "procedure": BIRTH,
        "type": BirthRegistered.type,
        "at": NOW,
        "content": SIGNED.content,
        "signature": SIGNED.signature,
    }


def test_one_that_was_not_signed_is_known_as_such() -> None:
    (filed,) = heard(registered(), signed=None).filed
    assert (filed.fields["content"], filed.fields["signature"]) == (None, None)


@pytest.mark.parametrize("group", ["birth", "death"])
def test_an_event_of_two_groups_is_a_document_of_each(group: str) -> None:
    (filed,) = heard(settled(), group=group).filed
    owner = {"birth": "fee-settlement", "death": "death-fee-settlement"}
    assert filed.fields["procedure"] == owner[group]
    assert FeeSettled.type == filed.fields["type"]


def test_what_is_no_document_here_is_passed_over() -> None:
    assert heard(registered(), group="death") == Decision(Nothing())


def test_every_version_of_a_document_is_kept() -> None:
    keys = [each.key for entry in (1, 2, 12) for each in heard(registered(), entry=entry).filed]
    assert keys == [numbered("KS-01-2026-00000042", entry) for entry in (1, 2, 12)]
    assert sorted(keys) == keys, "the newest comes last"
    found = versions("KS-01-2026-00000042")
    assert all(key.startswith(found) for key in keys)
    assert not numbered("KS-01-2026-000000421", 1).startswith(found)


@pytest.mark.parametrize(
    ("change", "becomes"), [("cancelled", "revoked"), ("corrected", "superseded")]
)
def test_what_revokes_and_supersedes_is_named_by_the_group(change: str, becomes: str) -> None:
    revoking = procedure(known(afterwards={BirthRefused: change}))
    reason = REASON
    records = heard(BirthRefused(reason=reason), known=revoking, entry=3).records
    assert [(record.register, record.key) for record in records] == [
        (CHANGES, "case-1/birth-registration/000003"),
        (CHANGES, "case-1/health-insurance-card/000003"),
    ]
    row = records[0].row()
    assert row == {
        "type": BirthRefused.type,
        "at": NOW,
        "becomes": becomes,
        "reason": reason.model_dump(mode="json"),
    }
    found = changes("case-1", "birth-registration")["_id"]
    assert found["$gte"] <= records[0].key < found["$lt"]


@pytest.mark.parametrize("change", ["withdrawn", "recovered", "refunded", "declined"])
def test_what_else_becomes_of_a_procedure_leaves_its_documents(change: str) -> None:
    assert BirthRefused.type not in procedure(known(afterwards={BirthRefused: change})).handles


def test_who_gives_no_document_has_none_to_be_revoked() -> None:
    revoking = procedure(known(documents={}, afterwards={BirthRefused: "cancelled"}))
    assert BirthRefused.type not in revoking.handles


def test_all_that_has_documents_says_what_makes_them_void() -> None:
    """A receipt stays: that the fees were paid is so, whatever becomes of what they were for."""
    specs = [s for g in catalogue().groups.values() for s in g.procedures if s.documents]
    lasting = {spec.name for spec in specs if "cancelled" not in spec.afterwards.values()}
    assert lasting == {"fee-settlement", "death-fee-settlement"}


def test_the_order_does_not_matter() -> None:
    revoking = procedure(known(afterwards={BirthRefused: "cancelled"}))
    events = [registered(), settled(), BirthRefused(reason=REASON)]
    ends = {
        tuple(sorted(key for event in order for key in keys_of(heard(event, known=revoking))))
        for order in permutations(events)
    }
    assert len(ends) == 1
    assert HealthCardIssued.type in revoking.handles
