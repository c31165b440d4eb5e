"""What is this account? (LDBC FinBench, simple read 1)"""

from __future__ import annotations

from dataclasses import dataclass

from graph.flows.reader import MoneyReader
from graph.model import Instant


@dataclass(frozen=True, slots=True)
class Profile:
    """An account as it was at the moment."""

    opened_at: Instant | None
    """As described; None when nobody said."""
    blocked: bool
    product: str | None
    """The bank's own name for the kind of account; None when nobody said."""


@dataclass(frozen=True, slots=True)
class AccountProfile:
    """When an account was opened, whether it is blocked, and what the bank calls it."""

    account: str

    def answer(self, money: MoneyReader) -> Profile | None:
        """The profile; None for an account that does not exist."""
        entity = money.entities([self.account]).get(self.account)
        if entity is None:
            return None
        opened_at, product = entity.fields.get("opened_at"), entity.fields.get("product")
        return Profile(opened_at if isinstance(opened_at, int) else None, entity.blocked, product if isinstance(product, str) else None)
