"""Hypothesis runs with the counts of `tests.settings`; servers are started once; each suite's time is printed at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import HOW, Absent, Database, Postgres, postgres
from tests.settings import EXAMPLES, NEED_SERVERS

settings.register_profile("ringfence", max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringfence")

LEFT_OUT = "PostgreSQL is not on this machine"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL for all tests; where there is none its tests are left out, in CI they fail."""
    try:
        with postgres() as server:
            yield server
    except Absent as error:
        if NEED_SERVERS:
            pytest.fail(f"RINGFENCE_SERVERS=1 asks for the tests of servers, but: {error}")
        pytest.skip(LEFT_OUT)


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
    left = [one for one in terminalreporter.stats.get("skipped", []) if LEFT_OUT in str(one.longrepr)]
    if left:
        terminalreporter.write_line(f"Left out: {len(left)} tests with the records in PostgreSQL, which is not here: {HOW}, and run again.")
