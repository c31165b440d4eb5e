"""Leaves a part alone for a while after it failed several times in a row, in all server processes at once.

The state is sixteen bytes of a file that all processes map: failures in a row, and until when nobody asks. One call then tries again;
its success closes the breaker, its failure opens it anew. Two processes that write at once lose at most one count.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from graph.errors import GraphUnavailable, RingfenceError
from graph.model import Instant

T = TypeVar("T")

STATE: Final = struct.Struct("<qq")


class Breaker:
    """The breaker of one part; `seconds` after `failures` in a row it lets one call through."""

    def __init__(self, path: Path, failures: int, seconds: float, now: Callable[[], Instant]) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, STATE.size)
            self._shared = mmap.mmap(descriptor, STATE.size)
        finally:
            os.close(descriptor)
        self._most = failures
        self._pause = int(seconds * 1000)
        self._now = now

    def enter(self) -> None:
        """Return when the part may be asked; raise `GraphUnavailable` (UNREACHABLE) while it is left alone."""
        failures, _ = STATE.unpack_from(self._shared)
        if failures < self._most:
            return
        self.look()
        STATE.pack_into(self._shared, 0, failures, self._now() + self._pause)  # this call tries; the others wait for what it finds

    def look(self) -> None:
        """Like `enter`, for who only looks and never is the call that tries again."""
        if self.open:
            raise GraphUnavailable("The graph failed several times in a row and is left alone for a moment: send again.", "UNREACHABLE")

    def succeeded(self) -> None:
        """The part answered."""
        if STATE.unpack_from(self._shared)[0]:
            STATE.pack_into(self._shared, 0, 0, 0)

    def failed(self) -> None:
        """The part failed, or did not answer in time."""
        failures = STATE.unpack_from(self._shared)[0] + 1
        STATE.pack_into(self._shared, 0, failures, self._now() + self._pause)

    @property
    def open(self) -> bool:
        """Whether the part is left alone now."""
        failures, until = STATE.unpack_from(self._shared)
        return bool(failures >= self._most and self._now() < until)

    async def ask(self, question: Callable[[], Awaitable[T]], seconds: float) -> T:
        """The part's answer within `seconds`. Raises `GraphUnavailable` with the cause, or what the caller did wrong."""
        try:
            return await self.watch(question, seconds)
        except RingfenceError:
            raise
        except Exception as error:
            raise GraphUnavailable("The graph answered with an error: send again.", "FAILED") from error

    async def watch(self, question: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Like `ask`, but a fault of ours is a failure of the part and is raised as it is."""
        self.enter()
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                answer = await question()
        except TimeoutError:
            self.failed()
            raise GraphUnavailable(f"The graph did not answer within {seconds * 1000:.0f} ms: send again.", "TIMED_OUT") from None
        except RingfenceError as error:
            if isinstance(error, GraphUnavailable):
                self.failed()
            else:
                self.succeeded()
            raise
        except Exception:
            self.failed()
            raise
        self.succeeded()
        return answer

    def close(self) -> None:
        """Let go of the file."""
        self._shared.close()
