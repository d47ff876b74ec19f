"""Documents as BSON, and what cannot be one."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, BinaryIO

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError

Document = dict[str, Any]

LARGEST = 15 * 1024 * 1024
"""Bytes of one document; the server takes 16 MiB."""
_DEEPEST = 100
_LENGTH = 4
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class Unencodable(ValueError):
    """A document cannot be stored as BSON; the message says why, without the value."""


def encode(document: Mapping[str, Any]) -> bytes:
    """Return the document as BSON. Raises `Unencodable` where it is too large or has no BSON."""
    try:
        encoded = bson.encode(document)
    except (BSONError, OverflowError, RecursionError, UnicodeEncodeError) as error:
        raise Unencodable(f"cannot be stored: {type(error).__name__}") from error
    if len(encoded) > LARGEST:
        raise Unencodable(f"cannot be stored: {len(encoded):,} bytes are more than {LARGEST:,}")
    return encoded


def documents_in(file: BinaryIO) -> Iterator[tuple[bytes, Document]]:
    """Yield the documents of a file, one behind the other, as bytes and as what these mean.

    Raises `Unencodable` for a file that holds anything else.
    """
    while length := file.read(_LENGTH):
        encoded = length + file.read(int.from_bytes(length, "little") - _LENGTH)
        try:
            yield encoded, bson.decode(encoded, _AWARE)
        except BSONError as error:
            raise Unencodable(f"holds something else than documents: {error}") from error


def with_bytes(encoded: bytes, name: str, value: bytes) -> bytes:
    """Return an encoded document with one more field at its end, without encoding it again.

    BSON (https://bsonspec.org/spec.html): a length in all, elements, and a zero at the end.
    """
    element = b"\x05%b\x00%b\x00%b" % (name.encode(), len(value).to_bytes(4, "little"), value)
    length = (len(encoded) + len(element)).to_bytes(4, "little")
    return b"%b%b%b\x00" % (length, encoded[4:-1], element)


def check_text(text: str) -> None:
    """Raise `Unencodable` for a text that is too large or has no UTF-8: lone surrogates."""
    try:
        size = len(text.encode())
    except (UnicodeEncodeError, AttributeError) as error:
        raise Unencodable(f"cannot be stored: {type(error).__name__}") from error
    if size > LARGEST:
        raise Unencodable(f"cannot be stored: {size:,} bytes are more than {LARGEST:,}")


def check_row(fields: Mapping[str, Any]) -> None:
    """Raise `Unencodable` for names that no row can have, and for documents in documents."""
    for name, value in fields.items():
        if not name or name[0] in "$_":
            raise Unencodable(f"cannot be stored: {name!r} is no name for a field")
        if type(value) not in _FLAT and _deeper_than(_DEEPEST - 1, value):
            raise Unencodable(f"cannot be stored: more than {_DEEPEST} documents in documents")


# Each row of each entry goes through here, and nearly all of its values are of these.
_FLAT = frozenset({str, int, float, bool, type(None), bytes, datetime, date})


def _deeper_than(levels: int, value: Any) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    if not levels:
        return True
    nested = [each for each in value if type(each) not in _FLAT]
    return any(_deeper_than(levels - 1, each) for each in nested)
