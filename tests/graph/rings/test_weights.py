"""How surprising it is to share a thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.rings.sharing import Shared
from graph.rings.weights import BIT, DAY, DEFAULT


@pytest.mark.parametrize(("reach", "bits"), [(2, 9), (3, 8), (4, 8), (5, 7), (8, 7), (9, 6), (64, 4), (65, 0.25)])
def test_each_doubling_of_reach_costs_one_bit(reach: int, bits: int):
    assert DEFAULT.of(Shared.DEVICE, reach, 30 * DAY) == bits * BIT


def test_coming_in_step_adds_and_coming_far_apart_takes_away():
    step, between, apart = (DEFAULT.of(Shared.DEVICE, 2, days * DAY) for days in (7, 8, 61))
    assert (step - between, between - apart) == (DEFAULT.in_step, DEFAULT.in_step)


@given(st.sampled_from(Shared), st.integers(2, 10**7), st.integers(0, 10**12))
def test_a_hub_counts_little_but_never_nothing_and_more_reach_never_more(kind: Shared, reach: int, apart: int):
    assert DEFAULT.floor <= DEFAULT.of(kind, reach + 1, apart) <= DEFAULT.of(kind, reach, apart)
