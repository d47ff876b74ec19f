"""What can go wrong when a local stack starts or runs."""

from infra.errors import OnestopError


class StackError(OnestopError):
    """The local stack cannot start or go on."""


class PortInUse(StackError):
    """A port that a part of the stack needs belongs to another program."""


class ServerDied(StackError):
    """A part of the stack ended by itself, or never became ready."""
