"""What the portal proposes, to whom, until it is declared; and what intake makes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.birth_notice.events import BirthNoticeRecorded
from contracts.birth_notice.form import BirthNotice
from contracts.common.proposals import Proposal
from services.civil_status.birth_notice import proposal
from services.portal import declaration
from services.portal.answers import answer
from services.portal.declaration import event_of
from services.portal.fields import shared
from services.portal.proposals import notices_of, proposal_of, proposals, to_whom, views
from services.portal.tracker import case
from tests.unit import births
from tests.unit.driver import NOW, Desk
from tests.unit.test_birth_notice import CODE, NOTICE

PROPOSAL = proposal(BirthNotice.model_validate(NOTICE), births.people()[births.MOTHER])


def recorded(proposal: Proposal = PROPOSAL) -> BirthNoticeRecorded:
    return BirthNoticeRecorded(
        code=proposal.key, hospital="hospital-01001", born_at=NOW, late=False, proposal=proposal
    )


def row(proposal: Proposal = PROPOSAL) -> dict[str, Any]:
    """Return the row that the portal keeps of a proposal."""
    (record,) = Desk(proposals, None, group="birth-notice").hear(recorded(proposal)).records
    return {"_id": record.key, **record.row()}


def on_file(case_id: str, key: str = CODE) -> dict[str, Any]:
    """Return what is on file of a declaration that answers."""
    return dict(answer(key, case_id).fields)


def test_a_row_has_all_of_the_proposal_and_finds_who_is_asked() -> None:
    kept = row()
    assert proposal_of(kept) == PROPOSAL
    assert to_whom(births.MOTHER).items() <= kept.items()


def test_of_one_key_the_first_row_stays() -> None:
    (record,) = Desk(proposals, None, group="birth-notice").hear(recorded()).records
    assert record.insert_only


@pytest.mark.parametrize(
    ("answers", "refused", "declared_in"),
    [
        ([], [], None),
        ([on_file("case-1")], [], "case-1"),
        ([on_file("case-1")], ["case-1"], None),
        ([on_file("case-1"), on_file("case-2")], ["case-1"], "case-2"),
        ([on_file("case-1"), on_file("case-2")], ["case-2"], "case-1"),
        ([on_file("case-1", "01001.GCS.00043.26")], [], None),
    ],
)
def test_it_is_open_until_a_declaration_stands(
    answers: list[dict[str, Any]], refused: list[str], declared_in: str | None
) -> None:
    (view,) = views([row()], answers, refused)
    assert view["declared_in"] == declared_in


def test_it_says_what_to_declare_and_why_in_both_languages() -> None:
    (view,) = views([row()], [], [])
    assert (view["key"], view["group"], view["form"]) == (CODE, "birth", PROPOSAL.form)
    assert view["text"]["vi"] and view["text"]["en"]


def test_the_newest_comes_first() -> None:
    older = {**row(), "_id": "older", "at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert [view["key"] for view in views([older, row()], [], [])] == [CODE, "older"]


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


def declared(form: dict[str, Any], proposed: dict[str, Proposal]) -> Any:
    raw = {"group": "birth", "declarant": births.MOTHER, "form": form}
    filled = declaration.filled(declaration.sent(raw))
    return event_of(filled, births.people(), births.RECEIVED, proposed)


def test_what_the_hospital_said_needs_not_be_entered() -> None:
    alone, helped = declared(births.form(), {}), declared(births.form(), {CODE: PROPOSAL})
    assert (alone.answers, alone.proposal) == (CODE, None)
    assert (helped.answers, helped.proposal) == (CODE, PROPOSAL)
    taken_over = shared(PROPOSAL.form, births.form())
    assert taken_over > 8
    assert helped.reused_fields == alone.reused_fields + taken_over
    assert helped.entered_fields == alone.entered_fields - taken_over


def test_a_birth_at_home_answers_nothing() -> None:
    form = births.form(evidence={"kind": "commitment", "signed_on": "2026-11-11"})
    event = declared(form, {CODE: PROPOSAL})
    assert (event.answers, event.proposal) == (None, None)
