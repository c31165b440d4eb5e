"""How much a principal may ask for in a minute: counts that all worker processes share.

The counts are in one small mapped file of the data folder. A worker takes rates in leases of a fiftieth of a minute's worth, so that
the shared counts are touched about once a second and principal; unspent leases are given back within that time. A minute
slides: what the minute before used still counts for the part of it that is not past yet (the sliding window counter of
Cloudflare's "How we built rate limiting", 2017). Losing the file loses a minute of counting and nothing else.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SLOT: Final = struct.Struct("<16sqqq")
"""Hash of the key, number of the window, count in it, count in the window before."""

_PROBES: Final = 16
"""Slots that a key may be in; when all are taken the one longest unused gives way."""

_SPINS: Final = 200
"""Tries for the file's lock, 50 µs apart: its holder needs some 10 µs, unless it was stopped."""

Clock = Callable[[], float]
"""Seconds that rise, the same in all processes of the machine."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: nothing was counted."""

    seconds: float
    """How long to wait until the same would be allowed, more than 0."""


class SharedCounts:
    """Counts of sliding windows, shared by processes through one mapped file; safe in any thread, and against `kill -9`.

    Nothing is synced to disk. A process that was stopped while it held the lock is not waited for: counting goes on without it.
    """

    def __init__(self, path: Path, clock: Clock = time.monotonic, slots: int = 16_384) -> None:
        self._clock = clock
        self._slots = slots
        self._mutex = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        size = slots * _SLOT.size
        if os.fstat(self._file).st_size != size:
            os.ftruncate(self._file, size)
        self._map = mmap.mmap(self._file, size)

    def take(self, key: str, amount: int, limit: int, seconds: float, *, at_least: int | None = None) -> int | Wait:
        """Count up to `amount` for the key where a window of `seconds` then holds at most `limit`.

        Answers how much was counted, at least `at_least` (left out: all of it), or how long to wait.
        """
        least = amount if at_least is None else at_least
        with self._held():
            return self._count(_digest(key), amount, least, limit, seconds)

    def look(self, key: str, limit: int, seconds: float) -> tuple[int, float]:
        """How much is left of the limit, and in how many seconds nothing of what was counted still counts."""
        with self._held():
            window, within = divmod(self._clock(), seconds)
            _, current, before = self._find(_digest(key), int(window))
        left = max(0, int(limit - current - before * (1.0 - within / seconds)))
        return left, (2 * seconds - within if current else seconds - within if before else 0.0)

    def give_back(self, key: str, amount: int, seconds: float) -> None:
        """Count `amount` less in the key's present window."""
        with self._held():
            window = int(self._clock() // seconds)
            offset, current, before = self._find(_digest(key), window)
            if current:
                _SLOT.pack_into(self._map, offset, _digest(key), window, max(0, current - amount), before)

    def _count(self, digest: bytes, amount: int, least: int, limit: int, seconds: float) -> int | Wait:
        now = self._clock()
        window, within = divmod(now, seconds)
        offset, current, before = self._find(digest, int(window))
        weight = 1.0 - within / seconds
        room = int(limit - current - before * weight)
        if room >= least:
            taken = min(amount, room)
            _SLOT.pack_into(self._map, offset, digest, int(window), current + taken, before)
            return taken
        return Wait(_wait(limit - least, current, before, within, seconds))

    def _find(self, digest: bytes, window: int) -> tuple[int, int, int]:
        """Where the key's slot is, and what it counts for this window and the one before."""
        start = int.from_bytes(digest[:8], "little")
        oldest, oldest_window = 0, None
        for probe in range(_PROBES):
            offset = (start + probe) % self._slots * _SLOT.size
            held, stored, current, before = _SLOT.unpack_from(self._map, offset)
            if held == digest:
                # A window ahead of the clock is of an earlier start of the machine: its counts say nothing.
                if stored == window:
                    return offset, current, before
                return offset, 0, current if stored == window - 1 else 0
            if stored > window:
                stored = -1
            if oldest_window is None or stored < oldest_window:
                oldest, oldest_window = offset, stored
        return oldest, 0, 0

    @contextmanager
    def _held(self) -> Iterator[None]:
        """The file's lock and, as a process has one lock for all its threads, this process's."""
        with self._mutex:
            locked = self._lock()
            try:
                yield
            finally:
                if locked:
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def _lock(self) -> bool:
        for _ in range(_SPINS):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.00005)
            else:
                return True
        return False

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        os.close(self._file)


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()


