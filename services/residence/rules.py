"""The rules of residence, read from `rules.toml`."""

from typing import Literal

from services.chassis.rules import Rules, load

Refusal = Literal["owner-does-not-consent", "no-household", "no-permanent-residence"]


class ResidenceRules(Rules[Refusal]):
    """Who approves a registration or removal of residence, and why one is refused."""


RULES = load(ResidenceRules, __package__)
