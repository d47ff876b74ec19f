"""A process that makes no progress ends itself, so that whoever started it starts it again.

Kubernetes asks `/livez` and does it sooner; a restart policy of containers looks only at whether
the process is there.
"""

import logging
import os
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

STATUS = os.EX_SOFTWARE
"""The exit status of a process that ended itself."""
_LOOKS, _BETWEEN = 60, 1.0
"""So many looks in a row must find it lifeless: a process that was suspended may go on first, and
Kubernetes stops it more gently."""
_LAST_WORDS = 5.0


def guard(alive: Callable[[], bool], *, between: float = _BETWEEN) -> None:
    """End the process once `alive` has said no for 60 looks in a row, `between` seconds apart.

    It looks from a thread of its own, for what hangs may be the loop. Nothing is tidied up: what
    was in hand comes again, as after a crash.
    """
    threading.Thread(target=_watch, args=(alive, between), name="watchdog", daemon=True).start()


def _watch(alive: Callable[[], bool], between: float) -> None:
    pause, lifeless = threading.Event(), 0
    while lifeless < _LOOKS:
        pause.wait(between)
        lifeless = 0 if alive() else lifeless + 1
    # Writing may be what hangs.
    end = threading.Timer(_LAST_WORDS, os._exit, (STATUS,))
    end.daemon = True
    end.start()
    log.critical("no progress: the process ends itself, to be started again")
    logging.shutdown()
    os._exit(STATUS)