def _wait(room: int, current: int, before: int, within: float, seconds: float) -> float:
    """Seconds until a sliding window holds at most `room`, given the counts of this window and the one before."""
    left = seconds - within
    if room < 0:
        return seconds  # more than a whole window holds: no wait is long enough, and a number has to be said
    if current <= room:
        # What the window before still weighs must fall: before * (1 - (within + wait) / seconds) <= room - current.
        return max(0.001, seconds * (1 - (room - current) / before) - within) if before else seconds
    # This window's own count must become the past, and fall: current * (1 - wait / seconds) <= room.
    return left + max(0.001, seconds * (1 - room / current))


@dataclass(frozen=True, slots=True)
class Left:
    """What a principal may still ask for."""

    limit: int
    """A minute."""
    remaining: int
    seconds: float
    """Until the full limit is back."""


@dataclass(slots=True)
class _Lease:
    """What a worker has taken for a principal and not spent."""

    left: int
    until: float


class Limits:
    """Rates of principals in cost units a minute, held across worker processes; safe in any thread."""

    WINDOW: Final = 60.0
    LEASES: Final = 50
    """Leases in a minute's worth."""
    HELD: Final = 10_000
    """Principals whose leases a worker remembers."""

    def __init__(self, folder: Path, staff: int, services: int, clock: Clock = time.monotonic) -> None:
        self._counts = SharedCounts(folder / "rates.counts", clock)
        self._staff = staff
        self._services = services
        self._clock = clock
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._mutex = threading.Lock()

    def take(self, principal: str, cost: int, *, service: bool) -> Wait | None:
        """Count an operation's cost for its principal; how long to wait where the minute's worth is spent. Some microseconds."""
        limit = self._services if service else self._staff
        if not service:
            principal += " staff"  # one who holds keys of both kinds: what the one spends is nothing to the other's smaller rate
        with self._mutex:
            now = self._clock()
            lease = self._leases.get(principal)
            if lease is not None and lease.until <= now:
                self._give_back(principal, lease)
                lease = None
            if lease is not None and lease.left >= cost:
                lease.left -= cost
                return None
            held = lease.left if lease is not None else 0
            return self._renew(principal, cost, held, limit, now)

    def left(self, principal: str, *, service: bool) -> Left:
        """What a principal has left; what other processes have leased and not spent, a fiftieth at most of each, counts as spent."""
        limit = self._services if service else self._staff
        key = principal if service else principal + " staff"
        with self._mutex:
            lease = self._leases.get(key)
            held = lease.left if lease is not None and lease.until > self._clock() else 0
            left, seconds = self._counts.look(key, limit, self.WINDOW)
        return Left(limit, min(limit, left + held), seconds)

    def _renew(self, principal: str, cost: int, held: int, limit: int, now: float) -> Wait | None:
        """Take the rest of the cost and a lease on top from the shared counts."""
        missing = cost - held
        taken = self._counts.take(principal, missing + limit // self.LEASES, limit, self.WINDOW, at_least=missing)
        if isinstance(taken, Wait):
            return taken
        self._leases[principal] = _Lease(held + taken - cost, now + self.WINDOW / self.LEASES)
        self._leases.move_to_end(principal)
        while len(self._leases) > self.HELD:
            self._leases.popitem(last=False)
        return None

    def _give_back(self, principal: str, lease: _Lease) -> None:
        del self._leases[principal]
        if lease.left:
            self._counts.give_back(principal, lease.left, self.WINDOW)

    def close(self) -> None:
        """Give back what is held, and let go of the file."""
        with self._mutex:
            for principal, lease in list(self._leases.items()):
                self._give_back(principal, lease)
        self._counts.close()
