"""Hypothesis runs with the counts of `tests.settings`; each suite's time is printed at the end."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, settings

from tests.settings import EXAMPLES, GRAPH_SERVER

settings.register_profile("ringfence", max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringfence")


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
