"""A real HTTP server that receives webhooks: it keeps what it was sent, and answers as told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Message:
    """One request as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass(slots=True)
class Receiver:
    """What listens, and what it heard."""

    port: int = 0
    status: int = 200
    delay: float = 0.0
    location: str = ""
    heard: list[Message] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/decisions"

    def wait_for(self, count: int, seconds: float = 20) -> list[Message]:
        """What was heard once that many messages of different ids were."""
        end = time.monotonic() + seconds
        while len({one.id for one in self.heard}) < count:
            assert time.monotonic() < end, f"heard {len(self.heard)} of {count}"
            time.sleep(0.02)
        return self.heard


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.append(Message({name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(found.delay)
            self.send_response(found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
