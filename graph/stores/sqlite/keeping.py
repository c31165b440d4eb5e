"""Writing the rows of accepted facts: those that each has by itself, then those built again, then the cached ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from graph.contents import ApplicationMade, OutcomeKnown, TieEnded, TieObserved, TransferMade
from graph.ids import TIE_NUMBERS
from graph.merging import OUTCOME_STANDINGS
from graph.model import Instant, TieKind
from graph.stores.sqlite.claims import LOAN, OWNERLESS, REVERSAL, SPACES, TRANSFER, Claims, Report
from graph.stores.sqlite.deriving import KEY_TIES, TRANSFER_NUMBERS, derive_key, derive_loan, flow_ends
from graph.stores.sqlite.encoding import FIELD_NAMES, NUMBERS, Kept
from graph.stores.sqlite.folding import TieHead, fold_descriptions, fold_ties
from graph.stores.sqlite.ledger import Ledger
from graph.stores.sqlite.rows import EVERYTHING, pack_fields
from graph.stores.sqlite.saying import SAYING, sayings
from graph.stores.sqlite.settling import named_between

Row = tuple[object, ...]

_OBSERVED: Final = NUMBERS[TieObserved]
_ENDED: Final = NUMBERS[TieEnded]
_TIES: Final = frozenset({_OBSERVED, _ENDED})
_TRANSFER: Final = NUMBERS[TransferMade]
_APPLICATION: Final = NUMBERS[ApplicationMade]
_OUTCOME: Final = NUMBERS[OutcomeKnown]
_OWNS: Final = TIE_NUMBERS[TieKind.OWNS]


class Keeping:
    """The rows of one call."""

    def __init__(self, connection: sqlite3.Connection, institution: int, source: str, ledger: Ledger, claims: Claims) -> None:
        self._connection = connection
        self._institution = institution
        self._source = source
        self._ledger = ledger
        self._claims = claims
        self._facts: list[Row] = []
        self._ended: list[Row] = []
        """Facts that were withdrawn before they came."""
        self._claimed: list[Row] = []
        self._mentions: list[Row] = []
        self._movements: list[Row] = []
        self._flows: list[Row] = []
        self._seen: list[Row] = []
        self._told: list[Row] = []
        """Observations: of money, of ties seen and no more, and with all that one can say."""
        self._statements: list[Row] = []
        self._unfolded: set[int] = set()
        """Ties to fold from all their rows."""
        self._described: set[int] = set()
        """Entities whose description is to be folded."""
        self._contested: set[tuple[int, str]] = set()
        self._loans: set[int] = set()
        self._owned: dict[int, Instant] = {}
        """Merchants about whose owners something changed, and from which moment in the world on."""

    def add(
        self, report: Report, id_: str, source_id: str, values: list[object], named: Sequence[int], places: list[list[object]],
        label: str | None, content: str | None,
    ) -> None:  # fmt: skip
        """The rows that an accepted fact has by itself; in `values` and `named` entities are numbers. Without `content` it is kept already."""
        kind, number, at, recorded_at = report.kind, report.number, report.occurred_at, report.recorded_at
        if content is not None:
            self._facts.append((number, id_, source_id, kind, at, recorded_at, bytearray(report.hash), content))
            if report.withdrawn_at is not None:
                self._ended.append((report.withdrawn_at, number))
        if kind in _TIES:
            self._tie(kind, values, report)
        if kind not in SPACES or not self._flow(report, values):
            self._mentions += [(entity, at, recorded_at, number) for entity in named]
        if places or kind in SAYING or kind == _APPLICATION:
            said = {name: value for name, value in zip(FIELD_NAMES[kind], values, strict=True) if value is not None}
            kept = Kept(number, id_, self._source, source_id, kind, at, recorded_at, report.withdrawn_at, said, places, label)
            self._say(kept)
            self._apply(kept)

    def finish(self, undone: Iterable[Kept] = ()) -> None:
        """Write everything that follows from the facts that were added, and from those of earlier calls that are withdrawn."""
        self.insert()
        for kept in undone:
            self._undo(kept)
        for space, key in sorted(self._contested):
            self._unfolded |= derive_key(self._ledger, self._claims, space, key)
        self._ownerless()
        if self._loans:
            self._ledger.enter_ties()
        for loan in sorted(self._loans):
            derived = derive_loan(self._ledger, self._claims, loan)
            self._unfolded |= derived.ties
            self._described |= derived.entities
        self._fold()
        self._ledger.write()

    def _source_number(self) -> int:
        """Number of the call's source."""
        if self._sources is None:
            row = (self._institution, self._source)
            self._connection.execute("INSERT INTO source (institution, name) VALUES (?, ?) ON CONFLICT DO NOTHING", row)
            found = self._connection.execute("SELECT number FROM source WHERE institution = ? AND name = ?", row).fetchone()
            self._sources = int(found[0])
        return self._sources

    _sources: int | None = None

    def _tie(self, kind: int, values: Sequence[object], report: Report) -> None:
        """A tie that was seen or has ended."""
        from_, to, ended = values[0], values[2], kind == _ENDED
        assert isinstance(from_, int), "entities are numbers"
        assert isinstance(to, int), "entities are numbers"
        share = None if ended else values[3]
        tie = self._ledger.tie(TIE_NUMBERS[values[1]], from_, to)  # type: ignore[index]  # a kind of tie
        at, recorded_at = report.occurred_at, report.recorded_at
        if ended or share is not None or report.withdrawn_at is not None:
            self._told.append((tie.number, at, report.number, recorded_at, report.withdrawn_at, ended, share))
        else:
            self._seen.append((tie.number, at, report.number, recorded_at))
        if ended or report.withdrawn_at is not None or not tie.simple or (share is not None and tie.times):
            tie.simple = False
            self._unfolded.add(tie.number)
        else:
            tie.see(at, recorded_at, None)
            if isinstance(share, float):
                tie.share = share
        tie.touch(at, report.changed_at)
        if tie.kind == _OWNS:
            self._owned[to] = min(at, self._owned.get(to, at))

    def _flow(self, report: Report, values: Sequence[object]) -> bool:
        """A transfer, pay-out, repayment or reversal; whether movements stand for its mentions."""
        space, key, number = SPACES[report.kind], str(values[0]), report.number
        users = self._claims.add(report, values)
        self._claimed.append((space, key, number))
        if len(users) > 1 or report.withdrawn_at is not None or report.kind == REVERSAL:
            self._contested.add((space, key))
            first = next(user for user in users if user.kind == report.kind and user.says() == report.says())
            return report.kind == _TRANSFER and first is report
        at, recorded_at, amount = report.occurred_at, report.recorded_at, values[3]
        from_, to = flow_ends(space, values[1:3])
        assert isinstance(amount, int), "amounts are whole"
        tie = self._ledger.tie(KEY_TIES[space], from_, to)
        self._flows.append((tie.number, at, number, recorded_at, amount))
        if tie.simple:
            tie.see(at, recorded_at, amount)
        else:
            self._unfolded.add(tie.number)
            tie.touch(at, recorded_at)
        if space != TRANSFER:
            return False
        kind = TRANSFER_NUMBERS[values[4]]  # type: ignore[index]  # a kind of transfer
        self._movements += ((from_, 0, at, recorded_at, number, to, amount, kind), (to, 1, at, recorded_at, number, from_, amount, kind))
        return True

    def _say(self, kept: Kept) -> None:
        """What a fact says of entities."""
        for entity, what, value in sayings(kept):
            self._statements.append((entity, kept.number, kept.recorded_at, kept.withdrawn_at, kept.occurred_at, kept.rank, what, value))
            self._described.add(entity)

    def _apply(self, kept: Kept) -> None:
        """Note which loan's applications and outcomes are to be looked at together."""
        loan, number = kept.content.get("loan"), kept.number
        if kept.kind == _APPLICATION or (kept.kind == _OUTCOME and kept.content["outcome"] in OUTCOME_STANDINGS):
            assert isinstance(loan, int), "entities are numbers"
            self._claimed.append((LOAN, str(loan), number))
            self._loans.add(loan)
            if kept.kind == _APPLICATION and "applicant" not in kept.content:
                self._claimed.append((OWNERLESS, str(kept.content["merchant"]), number))

    def insert(self) -> None:
        """Write the plain rows, each table in the order of its key.

        What is the same in all rows stands in the statement: Python's driver looks long for how to hand over None, truth values and bytes.
        """
        institution, source = self._institution, self._source_number() if self._facts else 0
        for sql, rows in (
            (f"INSERT INTO fact VALUES (?, {institution:d}, ?, {source:d}, ?, ?, ?, ?, NULL, ?, ?)", self._facts),
            ("UPDATE fact SET withdrawn_at = ? WHERE number = ?", self._ended),
            (f"INSERT INTO claim VALUES ({institution:d}, ?, ?, ?)", self._claimed),
            ("INSERT INTO mention VALUES (?, ?, ?, ?)", self._mentions),
            ("INSERT INTO movement VALUES (?1, ?2, ?3, ?4, ?5, ?4, NULL, NULL, ?6, ?7, ?8)", self._movements),
            ("INSERT INTO observation VALUES (?, ?, ?, ?, NULL, NULL, NULL, 0, ?, NULL, NULL)", self._flows),
            ("INSERT INTO observation VALUES (?, ?, ?, ?, NULL, NULL, NULL, 0, NULL, NULL, NULL)", self._seen),
            ("INSERT INTO observation VALUES (?, ?, ?, ?, NULL, ?, NULL, ?, NULL, ?, NULL)", self._told),
            ("INSERT INTO statement VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?5, ?7, ?8, NULL)", self._statements),
        ):
            if rows:
                rows.sort()  # numbers of facts are different, so nothing behind them is compared
                self._connection.executemany(sql, rows)
                rows.clear()

    def _undo(self, kept: Kept) -> None:
        """Bring the rows of a fact that is withdrawn to an end in recorded time."""
        run, until = self._connection.execute, kept.withdrawn_at
        run("UPDATE fact SET withdrawn_at = ? WHERE number = ?", (until, kept.number))
        if kept.kind in (_OBSERVED, _ENDED):
            from_, kind, to = kept.content["from_"], TIE_NUMBERS[TieKind(str(kept.content["tie_kind"]))], kept.content["to"]
            assert isinstance(from_, int), "entities are numbers"
            assert isinstance(to, int), "entities are numbers"
            tie = self._ledger.tie(kind, from_, to)
            run(
                "UPDATE observation SET known_until = ? WHERE tie = ? AND occurred_at = ? AND fact = ?",
                (until, tie.number, kept.occurred_at, kept.number),
            )
            tie.touch(kept.occurred_at, max(kept.recorded_at, until or 0))
            self._unfolded.add(tie.number)
            if kind == _OWNS:
                self._owned[to] = min(kept.occurred_at, self._owned.get(to, kept.occurred_at))
        elif kept.kind in SPACES:
            self._contested.add((SPACES[kept.kind], str(kept.content["key"])))
        for entity, _, _ in sayings(kept):
            run("UPDATE statement SET known_until = ? WHERE entity = ? AND fact = ? AND part = 0", (until, entity, kept.number))
            self._described.add(entity)
        loan = kept.content.get("loan")
        if kept.kind in (_APPLICATION, _OUTCOME) and isinstance(loan, int):
            self._loans.add(loan)

    def _ownerless(self) -> None:
        """Find the loans whose applications name no applicant and whose merchant's owners changed."""
        if self._owned:
            self._claims.find((OWNERLESS, str(merchant)) for merchant in self._owned)
        for merchant, since in self._owned.items():
            for report in self._claims.of(OWNERLESS, str(merchant)):
                if report.occurred_at >= since:
                    row = self._connection.execute("SELECT content ->> '$[0][0]' FROM fact WHERE number = ?", (report.number,)).fetchone()
                    self._loans.add(row[0])

    def _fold(self) -> None:
        """Fold cached rows that are no plain sum."""
        ledger = self._ledger
        ties = [ledger.tie_by_number(number) for number in sorted(self._unfolded)]
        for number, row in fold_ties(self._connection, (TieHead(t.number, t.kind, t.from_, t.to) for t in ties), EVERYTHING).items():
            ledger.tie_by_number(number).become(row)
        for number in sorted(ledger.unsure):
            named = named_between(self._connection, number, EVERYTHING)
            ledger.node(number).first_at, ledger.node(number).last_at = named or (0, 0)
        described = fold_descriptions(self._connection, sorted(self._described), EVERYTHING)
        self._connection.executemany(
            "INSERT OR REPLACE INTO description VALUES (?, ?, ?, ?, ?)",
            [(entity, said.label, said.blocked, said.standing.value, pack_fields(said.fields)) for entity, said in described.items()],
        )
        unsaid = self._described - described.keys()
        if unsaid:
            self._connection.executemany("DELETE FROM description WHERE entity = ?", ((entity,) for entity in sorted(unsaid)))
