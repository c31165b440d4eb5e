"""Facts that must be looked at together, because they share a key: reports of one transfer and its reversals, what is said of one loan.

Two reports of one key that say different things conflict when there is a moment of recorded time at which both would stand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from graph.contents import LoanPaidOut, LoanRepaid, TransferMade, TransferReversed
from graph.model import FAR_FUTURE, Instant
from graph.stores.sqlite.encoding import NUMBERS
from graph.stores.sqlite.folding import marks

TRANSFER: Final = 0
PAY_OUT: Final = 1
REPAYMENT: Final = 2
LOAN: Final = 3
OWNERLESS: Final = 4
"""Spaces of keys: of transfers and their reversals, pay-outs, repayments; applications and outcomes by their loan's number;
applications that name no applicant by their merchant's number."""

SPACES: Final[dict[int, int]] = {
    NUMBERS[TransferMade]: TRANSFER,
    NUMBERS[TransferReversed]: TRANSFER,
    NUMBERS[LoanPaidOut]: PAY_OUT,
    NUMBERS[LoanRepaid]: REPAYMENT,
}
"""Kinds of fact that have a key of their own, by number, with its space. The key is the first value of their content."""

REVERSAL: Final = NUMBERS[TransferReversed]


class Report:
    """A fact as far as others depend on it."""

    __slots__ = ("hash", "kind", "number", "occurred_at", "recorded_at", "values", "withdrawn_at")

    def __init__(
        self, number: int, kind: int, occurred_at: Instant, recorded_at: Instant, withdrawn_at: Instant | None, hash_: bytes,
        values: tuple[object, ...] | None = None,
    ) -> None:  # fmt: skip
        self.number = number
        self.kind = kind
        self.occurred_at = occurred_at
        self.recorded_at = recorded_at
        self.withdrawn_at = withdrawn_at
        self.hash = hash_
        self.values = values
        """Of one with a key: what it says beside the key, entities as numbers."""

    @property
    def until(self) -> Instant:
        """Before when it is known."""
        return FAR_FUTURE if self.withdrawn_at is None else self.withdrawn_at

    @property
    def changed_at(self) -> Instant:
        """The last moment of recorded time at which something happened to it."""
        return self.recorded_at if self.withdrawn_at is None else max(self.recorded_at, self.withdrawn_at)

    def says(self) -> tuple[object, ...]:
        """All that reports of one key must agree on."""
        return (self.values, self.occurred_at)


class Claims:
    """The keys that a call's facts use, with all who use them."""

    def __init__(self, connection: sqlite3.Connection, institution: int) -> None:
        self._connection = connection
        self._institution = institution
        self.reports: dict[int, Report] = {}
        """By number."""
        self._users: dict[tuple[int, str], list[Report]] = {}

    def find(self, wanted: Iterable[tuple[int, str]]) -> None:
        """Read who uses these keys."""
        keys: dict[int, list[str]] = {}
        for claim in wanted:
            if claim not in self._users:
                self._users[claim] = []
                keys.setdefault(claim[0], []).append(claim[1])
        for space, some in keys.items():
            some.sort()
            for start in range(0, len(some), 1024):
                self._find(space, some[start : start + 1024])

    def _find(self, space: int, keys: list[str]) -> None:
        padded = keys + keys[-1:] * ((1 if len(keys) == 1 else 32 if len(keys) <= 32 else 1024) - len(keys))
        for key, *row, content in self._connection.execute(
            f"""SELECT c.key, f.number, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash, f.content
            FROM claim c CROSS JOIN fact f ON f.number = c.fact
            WHERE c.institution = ? AND c.space = ? AND c.key IN ({marks(padded)}) ORDER BY c.fact""",
            [self._institution, space, *padded],
        ):
            report = self.reports.setdefault(row[0], Report(*row))
            if report.kind in SPACES and report.kind != REVERSAL:
                report.values = tuple(orjson.loads(content)[0][1:])
            self._users[space, key].append(report)

    def add(self, report: Report, values: Sequence[object]) -> list[Report]:
        """Note that one more fact, with these values as numbers, uses its key; all who use it now."""
        if report.kind != REVERSAL:
            report.values = tuple(values[1:])
        users = self.of(SPACES[report.kind], str(values[0]))
        users.append(report)
        return users

    def of(self, space: int, key: str) -> list[Report]:
        """All facts that use the key, in the order in which they came."""
        users = self._users.get((space, key))
        if users is None:
            self.find([(space, key)])
            users = self._users[space, key]
        return users

    def conflicting(self, space: int, key: str, new: Report) -> Report | None:
        """An earlier report of the key that says something else and stands at some moment of recorded time at which the new one would."""
        for report in self.of(space, key):
            together = max(report.recorded_at, new.recorded_at) < min(report.until, new.until)
            if together and report.kind == new.kind != REVERSAL and report.says() != new.says():
                return report
        return None
