"""What the portal says where it cannot do as asked: each sentence once, from `sentences.toml`."""

from typing import Literal

from typing_extensions import TypedDict

from contracts.model import Text
from services.chassis.rules import Rules, load

Refusal = Literal[
    # The request as such.
    "invalid-json",
    "no-idempotency-key",
    "key-reused",
    "too-large",
    "too-many-lines",
    "event-too-large",
    "unsupported-media-type",
    "not-found",
    "method-not-allowed",
    "not-answered",
    "no-such-page",
    "unavailable",
    "store-away",
    "internal",
    # Who asks.
    "not-identified",
    "no-issuer",
    "token-not-accepted",
    "not-an-official",
    "beyond-office",
    "not-your-case",
    "rated-in-office",
    "not-entitled",
    "not-in-register",
    # What was filled in.
    "invalid-declaration",
    "invalid-request",
    # What there is, and how far it has come.
    "no-such-case",
    "no-such-task",
    "no-such-result",
    "no-such-version",
    "no-seal",
    "unsigned-result",
    "invalid-result",
    "not-possible",
    "not-finished",
    "already-rated",
    "nothing-awaited",
    "nothing-to-pay",
    "nothing-granted",
    "already-paid",
]
"""Why a request is not done; most are also the stable `kind` of the problem."""
FieldFault = Literal[
    "key-unusable",
    "not-this-page",
    "too-many-ids",
    "office-does-not-reach",
    "unknown-group",
    "no-bundle",
    "nobody",
    "deceased",
    "answer-each",
    "another-province",
    "another-bundle",
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
    "not-this-value",
]
"""What is wrong with one field."""


class Sentences(Rules[Literal[Refusal, FieldFault]]):
    """A sentence for each of them."""


SENTENCES = load(Sentences, __package__, "sentences.toml")


class Sentence(TypedDict):
    """The same in Vietnamese and English."""

    vi: str
    en: str


def shown(text: Text) -> Sentence:
    """Return a text as the API answers it."""
    return {"vi": text.vi, "en": text.en}


def sentence(code: Literal[Refusal, FieldFault], **values: object) -> Text:
    """Return the sentence of a code with these values. Raises `KeyError` where one is missing."""
    return SENTENCES.reason(code, refers_to=None, **values)
