"""What the portal says where it cannot do as asked: each sentence once, in Vietnamese and English.

Those of whole requests are in `sentences.toml`, those of single fields in `fields.toml`.
"""

from typing import Literal

from typing_extensions import TypedDict

from contracts.model import Text
from services.chassis.rules import Sentences, load

Kind = Literal[
    # The request as such.
    "invalid-json",
    "no-idempotency-key",
    "key-reused",
    "too-large",
    "unsupported-media-type",
    "not-found",
    "method-not-allowed",
    "unavailable",
    "internal",
    # Who asks.
    "not-identified",
    "not-an-official",
    "beyond-office",
    "not-your-case",
    "not-entitled",
    # What was filled in.
    "invalid-declaration",
    "invalid-request",
    # What there is, and how far it has come.
    "no-such-case",
    "no-such-task",
    "no-such-result",
    "no-seal",
    "not-possible",
    "not-finished",
    "already-rated",
    "nothing-awaited",
    "nothing-to-hand-over",
    "nothing-to-pay",
    "nothing-granted",
    "already-paid",
]
"""The kinds of problems that have a sentence of their own."""
Because = Literal[
    "event-too-large",
    "too-many-lines",
    "no-such-page",
    "not-answered",
    "store-away",
    "no-issuer",
    "token-not-accepted",
    "not-in-register",
    "rated-in-office",
    "no-such-version",
    "unsigned-result",
    "invalid-result",
]
"""Why something of another kind is refused, or a document does not hold."""
FieldFault = Literal[
    "key-unusable",
    "not-this-page",
    "too-many-ids",
    "office-does-not-reach",
    "unknown-group",
    "no-bundle",
    "nobody",
    "deceased",
    "not-signed",
    "answer-each",
    "another-province",
    "another-bundle",
    "not-this-value",
    # As pydantic calls them, with hyphens.
    "missing",
    "extra-forbidden",
    "string-type",
    "string-unicode",
    "string-too-short",
    "string-too-long",
    "int-type",
    "int-parsing",
    "int-parsing-size",
    "int-from-float",
    "finite-number",
    "bool-type",
    "bool-parsing",
    "greater-than-equal",
    "less-than-equal",
    "literal-error",
    "date-type",
    "date-parsing",
    "date-from-datetime-parsing",
    "date-from-datetime-inexact",
    "uuid-type",
    "uuid-parsing",
    "dict-type",
    "tuple-type",
    "too-short",
    "too-long",
    "model-type",
    "model-attributes-type",
    "union-tag-invalid",
    "union-tag-not-found",
]
"""What is wrong with one field."""


class OfRequests(Sentences[Literal[Kind, Because]]):
    """Why a request is not done."""


class OfFields(Sentences[FieldFault]):
    """What is wrong with a field."""


REQUESTS = load(OfRequests, __package__, "sentences.toml")
FIELDS = load(OfFields, __package__, "fields.toml")


class Sentence(TypedDict):
    """The same in Vietnamese and English."""

    vi: str
    en: str


def shown(text: Text) -> Sentence:
    """Return a text as the API answers it."""
    return {"vi": text.vi, "en": text.en}


def sentence(code: Literal[Kind, Because], **values: object) -> Text:
    """Return why a request is not done. Raises `KeyError` where a value is missing."""
    return REQUESTS.reason(code, refers_to=None, **values)


def mistake(code: FieldFault, **values: object) -> Text:
    """Return what is wrong with a field. Raises `KeyError` where a value is missing."""
    return FIELDS.reason(code, refers_to=None, **values)
