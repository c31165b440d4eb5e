"""A real Neo4j Community for machines with a Java and no Docker: fetched by Maven, started and stopped, with its data in one folder.

    python docker/servers/neo4j.py start [--folder .servers/neo4j] [--line lts|newest]
    python docker/servers/neo4j.py stop  [--folder .servers/neo4j]
    python docker/servers/neo4j.py status [--folder .servers/neo4j]

`start` does what is still to be done and nothing twice: fetch the libraries, make a password, choose a free port of 127.0.0.1, start, and
wait until it answers. The folder then holds `address` (bolt://127.0.0.1:port), `password` (readable by its owner alone) and `pid`.
`stop` stops the process that was started for this folder and no other. Exit code 0, or 1 and one sentence.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple


class Line(NamedTuple):
    """A line of releases: which one is taken, on which Javas it runs, how it starts."""

    version: str
    javas: range
    main: str


LINES: Final = {
    "lts": Line("5.26.30", range(17, 22), "org.neo4j.server.CommunityEntryPoint"),
    "newest": Line("2026.08.1", range(21, 26), "org.neo4j.server.Neo4jCommunity"),
}
STARTING_SECONDS: Final = 120
STOPPING_SECONDS: Final = 30

POM: Final = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>ringfence</groupId><artifactId>neo4j</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.neo4j.app</groupId><artifactId>neo4j-server</artifactId><version>{version}</version></dependency>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{version}</version></dependency>
  </dependencies>
</project>
"""
CONFIGURATION: Final = """server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
server.memory.heap.initial_size={heap}
server.memory.heap.max_size={heap}
server.memory.pagecache.size={page_cache}
db.tx_log.rotation.retention_policy=256M size
"""
OPENED: Final = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")


class Trouble(Exception):
    """What keeps the server from starting or stopping, in one sentence with what to do."""


