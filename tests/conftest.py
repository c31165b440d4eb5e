"""Hypothesis runs with the counts of `tests.settings`; servers are started once; each suite's time is printed at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import HOW, Database, Postgres, postgres, present
from tests.settings import EXAMPLES, GRAPH_SERVER, NEED_SERVERS

settings.register_profile("ringfence", max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringfence")

LEFT_OUT: list[pytest.Item] = []
"""Tests of a server that this machine does not have; in CI (`RINGFENCE_SERVERS=1`) they are not left out, and fail."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a server that does not run here; the summary says so, and RINGFENCE_SERVERS=1 makes it a failure."""
    missing = [item for item in items if _needs_postgres(item)] if not NEED_SERVERS and not present() else []
    LEFT_OUT.extend(missing)
    left_out = {*missing, *(item for item in items if _needs_absent_graph(item))}
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def _needs_absent_graph(item: pytest.Item) -> bool:
    """Whether it needs a Neo4j, or the folder of one, that is not here."""
    marker = item.get_closest_marker("graph_server")
    folder = Path(__file__).parents[1] / ".servers" / "neo4j" / "pid"
    return marker is not None and (GRAPH_SERVER is None or (bool(marker.kwargs.get("folder")) and not folder.exists()))


def _needs_postgres(item: pytest.Item) -> bool:
    given = getattr(getattr(item, "callspec", None), "params", {})
    return "postgres" in given.values() or "postgres_server" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL for all tests."""
    with postgres() as server:
        yield server


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[Database]:
    """A database at this version's tables, with nothing in them."""
    made = postgres_server.database()
    yield made
    postgres_server.give_back(made)


@pytest.fixture
def empty_database(postgres_server: Postgres) -> Iterator[Database]:
    """A database of one test without any tables."""
    made = postgres_server.database(empty=True)
    yield made
    postgres_server.drop(made)


@pytest.fixture(params=["sqlite", "postgres"])
def each_empty_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Like `each_engine`, before any tables were made."""
    if request.param == "postgres":
        _lead_to(request.getfixturevalue("empty_database"), monkeypatch)
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgres"])
def each_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs with its records in a file, and with its records in PostgreSQL: `tests.api.opened` and commands find them."""
    if request.param == "postgres":
        _lead_to(request.getfixturevalue("database"), monkeypatch)
    return str(request.param)


def _lead_to(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in database.environ().items():
        monkeypatch.setenv(name, value)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seconds of each folder of tests, and in one line what was left out."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds["/".join(report.nodeid.split("::")[0].split("/")[:2])] += report.duration
    for suite, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{spent:8.1f} s  {suite}")
    if LEFT_OUT:
        count = len(LEFT_OUT)
        terminalreporter.write_line(f"Left out: {count} tests with the records in PostgreSQL, which is not here: {HOW}, and run again.")
    if GRAPH_SERVER is None:
        terminalreporter.write_line("Left out: every test of the graph on Neo4j, which does not run here: `make servers`, and run again.")
