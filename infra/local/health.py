"""Asking a service whether it is ready."""

from http.client import HTTPConnection, HTTPException

from infra.local.ports import HOST

ANSWER_SECONDS = 2.0


def is_ready(port: int) -> bool:
    """Tell whether the service on this port answers /readyz with 200."""
    connection = HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
