"""OWNERSHIP: the people who own a quarter or more of a firm, directly or through other firms.

Shares are multiplied along each chain and added over chains. Where firms own each other the chains have no end: the shares are the solution
of linear equations (each firm's ownership is its direct owners plus what its owner firms' owners hold through them), solved exactly in
fractions. What nobody is named for is the unknown remainder, and what firms in a ring own of themselves with nobody outside likewise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, EvidenceKind, IdentityFile

CODE: Final = "OWNERSHIP"
BENEFICIAL: Final = Fraction(1, 4)
"""Share from which somebody is a beneficial owner (FATF recommendation 24; 25% in China, the EU and elsewhere)."""

MOST_FIRMS: Final = 60
"""Firms of one structure; a merchant with more is looked at by people."""

MOST_OWNERS: Final = 500
"""Owners of all its firms together."""

SUBJECT: Final = ""


@dataclass(frozen=True, slots=True)
class Owners:
    """Who owns the subject in the end."""

    people: tuple[tuple[str, Fraction], ...]
    """People and their shares, largest first."""
    unknown: Fraction
    """Share that nobody is named for."""

    @property
    def beneficial(self) -> tuple[tuple[str, Fraction], ...]:
        """Those with a quarter or more."""
        return tuple(found for found in self.people if found[1] >= BENEFICIAL)


class ImpossibleShares(ValueError):
    """Shares that cannot be, or are too many to be worked out; the message is a sentence."""


class TooManyFirms(ImpossibleShares):
    """A structure that people must look at."""


def owners_of(shares: Mapping[str, Mapping[str, float]]) -> Owners:
    """Who owns the subject `""` in the end, exactly. Raises `ImpossibleShares`."""
    exact = _exact(shares)
    firms = _reached(exact)
    if len(firms) > MOST_FIRMS or sum(len(exact[firm]) for firm in firms) > MOST_OWNERS:
        raise TooManyFirms(f"More than {MOST_FIRMS} firms or {MOST_OWNERS} owners stand behind the subject: have people look at it.")
    through = _through(exact, firms)
    people = dict[str, Fraction]()
    for firm in firms:
        for owner, share in exact[firm].items():
            if owner not in exact:
                people[owner] = people.get(owner, Fraction(0)) + through[firm] * share
    ranked = sorted(((who, share) for who, share in people.items() if share > 0), key=lambda found: (-found[1], found[0]))
    return Owners(tuple(ranked), 1 - sum(people.values(), Fraction(0)))


def _exact(shares: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, Fraction]]:
    """Shares as the fractions that their decimals mean: 0.1 is a tenth."""
    exact = dict[str, dict[str, Fraction]]()
    for firm, owners in shares.items():
        own = dict[str, Fraction]()
        for owner, share in owners.items():
            if not isinstance(share, int | float) or not math.isfinite(share) or not 0 <= share <= 1:
                raise ImpossibleShares("A share is not between 0 and 1: correct it.")
            own[owner] = Fraction(Decimal(repr(float(share))))
        if sum(own.values(), Fraction(0)) > 1:
            raise ImpossibleShares("The shares of one firm add up to more than 100%: correct them.")
        exact[firm] = own
    return {SUBJECT: {}} | exact


def _reached(exact: Mapping[str, Mapping[str, Fraction]]) -> list[str]:
    """The subject and the firms that own part of it, in a fixed order."""
    seen, waiting = [SUBJECT], [SUBJECT]
    while waiting:
        for owner in exact[waiting.pop()]:
            if owner in exact and owner not in seen:
                seen.append(owner)
                waiting.append(owner)
        if len(seen) > MOST_FIRMS:
            break
    return seen


def _through(exact: Mapping[str, Mapping[str, Fraction]], firms: list[str]) -> dict[str, Fraction]:
    """How much of the subject each firm stands for: x = e + Sᵗx, by elimination in fractions.

    A ring of firms that own all of each other has no outside owner: its equations do not determine it, nothing flows out of it, and its
    part stays unknown.
    """
    size = len(firms)
    rows = [[Fraction(int(i == j)) - exact[firms[j]].get(firms[i], Fraction(0)) for j in range(size)] for i in range(size)]
    right = [Fraction(int(i == 0)) for i in range(size)]
    pivots = dict[int, int]()
    row = 0
    for column in range(size):
        chosen = next((index for index in range(row, size) if rows[index][column] != 0), None)
        if chosen is None:
            continue
        rows[row], rows[chosen] = rows[chosen], rows[row]
        right[row], right[chosen] = right[chosen], right[row]
        scale = rows[row][column]
        rows[row] = [value / scale for value in rows[row]]
        right[row] /= scale
        for index in range(size):
            factor = rows[index][column]
            if index != row and factor != 0:
                rows[index] = [value - factor * pivot for value, pivot in zip(rows[index], rows[row], strict=True)]
                right[index] -= factor * right[row]
        pivots[column] = row
        row += 1
    return {firm: right[pivots[place]] if place in pivots else Fraction(0) for place, firm in enumerate(firms)}


def run(file: IdentityFile) -> CheckResult:
    """The people who own a quarter or more of the firm are known, through the firms between."""
    if file.shares is None:
        return unclear(CODE, "Who owns the subject is not known: enter the owners and their shares.")
    try:
        owners = owners_of(file.shares)
    except TooManyFirms as error:
        return unclear(CODE, str(error))
    except ImpossibleShares as error:
        return failed(CODE, str(error))
    known = float(1 - owners.unknown)
    rest = percent(owners.unknown)
    if owners.unknown >= BENEFICIAL:
        return unclear(
            CODE, f"For {rest} of the subject nobody is named, enough for one more beneficial owner: ask who holds it.", known, 0.75
        )
    count = len(owners.beneficial)
    people = {0: "Nobody owns", 1: "1 person owns"}.get(count, f"{count} people own")
    remainder = f"; for {rest} nobody is named" if owners.unknown > 0 else ""
    return passed(CODE, f"{people} 25% or more of the subject{remainder}.", known, 0.75)


def percent(share: Fraction) -> str:
    """A share as people read it: `12.5%`, rounded to a tenth and never to nothing."""
    tenths = round(share * 1000)
    if share > 0 and tenths == 0:
        return "less than 0.1%"
    return f"{tenths / 10:g}%"


CHECK: Final = Check(CODE, frozenset({EvidenceKind.OWNERSHIP}), run)
