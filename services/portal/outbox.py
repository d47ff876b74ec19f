"""What is to be told by the channel outside, where there is one: a row for each notice. Pure.

With the channel off the procedure is not there, and costs nothing. With it on, the portal hears its
own events too: a notice is a notice, whoever said what it follows from.
"""

from datetime import UTC, datetime

from contracts.catalogue import Catalogue, catalogue
from contracts.common.proposals import Proposing
from contracts.envelope import Event
from services.chassis.procedure import Context, Decision, Procedure, Record
from services.portal.notices import Stateless, details_of, said_by, text_of, told
from services.portal.sentences import shown

OUTBOX = "outbox"
"""The register of notices for the channel, by the id of the event."""
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""When a new row is due. Attempts are counted by the machine's clock, which is never before this,
whatever time it is for the system."""


def procedure(known: Catalogue) -> Procedure[Stateless]:
    """Return the procedure that makes a row of each notice of the groups in the catalogue."""
    made = Procedure("outbox", initial=Stateless())
    made.on(*told(known))(happened)
    return made


def happened(state: Stateless, event: Event, context: Context) -> Decision[Stateless]:
    """Put the notice of an event into the outbox, due at once.

    A shared event may mean nothing to the families of this group. What is proposed is told to whom
    it is proposed, all else to whoever has the case.
    """
    cause = context.cause
    group = catalogue().groups.get(cause.group)
    text = said_by(event) or (text_of(group, cause.type) if group else None)
    asked = event.proposal.to if isinstance(event, Proposing) else None
    if text is None or (isinstance(event, Proposing) and asked is None):
        return Decision(state)
    row = {
        "case_id": context.case_id,
        "group": cause.group,
        "type": cause.type,
        "at": cause.time,
        "text": shown(text),
        **details_of(event),
        "to": asked,
        "attempts": 0,
        "due": AT_ONCE,
    }
    return Decision(state, records=(Record(OUTBOX, str(cause.id), row, insert_only=True),))
