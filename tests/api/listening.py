"""The real application behind a real server on the loopback, with an institution and its keys, for bytes and for clients."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Connection

from api.app import create_app, open_records
from api.auth.institutions import create_institution
from api.auth.keys import create_key
from api.context import Role
from graph.clock import now
from tests.api.opened import BANK
from tests.api.running import settings_of


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the server listens, the key of a service, and that of one with an analyst's role."""

    port: int
    service: str
    analyst: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    def raw(self, *parts: bytes, wait: float = 5.0, leave: bool = False) -> bytes:
        """Bytes to the socket, part by part; what comes back until the server closes, is silent or, with `leave`, we have hung up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            with suppress(OSError):  # the server may have refused and closed already
                for part in parts:
                    connection.sendall(part)
                if leave:
                    connection.shutdown(socket.SHUT_WR)
            return _all_of(connection)

    def head(self, *lines: str) -> bytes:
        """The head of a POST with these header lines."""
        given = ["POST /graphql HTTP/1.1", "Host: test", f"Authorization: Bearer {self.service}", *lines]
        return ("\r\n".join(given) + "\r\n\r\n").encode("latin-1")


def _all_of(connection: socket.socket) -> bytes:
    got = b""
    with suppress(TimeoutError, ConnectionError):
        while part := connection.recv(65_536):
            got += part
    return got


@contextmanager
def listening(folder: Path, **changes: Any) -> Iterator[Listening]:
    """A server over a fresh folder; `changes` are settings."""
    settings = settings_of(folder, **{"run_jobs": False, **changes})
    records, _ = open_records(settings)

    def work(connection: Connection) -> tuple[str, str]:
        moment = now()
        create_institution(connection, BANK, "Rural Bank", moment)
        _, service = create_key(connection, BANK.id, "workflow", [Role.SERVICE], moment)
        _, analyst = create_key(connection, BANK.id, "analysis", [Role.ANALYST], moment)
        return service, analyst

    try:
        service, analyst = asyncio.run(records.write(work, institution=BANK.id))
    finally:
        records.close()
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    app = create_app(settings)
    kinds: dict[str, Any] = {"http": "httptools", "loop": "uvloop", "ws": "websockets-sansio"}
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, **kinds))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield Listening(server.servers[0].sockets[0].getsockname()[1], service, analyst)
    finally:
        server.should_exit = True
        thread.join(10)
        root.handlers[:], root.level = before
