"""Who is forgotten leaves ties and facts behind, and nothing personal at any moment; what others are tied to stays theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from graph import contents as c
from graph.contents import Fact
from graph.decoding import decode_fact
from graph.model import EntityKind, EntityName, Moment, Standing, TieKind, TransferKind
from graph.store import BulkStore, Recorded
from graph.stores.shared.erasing import LABEL
from tests.factory import START, account, device, fact, institution, merchant, person, tie, vault
from tests.graph.raw_facts import BANK as RAW_BANK
from tests.graph.stores import STORES, Open

BANK, OTHER = institution(), institution("other-bank")
NOW = START + 1_000_000
HOME = {"address": "CANARY-HOME 7", "country": "CN", "latitude": 30.123456, "longitude": 120.654321}
NAME, PHONE, EMAIL, ACCOUNT = "CANARY-NAME", "+8613800138111", "canary@example.com", "6222020009999999"
CANARIES = ("CANARY", PHONE, "138****", EMAIL, ACCOUNT, "1988-08-08", "30.123456")


def phone(value: str = PHONE) -> EntityName:
    return EntityName(EntityKind.PHONE, value)


def lives(key: str) -> Fact:
    """Somebody lives at a place, as a source reports it."""
    said = {"tieObserved": {"from": {"person": key}, "kind": "LOCATED_AT", "to": {"place": HOME}}}
    return decode_fact({"id": "f-14", "occurredAt": START, "content": said}, RAW_BANK, NOW)


def told() -> list[Fact]:
    """A person with everything, whose shop and friend share some of it."""
    one = person("CANARY-KEY")
    return [
        fact("f-1", c.PersonDescribed(one, NAME, "1988-08-08", "CN")),
        fact("f-2", c.MerchantDescribed(merchant(), "Noodles")),
        tie("f-3", one, TieKind.OWNS, merchant()),
        tie("f-4", one, TieKind.REACHED_AT, phone()),
        tie("f-5", one, TieKind.REACHED_AT, EntityName(EntityKind.EMAIL, EMAIL)),
        tie("f-6", one, TieKind.HOLDS, account(ACCOUNT)),
        tie("f-7", merchant(), TieKind.USES_DEVICE, device("CANARY-DEVICE")),
        tie("f-8", one, TieKind.USES_DEVICE, device("CANARY-DEVICE")),
        tie("f-9", one, TieKind.REACHED_AT, phone("+8613900139000")),
        tie("f-10", person("P-2"), TieKind.REACHED_AT, phone("+8613900139000")),
        fact("f-11", c.PersonDescribed(person("P-2"), "Li Si")),
        fact("f-12", c.StandingKnown(one, Standing.SUSPECTED, "CANARY-REASON")),
        fact("f-13", c.TransferMade("t-1", account(ACCOUNT), account("A-2"), 100, TransferKind.TRANSFER)),
        lives("CANARY-KEY"),
    ]


def with_store(opened: Open, folder: Path, scene: Callable[[Any], Awaitable[None]]) -> None:
    """Play a scene with the facts told to two institutions."""

    async def run() -> None:
        store = cast("BulkStore", opened(folder, vault(folder).sealer, lambda: NOW))
        try:
            for bank in (BANK, OTHER):
                recording = await store.record(bank, "core", told())
                assert all(isinstance(one, Recorded) for one in recording.results), recording
            await scene(store)
        finally:
            await store.close()

    asyncio.run(run())


async def seen(store: BulkStore, bank: str, key: str = "CANARY-KEY") -> tuple[str, str]:
    """The person's id, and all that can be read of it in clear."""
    sealer = cast("Any", store)._sealers(bank)
    moment = await store.now(bank)
    id_ = await store.entity_id(bank, person(key), moment)
    assert id_ is not None
    texts: list[object] = []
    for at in (moment, Moment(START + 1, moment.known_at)):
        ties = (await store.ties(bank, id_, at, first=100)).items
        ends = {end for one in ties for end in (one.from_id, one.to_id)} | {id_}
        for entity in (await store.entities(bank, sorted(ends), at)).values():
            texts += [entity.key, entity.label]
            for value in entity.fields.values():
                sealed = hasattr(value, "ciphertext")
                texts.append(sealer.open(entity.subject_key, entity.id, value.field, value.ciphertext) if sealed else value)  # type: ignore[union-attr]
    texts += [one.sentence for one in (await store.facts(bank, id_, moment, first=100)).items]
    for clear in (True, False):
        texts += [one.fact for one in await store.kept_facts(bank, after=0, first=1_000, clear=clear)]
    return id_, repr(sorted(map(repr, texts)))


@pytest.mark.parametrize("opened", STORES)
def test_nothing_personal_is_left_at_any_moment_while_ties_and_facts_stay(tmp_path, opened):
    async def scene(store: BulkStore) -> None:
        id_, before = await seen(store, BANK.id)
        assert [canary for canary in CANARIES if canary not in before] == []
        moment = await store.now(BANK.id)
        ties, facts = await store.ties(BANK.id, id_, moment, first=100), await store.kept_facts(BANK.id, after=0, first=100, clear=False)
        erased = await store.erase(BANK.id, id_)
        assert erased is not None
        assert (erased.keys, erased.items) == (6, 3 + 1 + 5)  # him, phone, e-mail, account, device, home; name, birth, reason; address
        again, after = await seen(store, BANK.id)
        assert again == id_
        assert [canary for canary in CANARIES if canary in after] == []
        assert "Li Si" in after and "+8613900139000" in after and "Noodles" in after, "what is others' stays"
        moment = await store.now(BANK.id)
        assert (await store.entities(BANK.id, [id_], moment))[id_].label == LABEL
        assert await store.ties(BANK.id, id_, moment, first=100) == ties
        kept = await store.kept_facts(BANK.id, after=0, first=100, clear=False)
        assert [one.fact.source_id for one in kept] == [one.fact.source_id for one in facts]
        _, others = await seen(store, OTHER.id)
        assert [canary for canary in CANARIES if canary not in others] == [], "another institution's person is another one"

    with_store(opened, tmp_path, scene)


@pytest.mark.parametrize("opened", STORES)
def test_who_is_reported_again_is_the_same_person_under_a_fresh_key_and_repeats_are_known(tmp_path, opened):
    async def scene(store: BulkStore) -> None:
        id_, _ = await seen(store, BANK.id)
        await store.erase(BANK.id, id_)
        repeated = await store.record(BANK, "core", told())
        assert not any(isinstance(one, Recorded) for one in repeated.results), "hashes stay"
        new = [fact("f-20", c.PersonDescribed(person("CANARY-KEY"), "Wang Wu"), START + 10)]
        assert isinstance((await store.record(BANK, "core", new)).results[0], Recorded)
        same, texts = await seen(store, BANK.id)
        assert same == id_
        assert "Wang Wu" in texts
        assert NAME not in texts
        assert (await store.erase(BANK.id, id_)) is not None
        assert "Wang Wu" not in (await seen(store, BANK.id))[1]

    with_store(opened, tmp_path, scene)


@pytest.mark.parametrize("opened", STORES)
def test_nobody_is_forgotten_by_an_id_that_is_not_there_or_is_anothers(tmp_path, opened):
    async def scene(store: BulkStore) -> None:
        own, _ = await seen(store, BANK.id)
        others, _ = await seen(store, OTHER.id)
        assert await store.erase(BANK.id, others) is None
        assert await store.erase(BANK.id, "per_" + "a" * 24) is None
        assert await store.erase("third-bank", own) is None
        assert NAME in (await seen(store, BANK.id))[1]

    with_store(opened, tmp_path, scene)
