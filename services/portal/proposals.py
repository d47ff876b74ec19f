"""What the state proposes to declare: said by an agency -> a row, until somebody declares it. Pure.

It knows no group by name: an agency's event carries what is proposed, and a form says which
proposal it would answer.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime
from typing_extensions import TypedDict

from contracts.catalogue import Catalogue, catalogue
from contracts.common.events import Outcome, SupplementSubmitted
from contracts.common.proposals import Proposal, Proposing
from contracts.model import PersonalId
from services.chassis.procedure import Context, Decision, Filed, Procedure, Record
from services.portal.answers import answer
from services.portal.notices import Notice, Stateless, text_of
from services.portal.sentences import Sentence, shown

PROPOSALS, REPLACED = "proposals", "replaced"
"""The register of proposals, by their keys; and what they are filed as that were wrong."""
Status = Outcome | Literal["in-progress"]
"""How far a case is, by its row in the register."""
State = Literal["open", "being-declared", "declared"]
_STANDS: frozenset[Status] = frozenset({"completed", "partial"})
Row = Mapping[str, Any]
"""A row of the register, or a declaration on file, with its key as `_id`."""


class Proposed(NamedTuple):
    """A proposal, and the keys of those that it stands in for, one for another."""

    proposal: Proposal
    replaced: tuple[str, ...] = ()


class ProposalView(TypedDict):
    """What somebody is asked to declare. `form` is the form, as far as the state can fill it in.

    `declared_in` is the case in which it was granted; null before that.
    """

    key: str
    group: str
    at: AwareDatetime
    text: Sentence
    form: dict[str, Any]
    state: State
    declared_in: str | None


def procedure(known: Catalogue) -> Procedure[Stateless]:
    """Return the procedure that keeps what the events of the catalogue propose."""
    made = Procedure("proposals", initial=Stateless())
    made.on(*(event for event in known.current if issubclass(event, Proposing)))(proposed)
    made.on(SupplementSubmitted)(corrected)
    return made


def proposed(state: Stateless, event: Proposing, context: Context) -> Decision[Stateless]:
    """Keep the proposal. What a key stands for, its agency sees to."""
    cause, proposal = context.cause, event.proposal
    row = {
        **proposal.model_dump(mode="json", exclude={"key"}),
        "case_id": context.case_id,
        "event_id": str(cause.id),
        "of": cause.group,
        "type": cause.type,
        "at": cause.time,
    }
    kept = Record(PROPOSALS, proposal.key, row, insert_only=True)
    wrong = proposal.replaces
    filed = (Filed(REPLACED, wrong, {"by": proposal.key}),) if wrong else ()
    return Decision(state, records=(kept,), filed=filed)


def corrected(
    state: Stateless, event: SupplementSubmitted, context: Context
) -> Decision[Stateless]:
    """File what the corrected form would answer, as the tracker does of a declaration."""
    key = event.declaration.answers if event.declaration else None
    return Decision(state, filed=(answer(key, context.case_id),) if key else ())


def proposal_of(row: Row) -> Proposal:
    """Return the proposal of a row."""
    return Proposal.model_validate({**row, "key": row["_id"]})


def to_whom(person: PersonalId) -> Mapping[str, Any]:
    """Return the filter that finds what somebody is asked to declare."""
    return {"to": person}


def view(row: Row, cases: Mapping[str, Status]) -> ProposalView:
    """Return what was proposed, and what has become of it.

    `cases` are those in which it is declared, and how each has ended so far: after one that was
    refused the family may try again.
    """
    declared_in = next((id for id, status in cases.items() if status in _STANDS), None)
    under_way = "in-progress" in cases.values()
    return {
        "key": row["_id"],
        "group": row["group"],
        "at": row["at"],
        "text": _text(row),
        "form": row["form"],
        "state": "declared" if declared_in else "being-declared" if under_way else "open",
        "declared_in": declared_in,
    }


def notices_of(rows: Iterable[Row]) -> list[Notice]:
    """Return what the inbox says of proposals, answered or not."""
    return [
        {
            "id": row["event_id"],
            "case_id": row["case_id"],
            "group": row["of"],
            "type": row["type"],
            "at": row["at"],
            "text": _text(row),
            "details": [],
            "until": None,
        }
        for row in rows
    ]


def _text(row: Row) -> Sentence:
    text = text_of(catalogue().groups[row["of"]], row["type"])
    assert text is not None, "whoever is asked for something is told of what"
    return shown(text)


proposals = procedure(catalogue())
