"""The folder of a stack's data and logs, which one stack at a time holds."""

import fcntl
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from infra.local.errors import StackError

MARKER = ".onestop-stack"


class DataFolder:
    """A folder that a stack takes while it runs: two on the same data would destroy it."""

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is made yet."""
        self.path = path.absolute()
        self._lock: int | None = None

    def take(self) -> None:
        """Make the folder and hold it. Raises StackError while another stack does."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path / MARKER, os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise StackError(
                f"another stack runs on {self.path}: stop it, or name another folder with --data"
            ) from None
        self._lock = lock

    def leave(self) -> None:
        """Let others take the folder. Does nothing if it is not held."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def wipe(self, parts: Collection[str]) -> None:
        """Remove what these parts and their replicas left. Raises StackError while it is held.

        A folder in which no stack ever ran is left as it is.
        """
        if not (self.path / MARKER).exists():
            return
        self.take()
        try:
            for folder in self.path.iterdir():
                service, _, number = folder.name.rpartition("-")
                if folder.name in parts or (service in parts and number.isdecimal()):
                    shutil.rmtree(folder)
        finally:
            self.leave()
