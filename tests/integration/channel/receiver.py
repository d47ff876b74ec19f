"""A real HTTP server in the place of VNeID and SMS, with the faults that such a thing has."""

import json
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from services.portal.webhook import signature

Manner = Literal["takes", "fails", "breaks-off", "hangs"]
"""What becomes of a request: `breaks-off` takes it and dies before it answers."""


@dataclass(frozen=True)
class Delivery:
    """A request as it came in."""

    id: str
    timestamp: int
    signature: str
    body: bytes

    @property
    def notice(self) -> dict[str, Any]:
        """What it says."""
        return dict(json.loads(self.body))

    def signed_with(self, key: bytes) -> bool:
        """Return whether it proves that its sender has this key."""
        return self.signature == signature(key, self.id, self.timestamp, self.body)


class Receiver:
    """Listens at one address, may be stopped and started there again, and remembers everything."""

    def __init__(self) -> None:
        self.manner: Manner = "takes"
        self.deliveries: list[Delivery] = []
        self.taken: dict[str, Delivery] = {}
        """By id, each once: repetitions are dropped."""
        self._release = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/notices"

    @property
    def times(self) -> Counter[str]:
        """How often each id has come in."""
        return Counter(each.id for each in self.deliveries)

    def start(self) -> None:
        """Listen, at the same address as before."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.handle(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be away: connections are refused."""
        self.behave("takes")
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def behave(self, manner: Manner) -> None:
        """Treat requests like this from now on, and let go of those that hang."""
        self.manner = manner
        self._release.set()
        self._release = threading.Event()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Take a request, or not."""
        named, manner = request.headers, self.manner
        delivery = Delivery(
            named["webhook-id"],
            int(named["webhook-timestamp"]),
            named["webhook-signature"],
            request.rfile.read(int(named["content-length"])),
        )
        self.deliveries.append(delivery)
        if manner == "hangs":
            self._release.wait(60)
        if manner in ("breaks-off", "hangs"):
            request.close_connection = True
            return
        if manner == "takes":
            self.taken.setdefault(delivery.id, delivery)
        request.send_response(204 if manner == "takes" else 500)
        request.send_header("content-length", "0")
        request.end_headers()
