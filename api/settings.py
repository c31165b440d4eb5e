"""Settings: every limit a typed line under a sentence. `Settings.from_environ` is the only reader of the environment.

A field `some_limit` is set by the variable `RINGFENCE_SOME_LIMIT`. Seconds are floats, sizes bytes, money micros (millionths).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

PREFIX = "RINGFENCE_"

OTHERS = frozenset({PREFIX + "SOAK", PREFIX + "SERVERS", PREFIX + "KEY"})
"""Variables that are no settings: the tests' counts and whether they need servers, and the key of `ringfence query`."""

RECORDS_SCHEMES = ("postgresql://", "postgres://")
GRAPH_SCHEMES = ("bolt://", "bolt+s://", "neo4j://", "neo4j+s://")

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class InvalidSetting(ValueError):
    """A variable of the environment holds what its setting does not allow; the message says which and what is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be chosen about a deployment. Frozen: a change is a restart."""

    # Where things are

    data: Path = Path(".ringfence")
    """Folder of everything that the embedded default keeps: graph, records, keys, checkpoints."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8310
    """Port to listen on."""
    workers: int = 1
    """Server processes."""
    development: bool = False
    """Turns on introspection, suggestions, GET queries and the IDE."""
    public_url: str = ""
    """Origin that browsers see, `https://ringfence.bank.example`; empty: that of the request's Host header."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""

    # Requests

    body_bytes: int = 64 * 1024
    """Largest request body."""
    batch_bytes: int = 1024 * 1024
    """Largest body of a batch of facts."""
    query_tokens: int = 2_000
    """Most tokens of a document."""
    query_depth: int = 15
    """Deepest selection of a document."""
    query_aliases: int = 100
    """Most aliases in a document."""
    operation_cost: int = 2_500
    """Most that one operation may cost (semantics 22)."""
    staff_cost_minute: int = 60_000
    """Cost a minute of one member of staff."""
    service_cost_minute: int = 30_000_000
    """Cost a minute of one service; some 500 assessments a second."""
    trusted_documents: str = ""
    """Folder of trusted documents, `NAME.graphql` files of one operation each, to be run by `documentId`; empty: none."""
    trusted_only: str = ""
    """Institutions that let trusted documents alone be run: their ids with commas between, or `*` for all."""
    metrics_token: str = ""
    """Token that reads `/metrics`; empty: it is read from the machine itself alone, and not through a proxy."""
    trusted_proxies: str = ""
    """Addresses of proxies before the server, separated by commas, whose X-Forwarded-For says who calls; empty: there is none."""
    connections: int = 1_000
    """Most connections of one process; more are answered 503."""
    shutdown_seconds: float = 10.0
    """Longest that requests in flight may take to finish after SIGTERM."""

    # One second

    decision_seconds: float = 0.9
    """Longest that a decision may take; callers may ask for less."""
    graph_seconds: float = 0.35
    """Of these, what reading the graph may take; in proportion when the caller asks for less."""
    records_seconds: float = 0.1
    """Of these, what is kept for writing the records; in proportion likewise."""
    grace_seconds: float = 0.05
    """On top, so that a commit that has begun is finished before the answer is UNAVAILABLE; deadline and grace stay below 1 s."""
    processor_hour_micros: int = 300_000
    """Price of one processor core for an hour, in millionths of the major unit: 300000 with CNY is 0.30 yuan."""

    # Records

    records_url: str = field(default="", repr=False)
    """PostgreSQL that keeps the records, as the app's role: `postgresql://ROLE@HOST:PORT/DATABASE`; empty: a file."""
    records_password: str = field(default="", repr=False)
    """Password of that role; better in a file."""
    records_password_file: Path = Path()
    """File with that password in its first line."""
    records_owner_url: str = field(default="", repr=False)
    """The same database as the role that owns its tables, for `ringfence migrate` alone; empty: as the app's role."""
    records_owner_password: str = field(default="", repr=False)
    """Password of the owner; better in a file."""
    records_owner_password_file: Path = Path()
    """File with that password in its first line."""
    records_silence_seconds: float = 0.35
    """Longest that PostgreSQL may take to answer a statement, or to let us in, before it counts as down."""
    records_queue: int = 2_000
    """Most writes waiting for the records; more are UNAVAILABLE at once."""
    records_group: int = 64
    """Most writes in one commit."""
    records_readers: int = 2
    """Threads that read the records."""
    records_timeout: float = 0.8
    """Longest that one read or write of the records may take."""
    records_lock_seconds: float = 0.5
    """Longest that a commit waits for another process's."""

    # Access

    session_hours: float = 8.0
    """Life of a staff session."""
    link_minutes: float = 30.0
    """Life of a one-time link token."""
    link_session_hours: float = 1.0
    """Life of the session that a one-time link gives."""
    password_threads: int = 0
    """Threads that hash passwords; 0: as many as cores, at most 4."""
    password_queue: int = 32
    """Most passwords waiting to be checked; more are told to wait."""
    password_tries: int = 10
    """Wrong passwords for one name from one address before it waits."""
    password_address_tries: int = 100
    """Wrong passwords from one address, for any names, before it waits."""
    password_wait_seconds: float = 60.0
    """How long it waits then."""

    # Writes

    idempotency_days: int = 30
    """Life of an idempotency key's answer."""
    claim_seconds: float = 2.0
    """Lease of a claimed idempotency key: longer than any call takes, so that only a dead process's claim expires."""
    retry_milliseconds: int = 200
    """How long a caller is told to wait for a call in progress or a part that is down."""

    # Jobs

    job_lease_seconds: float = 30.0
    """How long a worker may hold a job before another takes it."""
    job_pause_seconds: float = 1.0
    """How long a worker waits before it looks for jobs again."""
    job_attempts: int = 10_000
    """How often a job is tried."""
    jobs_waiting: int = 20_000
    """Most jobs of one institution that wait; more applications are UNAVAILABLE while the graph is down."""
    run_jobs: bool = True
    """Whether server processes work jobs."""
    ring_exposure: int = 20_000_000
    """Minor units still owed by a ring's members above which a second person must agree to confirm or dismiss it."""
    ring_seconds: float = 5.0
    """Pause between two looks for rings: so long, and at least four times as long as a look takes."""

    # Events

    event_seconds: float = 0.2
    """Pause between two looks of a process for new events of an institution that somebody follows."""
    subscriptions: int = 500
    """Most subscriptions of one institution in one process."""
    sockets: int = 200
    """Most sockets of one institution in one process."""
    socket_subscriptions: int = 20
    """Most subscriptions of one socket."""
    socket_check_seconds: float = 5.0
    """How often an open socket's credential is looked up again: one that was revoked or is over closes it within this time."""
    socket_init_seconds: float = 10.0
    """Longest that a fresh socket may take to say who it is."""

    webhook_private: bool = False
    """Whether webhooks may lead to private addresses and to plain HTTP: for trying them out, never where others choose the URL."""
    webhook_seconds: float = 10.0
    """Longest that a receiver of a webhook may take to answer."""
    webhook_attempts: int = 12
    """How often a delivery is tried before it is dead: some two days."""
    webhook_pause_seconds: float = 1.0
    """Pause between two looks of a process for deliveries."""

    warehouse: Path = Path()
    """Folder that gets each day's decisions and facts as Parquet; left out: none are written."""

    # Graph

    graph_url: str = field(default="", repr=False)
    """Neo4j that keeps the graph: `bolt://HOST:PORT` or `neo4j://HOST:PORT`, `+s` for TLS; empty: a file."""
    graph_user: str = "neo4j"
    """Its user."""
    graph_password: str = field(default="", repr=False)
    """Password of that user; better in a file."""
    graph_password_file: Path = Path()
    """File with that password in its first line."""
    graph_deployment: str = "ringfence"
    """Name under which this deployment's institutions are kept: several deployments may share a Neo4j."""
    graph_silence_seconds: float = 0.35
    """Longest that Neo4j may take to let us in, or to answer what a decision asks, before it counts as down."""
    graph_lock_seconds: float = 0.4
    """Longest that a write of the graph waits for another process's; one may wait behind another, and the answer comes within 1 s."""
    question_seconds: float = 2.0
    """Longest that one question of a query to the graph may take; a walk has its own deadline."""
    breaker_failures: int = 5
    """Failures of the graph in a row before it is left alone for a while; those of deciding and of queries are counted apart."""
    breaker_seconds: float = 2.0
    """How long it is left alone before one call tries it again."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from variables `RINGFENCE_NAME`; what is not set keeps its default.

        Raises `InvalidSetting` for an unknown name or a value that cannot be read, naming it and what is allowed.
        """
        source = os.environ if environ is None else environ
        known = {one.name: one for one in fields(cls)}
        values: dict[str, object] = {}
        for variable, text in source.items():
            if not variable.startswith(PREFIX) or variable in OTHERS:
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name not in known:
                raise InvalidSetting(f"{variable} is not a setting: remove it, or see `ringfence serve --help` for what can be set.")
            values[name] = _read(variable, text, type(known[name].default))
        return cls(**values)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
                raise InvalidSetting(f"{PREFIX}{one.name.upper()} is {value}: give a number of 0 or more.")
            if isinstance(value, float) and not math.isfinite(value):
                raise InvalidSetting(f"{PREFIX}{one.name.upper()} is {value}: give a number.")
        if self.log_level not in LEVELS:
            raise InvalidSetting(f"{PREFIX}LOG_LEVEL is {self.log_level!r}: give one of {', '.join(LEVELS)}.")
        if self.decision_seconds + self.grace_seconds >= 1.0:
            together = self.decision_seconds + self.grace_seconds
            raise InvalidSetting(f"{PREFIX}DECISION_SECONDS and {PREFIX}GRACE_SECONDS are {together:g} together: keep them below 1.")
        if self.claim_seconds <= self.decision_seconds + self.grace_seconds:
            longest = self.decision_seconds + self.grace_seconds
            raise InvalidSetting(f"{PREFIX}CLAIM_SECONDS is {self.claim_seconds:g}: a call may take {longest:g} s, so give more than that.")
        for name in ("records_url", "records_owner_url"):
            if (url := getattr(self, name)) and not url.startswith(RECORDS_SCHEMES):
                # The value is not repeated: a password may be in it.
                raise InvalidSetting(f"{PREFIX}{name.upper()} is no address of PostgreSQL: give postgresql://ROLE@HOST:PORT/DATABASE.")
        if self.graph_url and (not self.graph_url.startswith(GRAPH_SCHEMES) or "@" in self.graph_url):
            # Nor is this one: what stands before an @ would be a password.
            raise InvalidSetting(
                f"{PREFIX}GRAPH_URL is no address of Neo4j: give bolt://HOST:PORT or neo4j://HOST:PORT, without user and password."
            )
        if self.records_owner_url and not self.records_url:
            raise InvalidSetting(f"{PREFIX}RECORDS_OWNER_URL is given without {PREFIX}RECORDS_URL: give both.")

    def records_secret(self) -> str:
        """The password of the records' role, from its file or the environment; empty when it is in the URL or none is needed."""
        return _secret("records_password", self.records_password, self.records_password_file)

    def graph_secret(self) -> str:
        """The password of the graph's user, from its file or the environment."""
        return _secret("graph_password", self.graph_password, self.graph_password_file)

    def records_owner_secret(self) -> str:
        """The password of the role that owns the records' tables."""
        return _secret("records_owner_password", self.records_owner_password, self.records_owner_password_file)


def _secret(name: str, given: str, path: Path) -> str:
    """A secret of the environment, or of the first line of a file, which goes before. Raises `InvalidSetting` for a file without one."""
    if path == Path():
        return given
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise InvalidSetting(f"{PREFIX}{name.upper()}_FILE cannot be read ({why}): see that {path} is there and may be read.") from None
    if not lines or not lines[0].strip():
        raise InvalidSetting(f"{PREFIX}{name.upper()}_FILE names {path}, which is empty: its first line is to be the password.")
    return lines[0].strip()


def _read(variable: str, text: str, kind: type) -> object:
    """The variable's value as the type of its setting; raises `InvalidSetting`."""
    if kind is bool:
        if text.lower() in TRUE_WORDS:
            return True
        if text.lower() in FALSE_WORDS:
            return False
        raise InvalidSetting(f"{variable} is {text!r}: give 1 or 0.")
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise InvalidSetting(f"{variable} is {text!r}: give {'a whole number' if kind is int else 'a number'}.") from None
    return Path(text) if issubclass(kind, Path) else text
