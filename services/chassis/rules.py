"""Rules as data: what holds from which day and where, read from a service's `rules.toml`.

A figure is data that an official can read, with its date, its source and how sure we are of it:

    [[late_after_days]]
    from = 2016-01-01
    value = 60
    source = "Decree 1/2015, art. 15"
    confidence = "high"

A figure with a `place` (the 2-digit code of an area) goes before the one that holds everywhere.
"""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property, lru_cache
from importlib import resources
from typing import Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator

from contracts.model import Reason, Text

T = TypeVar("T")
C = TypeVar("C", bound=str)
M = TypeVar("M", bound="Sentences[Any]")

Approval = Literal["auto", "review", "review-by-two"]
"""Who approves: the rules alone, an official, or two different ones."""


class Review(NamedTuple):
    """How officials decide: whether two must approve, and how long one may have it in hand."""

    second_person: bool
    claim_seconds: int


class RulesError(ValueError):
    """A rules file cannot be used; the message names the file and the key."""


class NotInForce(LookupError):
    """No figure holds on that day."""


class Figure(BaseModel, Generic[T]):
    """One value, the days on which it holds (`until` is the last one), and where it is from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date = Field(alias="from")
    until: date | None = None
    place: str | None = None
    value: T
    source: str = Field(min_length=1)
    confidence: Literal["high", "med", "low"]
    note: str = ""

    def holds(self, on: date) -> bool:
        """Say whether the figure holds on that day."""
        return self.since <= on and (self.until is None or on <= self.until)


class Dated(RootModel[tuple[Figure[T], ...]], Generic[T]):
    """The figures of one rule over time and place."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def unambiguous(self) -> Self:
        """Require one figure at most for a day and a place."""
        known = set()
        for figure in self.root:
            if (figure.place, figure.since) in known:
                raise ValueError(f"two figures from {figure.since} for the same place")
            known.add((figure.place, figure.since))
        return self

    @property
    def history(self) -> tuple[Figure[T], ...]:
        """The figures that hold everywhere, the newest first."""
        return self._newest_first.get(None, ())

    def in_force(self, on: date, place: str | None = None) -> T:
        """Return the value on that day, the one of `place` before the one of everywhere.

        Raises `NotInForce` where there is neither.
        """
        return self._lookup(on, place)

    @cached_property
    def _newest_first(self) -> dict[str | None, tuple[Figure[T], ...]]:
        places: dict[str | None, tuple[Figure[T], ...]] = {}
        for figure in sorted(self.root, key=lambda figure: figure.since, reverse=True):
            places[figure.place] = (*places.get(figure.place, ()), figure)
        return places

    @cached_property
    def _lookup(self) -> Callable[[date, str | None], T]:
        # Thousands of decisions a second look the same few days and places up.
        return lru_cache(maxsize=4096)(self._find)

    def _find(self, on: date, place: str | None) -> T:
        local = self._newest_first.get(place, ()) if place is not None else ()
        for figure in (*local, *self.history):
            if figure.holds(on):
                return figure.value
        known = ", ".join(f"{figure.since} ({figure.source})" for figure in self.root)
        raise NotInForce(f"no figure holds on {on}; those known are from {known}")


Seconds = Annotated[int, Field(ge=1)]


class Sentences(BaseModel, Generic[C]):
    """The sentences behind stable codes.

    `C` is the `Literal` of all codes: the file must have a sentence for each of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = ""
    """Tells apart what decisions were made by: derived from the text of the files."""
    reasons: Mapping[C, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Require a sentence for each code."""
        codes = get_args(get_args(type(self).model_fields["reasons"].annotation)[0])
        missing = sorted(set(codes) - set(self.reasons))
        if missing:
            raise ValueError(f"reasons: no sentence for {', '.join(missing)}")
        return self

    @cached_property
    def _constant(self) -> dict[str, Reason]:
        """The reasons whose sentences never vary, made once."""
        return {
            code: Reason(code=code, vi=text.vi, en=text.en)
            for code, text in self.reasons.items()
            if "{" not in text.vi + text.en
        }

    def reason(self, code: C, *, refers_to: str | None = None, **values: object) -> Reason:
        """Return the reason of that code with the values put into its sentences.

        Dates are written day/month/year. Raises `KeyError` for a value that is not given.
        """
        if refers_to is None and not values and code in self._constant:
            return self._constant[code]
        text = self.reasons[code]
        shown = {name: _shown(value) for name, value in values.items()}
        return Reason(
            code=code,
            vi=text.vi.format_map(shown),
            en=text.en.format_map(shown),
            refers_to=refers_to,
        )


