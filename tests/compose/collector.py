"""Takes spans by OTLP over HTTP, and tells (GET) of which services they are."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 4318
# The attribute in the protobuf of a resource: its key, then the length and the text of its value.
_SERVICE = re.compile(rb"service\.name\x12.\x0a.([a-z-]+)", re.DOTALL)
heard: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    """The two questions."""

    def do_POST(self) -> None:
        """Take spans."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        heard.update(name.decode() for name in _SERVICE.findall(body))
        self._answer(b"")

    def do_GET(self) -> None:
        """Tell of which services there were any."""
        self._answer(json.dumps(sorted(heard)).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
