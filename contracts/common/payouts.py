"""Where money goes that is paid to a family: values, which forms and events share."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from contracts.model import Name, Value, shaped

AccountNumber = Annotated[
    str,
    shaped(
        r"^[0-9]{6,19}$",
        vi="Số tài khoản gồm 6 đến 19 chữ số.",
        en="The number of an account has 6 to 19 digits.",
    ),
]


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
