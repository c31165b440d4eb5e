from __future__ import annotations

from dataclasses import replace

import pytest

from graph.measures.picture import DAY
from graph.model import EntityKind, Receipts, Surroundings, Transfer, TransferKind
from rules.deciding import decide
from rules.limit import limit_of, monthly_receipts
from rules.material import lay_out
from rules.model import Dossier, Verdict
from rules.strategy import shipped
from tests.rules.drawing import AT, dossier, entity_id

OWN = entity_id(EntityKind.ACCOUNT, 1)
FRIEND = entity_id(EntityKind.ACCOUNT, 2)
CUSTOMER = entity_id(EntityKind.ACCOUNT, 3)


def trading(
    *flows: Transfer, amount_90: int = 9_000_000, days: int = 300, self_paid: int = 0, complete: bool = True, asked: int = 10**9
) -> Dossier:
    """A shop with 90,000 yuan of receipts in 90 days."""
    bare = dossier(amount=asked)
    assert bare.surroundings is not None
    receipts = Receipts(90, amount_90 // 3, 270, amount_90, 60, 300_000, self_paid, 700_000, AT - days * DAY, AT - DAY, 270, complete)
    around: Surroundings = replace(bare.surroundings, accounts=(OWN,), flows=flows, receipts=receipts)
    return replace(bare, surroundings=around)


def paid(from_id: str, to_id: str, amount: int, ago: int, kind: TransferKind = TransferKind.PAYMENT) -> Transfer:
    return Transfer(from_id, to_id, amount, kind, AT - ago * DAY, AT - ago * DAY)


def test_the_limit_is_three_tenths_of_a_months_receipts_for_each_month_of_the_term() -> None:
    limit = limit_of(lay_out(trading()))
    assert limit is not None
    assert (limit.monthly_receipts, limit.amount) == (3_000_000, 5_400_000)
    assert limit.sentence == ("30% of 30,000 yuan a month for 6 months: receipts without self-payments, refunds and money that circled.")


@pytest.mark.parametrize(
    ("drawn", "monthly"),
    [
        (trading(self_paid=3_000_000), 2_000_000),
        (trading(days=45, amount_90=4_500_000), 3_000_000),
        (trading(days=10, amount_90=1_000_000), 1_000_000),
        (trading(paid(CUSTOMER, OWN, 1_000, 9), paid(OWN, CUSTOMER, 500, 8, TransferKind.REFUND)), 1_500_000),
        (trading(paid(OWN, FRIEND, 500, 9, TransferKind.TRANSFER), paid(FRIEND, OWN, 500, 8), paid(CUSTOMER, OWN, 500, 7)), 1_500_000),
        (trading(self_paid=9_000_000), 0),
        (trading(amount_90=0), 0),
    ],
)
def test_receipts_count_without_what_is_no_trade(drawn: Dossier, monthly: int) -> None:
    assert monthly_receipts(lay_out(drawn)) == monthly


def test_without_receipts_there_is_no_limit_and_what_was_asked_for_may_be_lent() -> None:
    judgement = decide(dossier(amount=700_000), shipped())
    assert (judgement.verdict, judgement.limit, judgement.approved) == (Verdict.APPROVE, None, 700_000)


@pytest.mark.parametrize(("asked", "approved"), [(5_000_000, 5_000_000), (8_000_000, 5_400_000)])
def test_no_more_is_approved_than_asked_for_and_than_receipts_carry(asked: int, approved: int) -> None:
    judgement = decide(trading(asked=asked), shipped())
    assert (judgement.verdict, judgement.approved) == (Verdict.APPROVE, approved)


def test_a_count_that_a_bound_cut_is_said() -> None:
    limit = limit_of(lay_out(trading(complete=False)))
    assert limit is not None and "newest ones alone" in limit.sentence
