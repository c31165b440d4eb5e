"""A real server in processes of its own, started by the command as a user would, and ended for certain."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.api.cli.calling import call, made

ROOT = Path(__file__).parent.parent.parent
HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""What makes a process hear SIGINT also where the tests run in the background and do not."""

COMMAND = [sys.executable, "-c", f"{HEARD}; from api.cli import main; main()"]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """Processes that answer: the supervisor's children, or itself."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = [int(one) for one in listed if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
        return found or [self.process.pid]

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Return when it answers; raise with its log when it ends or does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())


@contextmanager
def served(data: Path, *options: str, port: int | None = None) -> Iterator[Server]:
    """Start `ringfence serve` on the folder; whatever happens, all its processes are gone afterwards."""
    chosen = port or free_port()
    log = data.parent / "server.log"
    with log.open("ab") as output:
        command = [*COMMAND, "serve", "--port", str(chosen), "--data", str(data), *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    server = Server(process, chosen, log)
    try:
        server.wait_until_ready()
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def prepared(folder: Path) -> tuple[Path, str]:
    """A data folder with an institution, and a key of its service."""
    data = made(folder)
    created = ("keys", "create", "--institution", "rural-bank", "--name", "workflow", "--role", "SERVICE", "--quiet")
    return data, call(*created, data=data).out.strip()
