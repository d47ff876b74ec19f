"""The two kinds of model that all contracts are made of, and the types they share."""

from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

M = TypeVar("M", bound=BaseModel)


def of_valid(model: type[M], attributes: dict[str, Any]) -> M:
    """Return the model with attributes that are valid already: all of them, in their order.

    As unpickling makes it, in less than half the time of `model_construct`.
    """
    made = model.__new__(model)
    made.__setstate__(
        {
            "__dict__": attributes,
            "__pydantic_fields_set__": set(attributes),
            "__pydantic_extra__": None,
            "__pydantic_private__": None,
        }
    )
    return made


class Value(BaseModel):
    """An immutable value in an event or a state. Unknown fields are ignored: events only grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def with_(self, **changes: Any) -> Self:
        """Return a copy with these fields changed. The new values are validated.

        Raises `pydantic.ValidationError` for a value that the field does not take.
        """
        return type(self).model_validate({**dict(self), **changes})


class Input(BaseModel):
    """What a person or another system types in. Unknown fields are refused: they are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Text(Value):
    """A sentence for the citizen, in Vietnamese and English."""

    vi: str
    en: str


class Reason(Text):
    """Why something was refused or waived: a stable code, and the sentence a citizen reads."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    refers_to: str | None = Field(default=None, description="A case or number that it speaks of.")


# `[0-9]`, for `\d` also takes the digits of every other script.
Vnd = Annotated[int, Field(ge=0, le=10**15, description="An amount in Vietnamese dong.")]
PersonalId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{12}$"),
    Field(description="12-digit personal identifier."),
]
ProvinceCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{2}$"), Field(description="2-digit province code.")
]
CountryCode = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="ISO 3166-1 alpha-2.")
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
