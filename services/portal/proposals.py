"""What the state proposes to declare: said by an agency -> a row, until somebody declares it. Pure.

It knows no group by name: an agency's event carries what is proposed, and a form says which
proposal it would answer.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import AwareDatetime
from typing_extensions import TypedDict

from contracts.catalogue import Catalogue, catalogue
from contracts.common.proposals import Proposal, Proposing
from contracts.model import PersonalId
from services.chassis.procedure import Context, Decision, Procedure, Record
from services.portal.notices import Notice, Stateless, text_of
from services.portal.sentences import Sentence, shown

PROPOSALS = "proposals"
"""The register of proposals, by their keys."""
Row = Mapping[str, Any]
"""A row of the register, or a declaration on file, with its key as `_id`."""


class ProposalView(TypedDict):
    """What somebody is asked to declare. `form` is the form, as far as the state can fill it in.

    `declared_in` is the case in which somebody has, unless that was refused; null while it is open.
    """

    key: str
    group: str
    at: AwareDatetime
    text: Sentence
    form: dict[str, Any]
    declared_in: str | None


def procedure(known: Catalogue) -> Procedure[Stateless]:
    """Return the procedure that keeps what the events of the catalogue propose."""
    made = Procedure("proposals", initial=Stateless())
    made.on(*(event for event in known.current if issubclass(event, Proposing)))(proposed)
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
    return Decision(state, records=(Record(PROPOSALS, proposal.key, row, insert_only=True),))


def proposal_of(row: Row) -> Proposal:
    """Return the proposal of a row."""
    return Proposal(key=row["_id"], group=row["group"], to=row["to"], form=row["form"])


def to_whom(person: PersonalId) -> Mapping[str, Any]:
    """Return the filter that finds what somebody is asked to declare."""
    return {"to": person}


def views(
    rows: Iterable[Row], answers: Iterable[Row], refused: Collection[str]
) -> list[ProposalView]:
    """Return what was proposed, the newest first, each with the case in which it is declared.

    `answers` are the declarations on file that answer, `refused` those of their cases that ended in
    nothing: the family may try again.
    """
    stand = [each for each in answers if each["case_id"] not in refused]
    declared = {each["proposal"]: each["case_id"] for each in stand}
    found = [_view(row, declared.get(row["_id"])) for row in rows]
    return sorted(found, key=lambda view: view["at"], reverse=True)


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


def _view(row: Row, declared_in: str | None) -> ProposalView:
    return {
        "key": row["_id"],
        "group": row["group"],
        "at": row["at"],
        "text": _text(row),
        "form": row["form"],
        "declared_in": declared_in,
    }


def _text(row: Row) -> Sentence:
    text = text_of(catalogue().groups[row["of"]], row["type"])
    assert text is not None, "whoever is asked for something is told of what"
    return shown(text)


proposals = procedure(catalogue())
