"""One face among many: what the index answers is what a plain search over all pairs would, whatever was added and removed before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.faces.matching import DIMENSIONS, distance, many_threshold
from identity.faces.searching import FaceChange, FaceIndex, FullIndex


def template(seed: int, spread: float = 0.06) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).normal(0, spread, DIMENSIONS).tolist())


def beside(one: tuple[float, ...], apart: float, seed: int = 1) -> tuple[float, ...]:
    """A template at that distance."""
    way = np.random.default_rng(seed).normal(size=DIMENSIONS)
    return tuple((np.array(one) + way / np.linalg.norm(way) * apart).tolist())


steps = st.lists(st.tuples(st.sampled_from(["add", "remove", "seek"]), st.integers(0, 12), st.integers(0, 30)), max_size=60)


@given(steps)
def test_the_index_answers_as_a_plain_search_does(said: list[tuple[str, int, int]]) -> None:
    index = FaceIndex()
    plain: dict[str, tuple[float, ...]] = {}
    for what, who, seed in said:
        subject = f"s{who}"
        if what == "add":
            plain[subject] = template(seed, 0.03)
            index.add([(subject, plain[subject])])
        elif what == "remove":
            assert index.remove([subject]) == (plain.pop(subject, None) is not None)
        else:
            sought = template(seed, 0.03)
            threshold = many_threshold(0.01, len(plain))
            found = dict(index.search(sought, rate=0.01, leave_out=subject))
            for other, kept in plain.items():
                apart = distance(sought, kept)
                if other != subject and apart < threshold - 0.03:
                    assert other in found
                    assert found[other] == pytest.approx(apart, abs=0.03)
                if apart > threshold + 0.03:
                    assert other not in found
            assert subject not in found
    assert len(index) == len(plain)


def test_the_nearest_come_first_and_no_more_than_asked_for() -> None:
    index = FaceIndex()
    index.add((f"p{number}", beside(template(0), 0.01 * number, number)) for number in range(30))
    found = index.search(template(0), rate=0.01, most=5)
    assert len(found) == 5
    assert [apart for _, apart in found] == sorted(apart for _, apart in found)
    assert found[0][0] in {"p0", "p1"}
    assert "p0" not in dict(index.search(template(0), rate=0.01, leave_out="p0", most=5))


def test_a_subjects_new_template_replaces_its_old_one() -> None:
    index = FaceIndex()
    index.add([("a", template(1))])
    index.add([("a", template(2))])
    assert len(index) == 1
    assert index.search(template(1), rate=0.01) == []
    assert [subject for subject, _ in index.search(template(2), rate=0.01)] == ["a"]


def test_an_erased_face_is_held_no_longer() -> None:
    index = FaceIndex()
    index.learn([FaceChange(1, "b", template(2)), FaceChange(2, "a", template(1)), FaceChange(3, "c", template(3))])
    held = codes(index)
    index.learn([FaceChange(4, "a", None)])
    assert index.search(template(1), rate=0.01) == []
    assert (len(index), index.seen) == (2, 4)
    assert codes(index) == held[:DIMENSIONS] + held[2 * DIMENSIONS :]


def codes(index: FaceIndex) -> bytes:
    """Every byte that the index holds of templates."""
    import faiss

    held: Any = faiss.downcast_index(index._index.index)
    return bytes(faiss.vector_to_array(held.codes))


def test_changes_that_were_learnt_before_are_passed_over() -> None:
    index = FaceIndex()
    index.learn([FaceChange(5, "a", template(1))])
    index.learn([FaceChange(4, "a", None), FaceChange(5, "a", template(1))])
    assert len(index) == 1


def test_a_full_index_refuses_before_it_adds_anything() -> None:
    index = FaceIndex(most=2)
    index.add([("a", template(1)), ("b", template(2))])
    index.add([("b", template(3))])
    with pytest.raises(FullIndex, match="At most 2"):
        index.add([("a", template(4)), ("c", template(5))])
    assert [subject for subject, _ in index.search(template(1), rate=0.01)] == ["a"]


def test_what_is_no_template_is_refused() -> None:
    index = FaceIndex()
    for wrong in ((0.0,), (float("nan"),) * DIMENSIONS, (float("inf"),) * DIMENSIONS):
        with pytest.raises(ValueError, match="128"):
            index.add([("a", wrong)])
    with pytest.raises(ValueError, match="128"):
        index.search((0.0,), rate=0.01)
