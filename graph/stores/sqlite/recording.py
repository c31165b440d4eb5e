"""What a batch of facts of one source does to the rows: each fact is recorded, repeated or refused, in the order given.

The same code records one fact and fifty thousand. A call reads what its facts touch in few statements (`_foresee`), judges fact after fact
(`_judge`), writes the rows that a fact has by itself (`_keep`), builds rows again that depend on several facts (`deriving`), folds cached
rows that are no plain sum (`_fold`) and writes the ledger back.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from graph.contents import CONTENTS, FactWithdrawn, LoanPaidOut, LoanRepaid, TieEnded, TieObserved, TransferMade
from graph.errors import Conflict, InvalidInput, Problem, Unknown
from graph.model import Instant
from graph.sealing import Sealer
from graph.store import FactResult, Recorded, Refused, Repeated
from graph.stores.sqlite.claims import SPACES, Claims, Report
from graph.stores.sqlite.encoding import FACT_COLUMNS, FACT_KINDS, FACT_TABLES, FIELD_NAMES, NUMBERS, Kept, Prepared, keep, read_kept
from graph.stores.sqlite.folding import marks
from graph.stores.sqlite.keeping import Keeping
from graph.stores.sqlite.ledger import Ledger, Sequences

RECORDED: Final = Recorded()

ENTER_WITHDRAWAL: Final = """INSERT INTO withdrawal VALUES (?, ?)
ON CONFLICT (fact_id) DO UPDATE SET recorded_at = min(recorded_at, excluded.recorded_at)"""
"""The earliest withdrawal of a fact counts."""


class Batch:
    """One call's facts, judged and written within the writer's transaction."""

    def __init__(
        self, connection: sqlite3.Connection, institution: int, source: str, sealer: Sealer, sequences: Sequences, recorded_at: Instant
    ) -> None:
        self._connection = connection
        self._institution = institution
        self._source = source
        self._sealer = sealer
        self._sequences = sequences
        self._recorded_at = recorded_at
        self._ledger = Ledger(connection, institution, sealer, sequences)
        self._claims = Claims(connection, institution)
        self._facts: dict[str, Report] = {}
        """Facts that were recorded before or are now, by id."""
        self._withdrawn: dict[str, Instant] = {}
        """Ids of facts that a withdrawal names, and when the first was recorded."""
        self._keeping = Keeping(connection, institution, source, self._ledger, self._claims)
        self._undone: dict[int, Kept] = {}
        """Kept facts that a withdrawal of this call names, by number."""

    def apply(self, facts: Sequence[Prepared], *, together: bool) -> tuple[FactResult, ...]:
        """Record the facts; with `together` none at all when one is refused."""
        self._foresee(facts)
        results = tuple([self._judge(fact) for fact in facts])
        if together and any(isinstance(result, Refused) for result in results):
            return results
        if RECORDED in results:
            self._connection.executemany(ENTER_WITHDRAWAL, self._withdrawn.items())
            self._keeping.finish(self._undone.values())
        return results

    def _foresee(self, facts: Sequence[Prepared]) -> None:
        """Read what the facts touch."""
        ids: list[str] = []
        named: dict[str, str | None] = {}
        claims: list[tuple[int, str]] = []
        for fact in facts:
            ids.append(fact.id)
            named.update(fact.entities)
            if fact.kind in SPACES:
                claims.append((SPACES[fact.kind], str(fact.values[0])))
            elif fact.kind == WITHDRAWAL:
                ids.append(self._target(fact))
        self._recall(ids)
        self._ledger.find(named)
        self._ledger.read_nodes(self._ledger.numbers.values())
        self._ledger.read_pairs(self._pairs(facts))
        self._claims.find(claims)

    def _recall(self, ids: list[str]) -> None:
        """Read which of these facts were recorded or withdrawn before."""
        withdrawals = self._connection.execute("SELECT EXISTS (SELECT 1 FROM withdrawal)").fetchone()[0]
        for start in range(0, len(ids), 1024):
            some = ids[start : start + 1024]
            some += some[-1:] * ((1 if len(some) == 1 else 32 if len(some) <= 32 else 1024) - len(some))
            for id_, *row in self._connection.execute(
                f"SELECT id, number, kind, occurred_at, recorded_at, withdrawn_at, hash FROM fact WHERE id IN ({marks(some)})", some
            ):
                self._facts[id_] = self._claims.reports[row[0]] = Report(*row)
            if withdrawals:
                self._withdrawn |= dict(self._connection.execute(f"SELECT * FROM withdrawal WHERE fact_id IN ({marks(some)})", some))

    def _pairs(self, facts: Sequence[Prepared]) -> Iterator[tuple[int, int]]:
        """Both ends of the ties that facts see by themselves; of what is new there are none."""
        numbers = self._ledger.numbers
        for fact in facts:
            ends = ENDS.get(fact.kind)
            if ends is not None:
                from_, to = numbers.get(fact.values[ends[0]]), numbers.get(fact.values[ends[1]])  # type: ignore[call-overload]  # ids
                if from_ is not None and to is not None:
                    yield from_, to

    def _target(self, fact: Prepared) -> str:
        """Id of the fact that a withdrawal names."""
        return self._sealer.fact_id(self._source, str(fact.values[0]))

    def _judge(self, fact: Prepared) -> FactResult:
        """Accept a fact, or say why not."""
        id_, _, kind, at, stated, hash_, *_ = fact
        before = self._facts.get(id_)
        if before is not None:
            return _again(fact, before)
        recorded_at = self._recorded_at if stated is None else stated
        if recorded_at > self._recorded_at:
            problem = Problem(("recordedAt",), "is ahead of now: history became known in the past, so correct it or leave it out")
            return Refused(InvalidInput([problem]))
        if fact.refers and (unknown := self._unknown(fact)) is not None:
            return Refused(unknown)
        withdrawn_at = self._withdrawn.get(id_) if self._withdrawn and kind != WITHDRAWAL else None
        report = Report(0, kind, at, recorded_at, withdrawn_at, hash_)
        if kind in SPACES and (refused := self._claim(fact, report)) is not None:
            return refused
        self._accept(fact, report)
        return RECORDED

    def _unknown(self, fact: Prepared) -> Unknown | None:
        """The first entity that a fact names by an id that nothing standing has."""
        for id_, key in fact.entities.items():
            if key is None:
                number = self._ledger.numbers.get(id_)
                if number is None or self._ledger.node(number).facts == 0:
                    message = "is no entity of this institution: give an id that this API gave you, or name it by key or value"
                    return Unknown(message, _path(fact, id_))
        return None

    def _claim(self, fact: Prepared, report: Report) -> Refused | None:
        """Why the fact may not use its key, if somebody uses it for something else."""
        space, key = SPACES[fact.kind], str(fact.values[0])
        if not self._claims.of(space, key):
            return None
        values = list(fact.values)
        for place in fact.named:
            values[place] = self._ledger.numbers.get(str(values[place]))
        report.values = tuple(values[1:])
        other = self._claims.conflicting(space, key, report)
        if other is None:
            return None
        message = f"key {key!r} was reported before with another amount, account, kind or moment, and the first stands: use another key"
        return Refused(Conflict(message, (*_content(fact), "key"), other.recorded_at))

    def _accept(self, fact: Prepared, report: Report) -> None:
        """Give a fact its number, and note whom it names and what it withdraws."""
        id_, source_id, kind, at, _, _, entities, values, places_named, _, places = fact
        ledger = self._ledger
        report.number = self._sequences.next("fact")
        self._facts[id_] = report
        numbers = ledger.numbers
        named = [numbers.get(entity) or ledger.make(entity, key) for entity, key in entities.items()]
        ledger.name(named, at, report.changed_at, report.withdrawn_at is None)
        kept_places, label, content = keep(kind, values, places_named, places, numbers, ledger.seal)
        self._keeping.add(report, id_, source_id, values, named, kept_places, label, content)
        if kind == WITHDRAWAL:
            self._withdraw(self._target(fact), report.recorded_at)

    def _withdraw(self, target: str, recorded_at: Instant) -> None:
        """Note that a fact, known already or not, counts as never reported from then on."""
        self._withdrawn[target] = min(recorded_at, self._withdrawn.get(target, recorded_at))
        report = self._facts.get(target)
        if report is None or report.kind == WITHDRAWAL or (report.withdrawn_at is not None and report.withdrawn_at <= recorded_at):
            return
        stood, report.withdrawn_at = report.withdrawn_at is None, recorded_at
        self._keeping.insert()  # it may be a fact of this call
        row = self._connection.execute(f"SELECT {FACT_COLUMNS} FROM {FACT_TABLES} WHERE f.number = ?", (report.number,)).fetchone()
        kept = self._undone[report.number] = read_kept(row)._replace(withdrawn_at=recorded_at)
        for number in kept.named():
            node = self._ledger.node(number)
            node.facts -= stood
            self._ledger.unsure.add(number)
            self._ledger.touch(number, report.occurred_at, report.changed_at)


WITHDRAWAL: Final = NUMBERS[FactWithdrawn]
ENDS: Final = {
    NUMBERS[TieObserved]: (0, 2),
    NUMBERS[TieEnded]: (0, 2),
    NUMBERS[TransferMade]: (1, 2),
    NUMBERS[LoanPaidOut]: (1, 2),
    NUMBERS[LoanRepaid]: (2, 1),
}
"""Where the ends of the tie stand in the values of a fact that sees one by itself."""


def _again(fact: Prepared, before: Report) -> Repeated | Refused:
    """What becomes of a fact whose id was recorded before."""
    if before.hash == fact.hash:
        return Repeated(before.recorded_at)
    message = f"fact id {fact.source_id!r} was recorded before with other content, which stands: give what is new an id of its own"
    return Refused(Conflict(message, ("id",), before.recorded_at))


def _content(fact: Prepared) -> tuple[str, str]:
    """Path to a fact's content, in the schema's words."""
    name = CONTENTS[FACT_KINDS[fact.kind]].__name__
    return "content", name[0].lower() + name[1:]


def _path(fact: Prepared, id_: str) -> tuple[str, ...]:
    """Path to where a fact names an entity by this id."""
    names = FIELD_NAMES[fact.kind]
    field = next((names[place] for place in fact.named if fact.values[place] == id_), "place")
    return (*_content(fact), re.sub(r"_(\w)", lambda match: match[1].upper(), field.rstrip("_")), "id")