class Rules(Sentences[C], Generic[C]):
    """What every service's rules have: who approves, and the sentences behind stable codes."""

    approval: Mapping[str, Dated[Approval]] = Field(default_factory=dict)
    claim_seconds: Dated[Seconds] = Dated[Seconds](())
    """How long an official may have something in hand without deciding."""

    @model_validator(mode="after")
    def limited(self) -> Self:
        """Require a limit where officials may have something in hand."""
        policies = {figure.value for dated in self.approval.values() for figure in dated.root}
        if policies - {"auto"} and not self.claim_seconds.root:
            raise ValueError("claim_seconds: say how long an official may have something in hand")
        return self

    def approval_of(self, procedure: str, on: date, place: str | None = None) -> Approval:
        """Return who approves the procedure on that day at that place.

        Raises `KeyError` for a procedure that the file does not name, and `NotInForce`.
        """
        return self.approval[procedure].in_force(on, place)

    def review_of(self, procedure: str, on: date, place: str | None = None) -> Review | None:
        """Return how officials decide about the procedure; None where the rules alone do.

        Raises as `approval_of`.
        """
        approval = self.approval_of(procedure, on, place)
        if approval == "auto":
            return None
        return Review(approval == "review-by-two", self.claim_seconds.in_force(on, place))

    def amended(self, text: str, where: str) -> Self:
        """Return the rules with those of a TOML text added: figures to figures, by their keys.

        Raises `RulesError`, which names `where` the text is from, as `load` does.
        """
        added = _parse(text, where)
        digest = hashlib.sha256(f"{self.version}{text}".encode()).hexdigest()
        tables = _joined(self.model_dump(by_alias=True, exclude={"version"}), added)
        return _valid(type(self), {**tables, "version": digest[:12]}, lambda key: where)


def _shown(value: object) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def load(model: type[M], package: str, *names: str) -> M:
    """Return the rules in the files of a package, `rules.toml` unless others are named.

    Raises `RulesError` where a file is missing or no TOML, where two files have the same key, or
    where they do not fit the model.
    """
    tables: dict[str, Any] = {}
    origin: dict[str, str] = {}
    digest = hashlib.sha256()
    for name in names or ("rules.toml",):
        where = f"{package.replace('.', '/')}/{name}"
        text = _read(package, name, where)
        digest.update(text.encode())
        for key, value in _parse(text, where).items():
            if key in tables:
                raise RulesError(f"{where}: {key}: is in {origin[key]} too")
            tables[key], origin[key] = value, where
    first = " and ".join(dict.fromkeys(origin.values()))
    tables["version"] = digest.hexdigest()[:12]
    return _valid(model, tables, lambda key: origin.get(key, first))


def _valid(model: type[M], tables: dict[str, Any], where: Callable[[str], str]) -> M:
    try:
        return model.model_validate(tables)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        origin = where(key.partition(".")[0])
        raise RulesError(": ".join(part for part in (origin, key, first["msg"]) if part)) from None


def _joined(tables: Any, added: Any) -> Any:
    """Return both: the keys of either, and lists one after the other."""
    if isinstance(tables, Mapping) and isinstance(added, Mapping):
        both = {key: _joined(tables[key], added[key]) for key in tables.keys() & added.keys()}
        return {**tables, **added, **both}
    if isinstance(tables, list | tuple) and isinstance(added, list | tuple):
        return [*tables, *added]
    return added


def _read(package: str, name: str, where: str) -> str:
    try:
        return resources.files(package).joinpath(name).read_text("utf-8")
    except FileNotFoundError:
        raise RulesError(f"{where}: there is no such file") from None


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{where}: not TOML: {error}") from None
