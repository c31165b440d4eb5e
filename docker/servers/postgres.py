"""Starts and stops a PostgreSQL of one's own, from the system's package, on the loopback alone.

    docker/servers/postgres start | stop | status | env        [--folder .servers/postgres] [--port 54320]

Everything is in the folder: the cluster in `data`, the log, the port, and three passwords that were drawn at the first start, each in
a file of its owner alone. `start` starts what is not running and changes nothing else; `stop` stops this one and no other. PostgreSQL
refuses to run as root, so root starts it as the user `postgres` that its package makes. Needs Python 3.9 and nothing else.

Roles: `postgres` (the cluster's owner), `ringfence_owner` (makes databases and tables), `ringfence` (the application's: it owns nothing
and cannot pass by row-level security).
"""

from __future__ import annotations

import argparse
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

DATABASE = "ringfence"
OWNER = "ringfence_owner"
APP = "ringfence"
SUPERUSER = "postgres"
GROUP = "ringfence_app"
FIRST_PORT = 54_320
OLDEST = 13
"""Oldest version of PostgreSQL that this was written for."""

SECONDS = 60.0
"""Longest that starting or stopping may take."""

SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "password_encryption": "'scram-sha-256'",
    "max_connections": "200",
    "deadlock_timeout": "'100ms'",
    "log_min_messages": "warning",
    "logging_collector": "off",
}
"""`deadlock_timeout` stays below what the application waits for a lock, so that a deadlock is named as one."""


