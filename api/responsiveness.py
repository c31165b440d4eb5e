"""How a server process shares its processor between the event loop and its threads: measured, process-wide, set once at its start.

Decoding a batch of 1,000 facts in a thread held the loop up to 120 ms with Python's defaults and under 10 ms with these: most of it was
the collector walking the whole schema, the rest threads that keep the interpreter 5 ms at a time.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

SWITCH_SECONDS: Final = 0.001
"""Longest that a thread keeps the interpreter while the loop waits for it."""

THRESHOLDS: Final = (50_000, 20, 100)
"""New objects before the youngest are looked at, and how often older ones are: cycles are few, batches large."""


def keep_responsive() -> None:
    """Set what stands aside from collection, and let the loop have its turn sooner. Call when the application is put together."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECONDS)
