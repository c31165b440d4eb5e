from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from graph.model import EntityKind, Moment, Neighbourhood, Sealed, Surroundings, TieKind, Transfer, TransferKind, TruncationCause
from rules.dossier import MAXIMUM_BYTES, decode, encode, inputs_hash, settle
from rules.material import NO_RECEIPTS
from rules.model import Dossier
from tests.rules.drawing import AT, LOAN, dossier, dossiers, entity_id, neighbour, tie


def crowded(entities: int = 99, flows: int = 400) -> Dossier:
    """As much as bounds let through, and more: long labels, every flow between strangers."""
    merchants = [neighbour(entity_id(EntityKind.MERCHANT, n), 3, label="Long name of a shop " * 4) for n in range(1, entities + 1)]
    ties = [tie(TieKind.INVESTS_IN, a.entity.id, b.entity.id, at=AT - n) for n, (a, b) in enumerate(pairwise(merchants))]
    moved = [
        Transfer(
            entity_id(EntityKind.ACCOUNT, 2 * n), entity_id(EntityKind.ACCOUNT, 2 * n + 1), 100 + n, TransferKind.PAYMENT, AT - 1000 + n, AT
        )
        for n in range(flows)
    ]
    hood = Neighbourhood(LOAN, Moment(AT, AT), (neighbour(LOAN, 0), *merchants), tuple(ties))
    return dossier(Surroundings(hood, (), tuple(moved), NO_RECEIPTS))


@given(dossiers())
def test_a_settled_dossier_comes_back_exactly_and_is_written_the_same_again(drawn: Dossier) -> None:
    settled = settle(drawn)
    text = encode(settled)
    again = decode(text)
    assert again == settled
    assert encode(replace(again)) == text


@given(dossiers(most_entities=40, most_flows=40))
def test_settling_twice_changes_nothing(drawn: Dossier) -> None:
    settled = settle(drawn)
    assert settle(settled) == settled


@given(dossiers())
def test_no_ciphertext_and_no_key_is_stored(drawn: Dossier) -> None:
    settled = settle(drawn)
    if settled.surroundings is not None:
        for one in settled.surroundings.neighbourhood.neighbours:
            assert one.entity.subject_key is None
            assert not any(isinstance(value, Sealed) for value in one.entity.fields.values())


def test_what_is_over_the_bound_is_left_out_and_said() -> None:
    settled = settle(crowded(flows=250))
    assert len(encode(settled)) <= MAXIMUM_BYTES
    around = settled.surroundings
    assert around is not None
    assert not around.flows_complete
    assert around.flows[-1].amount == 349, "the newest flows stay"
    assert len(around.flows) >= 100, "no more is left out than must be"
    assert len(around.neighbourhood.neighbours) == 100
    assert decode(encode(settled)) == settled


@pytest.mark.parametrize(("entities", "labels"), [(300, "a" * 10), (99, "名" * 200)])
def test_entities_are_left_out_from_the_far_end_with_their_ties(entities: int, labels: str) -> None:
    full = crowded(entities)
    assert full.surroundings is not None
    hood = full.surroundings.neighbourhood
    named = tuple(replace(one, entity=replace(one.entity, label=labels)) for one in hood.neighbours)
    settled = settle(replace(full, surroundings=replace(full.surroundings, neighbourhood=replace(hood, neighbours=named))))
    assert len(encode(settled)) <= MAXIMUM_BYTES
    around = settled.surroundings
    assert around is not None
    assert around.neighbourhood.neighbours == named[: len(around.neighbourhood.neighbours)]
    assert around.neighbourhood.truncation is not None
    assert TruncationCause.ENTITIES in around.neighbourhood.truncation.causes
    ids = {one.entity.id for one in around.neighbourhood.neighbours}
    assert LOAN in ids
    assert all({each.from_id, each.to_id} <= ids for each in around.neighbourhood.ties)
    assert decode(encode(settled)) == settled


def test_a_full_but_ordinary_dossier_is_stored_whole() -> None:
    ordinary = crowded(entities=99, flows=60)
    assert settle(ordinary) == ordinary


def test_a_dossier_over_the_bound_is_not_written_unsettled() -> None:
    with pytest.raises(AssertionError, match="settle it before judging"):
        encode(crowded())


def test_what_another_format_wrote_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="format 1"):
        decode(b'{"format": 7}')


def test_the_hash_of_inputs_changes_with_dossier_and_with_strategy() -> None:
    text = encode(dossier())
    other = encode(dossier(amount=1))
    assert len({inputs_hash(text, b"a"), inputs_hash(text, b"b"), inputs_hash(other, b"a")}) == 3
