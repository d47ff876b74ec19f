"""The events of the little world in which the chassis is tested."""

from datetime import UTC, datetime

from contracts.envelope import Event

CITIZEN = "/services/citizen"
NOON = datetime(2026, 11, 2, 12, 0, 0, 123456, tzinfo=UTC)


class Told(Event, type="citizen.told.v1"):
    """A citizen says something; `text` tells the procedure under test what to do."""

    text: str = ""
    number: int = 0


class Passed(Event, type="citizen.passed.v1"):
    """Something that is catalogued on the same topic and that no office handles."""


class Paid(Event, type="bank.paid.v1"):
    """Something on another topic."""

    amount: int = 0


class Answered(Event, type="office.answered.v1"):
    """What an office says."""

    text: str = ""
