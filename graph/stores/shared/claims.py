"""Facts that must be looked at together, because they share a key: reports of one transfer and its reversals, what is said of one loan.

Two reports of one key that say different things conflict when there is a moment of recorded time at which both would stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import orjson

from graph.contents import LoanPaidOut, LoanRepaid, TransferMade, TransferReversed
from graph.model import FAR_FUTURE, Instant
from graph.stores.shared.encoding import NUMBERS
from graph.stores.shared.tables import Tables

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


class Accepted(NamedTuple):
    """A fact that is to be kept, its entities as numbers."""

    report: Report
    id: str
    source_id: str
    values: list[object]
    """The content's, in the order of its fields."""
    named: Sequence[int]
    """Whom it names itself, each once."""
    places: list[list[object]]
    label: str | None
    content: bytes | None
    """As kept; None when it is kept already."""


class Claims:
    """The keys that a call's facts use, with all who use them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.reports: dict[int, Report] = {}
        """By number."""
        self._users: dict[tuple[int, str], list[Report]] = {}

    def find(self, wanted: Iterable[tuple[int, str]]) -> None:
        """Read who uses these keys."""
        keys: dict[int, list[str]] = {}
        for space, key in set(wanted):
            if (space, key) not in self._users:
                self._users[space, key] = []
                keys.setdefault(space, []).append(key)
        for space, some in keys.items():
            self._find(space, sorted(some))

    def _find(self, space: int, keys: list[str]) -> None:
        for key, *row, content in self._tables.users(space, keys):
            report = self.reports.setdefault(row[0], Report(*row))
            if report.kind in SPACES and report.kind != REVERSAL:
                report.values = tuple(orjson.loads(content)[0][1:])
            self._users[space, key].append(report)

    def add(self, accepted: Accepted) -> None:
        """Note that one more fact uses its key."""
        report = accepted.report
        if report.kind != REVERSAL:
            report.values = tuple(accepted.values[1:])
        self.of(SPACES[report.kind], str(accepted.values[0])).append(report)

    def of(self, space: int, key: str) -> list[Report]:
        """All facts that use the key, in the order in which they came."""
        if (space, key) not in self._users:
            self.find([(space, key)])
        return self._users[space, key]

    def conflicting(self, space: int, key: str, new: Report) -> Report | None:
        """An earlier report of the key that says something else and stands at some moment of recorded time at which the new one would."""
        for report in self.of(space, key):
            together = max(report.recorded_at, new.recorded_at) < min(report.until, new.until)
            if together and report.kind == new.kind != REVERSAL and report.says() != new.says():
                return report
        return None
