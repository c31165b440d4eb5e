"""The fine print, rule by rule, for every store: one small history each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from graph import contents as c
from graph.contents import Content, Fact
from graph.errors import Conflict, InvalidInput, Unknown
from graph.ids import tie_id
from graph.model import EntityKind, EntityName, Instant, Moment, Standing, Tie, TieKind, TransferKind
from graph.store import GraphStore, Recorded, Refused, Repeated
from tests.factory import (
    START,
    account,
    application,
    by_id,
    described,
    device,
    fact,
    institution,
    loan,
    merchant,
    person,
    tie,
    transfer,
    vault,
)
from tests.graph.comparing import opened, pages
from tests.graph.stores import STORES, Open

BANK = institution()
NOW: Instant = START + 10_000
LAST = Moment(NOW, 2 * NOW)
OWNS = (person(), TieKind.OWNS, merchant())


class World:
    """A store with its sealer, asked synchronously."""

    def __init__(self, store: GraphStore, sealer: Any) -> None:
        self.store, self.sealer = store, sealer

    def send(self, *facts: Fact, source: str = "core", together: bool = False) -> list[Any]:
        return list(asyncio.run(self.store.record(BANK, source, facts, together=together)).results)

    def id(self, name: EntityName) -> str:
        return str(self.sealer.entity_id(name.kind, name.key))

    def entity(self, name: EntityName, moment: Moment = LAST) -> Any:
        found = asyncio.run(self.store.entities(BANK.id, [self.id(name)], moment))
        return opened(found, self.sealer).get(self.id(name))

    def tie(self, from_: EntityName, kind: TieKind, to: EntityName, moment: Moment = LAST) -> Tie | None:
        return asyncio.run(self.store.tie(BANK.id, tie_id(kind, self.id(from_), self.id(to)), moment))

    def kinds(self, name: EntityName, moment: Moment = LAST) -> set[TieKind]:
        return {found.kind for found in asyncio.run(pages(self.store.ties, BANK.id, self.id(name), moment, first=2))}


@pytest.fixture(params=STORES)
def world(request: pytest.FixtureRequest, tmp_path) -> Iterator[World]:
    open_: Open = request.param
    sealers = vault(tmp_path).sealer
    store = open_(tmp_path, sealers, lambda: NOW)
    yield World(store, sealers(BANK.id))
    asyncio.run(store.close())


def withdrawn(id_: str, of: str, at: Instant = 0, recorded_at: Instant | None = None) -> Fact:
    return fact(id_, c.FactWithdrawn(of, "mistake"), at, recorded_at)


def ended(id_: str, at: Instant, recorded_at: Instant | None = None) -> Fact:
    return fact(id_, c.TieEnded(*OWNS, "sold"), at, recorded_at)


def test_an_end_wins_over_an_observation_of_the_same_moment(world):
    world.send(tie("1", *OWNS, 5), ended("2", 5))
    assert world.tie(*OWNS).ended_at == 5


def test_a_later_observation_makes_an_ended_tie_hold_again(world):
    world.send(ended("2", 5), tie("3", *OWNS, 6), tie("1", *OWNS, 4))
    found = world.tie(*OWNS)
    assert (found.ended_at, found.first_at, found.last_at, found.count) == (None, 4, 6, 2)
    assert world.tie(*OWNS, Moment(5, NOW)).ended_at == 5


def test_the_first_end_after_the_last_observation_counts(world):
    world.send(tie("1", *OWNS, 4), ended("2", 9), ended("3", 7), ended("4", 2))
    assert world.tie(*OWNS).ended_at == 7


def test_an_end_alone_names_its_entities_and_makes_no_tie(world):
    world.send(ended("2", 5))
    assert world.tie(*OWNS) is None
    assert world.entity(person()).last_at == 5
    assert world.entity(person()).reach == 0


def test_an_ended_tie_counts_in_no_reach_and_no_weight(world):
    phones = [EntityName(EntityKind.PERSON, f"P-{n}") for n in range(4)]
    world.send(*(tie(str(n), who, TieKind.USES_DEVICE, device(), 1) for n, who in enumerate(phones)))
    before = world.tie(phones[0], TieKind.USES_DEVICE, device()).weight
    world.send(*(fact(f"e{n}", c.TieEnded(who, TieKind.USES_DEVICE, device(), "lost"), 2) for n, who in enumerate(phones[1:])))
    assert world.entity(device()).reach == 1
    assert world.tie(phones[0], TieKind.USES_DEVICE, device()).weight > before


@pytest.mark.parametrize("first", ["fact", "withdrawal"])
def test_a_withdrawn_fact_was_never_reported_whichever_comes_first(world, first):
    both = [tie("1", *OWNS, 5), withdrawn("w", "1", at=NOW)]
    for one in both if first == "fact" else reversed(both):
        assert world.send(one) == [Recorded()]
    assert world.tie(*OWNS) is None
    assert world.entity(person()) is None
    assert world.send(tie("1", *OWNS, 5)) == [Repeated(NOW if first == "fact" else NOW + 1)]
    assert isinstance(world.send(tie("1", *OWNS, 6))[0].problem, Conflict)


def test_a_withdrawal_acts_from_its_own_recording_on(world):
    world.send(tie("1", *OWNS, 5, recorded_at=10), withdrawn("w", "1", at=7, recorded_at=20))
    assert world.tie(*OWNS, Moment(6, 19)).count == 1
    assert world.tie(*OWNS, Moment(6, 20)) is None


def test_a_withdrawal_is_of_its_own_source_and_cannot_be_withdrawn(world):
    world.send(tie("1", *OWNS, 5))
    world.send(withdrawn("w", "1"), source="other")
    assert world.tie(*OWNS).count == 1
    world.send(withdrawn("w", "1"), withdrawn("v", "w"))
    assert world.tie(*OWNS) is None


def test_the_latest_is_decided_by_moment_then_source_then_fact_id(world):
    def named(id_: str, name: str, at: Instant = 5) -> Fact:
        return fact(id_, c.MerchantDescribed(merchant(), name), at)

    world.send(named("9", "early", 4), named("1", "a-1"), named("2", "a-2"), source="a")
    assert world.entity(merchant()).fields["name"] == "a-2"
    world.send(named("0", "b-0"), source="b")
    assert world.entity(merchant()).label == "b-0"
    assert world.entity(merchant(), Moment(4, NOW * 2)).label == "early"


def test_what_a_description_leaves_out_it_does_not_touch(world):
    world.send(
        fact("1", c.PersonDescribed(person(), "Zhang San", "1990-01-01"), 1), fact("2", c.PersonDescribed(person(), None, None, "CN"), 2)
    )
    found = world.entity(person())
    assert found.fields == {"name": "Zhang San", "born_on": "1990-01-01", "country": "CN"}
    assert found.label == "Zhang *"


def test_a_transfer_counts_once_however_often_it_is_reported(world):
    world.send(
        transfer("1", account("1001"), account("1002"), 7, 5, key="k"), transfer("2", account("1001"), account("1002"), 7, 5, key="k")
    )
    found = world.tie(account("1001"), TieKind.PAYS, account("1002"))
    assert (found.count, found.total) == (1, 7)
    world.send(withdrawn("w", "1"))
    assert world.tie(account("1001"), TieKind.PAYS, account("1002")).total == 7
    world.send(withdrawn("v", "2"))
    assert world.tie(account("1001"), TieKind.PAYS, account("1002")) is None


@pytest.mark.parametrize(
    "changed",
    [{"amount": 8}, {"to": account("1003")}, {"from_": account("1003")}, {"transfer_kind": TransferKind.REFUND}],
    ids=lambda c: next(iter(c)),
)
def test_the_same_transfer_key_with_another_value_is_refused_by_name(world, changed):
    first = transfer("1", account("1001"), account("1002"), 7, 5, key="k")
    world.send(first)
    problem = world.send(replace(first, source_id="2", content=replace(first.content, **changed)))[0].problem
    assert isinstance(problem, Conflict)
    assert (problem.path, problem.recorded_at) == (("content", "transferMade", "key"), NOW)
    assert isinstance(world.send(replace(first, source_id="3", occurred_at=6))[0].problem, Conflict)
    assert world.tie(account("1001"), TieKind.PAYS, account("1002")).total == 7


def test_the_key_of_a_withdrawn_transfer_may_be_used_again(world):
    world.send(transfer("1", account("1001"), account("1002"), 7, 5, key="k"), withdrawn("w", "1"))
    assert world.send(transfer("2", account("1001"), account("1002"), 8, 5, key="k")) == [Recorded()]
    assert world.tie(account("1001"), TieKind.PAYS, account("1002")).total == 8


def test_keys_of_transfers_pay_outs_and_repayments_are_three_spaces(world):
    facts = [
        transfer("1", account(), account("1002"), 7, key="k"),
        fact("2", c.LoanPaidOut("k", loan(), account(), 8)),
        fact("3", c.LoanRepaid("k", loan(), account(), 9)),
    ]
    assert world.send(*facts) == [Recorded()] * 3
    assert world.tie(loan(), TieKind.PAID_OUT_TO, account()).total == 8
    assert world.tie(account(), TieKind.REPAYS, loan()).total == 9


@pytest.mark.parametrize("first", ["transfer", "reversal"])
def test_a_reversal_counts_from_its_own_moment_on(world, first):
    both = [transfer("1", account("1001"), account("1002"), 7, 5, key="k"), fact("2", c.TransferReversed("k", "error"), 8)]
    for one in both if first == "transfer" else reversed(both):
        world.send(one)
    assert world.tie(account("1001"), TieKind.PAYS, account("1002"), Moment(7, NOW * 2)).total == 7
    assert world.tie(account("1001"), TieKind.PAYS, account("1002"), Moment(8, NOW * 2)) is None
    world.send(withdrawn("w", "2"))
    assert world.tie(account("1001"), TieKind.PAYS, account("1002"), Moment(NOW, NOW * 2)).total == 7


def test_a_loan_is_applied_then_paid_out_then_as_its_latest_outcome_says(world):
    world.send(application(at=1))
    assert world.entity(loan()).fields["state"] == "APPLIED"
    world.send(fact("p", c.LoanPaidOut("k", loan(), account(), 8), 2))
    assert (world.entity(loan()).fields["state"], world.entity(loan()).fields["paid_out"]) == ("PAID_OUT", 8)
    world.send(fact("o", c.OutcomeKnown(loan(), "LATE"), 3), fact("x", c.OutcomeKnown(loan(), "FRAUD_CONFIRMED"), 4))
    assert world.entity(loan()).fields["state"] == "LATE"
    assert world.entity(loan(), Moment(2, NOW * 2)).fields["state"] == "PAID_OUT"


@pytest.mark.parametrize("first", ["application", "outcome"])
def test_confirmed_fraud_speaks_of_loan_merchant_and_applicant(world, first):
    world.send(described(at=1))
    both = [application(applicant=person(), at=5), fact("o", c.OutcomeKnown(loan(), "FRAUD_CONFIRMED"), 3)]
    for one in both if first == "application" else reversed(both):
        world.send(one)
    for name in (loan(), merchant(), person()):
        assert world.entity(name).standing is Standing.CONFIRMED_FRAUD
    assert world.entity(loan(), Moment(4, NOW * 2)).standing is Standing.CONFIRMED_FRAUD
    assert world.entity(merchant(), Moment(4, NOW * 2)).standing is Standing.CLEAR, "nothing said yet whose loan it was"
    world.send(fact("o2", c.OutcomeKnown(loan(), "FRAUD_RULED_OUT"), 6))
    assert {world.entity(name).standing for name in (loan(), merchant(), person())} == {Standing.CLEARED}
    assert world.entity(merchant(), Moment(5, NOW * 2)).standing is Standing.CONFIRMED_FRAUD


def full_application(applicant: EntityName | None, at: Instant = 5) -> Fact:
    place = EntityName(EntityKind.PLACE, "CN:road")
    content = c.ApplicationMade(
        loan(), merchant(), 100, 30, applicant, account(), device(), EntityName(EntityKind.IP_ADDRESS, "10.0.0.1"),
        EntityName(EntityKind.PHONE, "+8613800138000"), EntityName(EntityKind.EMAIL, "w@example.com"), c.PlaceSeen(place, "Road", "CN"),
    )  # fmt: skip
    return fact("app", content, at)


TIED = {TieKind.USES_DEVICE, TieKind.CONNECTS_FROM, TieKind.REACHED_AT, TieKind.LOCATED_AT, TieKind.HOLDS, TieKind.APPLIED_FOR}


def test_an_application_ties_its_applicant_to_all_that_was_seen(world):
    world.send(full_application(person()))
    assert world.kinds(person()) == TIED
    assert world.kinds(merchant()) == {TieKind.APPLIED_FOR}


def test_without_an_applicant_the_owner_with_the_largest_share_then_the_earliest_takes_its_place(world):
    world.send(full_application(None))
    assert world.kinds(merchant()) == TIED
    world.send(tie("1", person("P-2"), TieKind.OWNS, merchant(), 2), source="later")
    assert (world.kinds(person("P-2")), world.kinds(merchant())) == (TIED | {TieKind.OWNS}, {TieKind.APPLIED_FOR, TieKind.OWNS})
    world.send(tie("2", person("P-3"), TieKind.OWNS, merchant(), 1), source="later")
    assert world.kinds(person("P-3")) == TIED | {TieKind.OWNS}
    world.send(tie("3", person("P-4"), TieKind.OWNS, merchant(), 3, share=0.2), source="later")
    assert world.kinds(person("P-4")) == TIED | {TieKind.OWNS}
    assert world.kinds(person("P-3")) == {TieKind.OWNS}
    assert world.entity(loan()).fields["applicant"] == world.id(person("P-4"))
    world.send(tie("4", person("P-5"), TieKind.OWNS, merchant(), 6, share=0.9), source="later")
    assert world.kinds(person("P-4")) == TIED | {TieKind.OWNS}, "an owner of later than the application is none of its"
    assert world.kinds(merchant(), Moment(NOW, NOW)) == TIED, "before anything was known of owners"


def test_fraud_confirmed_of_a_loan_without_applicant_speaks_of_the_owner(world):
    world.send(full_application(None), tie("1", *OWNS, 2), fact("o", c.OutcomeKnown(loan(), "FRAUD_CONFIRMED"), 7))
    assert world.entity(person()).standing is Standing.CONFIRMED_FRAUD
    world.send(ended("e", 4))
    assert world.entity(person()).standing is Standing.CLEAR, "whoever had sold the shop before was not its owner"


def test_an_unknown_id_refuses_its_fact_and_no_other(world):
    stranger = by_id(EntityKind.DEVICE, "dev_" + "a" * 24)
    results = world.send(tie("1", person(), TieKind.USES_DEVICE, stranger), tie("2", person(), TieKind.USES_DEVICE, device()))
    assert isinstance(results[0].problem, Unknown)
    assert (results[0].problem.path, results[1]) == (("content", "tieObserved", "to", "id"), Recorded())


def test_an_entity_may_be_named_by_id_once_a_standing_fact_names_it(world):
    world.send(tie("1", person(), TieKind.USES_DEVICE, device()))
    known = by_id(EntityKind.DEVICE, world.id(device()))
    assert world.send(tie("2", person("P-2"), TieKind.USES_DEVICE, known)) == [Recorded()]
    assert world.send(tie("2", person("P-2"), TieKind.USES_DEVICE, device())) == [Repeated(NOW + 1)], "by value it is the same fact"
    world.send(withdrawn("w", "1"), withdrawn("v", "2"))
    assert isinstance(world.send(tie("3", person(), TieKind.USES_DEVICE, known))[0].problem, Unknown)


def test_together_one_refusal_refuses_all(world):
    first = transfer("1", account("1001"), account("1002"), 7, 5, key="k")
    world.send(first)
    bad = transfer("2", account("1001"), account("1002"), 8, 5, key="k")
    results = world.send(tie("3", *OWNS, 5), bad, together=True)
    assert isinstance(results[1], Refused)
    assert world.tie(*OWNS) is None
    assert world.entity(person()) is None


def test_history_that_becomes_known_ahead_of_now_is_refused(world):
    problem = world.send(tie("1", *OWNS, 5, recorded_at=NOW + 1_000))[0].problem
    assert isinstance(problem, InvalidInput)


def test_what_occurs_ahead_of_now_is_unseen_until_then(world):
    world.send(tie("1", *OWNS, NOW + 500))
    assert world.tie(*OWNS) is None
    assert world.tie(*OWNS, Moment(NOW + 500, NOW)).count == 1


def test_a_document_gives_its_kind_and_country_and_never_its_number(world):
    document = EntityName(EntityKind.DOCUMENT, "PASSPORT:CN:E12345678")
    world.send(tie("1", person(), TieKind.IDENTIFIED_BY, document, 5))
    assert world.entity(document).fields == {"document_kind": "PASSPORT", "issued_by": "CN"}
    assert "E12345678" not in world.entity(document).label


def test_a_tie_with_itself_is_listed_and_counts_in_no_reach(world):
    world.send(transfer("1", account(), account(), 7, 5))
    assert world.tie(account(), TieKind.PAYS, account()).total == 7
    assert world.kinds(account()) == {TieKind.PAYS}
    assert world.entity(account()).reach == 0


def test_totals_stop_where_64_bits_end(world):
    most = 10**15
    facts = [transfer(str(n), account("1001"), account("1002"), most, 5) for n in range(9_300)]
    for start in range(0, len(facts), 1_000):
        world.send(*facts[start : start + 1_000])
    assert world.tie(account("1001"), TieKind.PAYS, account("1002")).total == 2**63 - 1
    world.send(withdrawn("w", "9299"))
    assert world.tie(account("1001"), TieKind.PAYS, account("1002")).total == 2**63 - 1


@pytest.mark.parametrize("content", [c.BlockChanged(device(), True, "list"), c.StandingKnown(device(), Standing.SUSPECTED, "list")])
def test_what_is_said_of_an_entity_holds_from_its_moment_on(world, content: Content):
    world.send(fact("0", c.DeviceDescribed(device(), "PHONE"), 1), fact("1", content, 5))
    assert not world.entity(device(), Moment(4, NOW)).blocked
    assert world.entity(device(), Moment(4, NOW)).standing is Standing.CLEAR
    found = world.entity(device(), Moment(5, NOW))
    assert (found.blocked, found.standing) in {(True, Standing.CLEAR), (False, Standing.SUSPECTED)}


def test_a_cursor_is_good_for_its_list_alone(world):
    world.send(*(tie(str(n), person(f"P-{n}"), TieKind.OWNS, merchant(), n) for n in range(3)))
    page = asyncio.run(world.store.ties(BANK.id, world.id(merchant()), LAST, first=1))
    after = page.cursors[0]
    ask = world.store.ties
    for wrong in (after[:-2], "x", "", "é", after + "A"):
        with pytest.raises(InvalidInput):
            asyncio.run(ask(BANK.id, world.id(merchant()), LAST, first=1, after=wrong))
    with pytest.raises(InvalidInput):
        asyncio.run(ask(BANK.id, world.id(merchant()), LAST, first=1, after=after, kinds=frozenset({TieKind.OWNS})))
    with pytest.raises(InvalidInput):
        asyncio.run(ask(BANK.id, world.id(person("P-1")), LAST, first=1, after=after))
    with pytest.raises(InvalidInput):
        asyncio.run(world.store.facts(BANK.id, world.id(merchant()), LAST, first=1, after=after))
    assert len(asyncio.run(ask(BANK.id, world.id(merchant()), LAST, first=5, after=after)).items) == 2


def test_bounds_of_lists_and_batches_are_kept(world):
    for first in (0, 101):
        with pytest.raises(InvalidInput, match="1 to 100"):
            asyncio.run(world.store.ties(BANK.id, world.id(merchant()), LAST, first=first))
    with pytest.raises(InvalidInput, match="1,000"):
        world.send(*(tie(str(n), *OWNS, 5) for n in range(1_001)))
    with pytest.raises(InvalidInput, match="1,000"):
        world.send()
