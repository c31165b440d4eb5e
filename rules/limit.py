"""How much the receipts carry, whatever was asked for."""

from __future__ import annotations

from typing import Final

from graph.measures.picture import DAY
from graph.measures.refunded import refunded
from rules.material import circles
from rules.model import Limit, Material
from rules.wording import money

SPARED: Final = 0.3
"""Part of its receipts that a micro-merchant can spare for a loan: about its margin."""
LONGEST: Final = 12
"""Months of receipts that count at most, however long the term."""
STEP: Final = 10_000
"""Minor units to which the limit is rounded down."""


def limit_of(material: Material) -> Limit | None:
    """The most to lend: 30% of a month's receipts that look real, for each month of the term; None when receipts say nothing."""
    monthly = monthly_receipts(material)
    months = min(float(LONGEST), max(1.0, material.application.term_days / 30))
    amount = int(monthly * SPARED * months) // STEP * STEP
    if amount <= 0:
        return None
    each = money(monthly, material.application.currency)
    within = "" if material.receipts.complete else " (the newest ones alone were counted)"
    sentence = (
        f"{SPARED:.0%} of {each} a month for {months:.3g} month{'' if months == 1 else 's'}: "
        f"receipts without self-payments, refunds and money that circled{within}."
    )
    return Limit(amount, monthly, sentence)


def monthly_receipts(material: Material) -> int:
    """Minor units a month, in hundreds, over up to 90 days, without self-payments, refunds and circles; 0 without receipts.

    Refunds and circles are seen in the flows of 30 days; their part of those is taken off the whole.
    """
    receipts = material.receipts
    if receipts.first_at is None or receipts.amount_90 <= receipts.self_paid_90:
        return 0
    months = min(3.0, max(1.0, (material.application.at - receipts.first_at) / (30 * DAY)))
    unreal = min(1.0, circles(material).share + refunded(material.flows, material.accounts))
    return int((receipts.amount_90 - receipts.self_paid_90) * (1.0 - unreal) / months) // 100 * 100
