"""A replica that loses the race for a case lets go of what it has claimed for it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.chassis.procedure import Claim, Context, Decision, Procedure, State
from tests.integration.events import NOON, Told
from tests.integration.office import Office, Offices


class Nothing(State):
    """No state."""


keeper = Procedure("keeper", initial=Nothing())


@keeper.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Claim the hour, which another replica may see differently."""
    context.claim(Claim("hour", f"{context.now:%H}"))
    return Decision(state)


def clock(hours: int) -> Callable[[], datetime]:
    return lambda: NOON.replace(microsecond=0) + timedelta(hours=hours)


async def held(office: Office) -> list[str]:
    return sorted(await office.rows("claims"))


async def test_a_loser_whose_messages_were_all_heard_forgets_its_claims(offices: Offices) -> None:
    loser = offices.open(keeper)
    winner = offices.again(loser, keeper)
    loser.runtime.consumer.clock, winner.runtime.consumer.clock = clock(0), clock(1)
    message = loser.message("case", Told())

    async def overtake() -> None:
        await winner.handle(message)

    loser.at("before-append", overtake)
    await loser.handle(message)
    assert len(await loser.entries()) == 1
    assert await held(loser) == ["hour/13"]
