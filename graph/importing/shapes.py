"""Fields of raw facts by content, with the type of each leaf: what a mapping may fill in and how a column's text is turned into it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias


class Leaf(Enum):
    """Types of leaf; the value is what a person reads."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    MINOR = "amount"
    BOOLEAN = "true or false"
    MOMENT = "moment"
    DAY = "day"


Shape: TypeAlias = "Leaf | Mapping[str, Shape]"

_TEXT: Final = Leaf.TEXT
MONEY: Final[Mapping[str, Shape]] = {"amount": Leaf.MINOR, "currency": _TEXT}
REFERENCE: Final[Mapping[str, Shape]] = {"id": _TEXT, "key": _TEXT}
PLACE: Final[Mapping[str, Shape]] = {"address": _TEXT, "country": _TEXT, "latitude": Leaf.NUMBER, "longitude": Leaf.NUMBER}
DOCUMENT: Final[Mapping[str, Shape]] = {"kind": _TEXT, "country": _TEXT, "number": _TEXT}
ENTITY: Final[Mapping[str, Shape]] = {
    "id": _TEXT, "merchant": _TEXT, "person": _TEXT, "account": _TEXT, "loan": _TEXT, "device": _TEXT, "phone": _TEXT, "email": _TEXT,
    "ipAddress": _TEXT, "place": PLACE, "document": DOCUMENT,
}  # fmt: skip
_TIE: Final[Mapping[str, Shape]] = {"from": ENTITY, "kind": _TEXT, "to": ENTITY}
_PAYMENT: Final[Mapping[str, Shape]] = {"key": _TEXT, "loan": REFERENCE, "account": REFERENCE, "amount": MONEY}

CONTENTS: Final[Mapping[str, Mapping[str, Shape]]] = {
    "merchantDescribed": {"key": _TEXT, "name": _TEXT, "categoryCode": _TEXT, "country": _TEXT, "openedOn": Leaf.DAY},
    "personDescribed": {"key": _TEXT, "name": _TEXT, "bornOn": Leaf.DAY, "country": _TEXT},
    "accountDescribed": {"key": _TEXT, "kind": _TEXT, "bank": _TEXT, "product": _TEXT, "openedAt": Leaf.MOMENT},
    "deviceDescribed": {"key": _TEXT, "kind": _TEXT, "model": _TEXT},
    "loanDescribed": {"key": _TEXT, "amountLent": MONEY, "balance": MONEY, "annualRate": Leaf.NUMBER},
    "tieObserved": {**_TIE, "share": Leaf.NUMBER},
    "tieEnded": {**_TIE, "reason": _TEXT},
    "transferMade": {"key": _TEXT, "from": REFERENCE, "to": REFERENCE, "amount": MONEY, "kind": _TEXT},
    "transferReversed": {"key": _TEXT, "reason": _TEXT},
    "applicationMade": {
        "key": _TEXT, "merchant": REFERENCE, "applicant": REFERENCE, "amount": MONEY, "termDays": Leaf.WHOLE, "payOutAccount": REFERENCE,
        "device": _TEXT, "ipAddress": _TEXT, "phone": _TEXT, "email": _TEXT, "place": PLACE,
    },
    "loanPaidOut": _PAYMENT,
    "loanRepaid": _PAYMENT,
    "outcomeKnown": {"loan": REFERENCE, "outcome": _TEXT, "loss": MONEY},
    "standingKnown": {"entity": ENTITY, "standing": _TEXT, "reason": _TEXT},
    "blockChanged": {"entity": ENTITY, "blocked": Leaf.BOOLEAN, "reason": _TEXT},
    "factWithdrawn": {"factId": _TEXT, "reason": _TEXT},
}  # fmt: skip
"""Contents by their name in the schema's `FactContentInput`; a test holds them equal to what `graph.decoding` reads."""
