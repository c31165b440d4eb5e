"""How likely a ring is to be fraud, and what says so.

Families and partners act as one too, so evidence that members act as one is not yet evidence of fraud. Parts that speak for fraud are
taken together as if each could be the reason by itself (noisy or, J. Pearl 1988): 1 less the product of what each leaves open. The weights
are defaults, few and round, for institutions without outcomes to learn from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graph.rings.describing import Shape, Traits
from graph.rings.finding import Ring
from graph.rings.sharing import Shared

MOST: Final = 0.99
"""No ring is certain by its score alone."""

_KINDS: Final[Mapping[Shared, tuple[float, str]]] = MappingProxyType(
    {
        Shared.DOCUMENT: (0.20, "document"),
        Shared.FACE: (0.20, "face"),
        Shared.ACCOUNT: (0.12, "account"),
        Shared.DEVICE: (0.15, "device"),
        Shared.LOAN: (0.10, "loan"),
        Shared.PHONE: (0.08, "phone"),
        Shared.EMAIL: (0.08, "e-mail address"),
        Shared.SURETY: (0.05, "guarantor"),
        Shared.ONBOARDING: (0.08, "hour and agent of joining"),
        Shared.PLACE: (0.02, "address"),
        Shared.CONNECTION: (0.04, "IP address"),
    }
)
"""What sharing by all of them says, and the word for it."""

_CODES: Final = {Shared.ONBOARDING: "SAME_HOUR_ONBOARDING"}
"""Codes that are not `SHARED_...`."""

_CONFIRMED: Final = 0.90
"""When half of the members are: one of the forty customers of an accountant says little of the others."""

_BAD: Final = 0.60
"""When all of many loans are; of few it is less, as if one more had been repaid (Laplace)."""

_AT_ONCE: Final = 0.40
_CIRCLE: Final = 0.30
_SIZE: Final = 0.20

LARGE: Final = 5
"""Merchants from which a ring's size speaks: hardly a family runs so many shops in different names."""

AT_ONCE: Final = 3
"""Applications in seven days from which they speak."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a ring's members beside their ties."""

    confirmed: int = 0
    """Members whose standing is CONFIRMED_FRAUD."""
    ended: int = 0
    """Their loans that ended."""
    bad: int = 0
    """Of these that defaulted."""
    applied: int = 0
    """Applications in the last seven days."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score."""

    code: str
    weight: float
    """Its part of the score; all parts together are the score."""
    sentence: str


def parts(ring: Ring, traits: Traits, known: Known) -> tuple[Part, ...]:
    """What makes a ring's score, weightiest first, at most 12; empty when nothing speaks for fraud."""
    merchants = sum(member.entity.startswith("mer_") for member in ring.members)
    said: list[tuple[str, float, str]] = []
    if known.confirmed:
        who = "1 member is" if known.confirmed == 1 else f"{known.confirmed} members are"
        share = min(1.0, 2 * known.confirmed / len(ring.members))
        said.append(("CONFIRMED_MEMBERS", _CONFIRMED * share, f"{who} confirmed fraud."))
    if known.bad:
        said.append(("BAD_LOANS", _BAD * known.bad / (known.ended + 1), f"{known.bad} of its {known.ended} loans that ended defaulted."))
    if known.applied >= AT_ONCE:
        said.append(("APPLICATIONS_AT_ONCE", _AT_ONCE, f"Its members applied for {known.applied} loans in seven days."))
    if Shape.GUARANTEE_CIRCLE in traits.shapes:
        said.append(("GUARANTEE_CIRCLE", _CIRCLE, "Its members' guarantees lead back to each other."))
    if merchants >= LARGE:
        said.append(("SIZE", _SIZE, f"It has {merchants} merchants."))
    for kind, shares in traits.shares.items():
        weight, word = _KINDS[kind]
        many = f"{shares.things} {_plural(word)}" if shares.things > 1 else f"one {word}"
        sentence = f"{shares.actors} of {ring.actors} owners share {many}."
        said.append((_CODES.get(kind, f"SHARED_{kind.value}"), weight * shares.actors / ring.actors, sentence))
    open_ = math.prod(1 - weight for _, weight, _ in said)
    score, whole = min(MOST, 1 - open_), -math.log(open_)
    found = [Part(code, score * -math.log(1 - weight) / whole, sentence) for code, weight, sentence in said if weight > 0]
    return tuple(sorted(found, key=lambda part: (-part.weight, part.code))[:12])


def _plural(word: str) -> str:
    """The word for several of them."""
    if word.startswith("hour"):
        return "hours and agents of joining"
    return f"{word}es" if word.endswith("s") else f"{word}s"


def score(found: tuple[Part, ...]) -> float:
    """The score that these parts make, 0 to 0.99."""
    return min(MOST, sum(part.weight for part in found))
