"""PostgreSQL as the place of the records, through psycopg 3: connections that never wait without bound, and what a transaction is there.

Each piece of work runs for one institution, which is set for its transaction alone (`SET LOCAL ringfence.institution`); the policies of
`api/migrations` show it the rows of that institution and no other. The role must not be able to pass by them: one that could (a superuser,
the tables' owner) works as `ringfence_app` instead, and is refused when it may not.

Durable transactions take an advisory lock of each institution that they write for, in one order, before anything else: so an audit
chain has one writer, and two workers' groups cannot lock each other out. Claims take none; their rows are locked one by one. They wait
for the disk, too: a lazy commit of PostgreSQL's is lost with a killed server, and with it the moment of a call's first try.
"""

from __future__ import annotations

import select
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, exc
from sqlalchemy.pool import NullPool

from api.transacting import RecordsUnavailable, Unreachable

T = TypeVar("T")

APP_ROLE: Final = "ringfence_app"
"""The role that the tables are granted to and the policies hold for; who logs in for the app is a member of it."""

LOCKS: Final = 0x52464E43
"""Class of our advisory locks, so that they meet no others' of the same database."""

TENANT: Final = "ringfence.institution"

PRIVILEGED: Final = """
SELECT rolsuper OR rolbypassrls
    OR EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('decisions') AND pg_has_role(current_user, relowner, 'MEMBER'))
FROM pg_roles WHERE rolname = current_user
"""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that waits `patience` seconds for an answer and no longer; one that was not answered is closed."""

    patience: float = 10.0
    until: float = float("inf")
    """Moment of `time.monotonic` at which waiting ends in any case."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401 - the driver's generators
        """Wait for what the generator does, as the driver does, but not without bound."""
        bound = max(min(self.patience, self.until - time.monotonic()), 0.001)
        try:
            return super().wait(gen, interval, bound if timeout is None else min(timeout, bound))
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:  # nobody knows what the server is still doing
                self.pgconn.finish()
                raise silent(bound) from error
            raise


def silent(seconds: float) -> Unreachable:
    """The refusal of a server that says nothing; no error of the driver's, so that nobody takes it for the work's."""
    return Unreachable(f"The records cannot be used now (their server did not answer within {seconds * 1000:.0f} ms): send again.")


def connect(conninfo: str, seconds: float) -> BoundedConnection:
    """A connection made within `seconds`, the log-in included; libpq alone would wait for whole seconds, two at least.

    Raises `psycopg.OperationalError`, and `Unreachable` for a silent server. A name that nobody
    resolves is waited for by libpq itself: give an address where that matters.
    """
    raw = pq.PGconn.connect_start(conninfo.encode())
    try:
        _log_in(raw, seconds)
    except BaseException:
        raw.finish()
        raise
    raw.nonblocking = 1
    connection = BoundedConnection(raw)
    connection.patience = seconds
    connection.autocommit = True  # transactions begin and end by our own words
    return connection


