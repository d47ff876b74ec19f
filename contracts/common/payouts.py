"""Where money goes that is paid to a family: values, which forms and events share."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from contracts.model import Name, Value

AccountNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{6,19}$")]


class ToAccount(Value):
    """Paid to a bank account."""

    model_config = ConfigDict(str_strip_whitespace=True)

    method: Literal["bank-account"]
    bank: Name
    account_number: AccountNumber


class ByPost(Value):
    """Brought by the post."""

    model_config = ConfigDict(str_strip_whitespace=True)

    method: Literal["post"]
    address: Name


class InCash(Value):
    """Paid out at an office."""

    model_config = ConfigDict(str_strip_whitespace=True)

    method: Literal["cash"]
    office: Name


Payout = Annotated[ToAccount | ByPost | InCash, Field(discriminator="method")]
