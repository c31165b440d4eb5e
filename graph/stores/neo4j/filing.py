"""The rows of the server store as recording reads and writes them: `graph.stores.shared.tables.Tables` in one transaction.

The transaction has locked its institution before it comes here, so between what is read and what is written nobody else writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from graph.ids import ENTITY_KINDS, LETTERS, TIE_KINDS, TIE_NUMBERS
from graph.model import MONEY_TIES, EntityKind, Instant, TieKind
from graph.stores.neo4j.catalogue import moments, recording
from graph.stores.neo4j.expecting import Expected
from graph.stores.neo4j.folding import fold_ties
from graph.stores.neo4j.knowing import Known
from graph.stores.neo4j.transacting import Transaction
from graph.stores.neo4j.warming import NOBODY, several
from graph.stores.shared.claims import LOAN, OWNERLESS
from graph.stores.shared.encoding import Kept, rank, read_kept
from graph.stores.shared.folding import Description, describe
from graph.stores.shared.rows import EVERYTHING, STREAMS, TieRow
from graph.stores.shared.tables import PlainRows, Row, TieHead

_SHARE: Final = recording.OBSERVATION.index("share")
_FACT: Final = recording.OBSERVATION.index("fact")
_PAYS: Final = TIE_NUMBERS[TieKind.PAYS]
_MONEY: Final = frozenset(TIE_NUMBERS[kind] for kind in MONEY_TIES)
_LABELS: Final = {kind: "".join(word.capitalize() for word in kind.name.split("_")) for kind in EntityKind}
"""`(:Merchant)`, `(:IpAddress)`."""

_EVER: Final = {"at": EVERYTHING.at, "known_at": EVERYTHING.known_at}


class _Seen(NamedTuple):
    """What was foreseen."""

    facts: dict[str, Row]
    withdrawals: dict[str, Instant]
    identities: dict[str, Row]
    nodes: dict[int, Row]
    users: dict[str, list[Row]]
    names: dict[int, tuple[str, bytes | None]]


class ServerTables:
    """The rows of one institution within one transaction."""

    def __init__(self, transaction: Transaction, institution: int, source: str) -> None:
        self._transaction = transaction
        self._institution = institution
        self._source = source
        self._seen = _Seen({}, {}, {}, {}, {}, {})
        self._known = Known(source)
        self._small = False
        """Whether what is not known is asked for with all that may be asked for next."""
        self._waiting: dict[str, list[Any]] = {name: [] for name in recording.WRITTEN}
        """Rows to be written: sent together, before a question that depends on them or at the end."""
        self._heads: Callable[[int], TieHead] | None = None
        self._forgotten: dict[int, tuple[int, int, int]] = {}
        """Ties whose observations were removed: kind and ends."""

    def know_ties(self, heads: Callable[[int], TieHead]) -> None:
        """See `Tables.know_ties`."""
        self._heads = heads

    def foresee(self, facts: Collection[str], entities: Collection[str], claims: Collection[tuple[int, str]], expected: Expected) -> Row:
        """Lock the institution and read what a call will ask for: check_value, recorded_at, last_entity, last_fact, last_tie of it."""
        wanted = {_claim(*claim) for claim in claims}
        ((*row, found, withdrawals, known, users, ties, said, owners),) = self._ask(
            recording.FORESEE, facts=several(sorted(facts), ""), entities=several(sorted(entities), ""), claims=several(sorted(wanted), ""),
            between=several([list(pair) for pair in expected.between], ["", "", False]), described=several(sorted(expected.described), ""),
            ownerless=several(sorted(expected.ownerless), ""), **_EVER,
        )  # fmt: skip
        by_claim: dict[str, list[Row]] = {claim: [] for claim in wanted}
        for claim, *user in users:
            by_claim[claim].append((claim.split(":", 1)[1], *user))
        known += [owner[1:-1] for owner in owners]
        self._seen = _Seen(
            {one[0]: tuple(one) for one in found},
            dict(withdrawals),
            {one[0]: (one[0], one[2], one[1]) for one in known},
            {one[2]: tuple(one[2:]) for one in known},
            by_claim,
            {one[2]: (one[0], one[1]) for one in known},
        )
        numbers = {one[0]: one[2] for one in known}
        self._known.count(row[2])
        pairs = [(numbers[from_], numbers[to]) for from_, to, _ in expected.between if from_ in numbers and to in numbers]
        self._known.meet(pairs, [tie for some in ties for tie in some])
        self._known.hear([numbers[id_] for id_ in expected.described if id_ in numbers], said)
        merchants = [numbers[id_] for id_ in expected.ownerless if id_ in numbers]
        self._known.own(merchants, [(merchant, owner, *one) for merchant, _, _, owner, *_, rows in owners for one in rows])
        self._small = bool(expected.between)
        return tuple(row)

    def facts(self, ids: Sequence[str]) -> Iterable[Row]:
        """See `Tables.facts`: foreseen."""
        return [self._seen.facts[id_] for id_ in ids if id_ in self._seen.facts]

    def kept(self, numbers: Collection[int]) -> list[Kept]:
        """See `Tables.kept`."""
        if (known := self._known.kept(numbers)) is not None:
            return known
        self._flush()
        return [read_kept(row) for row in self._ask(recording.KEPT, numbers=list(numbers))]

    def withdrawals(self, ids: Sequence[str]) -> dict[str, Instant]:
        """See `Tables.withdrawals`: foreseen."""
        return {id_: self._seen.withdrawals[id_] for id_ in ids if id_ in self._seen.withdrawals}

    def withdraw(self, withdrawals: Mapping[str, Instant]) -> None:
        """See `Tables.withdraw`."""
        self._write("withdrawals", [[id_, at] for id_, at in sorted(withdrawals.items())])

    def users(self, space: int, keys: Sequence[str]) -> Iterator[Row]:
        """See `Tables.users`."""
        claims = [_claim(space, key) for key in keys]
        if all(claim in self._seen.users for claim in claims):
            for claim in claims:
                yield from self._seen.users[claim]
            return
        if space == LOAN and all(self._known.loan_users(key) is not None for key in keys):
            for key in keys:
                yield from self._known.loan_users(key) or ()
            return
        self._flush()
        if space == OWNERLESS:
            for merchant, *row in self._ask(recording.OWNERLESS, keys=[int(key) for key in keys]):
                yield (str(merchant), *row)
        else:
            for claim, *row in self._ask(recording.USERS, keys=claims):
                yield (claim.split(":", 1)[1], *row)

    def identities(self, ids: Sequence[str]) -> Iterable[Row]:
        """See `Tables.identities`: foreseen."""
        return [self._seen.identities[id_] for id_ in ids if id_ in self._seen.identities]

    def identity(self, number: int) -> tuple[str, bytes | None]:
        """See `Tables.identity`."""
        if number in self._seen.names:
            return self._seen.names[number]
        ((id_, key),) = self._ask(recording.IDENTITY, number=number)
        return id_, key

    def nodes(self, numbers: Sequence[int]) -> Iterable[Row]:
        """See `Tables.nodes`."""
        unseen = [number for number in numbers if number not in self._seen.nodes]
        seen = [self._seen.nodes[number] for number in numbers if number in self._seen.nodes]
        return [*seen, *self._ask(recording.NODES, numbers=unseen)] if unseen else seen

    def ties(self, pairs: Sequence[tuple[int, int]]) -> Iterable[Row]:
        """See `Tables.ties`."""
        unmet = [pair for pair in pairs if not self._known.met(pair)]
        if unmet and self._small:  # of a small call all that it may ask for next, with what is said of each
            numbers = sorted(self._seen.names)
            ends = {end for pair in unmet for end in pair}
            all_ = {(one, other) for one in ends for other in numbers if one != other}
            unmet = sorted(pair for pair in {*unmet, *all_, *((b, a) for a, b in all_)} if not self._known.met(pair))
            found = self._ask(recording.TIES_FOLDED, pairs=several([list(pair) for pair in unmet], [NOBODY, NOBODY]), **_EVER)
            self._known.meet(unmet, [tie for (some,) in found for tie in some])
        elif unmet:
            self._known.meet(unmet, self._ask(recording.TIES, pairs=[list(pair) for pair in unmet]))
        return [tie for pair in pairs for tie in self._known.ties(pair)]

    def tie(self, number: int) -> tuple[int, int, int]:
        """See `Tables.tie`: it is asked for what `forget_loan` removed alone."""
        return self._forgotten[number]

    def enter_entities(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_entities`."""
        self._write("entities", [[*row, _LABELS[ENTITY_KINDS[row[0] & 15]]] for row in rows])

    def put_nodes(self, rows: Sequence[Row]) -> None:
        """See `Tables.put_nodes`."""
        self._write("nodes", [[*row, _crowd(row[-1])] for row in rows])

    def enter_ties(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_ties`."""
        self._write(
            "ties",
            [[*row, TIE_KINDS[row[1]].value, LETTERS[row[1]] + LETTERS[row[2] & 15] + LETTERS[row[3] & 15]] for row in rows],
        )

    def change_ties(self, rows: Sequence[Row]) -> None:
        """See `Tables.change_ties`."""
        self._write("changed", [list(row) for row in rows])

    def insert(self, rows: PlainRows) -> None:
        """See `Tables.insert`."""
        claims = {fact: _claim(space, key) for space, key, fact in rows.claims if space != OWNERLESS}
        ownerless = {fact: int(key) for space, key, fact in rows.claims if space == OWNERLESS}
        ranks = {row[0]: rank(self._source, row[2]) for row in rows.facts}
        self._known.record(rows.facts, rows.claims)
        self._write("facts", [[*row, self._source, claims.get(row[0]), ownerless.get(row[0])] for row in rows.facts])
        self._write("mentions", [list(row) for row in rows.mentions])
        self._enter_transfers(rows.movements, {row[2]: row[0] for row in rows.observations})
        self._enter_observations(rows.observations, ranks)
        self.enter_statements(rows.statements)

    def end_fact(self, number: int, until: Instant) -> None:
        """See `Tables.end_fact`."""
        self._known.forget()
        self._ask(recording.END_FACT, number=number, until=until)

    def end_observation(self, tie: int, at: Instant, fact: int, until: Instant) -> None:
        """See `Tables.end_observation`."""
        self._known.forget()
        self._ask(recording.END_OBSERVATION, tie=tie, at=at, fact=fact, until=until)

    def end_statement(self, entity: int, fact: int, until: Instant) -> None:
        """See `Tables.end_statement`."""
        self._known.forget()
        self._ask(recording.END_STATEMENT, entity=entity, fact=fact, until=until)

    def replace_report(
        self, tie: int, ends: Sequence[int], at: Instant, fact: int, observations: Sequence[Row], movements: Sequence[Row]
    ) -> None:
        """See `Tables.replace_report`."""
        self._known.forget()
        self._flush()  # what is dropped may be what waits
        if ends:
            self._ask(recording.DROP_TRANSFER, fact=fact)
            self._enter_transfers(movements, {fact: tie})
        else:
            self._ask(recording.DROP_REPORT, tie=tie, at=at, fact=fact)
            self.enter_observations(observations)

    def forget_loan(self, loan: int) -> tuple[set[int], set[int]]:
        """See `Tables.forget_loan`."""
        if self._known.nothing_of(loan):
            return set(), set()
        self._known.forget()
        ((ties, entities),) = self._ask(recording.FORGET_LOAN, loan=loan)
        self._forgotten |= {number: (kind, from_, to) for number, kind, from_, to in ties}
        return {tie[0] for tie in ties}, set(entities)

    def owned(self, merchant: int, until: Instant) -> list[Row]:
        """See `Tables.owned`."""
        rows = self._known.owned(merchant, until)
        if rows is None:
            self._flush()
            rows = self._ask(recording.OWNED, merchant=merchant, until=until)
        return [(*row[:-1], *(row[-1] or "\n").split("\n", 1)) for row in rows]

    def enter_observations(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_observations`."""
        self._enter_observations(rows, {})

    def enter_statements(self, rows: Sequence[Row]) -> None:
        """See `Tables.enter_statements`."""
        self._known.say(rows)
        self._write("statements", [list(row) for row in rows])

    def fold_ties(self, heads: Sequence[TieHead]) -> dict[int, TieRow | None]:
        """See `Tables.fold_ties`."""
        if (known := self._known.fold_ties(heads)) is not None:
            return known
        self._flush()
        return fold_ties(self._ask, heads, EVERYTHING)

    def fold_descriptions(self, entities: Sequence[int]) -> dict[int, Description]:
        """See `Tables.fold_descriptions`."""
        if (known := self._known.fold_descriptions(entities)) is not None:
            return known
        self._flush()
        said: dict[int, list[Any]] = {}
        for entity, *statement in self._ask(moments.STATEMENTS, entities=list(entities), at=EVERYTHING.at, known_at=EVERYTHING.known_at):
            said.setdefault(entity, []).append(tuple(statement))
        return {entity: describe(statements) for entity, statements in said.items()}

    def named(self, number: int) -> tuple[Instant, Instant] | None:
        """See `Tables.named`."""
        self._flush()
        rows = self._ask(moments.NAMED, numbers=[number], at=EVERYTHING.at, known_at=EVERYTHING.known_at)
        told = [at for _, moments in rows for at in moments]
        return (min(told), max(told)) if told else None

    def describe(self, rows: Sequence[Row], unsaid: Sequence[int]) -> None:
        """See `Tables.describe`."""
        self._write("said", [*(list(row) for row in rows), *([entity, None, None, None, None] for entity in unsaid)])

    def _enter_observations(self, rows: Sequence[Row], ranks: Mapping[int, str]) -> None:
        """Write observations; those of PAYS are the transfers themselves."""
        assert self._heads is not None, "the ledger says what ties are"
        made: list[list[Any]] = []
        for row in rows:
            head = self._heads(row[0])
            if head.kind != _PAYS:
                shares = None if row[_SHARE] is None else ranks[row[_FACT]]
                made.append([*row, head.kind, head.from_, head.to, shares])
        self._known.observe([tuple(row) for row in made])
        self._write("observations", made)

    def _enter_transfers(self, movements: Sequence[Row], ties: Mapping[int, int]) -> None:
        """Write transfers; each comes as two movements."""
        self._write("transfers", [[row[0], *row[2:], ties[row[4]]] for row in movements if not row[1]])

    def finish(self, counters: Mapping[str, Any]) -> None:
        """Write what is still to be written, and the institution's counters with it."""
        self._write("counters", [counters])
        self._transaction.tell(recording.WRITE, {"institution": self._institution, "rows": self._waiting})

    def _write(self, name: str, rows: Sequence[Any]) -> None:
        self._waiting[name] += rows

    def _flush(self) -> None:
        """Send what waits to be written."""
        if any(self._waiting.values()):
            self._ask(recording.WRITE, rows=self._waiting)
            self._waiting = {name: [] for name in recording.WRITTEN}

    def _ask(self, query: str, **parameters: Any) -> list[Row]:
        return self._transaction.ask(query, {"institution": self._institution} | parameters)


def _crowd(degrees: bytes) -> int:
    """Ties of an entity that hold, but PAYS: by it a walk knows a hub before it looks at its ties."""
    return sum(count for code, count in STREAMS(degrees) if code >> 5 != _PAYS)


def _claim(space: int, key: str) -> str:
    """How a fact's claim of a key is kept; of an application or an outcome its loan's number."""
    return f"{space}:{key}"
