"""What the portal proposes, to whom, until it is declared; and what intake makes of it."""

from typing import Any

import pytest

from contracts.birth_notice.events import BirthNoticeRecorded
from contracts.birth_notice.form import BirthNotice
from contracts.catalogue import catalogue
from contracts.common.events import DeclarationSubmitted, SupplementSubmitted
from contracts.common.proposals import Proposal
from services.civil_status.birth_notice import proposal
from services.portal import declaration, outbox
from services.portal.declaration import event_of
from services.portal.fields import shared
from services.portal.problems import Problem
from services.portal.proposals import (
    Proposed,
    Status,
    notices_of,
    proposal_of,
    proposals,
    to_whom,
    view,
)
from services.portal.tracker import case
from tests.unit import births
from tests.unit.driver import NOW, Desk
from tests.unit.test_birth_notice import CODE, NOTICE, unsigned

PROPOSAL = proposal(BirthNotice.model_validate(NOTICE), births.people()[births.MOTHER])


def recorded(proposal: Proposal = PROPOSAL) -> BirthNoticeRecorded:
    return BirthNoticeRecorded(
        code=proposal.key, hospital="hospital-01001", born_at=NOW, late=False, proposal=proposal
    )


def row(proposal: Proposal = PROPOSAL) -> dict[str, Any]:
    """Return the row that the portal keeps of a proposal."""
    (record,) = Desk(proposals, None, group="birth-notice").hear(recorded(proposal)).records
    return {"_id": record.key, **record.row()}


def test_a_row_has_all_of_the_proposal_and_finds_who_is_asked() -> None:
    kept = row()
    assert proposal_of(kept) == PROPOSAL
    assert to_whom(births.MOTHER).items() <= kept.items()


def test_of_one_key_the_first_row_stays() -> None:
    (record,) = Desk(proposals, None, group="birth-notice").hear(recorded()).records
    assert record.insert_only


@pytest.mark.parametrize(
    ("cases", "state", "declared_in"),
    [
        ({}, "open", None),
        ({"case-1": "in-progress"}, "being-declared", None),
        ({"case-1": "refused"}, "open", None),
        ({"case-1": "completed"}, "declared", "case-1"),
        ({"case-1": "partial"}, "declared", "case-1"),
        ({"case-1": "refused", "case-2": "in-progress"}, "being-declared", None),
        ({"case-1": "in-progress", "case-2": "completed"}, "declared", "case-2"),
    ],
)
def test_it_is_open_until_a_declaration_stands(
    cases: dict[str, Status], state: str, declared_in: str | None
) -> None:
    found = view(row(), cases)
    assert (found["state"], found["declared_in"]) == (state, declared_in)


def test_it_says_what_to_declare_and_why_in_both_languages() -> None:
    found = view(row(), {})
    assert (found["key"], found["group"], found["form"]) == (CODE, "birth", PROPOSAL.form)
    assert found["text"]["vi"] and found["text"]["en"]


def test_what_it_replaces_is_on_file() -> None:
    desk = Desk(proposals, None, group="birth-notice")
    desk.hear(recorded(PROPOSAL.with_(replaces="01001.GCS.00041.26")))
    assert [(each.id, each.fields) for each in desk.filed] == [
        ("replaced/01001.GCS.00041.26", {"by": CODE})
    ]


def supplied(declared: DeclarationSubmitted | None) -> SupplementSubmitted:
    return SupplementSubmitted.model_validate(
        {
            "task_id": "case-1.birth-registration",
            "procedure": "birth-registration",
            "by": births.MOTHER,
            "request": "7c1ed9a2-7b54-4f0e-8a43-1d1f9d1c2b10",
            "received_at": NOW,
            "supplied": [{"text": "x"}],
            "declaration": declared,
        }
    )


def test_a_corrected_form_is_filed_under_what_it_would_answer() -> None:
    desk = Desk(proposals, None)
    desk.hear(supplied(None))
    desk.hear(supplied(births.submitted()))
    assert desk.filed == []
    desk.hear(supplied(births.submitted(answers=CODE)))
    assert [each.id for each in desk.filed] == [f"answers/{CODE}/case-1"]


