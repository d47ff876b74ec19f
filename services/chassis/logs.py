"""JSON logs, one object a line. Ids of cases, correlations and traces; nothing personal."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

_CONTEXT = ("case", "correlation", "trace", "event")


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object; `extra` may give case, correlation, trace and event."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in _CONTEXT:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = str(value)
        if record.exc_info:
            line["error"] = getattr(record.exc_info[0], "__name__", "unknown")
            # Where, not with what: the text of an error may hold personal data.
            line["traceback"] = "".join(traceback.format_tb(record.exc_info[2]))
        return json.dumps(line, ensure_ascii=False)


def start_logging(service: str, level: str) -> None:
    """Send all logs of the process to standard output as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # aiokafka says every second that the broker is away; the retries are counted instead.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
