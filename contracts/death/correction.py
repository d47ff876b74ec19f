"""What an official may put right in the registration of a death."""

from datetime import date

from contracts.model import Input


class DeathCorrection(Input):
    """The facts that change. Who died is the register of people's to say."""

    died_on: date
