"""A valid raw fact of every kind, to be changed one field at a time."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from graph.contents import Fact
from graph.decoding import decode_fact
from graph.errors import InvalidInput
from graph.model import Institution

BANK = Institution("rural-bank", "CNY", "Asia/Shanghai")
NOW = 1_795_000_000_000
MONEY = {"amount": 500, "currency": "CNY"}
PLACE = {"address": "杭州市 西湖区 1号", "country": "CN", "latitude": 30.25, "longitude": 120.125}
ID = "mer_" + "a" * 24

SAID: dict[str, dict[str, Any]] = {
    "merchantDescribed": {"key": "M-7", "name": "小张面馆", "categoryCode": "5812", "country": "CN", "openedOn": "2020-02-29"},
    "personDescribed": {"key": "P-1", "name": "Zhang San", "bornOn": "1990-03-07", "country": "CN"},
    "accountDescribed": {"key": "A-1", "kind": "WALLET", "bank": "b", "product": "p", "openedAt": NOW - 5},
    "deviceDescribed": {"key": "D-1", "kind": "QR_STAND", "model": "m"},
    "loanDescribed": {"key": "L-1", "amountLent": MONEY, "balance": MONEY, "annualRate": 0.0725},
    "tieObserved": {"from": {"person": "P-1"}, "kind": "OWNS", "to": {"merchant": "M-7"}, "share": 0.5},
    "tieEnded": {"from": {"merchant": "M-7"}, "kind": "LOCATED_AT", "to": {"place": PLACE}, "reason": "moved"},
    "transferMade": {"key": "t-1", "from": {"key": "A-1"}, "to": {"key": "A-2"}, "amount": MONEY, "kind": "REFUND"},
    "transferReversed": {"key": "t-1", "reason": "twice"},
    "applicationMade": {
        "key": "L-1",
        "merchant": {"key": "M-7"},
        "applicant": {"key": "P-1"},
        "amount": MONEY,
        "termDays": 90,
        "payOutAccount": {"key": "A-1"},
        "device": "D-1",
        "ipAddress": "203.0.113.7",
        "phone": "+86 138 0013 8000",
        "email": "z@Example.com",
        "place": PLACE,
    },
    "loanPaidOut": {"key": "o-1", "loan": {"key": "L-1"}, "account": {"key": "A-1"}, "amount": MONEY},
    "loanRepaid": {"key": "r-1", "loan": {"key": "L-1"}, "account": {"key": "A-1"}, "amount": MONEY},
    "outcomeKnown": {"loan": {"key": "L-1"}, "outcome": "DEFAULTED", "loss": MONEY},
    "standingKnown": {"entity": {"phone": "+8613800138000"}, "standing": "SUSPECTED", "reason": "list"},
    "blockChanged": {
        "entity": {"document": {"kind": "PASSPORT", "country": "CN", "number": "e 12-34"}},
        "blocked": True,
        "reason": "police",
    },
    "factWithdrawn": {"factId": "f-0", "reason": "mistake"},
}


def raw(content: str, /, **changes: object) -> dict[str, Any]:
    """A valid raw fact with some fields of its content changed; None takes one away."""
    said = {**copy.deepcopy(SAID[content]), **changes}
    return {"id": "f-1", "occurredAt": NOW - 10, "content": {content: {name: value for name, value in said.items() if value is not None}}}


def decode(given: object) -> Fact:
    return decode_fact(given, BANK, NOW)  # type: ignore[arg-type]


def refusals(given: object) -> dict[str, str]:
    """Messages by path below the content; path from the fact where there is none."""
    with pytest.raises(InvalidInput) as error:
        decode(given)
    return {".".join(problem.path[2:] or problem.path): problem.message for problem in error.value.problems}
