"""Hypothesis runs with the counts of `tests.settings`; each suite's time is printed at the end."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.settings import EXAMPLES, GRAPH_SERVER

settings.register_profile("ringfence", max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringfence")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a server that does not run here; the summary says so, and RINGFENCE_SERVERS=1 makes it a failure."""
    folder = (Path(__file__).parents[1] / ".servers" / "neo4j" / "pid").exists()

    def absent(item: pytest.Item) -> bool:
        marker = item.get_closest_marker("graph_server")
        return marker is not None and (GRAPH_SERVER is None or (bool(marker.kwargs.get("folder")) and not folder))

    left_out = [item for item in items if absent(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not absent(item)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seconds of each folder of tests."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds["/".join(report.nodeid.split("::")[0].split("/")[:2])] += report.duration
    for suite, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{spent:8.1f} s  {suite}")
    if GRAPH_SERVER is None:
        terminalreporter.write_line("Left out: every test of the graph on Neo4j, which does not run here: `make servers`, and run again.")
