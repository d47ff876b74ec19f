"""The command of each service: run it, or look after what it keeps."""

from services.chassis.operate.command import command

__all__ = ["command"]
