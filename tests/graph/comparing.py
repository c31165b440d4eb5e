"""Every question of the contract that the fold answers, asked of a store and of the plain one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from graph.contents import CONTENTS, FactWithdrawn
from graph.flows.scope import Way, Window
from graph.knowing import Known, named
from graph.model import Entity, FieldValue, ListedTransfer, Moment, Sealed
from graph.sealing import Sealer
from graph.store import GraphStore, Page
from tests.graph.plain_store import EVERYTHING, PlainStore, summary

T = TypeVar("T")
KINDS = {class_: name for name, class_ in CONTENTS.items()}


async def assert_same(store: GraphStore, plain: PlainStore, bank: str, moment: Moment, page: int = 3) -> None:
    """The store says at the moment what the fold says, whatever is asked."""
    picture = plain.picture(moment)
    universe = plain.universe()
    assert opened(await store.entities(bank, universe, moment), plain.sealer) == picture.entities
    everything = plain.picture(EVERYTHING)
    for id_ in everything.ties:
        assert await store.tie(bank, id_, moment) == picture.ties.get(id_)
    for entity in universe:
        ties, facts = plain.ties(picture, entity), plain.facts(picture, entity)
        assert await pages(store.ties, bank, entity, moment, first=page) == ties
        found = await pages(store.facts, bank, entity, moment, first=page)
        assert [fact.id for fact in found] == facts
        if entity.startswith("acc_"):
            await assert_same_transfers(store, plain, bank, entity, moment, page)
        if entity.startswith("mer_"):
            shown = await pages(store.loans, bank, entity, moment, first=1)
            assert [loan.id for loan in shown] == loans(plain, moment, entity)
    for one in plain.known:
        found_fact = await store.fact(bank, plain.fact_id(one), moment)
        assert (None if found_fact is None else summary(found_fact)) == expected_fact(plain, one, moment)


async def assert_same_transfers(store: GraphStore, plain: PlainStore, bank: str, account: str, moment: Moment, page: int) -> None:
    """The store lists the account's transfers as the fold says, newest first, and finds each by its id.

    Which of several reports of one key gives it its id depends on which was kept first, so ids are compared with nothing but themselves.
    """
    expected = plain.transfers(moment, account)
    found = await pages(store.transfers, bank, account, moment, first=page)
    assert plainly(found) == plainly(expected)
    assert found == sorted(found, key=lambda one: (one.occurred_at, one.recorded_at, one.id), reverse=True)
    for way, ends in ((Way.IN, {"to_id"}), (Way.OUT, {"from_id"})):
        one_way = [one for one in found if account in {getattr(one, end) for end in ends}]
        ask = partial(store.transfers, way=way, window=Window(0, moment.at))
        assert await pages(ask, bank, account, moment, first=page) == [one for one in one_way if 0 < one.occurred_at < moment.at]
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert await store.transfer(bank, one.id, moment) == one


def plainly(transfers: Iterable[ListedTransfer]) -> list[ListedTransfer]:
    """Without their ids, in an order that does not go by them."""
    return sorted((replace(one, id="") for one in transfers), key=lambda one: (one.occurred_at, one.recorded_at, one.key))


def loans(plain: PlainStore, moment: Moment, merchant: str) -> list[str]:
    """A merchant's loans in the contract's order."""
    picture = plain.picture(moment)
    ties = [tie for tie in picture.ties.values() if tie.kind.value == "APPLIED_FOR" and tie.from_id == merchant]
    placed = [(picture.entities[tie.to_id].fields.get("applied_at", tie.first_at), tie.recorded_at, tie.to_id) for tie in ties]
    return [loan for _, _, loan in sorted(placed, reverse=True)]


def expected_fact(plain: PlainStore, one: Known, moment: Moment) -> tuple[object, ...] | None:
    """A fact as `GraphStore.fact` shows it."""
    withdrawal = isinstance(one.fact.content, FactWithdrawn)
    if one.recorded_at > moment.known_at or (one.fact.occurred_at > moment.at and not withdrawal):
        return None
    entities = tuple(dict.fromkeys(plain.id(name) for name in named(one.fact)))
    return (
        plain.fact_id(one), one.source, one.fact.source_id, KINDS[type(one.fact.content)], one.fact.occurred_at, one.recorded_at,
        plain.withdrawn_at(one, moment), entities,
    )  # fmt: skip


def opened(entities: dict[str, Entity], sealer: Sealer) -> dict[str, Entity]:
    """Entities with their personal fields in clear."""

    def open_(entity: Entity, name: str, value: FieldValue) -> FieldValue:
        if not isinstance(value, Sealed):
            return value
        assert entity.subject_key is not None
        return sealer.open(entity.subject_key, entity.id, name, value.ciphertext)

    return {
        id_: replace(entity, fields={name: open_(entity, name, value) for name, value in entity.fields.items()}, subject_key=None)
        for id_, entity in entities.items()
    }


async def pages(ask: Callable[..., Awaitable[Page[T]]], *arguments: object, first: int) -> list[T]:
    """All items of a list, page by page."""
    found: list[T] = []
    after: str | None = None
    for _ in range(1_000):
        page = await ask(*arguments, first=first, after=after)
        assert len(page.items) == len(page.cursors)
        found += page.items
        if not page.more:
            return found
        after = page.cursors[-1]
    raise AssertionError("a list of a small history has an end")
