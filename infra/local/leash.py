"""Run a command that dies with its parent: `python leash.py PARENT_PID COMMAND...` (Linux).

A program of its own instead of `preexec_fn`, which is not safe in a process with threads. It
imports nothing of ours and replaces itself by the command, so the process keeps its id.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGKILL at the parent's death, then become the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the kernel was asked: then no signal comes any more.
    if os.getppid() != int(parent):
        sys.exit(f"{parent} is gone")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
