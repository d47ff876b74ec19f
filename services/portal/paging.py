"""Where the next page of a list begins: a time and an id, in one word for the client."""

from datetime import UTC, datetime, timedelta

from services.portal.problems import Problem, error
from services.portal.sentences import mistake, sentence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def marked(at: datetime, id: str) -> str:
    """Return the mark of a row, which is what the client sends as `after`."""
    return f"{(at - _EPOCH) // timedelta(milliseconds=1)}~{id}"


def place(after: str) -> tuple[datetime, str]:
    """Return the time and the id of a mark. Raises `Problem` 422 for what is none."""
    milliseconds, _, id = after.partition("~")
    if not milliseconds.isdecimal() or len(milliseconds) > 14 or not id:
        wrong = error("query.after", mistake("not-this-page"))
        raise Problem(422, "invalid-request", sentence("no-such-page"), [wrong])
    return _EPOCH + timedelta(milliseconds=int(milliseconds)), id