def fail(sentence: str) -> NoReturn:
    """Say what is wrong and what to do, and leave with exit code 2."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


def places() -> list[Path]:
    """Where a system's package puts PostgreSQL's programs."""
    return [*Path("/usr/lib/postgresql").glob("*/bin"), *(Path(one) for one in os.environ.get("PATH", "").split(os.pathsep) if one)]


def programs(folders: list[Path]) -> Path:
    """The folder of the newest PostgreSQL's programs among these."""
    found = []
    for folder in folders:
        if all((folder / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
            folder = (folder / "postgres").resolve().parent
            said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
            number = re.search(r"\d+", said)
            if number is not None and int(number[0]) >= OLDEST:
                found.append((int(number[0]), folder))
    if not found:
        fail(f"PostgreSQL {OLDEST} or newer is not on this machine: install it (on Debian: apt-get install postgresql) and run this again.")
    return max(found)[1]


class Cluster:
    """A cluster in a folder, running or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.programs = programs(places())
        self.account = self._account()

    def _account(self) -> pwd.struct_passwd | None:
        """Whom PostgreSQL runs as; None: ourselves."""
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam("postgres")
        except KeyError:
            fail("PostgreSQL does not run as root and there is no user `postgres`: make one, or run this as another user.")

    def run(self, *command: str | Path, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL as its user."""
        as_user = {} if self.account is None else {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        full = [str(self.programs / command[0]), *map(str, command[1:])]
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        done = subprocess.run(full, text=True, capture_output=True, check=False, cwd="/", env=environment, **as_user, **more)  # type: ignore[call-overload]
        if check and done.returncode != 0:
            fail(f"{command[0]} failed: {' '.join((done.stderr or done.stdout).split())[-600:]}")
        return done  # type: ignore[no-any-return]

    @property
    def running(self) -> bool:
        """Whether this cluster runs."""
        self._forget_the_dead()
        return (self.data / "postmaster.pid").exists() and self.run("pg_ctl", "status", "-D", self.data, check=False).returncode == 0

    def _forget_the_dead(self) -> None:
        """Remove the note of a server that was killed and that nobody has buried: its number would count as a running one's."""
        note = self.data / "postmaster.pid"
        try:
            state = Path(f"/proc/{int(note.read_text().split()[0])}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError, IndexError):
            return
        if state == "Z":
            note.unlink(missing_ok=True)

    def secret(self, role: str) -> Path:
        """The file of a role's password."""
        return self.folder / f"{role}.password"

    def port(self) -> int:
        """The port that it was given at its first start."""
        return int((self.folder / "port").read_text())

    def start(self, wanted: int | None) -> None:
        """Make the cluster when it is absent, start it when it does not run, and make its roles and database."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account is not None:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
            self._check_reachable()
        if not (self.data / "PG_VERSION").exists():
            self._make()
        self._check_version()
        if self.running:
            if wanted not in (None, self.port()):
                fail(f"It runs already, on port {self.port()}: stop it first, or leave --port out.")
        else:
            self._choose_port(wanted)
            self._start()
        self._roles()

    def _check_reachable(self) -> None:
        """PostgreSQL's user must be able to walk to the folder."""
        for parent in self.folder.parents:
            if self.run("postgres", "--version", check=False).returncode != 0:
                fail(f"The user postgres cannot run {self.programs / 'postgres'}: check its permissions.")
            assert self.account is not None, "asked of root alone"
            walk = subprocess.run(["test", "-x", parent], user=self.account.pw_uid, group=self.account.pw_gid, check=False, cwd="/")
            if walk.returncode != 0:
                fail(f"The user postgres may not enter {parent}: choose a folder elsewhere with --folder, or `chmod o+x` it.")

    def _make(self) -> None:
        """Draw the passwords and make the cluster; one that was interrupted is made anew."""
        shutil.rmtree(self.data, ignore_errors=True)
        for role in (SUPERUSER, OWNER, APP):
            self._write(self.secret(role), secrets.token_urlsafe(24))
        making = self.folder / "making"
        shutil.rmtree(making, ignore_errors=True)
        self.run(
            "initdb", "-D", making, "--username", SUPERUSER, "--pwfile", self.secret(SUPERUSER), "--auth", "scram-sha-256",
            "--encoding", "UTF8", "--locale", "C",
        )  # fmt: skip
        making.rename(self.data)

    def _check_version(self) -> None:
        made, ours = (self.data / "PG_VERSION").read_text().strip(), self.programs.parent.name
        if ours.isdigit() and made != ours:
            fail(f"{self.data} was made by PostgreSQL {made} and this is {ours}: install {made}, or move the folder away to begin anew.")

    def _write(self, path: Path, content: str) -> None:
        """Write a file for its owner alone, whole or not at all."""
        draft = path.with_suffix(".draft")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        if self.account is not None:
            os.chown(draft, self.account.pw_uid, self.account.pw_gid)
        draft.replace(path)

    def _choose_port(self, wanted: int | None) -> None:
        kept = self.port() if (self.folder / "port").exists() else None
        if wanted is None:
            wanted = kept if kept is not None and free(kept) else next(filter(free, range(FIRST_PORT, FIRST_PORT + 200)), None)
        if wanted is None or not free(wanted):
            fail(f"Port {wanted or FIRST_PORT} is taken: choose another with --port.")
        self._write(self.folder / "port", str(wanted))

    def _start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        with self.log.open("a") as log:  # opened by us, inherited by it
            if self.account is not None:
                os.chown(self.log, self.account.pw_uid, self.account.pw_gid)
            log.flush()
        begun = self.run(
            "pg_ctl",
            "start",
            "-D",
            self.data,
            "-l",
            self.log,
            "-w",
            "-t",
            str(int(SECONDS)),
            "-o",
            f"-p {self.port()} {options}",
            check=False,
        )
        if begun.returncode != 0:
            tail = " ".join(self.log.read_text(errors="replace").splitlines()[-3:])
            fail(f"PostgreSQL did not start: {tail or begun.stderr}")

    def _roles(self) -> None:
        """Make what is absent: the roles with the passwords of their files, and the database."""
        owner, app = (self.secret(role).read_text().strip() for role in (OWNER, APP))
        statements = [
            f"DO $$ BEGIN CREATE ROLE {GROUP} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            f"DO $$ BEGIN CREATE ROLE {OWNER} LOGIN CREATEDB; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            f"DO $$ BEGIN CREATE ROLE {APP} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            f"ALTER ROLE {OWNER} PASSWORD '{owner}'",
            f"ALTER ROLE {APP} PASSWORD '{app}'",
            f"GRANT {GROUP} TO {APP}, {OWNER}",
        ]
        self.sql("; ".join(statements))
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'").strip():
            self.sql(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")

    def sql(self, statement: str) -> str:
        """Run statements as the cluster's owner; they are read from a pipe, so that no password is on a command line."""
        superuser = self.secret(SUPERUSER).read_text().strip()
        environment = {"PGPASSWORD": superuser, "PATH": os.environ.get("PATH", ""), "PGCONNECT_TIMEOUT": "10"}
        psql = [str(self.programs / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        psql += ["-h", "127.0.0.1", "-p", str(self.port()), "-U", SUPERUSER, "-d", "postgres"]
        done = subprocess.run(psql, input=statement, text=True, capture_output=True, check=False, env=environment, cwd="/")
        if done.returncode != 0:
            fail(f"psql failed: {' '.join(done.stderr.split())}")
        return done.stdout

    def stop(self) -> bool:
        """Stop this cluster; whether it ran."""
        if not self.running:
            return False
        self.run("pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", str(int(SECONDS)))
        return True

    def lines(self) -> list[str]:
        """Variables that lead the application and `ringfence migrate` to it; passwords stay in their files."""
        where = f"127.0.0.1:{self.port()}/{DATABASE}"
        return [
            f"RINGFENCE_RECORDS_URL=postgresql://{APP}@{where}",
            f"RINGFENCE_RECORDS_PASSWORD_FILE={self.secret(APP)}",
            f"RINGFENCE_RECORDS_OWNER_URL=postgresql://{OWNER}@{where}",
            f"RINGFENCE_RECORDS_OWNER_PASSWORD_FILE={self.secret(OWNER)}",
        ]


def free(port: int) -> bool:
    """Whether nobody listens on this port of the loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def main() -> None:
    """Do what the command line says: exit code 0 done, 1 `status` of one that does not run, 2 could not."""
    parser = argparse.ArgumentParser(prog="docker/servers/postgres", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=["start", "stop", "status", "env"])
    default = Path(__file__).resolve().parent.parent.parent / ".servers" / "postgres"
    parser.add_argument(
        "--folder", type=Path, default=default, help="where everything of it is (default: .servers/postgres of the checkout)"
    )
    parser.add_argument(
        "--port", type=int, default=None, help=f"of the loopback (default: the one it had, or the first free from {FIRST_PORT})"
    )
    given = parser.parse_args()
    cluster = Cluster(given.folder)
    begun = time.monotonic()
    if given.action == "start":
        was = cluster.running
        cluster.start(given.port)
        how = "runs already" if was else f"started in {time.monotonic() - begun:.1f} s"
        print(f"PostgreSQL {how} on 127.0.0.1:{cluster.port()}, data in {cluster.data}.", file=sys.stderr)
        print("\n".join(cluster.lines()))
    elif given.action == "stop":
        print("PostgreSQL is stopped." if cluster.stop() else "PostgreSQL does not run.", file=sys.stderr)
    elif given.action == "env" and (cluster.folder / "port").exists():
        print("\n".join(cluster.lines()))
    elif not cluster.running:
        print("PostgreSQL does not run: start it with `docker/servers/postgres start`.", file=sys.stderr)
        raise SystemExit(1)
    else:
        print(f"PostgreSQL runs on 127.0.0.1:{cluster.port()}.", file=sys.stderr)


if __name__ == "__main__":
    main()
