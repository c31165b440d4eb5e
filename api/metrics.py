"""What an operator asks first, counted in each worker process and answered by any of them for all.

Each worker keeps its own counts and writes them to `metrics/` of the data folder once a second; whoever is asked adds what the
others last wrote. A worker that died leaves its file, so that no count falls back while the server runs. Labels are of closed
sets (root fields, codes, verdicts), never of what a caller can choose; nothing personal is in them.

`/metrics` is read with the token of the setting `metrics_token`; without one, from the machine itself alone and not through a proxy.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from typing import Final

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from starlette.requests import Request
from starlette.responses import Response

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.9, 1.0, 2.5, 10.0)
"""Upper bounds in seconds; 0.35 is the graph's share of a decision, 0.9 its deadline."""

WRITE_SECONDS: Final = 1.0
STALL_SECONDS: Final = 0.02
"""How often the loop is looked at."""

MOST_FILES: Final = 64
"""Files of dead workers that are kept; the oldest go first."""

FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST


class Metrics:
    """The counts of one worker process; `folder` None: nothing is shared. Methods take some microseconds, in any thread."""

    def __init__(self, folder: Path | None = None, *, token: str = "") -> None:
        self._registry = CollectorRegistry()
        self._folder = folder
        self._token = token
        self._file = None if folder is None else folder / f"{os.getppid()}-{os.getpid()}.json"
        self._asked: list[tuple[Gauge, tuple[str, ...], Callable[[], float]]] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            _clear(folder)
        self._requests = self._counter("requests", "GraphQL requests by root field and worst code (`OK` without errors).", "field", "code")
        self._request_seconds = self._histogram("request_seconds", "From the last byte of a request to its answer, by root field.", "field")
        self._decisions = self._histogram("decision_seconds", "Decisions by verdict and degraded source.", "verdict", "degraded")
        self._facts = self._counter("facts", "Facts by what became of them.", "outcome")
        self._verifications = self._counter("verifications", "Verifications by where they were led, and by whom.", "state", "by")
        self._looks = self._histogram("ring_look_seconds", "Looks for the rings of an institution.")
        self._limited = self._counter("rate_limited", "Operations refused because a minute's worth was spent.", "principal")
        self._refused = self._counter("guard_refused", "Documents refused before validation, by the bound they met.", "bound")
        self._malformed = self._counter("malformed", "Requests that could not be read, by status.", "status")
        self._faults = self._counter("faults", "Errors of ours that were masked.")
        self._documents = self._counter("documents", "Documents by whether they were known.", "known")
        self._commits = self._histogram("records_commit_seconds", "Durable commits of the records.")
        self._graph = self._histogram("graph_read_seconds", "Reads of the graph by question.", "question")
        self._graph_failures = self._counter("graph_failures", "Reads of the graph that failed, by cause.", "cause")
        self._queue = self._gauge("queue_depth", "Work that waits, by queue.", "queue")
        self._breaker = self._gauge("breaker_open", "1 while a failing part is left alone.", "part")
        self._stalls = self._histogram("loop_stall_seconds", "How late the event loop was.")
        self._stall_longest = self._gauge("loop_stall_longest_seconds", "Longest that the event loop was late since the worker started.")

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"ringfence_{name}", says, labels, registry=self._registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"ringfence_{name}", says, labels, registry=self._registry)

    def _histogram(self, name: str, says: str, *labels: str) -> Histogram:
        return Histogram(f"ringfence_{name}", says, labels, registry=self._registry, buckets=BUCKETS)

    def request(self, field: str, code: str, seconds: float) -> None:
        """One GraphQL request: its root field (`several`, `none`), worst code (`OK` without errors), and how long it took."""
        self._requests.labels(field, code).inc()
        self._request_seconds.labels(field).observe(seconds)

    def decision(self, verdict: str, degraded: Iterable[str], seconds: float) -> None:
        """One decision: its verdict, the sources that were degraded, and how long it took."""
        self._decisions.labels(verdict, "+".join(sorted(degraded)) or "none").observe(seconds)

    def facts(self, *, recorded: int = 0, repeated: int = 0, refused: int = 0) -> None:
        """What became of a batch."""
        for outcome, count in (("recorded", recorded), ("repeated", repeated), ("refused", refused)):
            if count:
                self._facts.labels(outcome).inc(count)

    def verification(self, state: str, by: str) -> None:
        """One verification that was led somewhere by `checks` (VERIFIED is then straight through), by `people` or by `time`."""
        self._verifications.labels(state, by).inc()

    def ring_look(self, seconds: float) -> None:
        """One look for the rings of an institution."""
        self._looks.observe(seconds)

    def rate_limited(self, *, service: bool) -> None:
        """One operation was refused because its principal has spent the minute's worth."""
        self._limited.labels("service" if service else "staff").inc()

    def guard_refused(self, bound: str) -> None:
        """The guard refused a document for this bound."""
        self._refused.labels(bound).inc()

    def malformed(self, status: int) -> None:
        """A request could not be read."""
        self._malformed.labels(str(status)).inc()

    def fault(self) -> None:
        """An error of ours was masked."""
        self._faults.inc()

    def document(self, *, known: bool) -> None:
        """A document was asked for, and was known or had to be parsed."""
        self._documents.labels("yes" if known else "no").inc()

    def records_commit(self, seconds: float) -> None:
        """One durable commit of the records."""
        self._commits.observe(seconds)

    def graph_read(self, question: str, seconds: float) -> None:
        """One read of the graph; `question` is the store's method."""
        self._graph.labels(question).observe(seconds)

    def graph_failed(self, cause: str) -> None:
        """One read of the graph failed."""
        self._graph_failures.labels(cause).inc()

    def queue(self, name: str, depth: Callable[[], float]) -> None:
        """Ask `depth` how much waits in a queue whenever the metrics are read."""
        self._asked.append((self._queue, (name,), depth))

    def breaker(self, part: str, is_open: Callable[[], bool]) -> None:
        """Ask `is_open` whether a part is left alone whenever the metrics are read."""
        self._asked.append((self._breaker, (part,), is_open))

    def stalled(self, seconds: float, longest: float) -> None:
        """The loop was this late, and at its latest."""
        self._stalls.observe(seconds)
        self._stall_longest.set(longest)

    async def run(self) -> None:
        """Watch the loop and share the counts until cancelled: one task of each worker."""
        longest, written = 0.0, perf_counter()
        try:
            while True:
                asked = perf_counter()
                await asyncio.sleep(STALL_SECONDS)
                late = max(0.0, perf_counter() - asked - STALL_SECONDS)
                longest = max(longest, late)
                self.stalled(late, longest)
                if perf_counter() - written >= WRITE_SECONDS:
                    written = perf_counter()
                    self.share()
        finally:
            self.share()

    def share(self) -> None:
        """Write this worker's counts for the others. A full disk is no reason to stop: the counts stay here."""
        if self._file is None:
            return
        made = self._file.with_suffix(".part")
        with suppress(OSError):
            made.write_bytes(orjson.dumps(self._own()))
            made.replace(self._file)

    def _own(self) -> dict[str, list[tuple[str, list[tuple[str, str]], float]]]:
        """This worker's samples by metric."""
        for gauge, labels, ask in self._asked:
            gauge.labels(*labels).set(float(ask()))
        return {m.name: [(s.name, sorted(s.labels.items()), s.value) for s in m.samples] for m in self._registry.collect()}

    def text(self) -> bytes:
        """The counts of all workers, in Prometheus' text format."""
        sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
        _add(sums, self._own())
        for path in sorted(self._folder.glob("*.json")) if self._folder is not None else ():
            if path != self._file:
                # A file that is gone, or that nobody of ours wrote, is left out.
                with suppress(OSError, ValueError, TypeError, AttributeError):
                    _add(sums, orjson.loads(path.read_bytes()), dead=not _alive(path))
        return generate_latest(_Summed(self._registry, sums))

    def allows(self, host: str | None, headers: Mapping[str, str]) -> bool:
        """Whether this caller may read the metrics."""
        if self._token:
            return _same(headers.get("authorization", ""), f"Bearer {self._token}")
        return _is_loopback(host) and not any(name in headers for name in FORWARDED)

    async def endpoint(self, request: Request) -> Response:
        """`GET /metrics`."""
        if not self.allows(request.client.host if request.client else None, request.headers):
            return Response(
                "The metrics are read with the token of `metrics_token`, or from the machine itself.\n", 403, media_type="text/plain"
            )
        return Response(self.text(), headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})


