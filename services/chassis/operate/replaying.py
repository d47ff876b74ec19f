"""Asking the running service to handle dead letters again, and waiting for what becomes of them."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from services.chassis.dead_letters import DeadLetters
from services.chassis.encoding import Document

_LOOK = 0.2


@dataclass(frozen=True)
class Outcome:
    """What became of the replay of one letter; `detail` is when, or why."""

    id: str
    what: Literal["replayed", "replayed-before", "dead", "waiting"]
    detail: str = ""

    def told(self, service: str) -> str:
        """Return the outcome as a sentence."""
        match self.what:
            case "replayed":
                return "replayed"
            case "replayed-before":
                return f"had been replayed at {self.detail}; nothing was changed"
            case "dead":
                return f"dead again: {self.detail}"
            case "waiting":
                return f"marked for replay, which happens while {service} runs"


async def replay(letters: DeadLetters, ids: Collection[str], wait: float) -> list[Outcome]:
    """Ask for the replay of these letters, and wait up to `wait` seconds for all of them.

    Raises `StoreUnavailable`.
    """
    before = await letters.summaries(ids=ids)
    # One that is being replayed already, as somebody else asked, is waited for too.
    asked = {letter["_id"] for letter in before if letter["status"] != "replayed"}
    for id in asked:
        await letters.ask_for_replay(id)
    await _until_handled(letters, asked, wait)
    after = await letters.summaries(ids=ids)
    return [_outcome(letter, letter["_id"] in asked) for letter in after]


async def _until_handled(letters: DeadLetters, ids: Collection[str], wait: float) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + wait
    while await letters.summaries("replay", ids) and clock() < end:  # noqa: ASYNC110  its service is another process
        await asyncio.sleep(_LOOK)


def _outcome(letter: Document, asked: bool) -> Outcome:
    id, status = letter["_id"], letter["status"]
    if status == "replayed":
        if asked:
            return Outcome(id, "replayed")
        return Outcome(id, "replayed-before", f"{letter['replayed_at']:%Y-%m-%d %H:%M:%S} UTC")
    if status == "dead":
        return Outcome(id, "dead", letter["reason"])
    return Outcome(id, "waiting")
