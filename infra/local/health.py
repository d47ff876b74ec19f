"""Asking a server over HTTP whether it is ready."""

from http.client import HTTPConnection, HTTPException

from infra.local.ports import HOST

ANSWER_SECONDS = 2.0


def is_ready(port: int, path: str = "/readyz") -> bool:
    """Tell whether the server on this port answers this path with 200; by default, a service."""
    connection = HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
