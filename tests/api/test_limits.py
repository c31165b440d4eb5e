"""Rates hold for a principal across workers, slide over the minute, and survive killed and stopped processes."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.limits import Limits, SharedCounts, Wait

SPAWN = multiprocessing.get_context("spawn")


class Time:
    """A clock that a test moves."""

    def __init__(self, at: float = 6_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def spend(limits: Limits, principal: str, cost: int, *, service: bool = False, most: int = 100_000) -> int:
    """Spend until told to wait; how much went through."""
    spent = 0
    while spent < most and limits.take(principal, cost, service=service) is None:
        spent += cost
    return spent


def test_a_minutes_worth_goes_through_and_no_more(tmp_path: Path) -> None:
    limits = Limits(tmp_path, 1_000, 5_000, Time())
    assert spend(limits, "ann", 7) == 994
    assert spend(limits, "service", 100, service=True) == 5_000
    assert spend(limits, "ben", 1_000) == 1_000, "each principal has its own"


def test_the_wait_is_how_long_it_takes_until_the_same_is_allowed(tmp_path: Path) -> None:
    clock = Time(6_000.0)
    limits = Limits(tmp_path, 1_000, 1, clock)
    assert spend(limits, "ann", 100) == 1_000
    wait = limits.take("ann", 100, service=False)
    assert isinstance(wait, Wait)
    clock.at += wait.seconds * 0.95
    assert isinstance(limits.take("ann", 100, service=False), Wait)
    clock.at += wait.seconds * 0.05 + 0.01
    assert limits.take("ann", 100, service=False) is None


@given(st.lists(st.tuples(st.floats(0, 90), st.integers(1, 400)), max_size=40))
def test_no_minute_of_any_clock_holds_twice_the_limit_and_a_window_never_more(
    tmp_path_factory: pytest.TempPathFactory, asks: list[tuple[float, int]]
) -> None:
    clock = Time(6_000.0)
    limits = Limits(tmp_path_factory.mktemp("limits"), 1_000, 1, clock)
    taken: list[tuple[float, int]] = []
    for pause, cost in asks:
        clock.at += pause
        if limits.take("ann", cost, service=False) is None:
            taken.append((clock.at, cost))
    limits.close()
    for start, _ in taken:
        window = start // 60 * 60
        assert sum(cost for at, cost in taken if window <= at < window + 60) <= 1_000
        assert sum(cost for at, cost in taken if start <= at < start + 60) <= 1_500


def test_after_two_quiet_minutes_all_of_it_is_there_again(tmp_path: Path) -> None:
    clock = Time()
    limits = Limits(tmp_path, 1_000, 1, clock)
    spend(limits, "ann", 10)
    clock.at += 120
    assert spend(limits, "ann", 10) == 1_000


def test_workers_share_one_minute(tmp_path: Path) -> None:
    clock = Time()
    workers = [Limits(tmp_path, 1_000, 1, clock) for _ in range(3)]
    spent = 0
    for turn in range(3_000):
        spent += workers[turn % 3].take("ann", 1, service=False) is None
    assert 1_000 - 3 * (1_000 // Limits.LEASES) <= spent <= 1_000


def test_unspent_leases_are_given_back(tmp_path: Path) -> None:
    clock = Time(6_001.0)
    first, second = Limits(tmp_path, 1_000, 1, clock), Limits(tmp_path, 1_000, 1, clock)
    assert first.take("ann", 1, service=False) is None
    first.close()
    assert spend(second, "ann", 1) == 999


class Counting(SharedCounts):
    """Shared counts that know how often they were asked."""

    touched = 0

    def take(self, *arguments: Any, **named: Any) -> int | Wait:
        self.touched += 1
        return super().take(*arguments, **named)


def test_the_shared_counts_are_touched_rarely(tmp_path: Path) -> None:
    clock = Time()
    limits = Limits(tmp_path, 1, 30_000_000, clock)
    limits._counts = counts = Counting(tmp_path / "counted", clock)
    for _ in range(10_000):
        clock.at += 0.0001
        limits.take("service", 967, service=True)
    assert counts.touched <= 30


def test_counts_outlive_the_process(tmp_path: Path) -> None:
    clock = Time()
    limits = Limits(tmp_path, 1_000, 1, clock)
    spend(limits, "ann", 10)
    limits.close()
    assert isinstance(Limits(tmp_path, 1_000, 1, clock).take("ann", 10, service=False), Wait)


def test_counts_of_an_earlier_start_of_the_machine_say_nothing(tmp_path: Path) -> None:
    late = Time(9_000_000.0)
    spend(Limits(tmp_path, 1_000, 1, late), "ann", 10)
    assert spend(Limits(tmp_path, 1_000, 1, Time(600.0)), "ann", 10) == 1_000


def test_windows_ahead_of_the_clock_give_way_before_those_in_use(tmp_path: Path) -> None:
    clock = Time(9_000_000.0)
    counts = SharedCounts(tmp_path / "counts", clock, slots=16)
    for n in range(16):
        counts.take(f"late {n}", 1, 1, 60.0)
    clock.at = 600.0
    for key in ("a", "b"):
        assert counts.take(key, 1, 1, 60.0) == 1
    for key in ("a", "b"):
        assert isinstance(counts.take(key, 1, 1, 60.0), Wait)


def test_the_lock_is_held_no_longer_than_a_count_takes(tmp_path: Path) -> None:
    Limits(tmp_path, 1_000, 1).take("ann", 1, service=False)
    other = os.open(tmp_path / "rates.counts", os.O_RDWR)
    limits = Limits(tmp_path, 1_000, 1)
    limits.take("ann", 1, service=False)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert limits.take("ben", 1, service=False) is None, "one that cannot have it goes on without"
    os.close(other)


def test_a_file_of_another_size_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "rates.counts").write_bytes(b"rubbish")
    assert spend(Limits(tmp_path, 100, 1, Time()), "ann", 10) == 100


def test_when_all_places_are_taken_the_oldest_gives_way(tmp_path: Path) -> None:
    clock = Time()
    counts = SharedCounts(tmp_path / "counts", clock, slots=16)
    for n in range(200):
        clock.at += 60
        assert counts.take(f"key {n}", 5, 5, 60.0) == 5
    assert isinstance(counts.take("key 199", 1, 5, 60.0), Wait)


def _hammer(folder: str, pipe: Connection) -> None:
    limits = Limits(Path(folder), 5_000, 1)
    pipe.send("ready")
    pipe.recv()
    spent = 0
    while limits.take("ann", 1, service=False) is None:
        spent += 1
    pipe.send(spent)


def test_two_processes_at_once_spend_one_minutes_worth(tmp_path: Path) -> None:
    pipes, processes = [], []
    for _ in range(2):
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=_hammer, args=(str(tmp_path), theirs))
        process.start()
        pipes.append(ours)
        processes.append(process)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    for pipe in pipes:
        pipe.send("go")
    spent = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join(10)
    assert 5_000 - 2 * 5_000 // Limits.LEASES <= sum(spent) <= 5_000 + 5_000 // 2, "a minute may turn while they spend"


def _hold(path: str, pipe: Connection) -> None:
    file = os.open(path, os.O_RDWR)
    fcntl.flock(file, fcntl.LOCK_EX)
    pipe.send("held")
    time.sleep(60)


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_process_that_was_stopped_or_killed_holding_the_lock_holds_up_nobody(tmp_path: Path, how: signal.Signals) -> None:
    limits = Limits(tmp_path, 1_000, 1)
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_hold, args=(str(tmp_path / "rates.counts"), theirs))
    process.start()
    assert ours.recv() == "held"
    assert process.pid is not None
    os.kill(process.pid, how)
    before = time.perf_counter()
    assert limits.take("ann", 1, service=False) is None
    assert time.perf_counter() - before < 0.5
    process.kill()
    process.join(10)


def test_a_cost_beyond_the_whole_minute_waits_for_ever_but_says_a_number(tmp_path: Path) -> None:
    wait = Limits(tmp_path, 100, 1, Time()).take("ann", 101, service=False)
    assert isinstance(wait, Wait)
    assert wait.seconds > 0
