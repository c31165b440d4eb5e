"""What a worker process of the server owes its supervisor: to end with it."""

from __future__ import annotations

import asyncio
import os
import signal


async def follow_parent(parent: int) -> None:
    """End this worker like a SIGTERM when its supervisor is gone: killed, it cannot say so, and the port would stay taken."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody is left to set an event
        await asyncio.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
