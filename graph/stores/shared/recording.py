"""What a batch of facts of one source does to the rows: each fact is recorded, repeated or refused, in the order given.

The same code records one fact and fifty thousand. A call reads what its facts touch in few statements (`_foresee`), judges fact after fact
(`_judge`), writes the rows that a fact has by itself (`_keep`), builds rows again that depend on several facts (`deriving`), folds cached
rows that are no plain sum (`_fold`) and writes the ledger back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from graph.contents import FactWithdrawn
from graph.errors import Conflict, InvalidInput, Problem, Unknown
from graph.model import Instant
from graph.sealing import Sealer
from graph.store import FactResult, Recorded, Refused, Repeated
from graph.stores.shared.claims import SPACES, Accepted, Claims, Report
from graph.stores.shared.encoding import PLANS, Kept, Prepared, keep
from graph.stores.shared.keeping import Keeping
from graph.stores.shared.ledger import Ledger, Sequences
from graph.stores.shared.tables import Tables

RECORDED: Final = Recorded()


def touched(facts: Sequence[Prepared], source: str, sealer: Sealer) -> tuple[set[str], set[str], set[tuple[int, str]]]:
    """Ids of the facts, those withdrawn included, ids of the entities, and the keys that a call of recording asks for first."""
    withdrawn = (_target(fact, source, sealer) for fact in facts if isinstance(fact.fact.content, FactWithdrawn))
    return (
        {*(fact.id for fact in facts), *withdrawn},
        {id_ for fact in facts for id_ in fact.entities},
        {(SPACES[fact.kind], str(fact.values[0])) for fact in facts if fact.kind in SPACES},
    )


def _target(fact: Prepared, source: str, sealer: Sealer) -> str:
    """Id of the fact that a withdrawal names."""
    assert isinstance(fact.fact.content, FactWithdrawn)
    return sealer.fact_id(source, fact.fact.content.fact_id)


class Batch:
    """One call's facts, judged and written within the writer's transaction."""

    def __init__(self, tables: Tables, source: str, sealer: Sealer, sequences: Sequences, recorded_at: Instant) -> None:
        self._tables = tables
        self._source = source
        self._sealer = sealer
        self._sequences = sequences
        self._recorded_at = recorded_at
        self._ledger = Ledger(tables, sealer, sequences)
        self._claims = Claims(tables)
        self._facts: dict[str, Report] = {}
        """Facts that were recorded before or are now, by id."""
        self._withdrawn: dict[str, Instant] = {}
        """Ids of facts that a withdrawal names, and when the first was recorded."""
        self._accepted: dict[int, Accepted] = {}
        """By number."""
        self._undone: dict[int, Kept] = {}
        """Facts recorded by earlier calls that this one withdraws."""

    def apply(self, facts: Sequence[Prepared], *, together: bool) -> tuple[FactResult, ...]:
        """Record the facts; with `together` none at all when one is refused."""
        self._foresee(facts)
        results = tuple(self._judge(fact) for fact in facts)
        if together and any(isinstance(result, Refused) for result in results):
            return results
        if self._accepted:
            if self._withdrawn:
                self._tables.withdraw(self._withdrawn)
            keeping = Keeping(self._tables, self._source, self._ledger, self._claims)
            keeping.keep(self._accepted.values(), self._undone.values())
        return results

    def _foresee(self, facts: Sequence[Prepared]) -> None:
        """Read what the facts touch."""
        ids, entities, claims = touched(facts, self._source, self._sealer)
        for id_, *row in self._tables.facts(sorted(ids)):
            self._facts[id_] = self._claims.reports[row[0]] = Report(*row)
        self._withdrawn |= self._tables.withdrawals(sorted(ids))
        self._ledger.find(entities)
        self._ledger.read_nodes(self._ledger.numbers.values())
        self._claims.find(claims)

    def _judge(self, fact: Prepared) -> FactResult:
        """Accept a fact, or say why not."""
        before = self._facts.get(fact.id)
        if before is not None:
            if before.hash == fact.hash:
                return Repeated(before.recorded_at)
            message = (
                f"fact id {fact.fact.source_id!r} was recorded before with other content, which stands: give what is new an id of its own"
            )
            return Refused(Conflict(message, ("id",), before.recorded_at))
        kind, stated = fact.kind, fact.fact.recorded_at
        recorded_at = self._recorded_at if stated is None else stated
        if recorded_at > self._recorded_at:
            problem = Problem(("recordedAt",), "is ahead of now: history became known in the past, so correct it or leave it out")
            return Refused(InvalidInput([problem]))
        if fact.refers and (unknown := self._unknown(fact)) is not None:
            return Refused(unknown)
        withdrawn_at = self._withdrawn.get(fact.id) if self._withdrawn and kind != WITHDRAWAL else None
        report = Report(0, kind, fact.fact.occurred_at, recorded_at, withdrawn_at, fact.hash)
        if kind in SPACES and (refused := self._claim(fact, report)) is not None:
            return refused
        self._accept(fact, report)
        return RECORDED

    def _unknown(self, fact: Prepared) -> Unknown | None:
        """The first entity that a fact names by an id that nothing standing has."""
        for id_, name in fact.entities.items():
            if name.key is None:
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
        ledger = self._ledger
        number = report.number = self._sequences.next("fact")
        self._facts[fact.id] = self._claims.reports[number] = report
        numbers, stands, at, changed_at = ledger.numbers, report.withdrawn_at is None, report.occurred_at, report.changed_at
        named: list[int] = []
        for id_, name in fact.entities.items():
            entity = numbers.get(id_)
            if entity is None:
                entity = ledger.make(id_, name)
            named.append(entity)
            ledger.name(entity, at, changed_at, stands)
        values, places, label, content = keep(fact, numbers, ledger.seal)
        accepted = Accepted(report, fact.id, fact.fact.source_id, values, named, places, label, content)
        self._accepted[number] = accepted
        if fact.kind in SPACES:
            self._claims.add(accepted)
        elif fact.kind == WITHDRAWAL:
            self._withdraw(_target(fact, self._source, self._sealer), report.recorded_at)

    def _withdraw(self, target: str, recorded_at: Instant) -> None:
        """Note that a fact, known already or not, counts as never reported from then on."""
        self._withdrawn[target] = min(recorded_at, self._withdrawn.get(target, recorded_at))
        report = self._facts.get(target)
        if report is None or report.kind == WITHDRAWAL or (report.withdrawn_at is not None and report.withdrawn_at <= recorded_at):
            return
        stood, report.withdrawn_at = report.withdrawn_at is None, recorded_at
        named: Sequence[int]
        if report.number in self._accepted:
            named = self._accepted[report.number].named
        else:
            kept = self._undone[report.number] = self._tables.kept([report.number])[0]._replace(withdrawn_at=recorded_at)
            named = kept.named()
        for number in named:
            node = self._ledger.node(number)
            node.facts -= stood
            self._ledger.unsure.add(number)
            self._ledger.touch(number, report.occurred_at, report.changed_at)


WITHDRAWAL: Final = PLANS[FactWithdrawn].number


def _content(fact: Prepared) -> tuple[str, str]:
    """Path to a fact's content, in the schema's words."""
    name = type(fact.fact.content).__name__
    return "content", name[0].lower() + name[1:]


def _path(fact: Prepared, id_: str) -> tuple[str, ...]:
    """Path to where a fact names an entity by this id."""
    names = PLANS[type(fact.fact.content)].names
    field = next((names[place] for place in fact.named if fact.values[place] == id_), "place")
    return (*_content(fact), re.sub(r"_(\w)", lambda match: match[1].upper(), field.rstrip("_")), "id")
