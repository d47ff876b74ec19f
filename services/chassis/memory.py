"""What a service remembers of a case between its entries, and how that is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12

from services.chassis.procedure import Procedure, State


@dataclass(slots=True)
class Memory:
    """States by procedure, and for each current deadline the event that set it."""

    states: dict[str, State] = field(default_factory=dict)
    deadlines: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "Memory":
        """Return a copy that can be changed alone; the states themselves never change."""
        return Memory(dict(self.states), dict(self.deadlines))


class MemoryCodec:
    """Reads and writes the memory of the procedures of one service, as JSON.

    Everything is written out: a default that changes must not change what is remembered. The state
    of a procedure that only another version of the service knows is kept as it is.
    """

    def __init__(self, procedures: Sequence[Procedure[Any]]) -> None:
        fields: dict[str, Any] = {
            procedure.name: type(procedure.initial) for procedure in procedures
        }
        typed_dict: Any = TypedDict  # the names of its fields are known only now
        states = typed_dict("states", fields, total=False)
        states.__pydantic_config__ = ConfigDict(extra="allow")
        stored = typed_dict("stored", {"states": states, "deadlines": dict[str, str]})
        self._adapter: TypeAdapter[Any] = TypeAdapter(stored)

    def load(self, state: bytes | None) -> Memory:
        """Return the memory; None is that of a case without entries."""
        if state is None:
            return Memory()
        return Memory(**self._adapter.validate_json(state))

    def dump(self, memory: Memory) -> bytes:
        """Return the JSON. Raises `ValueError` for what has no JSON, a lone surrogate for one."""
        stored = {"states": memory.states, "deadlines": memory.deadlines}
        return self._adapter.dump_json(stored)
