"""Scores of rings: their parts make them up, and more that speaks for fraud never lowers them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.rings.describing import describe
from graph.rings.finding import find_rings
from graph.rings.scoring import MOST, Known, parts, score
from tests.graph.rings.ties import crowd, markets

KNOWN = st.builds(
    lambda confirmed, ended, bad, applied: Known(confirmed, ended, min(bad, ended), applied),
    *(st.integers(0, 6) for _ in range(4)),
)


@given(markets(), KNOWN)
def test_parts_come_weightiest_first_and_make_up_the_score_which_lies_between_none_and_almost_certain(ties, known):
    for ring in find_rings(ties).rings:
        found = parts(ring, describe([ring], ties)[ring.id], known)
        assert [part.weight for part in found] == sorted((part.weight for part in found), reverse=True)
        assert len({part.code for part in found}) == len(found) <= 12
        assert all(part.weight > 0 and part.sentence.endswith(".") for part in found)
        assert 0 <= score(found) <= MOST


@given(KNOWN)
def test_one_more_confirmed_member_never_lowers_a_score(known):
    ties = crowd(range(4), "dev_a", "pho_a")
    (ring,) = find_rings(ties).rings
    traits = describe([ring], ties)[ring.id]
    worse = replace(known, confirmed=known.confirmed + 1)
    assert score(parts(ring, traits, worse)) >= score(parts(ring, traits, known)) - 1e-9


def test_a_family_with_one_phone_and_address_scores_far_below_a_farm_of_devices_that_defaulted():
    family, farm = crowd(range(3), "pho_a", "pla_a"), crowd(range(6), "dev_a", "doc_a", "acc_a")
    scores = []
    for ties, known in ((family, Known()), (farm, Known(ended=2, bad=2, applied=5))):
        (ring,) = find_rings(ties).rings
        scores.append(score(parts(ring, describe([ring], ties)[ring.id], known)))
    assert scores[0] < 0.25
    assert scores[1] > 0.8


def test_each_part_says_what_was_observed():
    ties = crowd(range(4), "dev_a", "pho_a")
    (ring,) = find_rings(ties).rings
    found = parts(ring, describe([ring], ties)[ring.id], Known(confirmed=1, ended=2, bad=1, applied=3))
    assert {part.code: part.sentence for part in found} == {
        "CONFIRMED_MEMBERS": "1 member is confirmed fraud.",
        "BAD_LOANS": "1 of its 2 loans that ended defaulted.",
        "APPLICATIONS_AT_ONCE": "Its members applied for 3 loans in seven days.",
        "SHARED_DEVICE": "4 of 4 owners share one device.",
        "SHARED_PHONE": "4 of 4 owners share one phone.",
    }
    assert score(found) == pytest.approx(1 - (1 - 0.9 * 2 / 8) * (1 - 0.6 / 3) * (1 - 0.4) * (1 - 0.15) * (1 - 0.08))


def test_one_confirmed_member_of_many_says_little_and_one_of_few_much():
    def with_one_confirmed(many: int) -> float:
        ties = crowd(range(many), "pho_a", "ema_a")
        (ring,) = find_rings(ties).rings
        traits = describe([ring], ties)[ring.id]
        return score(parts(ring, traits, Known(confirmed=1))) - score(parts(ring, traits, Known()))

    assert with_one_confirmed(20) < 0.05
    assert with_one_confirmed(3) > 0.2
