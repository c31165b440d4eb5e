"""The clock, read at the edge alone: everything inside is told the moment."""

from __future__ import annotations

import time

from graph.model import Instant


def now() -> Instant:
    """This machine's present in whole milliseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns() // 1_000_000
