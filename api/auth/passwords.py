"""Passwords of staff: Argon2id in a pool no wider than the cores, equal work for names that do not exist.

Parameters are the second recommendation of OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from graph.errors import InvalidInput, Problem, RingfenceError

SHORTEST: Final = 12
LONGEST: Final = 256

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$vNePPqfJRgRIL+q5SBYkKw$TcaWJKUg/DhCl27SpfWpY+On3QxR/Py5bBEmwxfTCfg"
"""A hash of the same parameters, checked for unknown names, so that they take as long as known ones."""


class TooBusy(RingfenceError):
    """More passwords wait to be checked than may; wait and try again."""


def hash_password(password: str) -> str:
    """How a password is kept. Takes some 50 ms. Raises `InvalidInput` for one too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput([Problem(("password",), f"A password has {SHORTEST} to {LONGEST} characters: choose a longer or shorter one.")])
    return HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether the password is the one kept; without one (an unknown name) the same work is done for nothing. Some 50 ms."""
    try:
        HASHER.verify(kept or NOBODY, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None and len(password) <= LONGEST


class PasswordPool:
    """Checks passwords on threads of its own, bounded in number and in queue."""

    def __init__(self, threads: int = 0, waiting: int = 32) -> None:
        self._pool = ThreadPoolExecutor(threads or min(os.cpu_count() or 1, 4), thread_name_prefix="passwords")
        self._waiting = 0
        self._most = waiting

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one kept; raises `TooBusy` when too many wait."""
        if self._waiting >= self._most:
            raise TooBusy(f"More than {self._most} people are signing in at this moment: wait a few seconds and try again.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, matches, kept, password)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
