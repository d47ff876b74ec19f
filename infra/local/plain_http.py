"""HTTP to servers on this machine.

Without TLS: to read the certificates of the world for a client takes 27 ms of CPU, which is most of
what a short question costs.
"""

import ssl
from typing import Any

import httpx

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(url: str = "", **options: Any) -> httpx.AsyncClient:
    """Return a client of the server at this address."""
    return httpx.AsyncClient(base_url=url, trust_env=False, verify=_NO_CERTIFICATES, **options)


def get(url: str, **options: Any) -> httpx.Response:
    """Ask a server once. Raises `httpx.HTTPError` where it does not answer."""
    return httpx.get(url, trust_env=False, verify=_NO_CERTIFICATES, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """Send something once. Raises as `get`."""
    return httpx.post(url, trust_env=False, verify=_NO_CERTIFICATES, **options)