def told(to: str | None) -> list[Any]:
    """Return the rows for the channel outside after a proposal to somebody."""
    desk = Desk(outbox.procedure(catalogue()), None, group="birth-notice")
    desk.hear(recorded(PROPOSAL.with_(to=to)))
    return [record.row()["to"] for record in desk.records]


def test_the_channel_tells_whom_it_is_proposed_to() -> None:
    assert told(births.MOTHER) == [births.MOTHER]
    assert told(None) == []


def test_somebody_named_in_what_was_signed_and_unknown_is_told_of_there() -> None:
    raw = {
        "group": "birth-notice",
        "declarant": births.FATHER,
        "form": {"notice": unsigned(NOTICE | {"mother": {"personal_id": births.GRANDMOTHER}})},
    }
    filled = declaration.filled(declaration.sent(raw))
    with pytest.raises(Problem) as refused:
        declaration.check_people(filled, births.people())
    assert [each["field"] for each in refused.value.errors] == ["form.notice"]


def test_the_inbox_tells_of_it() -> None:
    (notice,) = notices_of([row()])
    assert (notice["case_id"], notice["group"]) == ("case-1", "birth-notice")
    assert notice["type"] == BirthNoticeRecorded.type
    assert notice["text"]["en"]


def test_a_declaration_is_filed_under_what_it_would_answer() -> None:
    desk = Desk(case, None)
    desk.hear(births.submitted(answers=CODE))
    assert [each.id for each in desk.filed] == [f"answers/{CODE}/case-1"]
    other = Desk(case, None)
    other.hear(births.submitted())
    assert other.filed == []


@pytest.mark.parametrize(
    ("ours", "sent", "same"),
    [
        ({}, {"a": 1}, 0),
        ({"a": 1}, {"a": 1, "b": 2}, 1),
        ({"a": 1}, {"a": 2}, 0),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, 1),
        ({"a": {"b": 1}}, {"a": 1}, 0),
        ({"a": None}, {}, 0),
    ],
)
def test_what_was_taken_over_is_counted(ours: Any, sent: Any, same: int) -> None:
    assert shared(ours, sent) == same


def declared(
    form: dict[str, Any], proposed: dict[str, Proposal], by: str = births.MOTHER
) -> DeclarationSubmitted:
    raw = {"group": "birth", "declarant": by, "form": form}
    filled = declaration.filled(declaration.sent(raw))
    known = {key: Proposed(each, ("older",)) for key, each in proposed.items()}
    return event_of(filled, births.people(), births.RECEIVED, known)


def test_what_the_hospital_said_needs_not_be_entered() -> None:
    alone, helped = declared(births.form(), {}), declared(births.form(), {CODE: PROPOSAL})
    assert (alone.answers, alone.proposal) == (CODE, None)
    assert (helped.answers, helped.proposal) == (CODE, PROPOSAL)
    assert (alone.replaced, helped.replaced) == (None, ("older",))
    taken_over = shared(PROPOSAL.form, births.form())
    assert taken_over > 8
    assert helped.reused_fields == alone.reused_fields + taken_over
    assert helped.entered_fields == alone.entered_fields - taken_over


def test_what_was_proposed_to_somebody_else_was_entered() -> None:
    event = declared(births.form(), {CODE: PROPOSAL}, births.FATHER)
    assert event.proposal == PROPOSAL
    assert event.entered_fields == declared(births.form(), {}, births.FATHER).entered_fields


def test_what_proposes_something_else_is_no_answer() -> None:
    event = declared(births.form(), {CODE: PROPOSAL.with_(group="death")})
    assert (event.answers, event.proposal, event.replaced) == (CODE, None, None)


def test_a_birth_at_home_answers_nothing() -> None:
    form = births.form(evidence={"kind": "commitment", "signed_on": "2026-11-11"})
    event = declared(form, {CODE: PROPOSAL})
    assert (event.answers, event.proposal) == (None, None)
