"""Distances and rates: the table rises, is read both ways alike, and asks for more among many."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.faces.matching import DIMENSIONS, RATES, distance, false_match_rate, many_threshold, threshold_for


def test_the_table_rises_in_both_columns() -> None:
    assert all(near < far and low < high for (near, low), (far, high) in pairwise(RATES))


@given(st.floats(1e-9, 0.05))
def test_the_rate_at_the_threshold_for_a_rate_is_that_rate(rate: float) -> None:
    assert false_match_rate(threshold_for(rate)) == pytest.approx(rate, rel=1e-6)


@given(st.floats(0, 2), st.floats(0, 2))
def test_a_nearer_face_is_never_worth_less(one: float, other: float) -> None:
    near, far = sorted((one, other))
    assert false_match_rate(near) <= false_match_rate(far)


def test_beyond_the_table_its_ends_are_said() -> None:
    assert false_match_rate(0) == RATES[0][1]
    assert false_match_rate(3) == RATES[-1][1]
    assert threshold_for(1) == RATES[-1][0]
    assert threshold_for(0) == RATES[0][0]


def test_the_librarys_default_distance_passes_far_more_strangers_than_one_in_ten_thousand() -> None:
    assert false_match_rate(0.6) > 30 * 1e-4
    assert threshold_for(1e-4) < 0.55


def test_among_more_people_a_face_must_be_nearer() -> None:
    thresholds = [many_threshold(0.01, people) for people in (0, 1, 10, 1_000, 1_000_000)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[-1] < thresholds[1] - 0.1


def test_templates_of_another_length_are_refused() -> None:
    whole = [0.0] * DIMENSIONS
    assert distance(whole, [0.1] * DIMENSIONS) == pytest.approx(0.1 * DIMENSIONS**0.5)
    for other in ([], whole[1:], [*whole, 0.0]):
        with pytest.raises(ValueError, match="128"):
            distance(whole, other)
