"""Processor time is counted for the work that is measured, over awaits and threads, and for nothing in between."""

from __future__ import annotations

import asyncio
import time

import pytest

from graph.metering import Meter, metered, running


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_what_other_tasks_do_meanwhile_is_not_counted():
    meter = Meter()

    async def work() -> str:
        burn(0.02)
        await asyncio.sleep(0.02)
        burn(0.02)
        return "done"

    async def others() -> None:
        for _ in range(10):
            burn(0.01)
            await asyncio.sleep(0)

    async def both() -> str:
        task = asyncio.create_task(others())
        found = await metered(work(), meter)
        await task
        return found

    assert asyncio.run(both()) == "done"
    assert 38 < meter.milliseconds < 60


def test_a_thread_that_takes_part_adds_its_share():
    meter = Meter()

    def in_thread(taken: Meter) -> None:
        begun = time.thread_time_ns()
        burn(0.03)
        taken.add(time.thread_time_ns() - begun)

    async def work() -> None:
        taken = running()
        assert taken is meter
        await asyncio.to_thread(in_thread, taken)

    async def outside() -> None:
        await metered(work(), meter)
        assert running() is None

    asyncio.run(outside())
    assert 29 < meter.milliseconds < 60


def test_errors_and_cancellation_pass_through():
    seen = []

    async def failing() -> None:
        await asyncio.sleep(0)
        raise KeyError("x")

    async def waiting() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def use() -> None:
        with pytest.raises(KeyError):
            await metered(failing(), Meter())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await metered(waiting(), Meter())

    asyncio.run(use())
    assert seen == ["cancelled"]