class _Summed(CollectorRegistry):
    """A worker's metrics with the sums of all workers for samples."""

    def __init__(self, own: CollectorRegistry, sums: Mapping[str, Mapping[tuple[str, tuple[tuple[str, str], ...]], float]]) -> None:
        super().__init__()
        self._own = own
        self._sums = sums

    def collect(self) -> Iterable[Metric]:
        """Each metric once."""
        for metric in self._own.collect():
            summed = Metric(metric.name, metric.documentation, metric.type)
            for (name, labels), value in self._sums.get(metric.name, {}).items():
                summed.add_sample(name, dict(labels), value)
            yield summed


Samples = Mapping[str, Iterable[tuple[str, list[tuple[str, str]], float]]]


def _add(sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]], samples: Samples, *, dead: bool = False) -> None:
    """Add a worker's samples; of a dead one only what counts up. Of `longest` gauges the greatest holds."""
    for metric, lines in samples.items():
        into = sums.setdefault(metric, {})
        for name, labels, value in lines:
            key = (name, tuple((label, text) for label, text in labels))
            if name.endswith("_created"):
                continue
            if name.endswith(("_total", "_bucket", "_count", "_sum")):
                into[key] = into.get(key, 0.0) + value
            elif not dead:
                into[key] = max(into.get(key, 0.0), value) if "longest" in name or "open" in name else into.get(key, 0.0) + value


def _alive(path: Path) -> bool:
    """Whether the worker that wrote a file still runs."""
    try:
        os.kill(int(path.stem.partition("-")[2]), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _clear(folder: Path) -> None:
    """Remove what earlier servers left: files of dead workers of another parent, and the oldest beyond the bound."""
    dead = sorted((path for path in folder.glob("*.json") if not _alive(path)), key=lambda path: path.name)
    mine = [path for path in dead if path.stem.partition("-")[0] == str(os.getppid())]
    for path in [path for path in dead if path not in mine] + mine[:-MOST_FILES]:
        with suppress(OSError):
            path.unlink()


def _is_loopback(host: str | None) -> bool:
    with suppress(ValueError):
        return host is not None and ip_address(host).is_loopback
    return False


def _same(given: str, wanted: str) -> bool:
    """Compare without telling by time how much was right."""
    return compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8"))