def _log_in(raw: pq.abc.PGconn, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (status := raw.connect_poll()) != pq.PollingStatus.OK:
        if status == pq.PollingStatus.FAILED:
            raise psycopg.OperationalError(raw.get_error_message())
        waits = select.poll()
        waits.register(raw.socket, select.POLLIN if status == pq.PollingStatus.READING else select.POLLOUT)
        if not waits.poll(max((end - time.monotonic()) * 1000, 0)):
            raise silent(seconds)


def server_engine(url: str, password: str, seconds: float, lock_seconds: float, *, owner: bool = False) -> Engine:
    """An engine whose connections wait `seconds` for an answer and `lock_seconds` for a lock. No connection is made yet.

    `url` is libpq's (`postgresql://user@host:port/database?sslmode=...`); `password` goes before one in it. The `owner` makes tables,
    and is let pass by row-level security.
    """
    given = {"password": password} if password else {}
    bounds = {"application_name": "ringfence", "client_encoding": "UTF8", "keepalives_idle": "5", "keepalives_interval": "2"}
    try:
        conninfo = make_conninfo(url, **given, **bounds)
    except psycopg.ProgrammingError:  # its words repeat what was given, a password perhaps
        words = "cannot be read as an address of PostgreSQL: give postgresql://ROLE@HOST:PORT/DATABASE"
        raise RecordsUnavailable(f"RINGFENCE_RECORDS_{'OWNER_' if owner else ''}URL {words}.") from None
    # The server gives up before we do, so that a lock held elsewhere is told from a silent server.
    limits = {"lock_timeout": min(lock_seconds, seconds * 0.8), "statement_timeout": seconds * 0.9}
    limits |= {"idle_in_transaction_session_timeout": max(seconds, 2.0)}
    setting = "; ".join(f"SET {name} = {int(value * 1000)}" for name, value in limits.items())

    def make() -> BoundedConnection:
        connection = connect(conninfo, seconds)
        try:
            if owner:
                connection.execute("SET ringfence.institution = ''", prepare=False)
            else:
                _become_app(connection, setting)
        except BaseException:
            connection.close()
            raise
        return connection

    return create_engine("postgresql+psycopg://", creator=make, poolclass=NullPool, use_native_hstore=False)


def _become_app(connection: BoundedConnection, setting: str) -> None:
    """Set a fresh connection's bounds, and give up any right to pass by row-level security."""
    cursor = connection.execute(f"{setting}; {PRIVILEGED}", prepare=False)
    while cursor.nextset():
        continue
    row = cursor.fetchone()
    if row is not None and row[0]:
        connection.execute(f"SET ROLE {APP_ROLE}", prepare=False)


@dataclass(slots=True)
class ServerSession:
    """A thread's own connection to the server (`api.transacting.Session`)."""

    engine: Engine
    connection: Connection | None = None
    raw: BoundedConnection | None = None
    _entered: tuple[str | None] | None = None
    """The institution of the first piece, which was entered with the beginning; None once that was used."""
    _ending: str = ""
    """The end of the piece before, to be sent with what comes next."""

    def begin(self, institutions: Sequence[str | None], *, durable: bool) -> Connection:
        """One round trip: begin, take the institutions' locks in order, and enter the first piece."""
        words = ["BEGIN; SET LOCAL synchronous_commit TO on"]
        if durable:
            numbers = sorted({_lock_number(institution) for institution in institutions})
            words.append(f"SELECT pg_advisory_xact_lock({LOCKS}, number) FROM unnest(ARRAY{numbers}) AS number")  # noqa: S608 - numbers
        found = self._first(lambda: "; ".join([*words, self._entering(institutions[0])]))
        self._entered, self._ending = (institutions[0],), ""
        return found

    def look(self, institution: str | None) -> Connection:
        """One snapshot; a write is refused by the server."""
        return self._first(lambda: f"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; {self._tenant(institution)}")

    def enter(self, institution: str | None) -> None:
        """A savepoint, and the institution; both are undone together."""
        entered, self._entered = self._entered, None
        if entered == (institution,):
            return
        self._send(self._ending + self._entering(institution))
        self._ending = ""

    def leave(self) -> None:
        """Keep what was done since the savepoint; the server is told with what comes next."""
        self._ending = "RELEASE SAVEPOINT piece; "

    def undo(self) -> None:
        """Undo what was done since the savepoint."""
        self._ending = "ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece; "

    def commit(self) -> None:
        """Commit, and return when the server says that it is done."""
        self._end(self._ending + "COMMIT")

    def rollback(self) -> None:
        """Roll back."""
        self._end("ROLLBACK")

    def close(self) -> None:
        """Close the socket: the server rolls back when it notices."""
        connection, raw, self.connection, self.raw = self.connection, self.raw, None, None
        if raw is not None:
            raw.close()
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except exc.SQLAlchemyError:
                return

    def _first(self, words: Callable[[], str]) -> Connection:
        """Send the first words of a transaction. A connection that broke since it was last used is made anew, once."""
        kept = self.connection is not None and self.raw is not None
        while True:
            connection = self._open()
            try:
                self._send(words())
                return connection
            except psycopg.OperationalError as error:
                broken = self.raw is None or self.raw.closed
                self.close()
                if not kept or not broken:
                    raise Unreachable(refusal(error)) if broken else error from error
                kept = False

    def _open(self) -> Connection:
        if self.connection is None or self.raw is None:
            try:
                self.connection = self.engine.connect()
            except exc.DBAPIError as error:
                raise Unreachable(refusal(error.orig)) from error
            raw = self.connection.connection.driver_connection
            assert isinstance(raw, BoundedConnection), "connections are made here"
            self.raw = raw
        return self.connection

    def _entering(self, institution: str | None) -> str:
        return f"SAVEPOINT piece; {self._tenant(institution)}"

    def _tenant(self, institution: str | None) -> str:
        return f"SET LOCAL {TENANT} = {sql.quote(institution or '', self.raw)}"

    def _send(self, words: str) -> None:
        assert self.raw is not None, "a transaction has begun"
        self.raw.execute(words.encode(), prepare=False)  # several statements at once cannot be prepared

    def _end(self, words: str) -> None:
        """COMMIT or ROLLBACK, and let SQLAlchemy forget its own transaction."""
        assert self.connection is not None
        self._send(words)
        self.connection.rollback()


def _lock_number(institution: str | None) -> int:
    """The number of an institution's advisory lock, 32 bits with a sign; who shares one waits for the other and nothing worse."""
    return zlib.crc32((institution or "").encode()) - 2**31


REASONS: Final = {
    "28P01": "its server refuses the password",
    "40P01": "two transactions waited for each other",
    "40001": "two transactions waited for each other",
    "42501": "its role may not do that: let `ringfence migrate` grant what it needs",
    "42P01": "its tables are missing: run `ringfence migrate`",
    "53100": "the disk is full",
    "53300": "its server has too many connections",
    "55P03": "another process holds the lock",
    "57014": "it took too long",
    "57P01": "its server is stopping",
    "57P03": "its server is starting or stopping",
}
"""What became of it, by SQLSTATE (appendix A of PostgreSQL's manual); nothing of the server's own words, which name hosts and values."""

HINTS: Final = (
    ("Connection refused", "its server refuses connections"),
    ("password authentication failed", "its server refuses the password: see RINGFENCE_RECORDS_PASSWORD_FILE"),
    ("no password supplied", "its server wants a password: give RINGFENCE_RECORDS_PASSWORD_FILE"),
    ("could not translate host name", "the name of its server is unknown"),
    ("does not exist", "its server has no such database or role"),
    ("permission denied to set role", f"its role may pass by row-level security: use one that is a member of {APP_ROLE} and owns nothing"),
    ("starting up", "its server is starting or stopping"),
    ("shutting down", "its server is starting or stopping"),
    ("too many", "its server has too many connections"),
)
"""What libpq says before there is a SQLSTATE."""


def reason(error: BaseException | None) -> str:
    """Why the server could not be used, in words that name no host, role or value."""
    state = getattr(error, "sqlstate", None)
    text = str(error)
    for sign, meaning in HINTS:
        if sign in text:
            return meaning
    if state is not None:
        return REASONS.get(state, f"its server reports {state}")
    return "the connection to its server broke"


def refusal(error: BaseException | None) -> str:
    """The sentence of a `RecordsUnavailable`."""
    return f"The records cannot be used now ({reason(error)}): send again."
