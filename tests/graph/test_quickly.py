"""What is made quickly is what its class would have made."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from graph.model import Moment, Neighbour, Tie, TieKind
from graph.quickly import quickly

VALUES = ("tie_a", TieKind.OWNS, "per_a", "mer_b", 1.0, 1, 2, 3, None, 4, None, 0.5)


def test_it_equals_one_made_by_the_class_in_all_ways() -> None:
    made, plain = quickly(Tie)(*VALUES), Tie(*VALUES)
    assert made == plain and hash(made) == hash(plain) and repr(made) == repr(plain)
    assert type(made) is Tie
    assert pickle.loads(pickle.dumps(made)) == copy.copy(made) == plain
    assert replace(made, count=5) == replace(plain, count=5)


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        quickly(Moment)(1, 2).at = 3  # type: ignore[misc]


def test_a_field_left_out_is_refused() -> None:
    with pytest.raises(TypeError):
        quickly(Neighbour)(1, 2)  # type: ignore[call-arg,arg-type]
