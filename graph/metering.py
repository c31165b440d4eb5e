"""Processor time of one piece of work, over all threads that take part in it.

A `Meter` is set for the task that does the work; whoever runs a part of it on another thread takes the meter along (`running()`) and adds
what that part took. Coroutines are measured step by step, so that what other tasks do in between is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Coroutine, Generator
from contextvars import ContextVar
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")


class Meter:
    """Adds up processor time. Threads may add at once: each addition is one operation of the interpreter."""

    __slots__ = ("nanoseconds",)

    def __init__(self) -> None:
        self.nanoseconds = 0

    def add(self, nanoseconds: int) -> None:
        """Add what a part took."""
        self.nanoseconds += nanoseconds

    @property
    def milliseconds(self) -> float:
        """What was added so far."""
        return self.nanoseconds / 1_000_000


_RUNNING: Final[ContextVar[Meter | None]] = ContextVar("meter", default=None)


def running() -> Meter | None:
    """The meter of the task that runs now, None when nobody measures it."""
    return _RUNNING.get()


class metered(Generic[T]):  # noqa: N801 - read as a verb where it is awaited
    """Await a coroutine and add the processor time of its own steps to the meter, which is `running()` for all that it starts."""

    __slots__ = ("_coroutine", "_meter")

    def __init__(self, coroutine: Coroutine[Any, Any, T], meter: Meter) -> None:
        self._coroutine = coroutine
        self._meter = meter

    def __await__(self) -> Generator[Any, Any, T]:
        token = _RUNNING.set(self._meter)
        try:
            return (yield from self._steps())
        finally:
            _RUNNING.reset(token)

    def _steps(self) -> Generator[Any, Any, T]:
        coroutine, meter, clock = self._coroutine, self._meter, time.thread_time_ns
        failure: BaseException | None = None
        while True:
            begun = clock()
            try:
                waited = coroutine.send(None) if failure is None else coroutine.throw(failure)
            except StopIteration as done:
                answer: T = done.value
                return answer
            finally:
                meter.add(clock() - begun)
            failure = None
            try:
                yield waited
            except BaseException as error:
                failure = error
