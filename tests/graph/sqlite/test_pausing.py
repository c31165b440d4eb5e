"""The collector rests during large batches and always goes on after them."""

from __future__ import annotations

import gc

import pytest

from graph.stores.sqlite.pausing import LARGE, paused


def test_the_collector_goes_on_after_the_last_large_batch_and_after_a_failure():
    assert gc.isenabled()
    with paused(LARGE):
        with paused(LARGE):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError), paused(LARGE):
        raise ValueError
    assert gc.isenabled()


def test_small_batches_and_a_collector_that_is_off_are_left_alone():
    with paused(LARGE - 1):
        assert gc.isenabled()
    gc.disable()
    try:
        with paused(LARGE):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