class Server:
    """The server of one folder."""

    def __init__(self, folder: Path, line: str) -> None:
        self.folder = folder.absolute()
        self.line = LINES[line]
        self.home = self.folder / "home"
        self.configuration = self.folder / "conf"
        self.library = self.folder / f"lib-{self.line.version}"

    def start(self, heap: str, page_cache: str) -> str:
        """Its address, once it answers."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)  # others have their servers there, and users of their own
        os.umask(0o077)
        self.folder.mkdir(exist_ok=True)
        if self._running() is None:
            java = _java(self.line)
            self._fetch()
            self._configure(heap, page_cache)
            self._set_password(java)
            self._launch(java)
        self._await()
        return self.address

    def stop(self) -> bool:
        """Whether there was one to stop."""
        pid = self._running()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        if not _until(lambda: self._running() is None, STOPPING_SECONDS):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            _until(lambda: self._running() is None, STOPPING_SECONDS)
        (self.folder / "pid").unlink(missing_ok=True)
        return True

    @property
    def address(self) -> str:
        """As recorded at its first start."""
        return (self.folder / "address").read_text().strip()

    @property
    def running(self) -> bool:
        """Whether the process that was started for this folder is there."""
        return self._running() is not None

    def _running(self) -> int | None:
        """The process that was started for this folder, None when there is none: its command names the folder."""
        try:
            pid = int((self.folder / "pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if f"--home-dir={self.home}" in _command(pid) else None

    def _fetch(self) -> None:
        """The libraries, whole or not at all."""
        if self.library.is_dir():
            return
        maven = shutil.which("mvn")
        if maven is None:
            raise Trouble("Neo4j is fetched by Maven, which is not here: install maven, or use docker/compose.yaml.")
        work = self.folder / "fetching"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        (work / "pom.xml").write_text(POM.format(version=self.line.version))
        goal = ["dependency:copy-dependencies", "-DoutputDirectory=lib", "-DincludeScope=runtime"]
        done = subprocess.run([maven, "-q", "-B", *goal], cwd=work, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = next((text for text in done.stdout.splitlines() if "ERROR" in text), "it did not say why")
            raise Trouble(f"Maven could not fetch Neo4j {self.line.version} ({said.strip()[:200]}): see its settings and try again.")
        (work / "lib").rename(self.library)
        shutil.rmtree(work)

    def _configure(self, heap: str, page_cache: str) -> None:
        self.configuration.mkdir(exist_ok=True)
        address = self.folder / "address"
        if not address.exists():
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                address.write_text(f"bolt://127.0.0.1:{free.getsockname()[1]}\n")
        port = self.address.rsplit(":", 1)[1]
        text = CONFIGURATION.format(port=port, heap=heap, page_cache=page_cache)
        (self.configuration / "neo4j.conf").write_text(text)

    def _set_password(self, java: str) -> None:
        """A password of its own, given to the server before its first start."""
        kept = self.folder / "password"
        if kept.exists():
            return
        self.home.mkdir(exist_ok=True)
        password = secrets.token_urlsafe(24)
        command = [java, "-cp", f"{self.library}/*", "org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password"]
        environment = {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.configuration)}
        # The command takes it as an argument; it is of no use to anybody before the server runs, and only here.
        done = subprocess.run([*command, password], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Trouble(f"Neo4j would not take its first password ({(done.stderr or done.stdout).strip()[:200]}): remove {self.folder}.")
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(password + "\n")

    def _launch(self, java: str) -> None:
        opened = [f"--add-opens={module}=ALL-UNNAMED" for module in OPENED]
        arguments = [f"--home-dir={self.home}", f"--config-dir={self.configuration}", "--console-mode"]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [java, "-XX:+UseG1GC", *opened, "-cp", f"{self.library}/*", self.line.main, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        (self.folder / "pid").write_text(f"{process.pid}\n")

    def _await(self) -> None:
        """Wait until it takes connections and shakes hands."""
        host, port = self.address.removeprefix("bolt://").rsplit(":", 1)

        def answers() -> bool:
            if self._running() is None and not _until(lambda: self._running() is not None, 1):
                raise Trouble(f"Neo4j stopped while starting: see {self.folder / 'log'}.")
            try:
                with socket.create_connection((host, int(port)), timeout=2) as connection:
                    connection.sendall(b"\x60\x60\xb0\x17\x00\x00\x04\x05" + bytes(12))
                    return len(connection.recv(4)) == 4
            except OSError:
                return False

        if not _until(answers, STARTING_SECONDS):
            raise Trouble(f"Neo4j did not answer at {self.address} within {STARTING_SECONDS} s: see {self.folder / 'log'}.")


def _java(line: Line) -> str:
    """A Java on which the line runs: the one of the path, or one of the system's."""
    found = [path for path in (shutil.which("java"), *sorted(map(str, Path("/usr/lib/jvm").glob("*/bin/java")))) if path]
    for java in found:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', said)
        if version and int(version[1]) in line.javas:
            return java
    wanted = f"{line.javas.start} to {line.javas.stop - 1}"
    raise Trouble(f"Neo4j {line.version} needs a Java of version {wanted}, and there is none here: install one and try again.")


def _command(pid: int) -> str:
    """How a process was started; nothing for one that is gone."""
    try:
        said = Path(f"/proc/{pid}/cmdline")
        if said.parent.parent.joinpath("self").exists():
            return said.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def _until(done: object, seconds: float) -> bool:
    """Whether it was done in time."""
    assert callable(done)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.2)
    return False


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="A real Neo4j with its data in one folder.")
    parser.add_argument("command", choices=("start", "stop", "status"))
    parser.add_argument("--folder", type=Path, default=Path(".servers/neo4j"))
    parser.add_argument("--line", choices=sorted(LINES), default="lts", help="the long-term line, or the newest release")
    parser.add_argument("--heap", default="1g")
    parser.add_argument("--page-cache", default="512m")
    given = parser.parse_args()
    server = Server(given.folder, given.line)
    try:
        if given.command == "start":
            print(f"Neo4j {server.line.version} answers at {server.start(given.heap, given.page_cache)}.")
        elif given.command == "stop":
            print("Neo4j is stopped." if server.stop() else "Neo4j does not run.")
        else:
            print(f"Neo4j runs at {server.address}." if server.running else "Neo4j does not run.")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
