"""Writing the rows of accepted facts: those that each has by itself, then those built again, then the cached ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from graph.contents import ApplicationMade, OutcomeKnown, TieEnded, TieObserved, TransferMade
from graph.ids import TIE_NUMBERS
from graph.merging import OUTCOME_STANDINGS
from graph.model import Instant, TieKind
from graph.stores.shared.claims import LOAN, OWNERLESS, REVERSAL, SPACES, TRANSFER, Accepted, Claims, Report
from graph.stores.shared.deriving import KEY_TIES, TRANSFER_NUMBERS, derive_key, derive_loan, flow_ends
from graph.stores.shared.encoding import FIELD_NAMES, NUMBERS, Kept
from graph.stores.shared.ledger import Ledger
from graph.stores.shared.rows import pack_fields
from graph.stores.shared.saying import SAYING, sayings
from graph.stores.shared.tables import PlainRows, Row, Tables, TieHead

_OBSERVED: Final = NUMBERS[TieObserved]
_ENDED: Final = NUMBERS[TieEnded]
_TIES: Final = frozenset({_OBSERVED, _ENDED})
_TRANSFER: Final = NUMBERS[TransferMade]
_APPLICATION: Final = NUMBERS[ApplicationMade]
_OUTCOME: Final = NUMBERS[OutcomeKnown]
_OWNS: Final = TIE_NUMBERS[TieKind.OWNS]


class Keeping:
    """The rows of one call."""

    def __init__(self, tables: Tables, source: str, ledger: Ledger, claims: Claims) -> None:
        self._tables = tables
        self._source = source
        self._ledger = ledger
        self._claims = claims
        self._facts: list[Row] = []
        self._claimed: list[Row] = []
        self._mentions: list[Row] = []
        self._movements: list[Row] = []
        self._observations: list[Row] = []
        self._statements: list[Row] = []
        self._unfolded: set[int] = set()
        """Ties to fold from all their rows."""
        self._described: set[int] = set()
        """Entities whose description is to be folded."""
        self._contested: set[tuple[int, str]] = set()
        self._loans: set[int] = set()
        self._owned: dict[int, Instant] = {}
        """Merchants about whose owners something changed, and from which moment in the world on."""

    def keep(self, accepted: Collection[Accepted], undone: Iterable[Kept] = ()) -> None:
        """Write everything that follows from accepted and withdrawn facts."""
        self._foresee(accepted)
        for fact in accepted:
            self._fact(fact)
        self._insert()
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

    def _foresee(self, accepted: Iterable[Accepted]) -> None:
        """Read the ties that plain rows touch."""
        pairs: list[tuple[int, int]] = []
        for fact in accepted:
            kind, values = fact.report.kind, fact.values
            if kind in _TIES:
                pairs.append((values[0], values[2]))  # type: ignore[arg-type]  # entities are numbers
            elif kind in SPACES and kind != REVERSAL:
                pairs.append(flow_ends(SPACES[kind], fact.report.values or ()))
        self._ledger.read_pairs(pairs)

    def _fact(self, fact: Accepted) -> None:
        """The rows of one fact."""
        report = fact.report
        kind, number, at, recorded_at = report.kind, report.number, report.occurred_at, report.recorded_at
        if fact.content is not None:
            self._facts.append((number, fact.id, fact.source_id, kind, at, recorded_at, report.withdrawn_at, report.hash, fact.content))
        if kind in _TIES:
            self._tie(kind, fact.values, report)
        if kind not in SPACES or not self._flow(fact):
            for entity in fact.named:
                self._mentions.append((entity, at, recorded_at, number))
        if fact.places or kind in SAYING or kind == _APPLICATION:
            named = {name: value for name, value in zip(FIELD_NAMES[kind], fact.values, strict=True) if value is not None}
            kept = Kept(
                number, fact.id, self._source, fact.source_id, kind, at, recorded_at, report.withdrawn_at, named, fact.places, fact.label
            )
            self._say(kept)
            self._apply(kept)

    def _tie(self, kind: int, values: Sequence[object], report: Report) -> None:
        """A tie that was seen or has ended."""
        from_, to, ended = values[0], values[2], kind == _ENDED
        assert isinstance(from_, int), "entities are numbers"
        assert isinstance(to, int), "entities are numbers"
        share = None if ended else values[3]
        tie = self._ledger.tie(TIE_NUMBERS[values[1]], from_, to)  # type: ignore[index]  # a kind of tie
        at, recorded_at = report.occurred_at, report.recorded_at
        self._observations.append((tie.number, at, report.number, recorded_at, None, report.withdrawn_at, None, ended, None, share, None))
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

    def _flow(self, fact: Accepted) -> bool:
        """A transfer, pay-out, repayment or reversal; whether movements stand for its mentions."""
        report = fact.report
        space, key = SPACES[report.kind], str(fact.values[0])
        users = self._claims.of(space, key)
        self._claimed.append((space, key, report.number))
        if len(users) > 1 or report.withdrawn_at is not None or report.kind == REVERSAL:
            self._contested.add((space, key))
            first = next(user for user in users if user.kind == report.kind and user.says() == report.says())
            return report.kind == _TRANSFER and first is report
        values, at, recorded_at = report.values, report.occurred_at, report.recorded_at
        assert values is not None, "a report with a key has values"
        from_, to = flow_ends(space, values)
        amount = values[2]
        tie = self._ledger.tie(KEY_TIES[space], from_, to)
        self._observations.append((tie.number, at, report.number, recorded_at, None, None, None, False, amount, None, None))
        if tie.simple:
            tie.see(at, recorded_at, amount)  # type: ignore[arg-type]  # amounts are whole
        else:
            self._unfolded.add(tie.number)
        tie.touch(at, recorded_at)
        if space != TRANSFER:
            return False
        kind = TRANSFER_NUMBERS[values[3]]  # type: ignore[index]  # a kind of transfer
        row = (at, recorded_at, report.number, recorded_at, None, None)
        self._movements.append((from_, 0, *row, to, amount, kind))
        self._movements.append((to, 1, *row, from_, amount, kind))
        return True

    def _say(self, kept: Kept) -> None:
        """What a fact says of entities."""
        for entity, what, value in sayings(kept):
            self._statements.append(
                (
                    entity,
                    kept.number,
                    0,
                    kept.recorded_at,
                    kept.withdrawn_at,
                    kept.occurred_at,
                    kept.rank,
                    kept.occurred_at,
                    what,
                    value,
                    None,
                )
            )
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

    def _insert(self) -> None:
        """Write the plain rows, each table in the order of its key."""
        rows = PlainRows(self._facts, self._claimed, self._mentions, self._movements, self._observations, self._statements)
        for some in rows:
            some.sort()  # numbers of facts are different, so nothing behind them is compared
        self._ledger.enter_entities()
        self._tables.insert(rows)

    def _undo(self, kept: Kept) -> None:
        """Bring the rows of a fact that is withdrawn to an end in recorded time."""
        until = kept.withdrawn_at
        assert until is not None, "it was withdrawn"
        self._tables.end_fact(kept.number, until)
        if kept.kind in (_OBSERVED, _ENDED):
            from_, kind, to = kept.content["from_"], TIE_NUMBERS[TieKind(str(kept.content["tie_kind"]))], kept.content["to"]
            assert isinstance(from_, int), "entities are numbers"
            assert isinstance(to, int), "entities are numbers"
            tie = self._ledger.tie(kind, from_, to)
            self._tables.end_observation(tie.number, kept.occurred_at, kept.number, until)
            tie.touch(kept.occurred_at, max(kept.recorded_at, until))
            self._unfolded.add(tie.number)
            if kind == _OWNS:
                self._owned[to] = min(kept.occurred_at, self._owned.get(to, kept.occurred_at))
        elif kept.kind in SPACES:
            self._contested.add((SPACES[kept.kind], str(kept.content["key"])))
        for entity, _, _ in sayings(kept):
            self._tables.end_statement(entity, kept.number, until)
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
                    (kept,) = self._tables.kept([report.number])
                    loan = kept.content["loan"]
                    assert isinstance(loan, int), "entities are numbers"
                    self._loans.add(loan)

    def _fold(self) -> None:
        """Fold cached rows that are no plain sum."""
        ledger = self._ledger
        ties = [ledger.tie_by_number(number) for number in sorted(self._unfolded)]
        if ties:
            for number, row in self._tables.fold_ties([TieHead(t.number, t.kind, t.from_, t.to) for t in ties]).items():
                ledger.tie_by_number(number).become(row)
        for number in sorted(ledger.unsure):
            named = self._tables.named(number)
            ledger.node(number).first_at, ledger.node(number).last_at = named or (0, 0)
        if self._described:
            ledger.read_nodes(self._described)  # written with the others, so that readers who remember them see that something changed
            described = self._tables.fold_descriptions(sorted(self._described))
            self._tables.describe(
                [(entity, said.label, said.blocked, said.standing.value, pack_fields(said.fields)) for entity, said in described.items()],
                sorted(self._described - described.keys()),
            )
