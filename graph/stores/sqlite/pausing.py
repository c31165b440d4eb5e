"""The garbage collector, paused while large batches are made ready and written.

A batch of thousands of facts makes hundreds of thousands of objects that live until it is written and none that refer to each other in a
circle. The collector looks through all of them again and again for nothing: measured, a third of the time of an import.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LARGE: Final = 2_000
"""Facts from which a batch is large."""

_lock: Final = threading.Lock()
_under_way: Final = {"batches": 0}


@contextmanager
def paused(facts: int) -> Iterator[None]:
    """Pause the collector while this many facts are worked on, if they are many; it goes on when the last such batch ends.

    A process whose collector is off anyway keeps it off.
    """
    if facts < LARGE or not (gc.isenabled() or _under_way["batches"]):
        yield
        return
    with _lock:
        _under_way["batches"] += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _under_way["batches"] -= 1
            if not _under_way["batches"]:
                gc.enable()
