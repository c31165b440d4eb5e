"""Who owns a firm in the end."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.checks import CHECKS
from identity.checks.ownership import ImpossibleShares, owners_of, percent
from identity.model import IdentityFile, Outcome


def test_shares_are_multiplied_along_chains_and_added_over_them():
    owners = owners_of({"": {"ann": 0.1, "a": 0.5, "b": 0.4}, "a": {"ann": 0.4, "bob": 0.6}, "b": {"bob": 0.5, "cat": 0.5}})
    assert owners.people == (("bob", Fraction(1, 2)), ("ann", Fraction(3, 10)), ("cat", Fraction(1, 5)))
    assert owners.unknown == 0 and [who for who, _ in owners.beneficial] == ["bob", "ann"]


def test_a_quarter_to_the_last_digit_is_a_quarter():
    assert owners_of({"": {"a": 0.1, "p": 0.15, "b": 0.75}, "a": {"p": 1.0}}).beneficial[-1] == ("p", Fraction(1, 4))


def test_firms_that_own_each_other_are_solved_and_not_walked_for_ever():
    owners = owners_of({"": {"a": 0.5, "p": 0.5}, "a": {"b": 0.5, "q": 0.5}, "b": {"a": 0.5, "r": 0.5}})
    assert dict(owners.people) == {"p": Fraction(1, 2), "q": Fraction(1, 3), "r": Fraction(1, 6)}
    own = owners_of({"": {"a": 1.0}, "a": {"": 0.5, "p": 0.5}})
    assert dict(own.people) == {"p": Fraction(1)}


def test_a_ring_that_nobody_owns_stays_unknown():
    owners = owners_of({"": {"a": 1.0}, "a": {"b": 1.0}, "b": {"a": 1.0}})
    assert not owners.people and owners.unknown == 1


def test_what_nobody_is_named_for_is_shown():
    owners = owners_of({"": {"p": 0.3, "a": 0.5}, "a": {"q": 0.5}})
    assert owners.unknown == Fraction(45, 100)
    found = CHECKS["OWNERSHIP"].run(IdentityFile(date(2026, 1, 1), "CN", shares={"": {"p": 0.3, "a": 0.5}, "a": {"q": 0.5}}))
    assert (found.outcome, "45%" in found.sentence, found.measured) == (Outcome.INCONCLUSIVE, True, 0.55)


@pytest.mark.parametrize("shares", [{"": {"p": 1.1}}, {"": {"p": -0.1}}, {"": {"p": float("nan")}}, {"": {"p": 0.6, "q": 0.6}}])
def test_shares_that_cannot_be_are_refused_with_a_sentence(shares):
    with pytest.raises(ImpossibleShares, match=r"\.$"):
        owners_of(shares)


def test_a_structure_of_too_many_firms_is_left_to_people():
    chain = {"": {"f0": 1.0}} | {f"f{number}": {f"f{number + 1}": 1.0} for number in range(80)} | {"f80": {"p": 1.0}}
    with pytest.raises(ImpossibleShares, match="60 firms"):
        owners_of(chain)
    assert CHECKS["OWNERSHIP"].run(IdentityFile(date(2026, 1, 1), "CN", shares=chain)).outcome is Outcome.INCONCLUSIVE


@given(
    st.dictionaries(
        st.sampled_from(["", "a", "b", "c", "d"]),
        st.dictionaries(st.sampled_from(["a", "b", "c", "d", "p", "q"]), st.integers(0, 20), max_size=5),
        min_size=1,
        max_size=5,
    )
)
def test_people_and_the_unknown_make_one_and_nobody_has_less_than_nothing(parts):
    parts = {"": {"p": 1}} | parts
    shares = {firm: {owner: part / 100 for owner, part in owners.items()} for firm, owners in parts.items()}
    owners = owners_of(shares)
    assert sum(share for _, share in owners.people) + owners.unknown == 1
    assert owners.unknown >= 0 and all(share > 0 for _, share in owners.people)


def test_percent_never_says_nothing_of_something():
    assert [percent(Fraction(part)) for part in ("1/8", "1/100000", "0", "1")] == ["12.5%", "less than 0.1%", "0%", "100%"]
