"""Passwords: Argon2id with stated parameters, equal work for unknown names, a bounded pool."""

from __future__ import annotations

import asyncio
import time
from statistics import median

import pytest
from argon2 import extract_parameters

from api.auth.passwords import NOBODY, PasswordPool, TooBusy, hash_password, matches
from graph.errors import InvalidInput

PASSWORD = "correct horse battery"


def test_the_hash_has_19_mib_two_passes_and_one_lane_and_so_has_nobodys():
    for kept in (hash_password(PASSWORD), NOBODY):
        found = extract_parameters(kept)
        assert (found.memory_cost, found.time_cost, found.parallelism, str(found.type)) == (19 * 1024, 2, 1, "Type.ID")


def test_the_right_password_matches_and_no_other():
    kept = hash_password(PASSWORD)
    assert matches(kept, PASSWORD)
    assert not any(matches(kept, wrong) for wrong in ("", PASSWORD + " ", PASSWORD.upper(), PASSWORD * 20))


@pytest.mark.parametrize("wrong", ["short", "x" * 257])
def test_a_password_too_short_or_too_long_is_refused_by_name(wrong):
    with pytest.raises(InvalidInput, match="12 to 256"):
        hash_password(wrong)


def test_nobody_has_the_password_that_is_checked_for_unknown_names():
    assert not matches(None, "a password that nobody has")


def test_an_unknown_name_takes_as_long_as_a_wrong_password():
    kept = hash_password(PASSWORD)

    def seconds(hash_: str | None) -> float:
        begun = time.thread_time()
        matches(hash_, "a wrong password")
        return time.thread_time() - begun

    pairs = [(seconds(kept), seconds(None)) for _ in range(7)]
    known, unknown = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    assert known > 0.005
    assert 0.5 < unknown / known < 2


def test_the_pool_is_bounded_and_leaves_the_loop_free():
    async def use() -> tuple[int, int, float]:
        pool = PasswordPool(threads=1, waiting=2)
        kept = hash_password(PASSWORD)
        longest = 0.0

        async def watch() -> None:
            nonlocal longest
            while True:
                begun = time.perf_counter()
                await asyncio.sleep(0.001)
                longest = max(longest, time.perf_counter() - begun)

        watching = asyncio.create_task(watch())
        found = await asyncio.gather(*(pool.matches(kept, PASSWORD) for _ in range(5)), return_exceptions=True)
        watching.cancel()
        pool.close()
        return sum(one is True for one in found), sum(isinstance(one, TooBusy) for one in found), longest

    right, refused, longest = asyncio.run(use())
    assert (right, refused) == (2, 3)
    assert longest < 0.5
