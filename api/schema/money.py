"""Amounts of money."""

from __future__ import annotations

from api.schema.declaring import input_type, object_type
from api.schema.scalars import CurrencyCode, Long


@object_type()
class Money:
    """An amount of money."""

    amount: Long
    """Minor units of the currency: fen for CNY."""
    currency: CurrencyCode
    """The currency."""


@input_type()
class MoneyInput:
    """An amount of money."""

    amount: Long
    """Minor units of the currency: fen for CNY. Never negative."""
    currency: CurrencyCode
    """The currency."""
