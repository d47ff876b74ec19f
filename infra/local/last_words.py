"""Reading in a program's log why it ended."""

import json
import re
from collections.abc import Sequence

LENGTH = 300
_TROUBLE = re.compile(r"error|fatal|exception|denied|cannot|failed", re.IGNORECASE)
_BAD_LEVELS = {"ERROR", "CRITICAL", "E", "F"}


def last_words(lines: Sequence[str]) -> str:
    """Return what the last line that names trouble says, or else what the last line says.

    Understands plain text, our services' JSON lines and mongod's. Indented lines belong to a stack
    trace and are passed over.
    """
    told = [_read(line) for line in lines if line.strip() and not line[0].isspace()]
    trouble = [text for text, bad in told if bad]
    return (trouble or [text for text, _ in told] or ["nothing"])[-1][:LENGTH]


def _read(line: str) -> tuple[str, bool]:
    """Return what a line says and whether that is trouble."""
    if line.startswith("{"):
        try:
            entry = json.loads(line)
        except ValueError:
            return line.strip(), True
        bad = entry.get("level", entry.get("s")) in _BAD_LEVELS
        text = str(entry.get("message", entry.get("msg", line)))
        if bad and entry.get("traceback"):
            text = f"{text}: {entry['traceback'].splitlines()[-1]}"
        if bad and entry.get("attr"):
            text = f"{text}: {json.dumps(entry['attr'])}"
        return text, bad
    return line.strip(), bool(_TROUBLE.search(line))
