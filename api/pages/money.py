"""Money in a drawing: what moved between accounts of which a reason speaks, and to and from all others taken together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from api.pages.parts import SHOWN_REASONS, Card, Line
from api.pages.wording import counted, money
from graph.model import EntityKind, TieKind, Transfer
from rules.model import Decision, Reason, RuleEffect

MOST_ACCOUNTS: Final = 4
"""Accounts whose money is drawn."""


@dataclass(slots=True)
class _Moved:
    """Transfers taken together."""

    amount: int = 0
    count: int = 0
    others: set[str] = field(default_factory=set)

    def add(self, transfer: Transfer, other: str) -> None:
        self.amount += transfer.amount
        self.count += 1
        self.others.add(other)


def with_money(cards: Sequence[Card], lines: Sequence[Line], decision: Decision) -> tuple[list[Card], list[Line]]:
    """The cards and lines with the money of the dossier's 30 days around accounts that a reason against the merchant names."""
    around, asked = decision.dossier.surroundings, decision.dossier.application
    against = {number for number, reason in enumerate(decision.judgement.reasons[:SHOWN_REASONS], start=1) if _of_money(reason, decision)}
    named = [card for card in cards if card.kind is EntityKind.ACCOUNT and card.members == 1 and against.intersection(card.reasons)]
    drawn = {card.id: card for card in sorted(named, key=lambda card: (-card.rank, card.id))[:MOST_ACCOUNTS]}
    if around is None or not drawn:
        return list(cards), list(lines)
    between: dict[tuple[str, str], _Moved] = defaultdict(_Moved)
    into: dict[str, _Moved] = defaultdict(_Moved)
    out_of: dict[str, _Moved] = defaultdict(_Moved)
    for transfer in around.flows:
        if transfer.from_id in drawn and transfer.to_id in drawn:
            between[transfer.from_id, transfer.to_id].add(transfer, transfer.to_id)
        elif transfer.to_id in drawn:
            into[transfer.to_id].add(transfer, transfer.from_id)
        elif transfer.from_id in drawn:
            out_of[transfer.from_id].add(transfer, transfer.to_id)
    more_cards, more_lines = list(cards), list(lines)
    for (start, end), moved in sorted(between.items()):
        more_lines.append(_line(start, end, moved, drawn[start], asked.currency))
    for account, moved in sorted(into.items()):
        more_cards.append(_others(account, moved, drawn[account], "paid in"))
        more_lines.append(_line(more_cards[-1].id, account, moved, drawn[account], asked.currency))
    for account, moved in sorted(out_of.items()):
        more_cards.append(_others(account, moved, drawn[account], "were paid"))
        more_lines.append(_line(account, more_cards[-1].id, moved, drawn[account], asked.currency))
    return more_cards, more_lines


def _of_money(reason: Reason, decision: Decision) -> bool:
    """Whether a reason speaks against the merchant and of money alone: it rests on entities and no tie."""
    heavy = reason.points > 0 or reason.effect is not RuleEffect.SCORE
    return heavy and bool(reason.entities) and not reason.ties and decision.dossier.surroundings is not None


def _others(account: str, moved: _Moved, card: Card, what: str) -> Card:
    """One card for all accounts that are not drawn."""
    count = len(moved.others)
    words = f"{count} other{'' if count == 1 else 's'}"
    did = "was paid" if (count, what) == (1, "were paid") else what
    hover = f"{counted(count, EntityKind.ACCOUNT)} that {did}, in {moved.count:,} transfers of 30 days"
    return Card(f"{what} {account}", EntityKind.ACCOUNT, words, did, hover, card.column + 1, rank=0.5, reasons=(), members=max(1, count))


def _line(start: str, end: str, moved: _Moved, card: Card, currency: str) -> Line:
    times = "once" if moved.count == 1 else f"{moved.count:,} times"
    amount = money(round(moved.amount, -2), currency)
    hover = f"{money(moved.amount, currency)} moved {times} within 30 days"
    return Line(f"{start} {end}", TieKind.PAYS, start, end, 0.7, hover, card.reasons, moved.count, amount)
