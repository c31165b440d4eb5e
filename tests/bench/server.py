"""A real server in processes of its own, with the processor time and memory of all of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo.extend(children.get(one, []))
    return found


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Seconds of processor time spent so far, all threads of all its processes."""
        total = 0
        for pid in family(self.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def cpu_of_threads(self) -> float:
        """The same, summed over what the kernel says of each thread, to a nanosecond; threads that ended are missing."""
        total = 0
        for pid in family(self.pid):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self) -> float:
        """Resident megabytes of all its processes, shared pages counted once a process that holds them in part (PSS)."""
        total = 0
        for pid in family(self.pid):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total / 1024


def wait_until_ready(port: int, process: subprocess.Popen[bytes], path: str = "/readyz", seconds: float = 60) -> None:
    """Return when the server answers 200; raise when it ends or does not come up."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not come up")


@contextmanager
def running(command: Sequence[str], port: int, log: Path, path: str = "/readyz") -> Iterator[Server]:
    """Start a command that serves on `port`, wait until it answers, end it with SIGTERM."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_until_ready(port, process, path)
            yield Server(process.pid, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ringfence(*arguments: str) -> list[str]:
    """The installed command with arguments."""
    return [str(Path(sys.executable).with_name("ringfence")), *arguments]
