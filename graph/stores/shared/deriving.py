"""Rows that depend on several facts: transfers reported or reversed more than once, and what applications tie and outcomes say.

Each is built again from the facts as pieces of recorded time: between two moments at which something was recorded or withdrawn, what
is known does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

from graph.contents import ApplicationMade
from graph.ids import TIE_NUMBERS
from graph.merging import OUTCOME_STANDINGS, Observation, choose_owner
from graph.model import FAR_FUTURE, FieldValue, Instant, TieKind, TransferKind
from graph.stores.shared.claims import LOAN, REVERSAL, TRANSFER, Claims, Report
from graph.stores.shared.encoding import NUMBERS, Kept, rank
from graph.stores.shared.folding import APPLICATION, STANDING
from graph.stores.shared.ledger import Ledger
from graph.stores.shared.rows import pack_fields
from graph.stores.shared.tables import Row

V = TypeVar("V")

TRANSFER_NUMBERS: Final = {kind.value: number for number, kind in enumerate(TransferKind)}
KEY_TIES: Final = {0: TIE_NUMBERS[TieKind.PAYS], 1: TIE_NUMBERS[TieKind.PAID_OUT_TO], 2: TIE_NUMBERS[TieKind.REPAYS]}
"""Tie that follows from the reports of a space of keys."""

_OWNS: Final = TIE_NUMBERS[TieKind.OWNS]
_APPLICATION: Final = NUMBERS[ApplicationMade]
_APPLIED_FOR: Final = TIE_NUMBERS[TieKind.APPLIED_FOR]
_SEEN_WITH: Final = (
    ("device", TIE_NUMBERS[TieKind.USES_DEVICE]),
    ("ip_address", TIE_NUMBERS[TieKind.CONNECTS_FROM]),
    ("phone", TIE_NUMBERS[TieKind.REACHED_AT]),
    ("email", TIE_NUMBERS[TieKind.REACHED_AT]),
    ("place", TIE_NUMBERS[TieKind.LOCATED_AT]),
    ("pay_out_account", TIE_NUMBERS[TieKind.HOLDS]),
)
"""What an application ties to its applicant, by field (semantics 7)."""


class Piece(NamedTuple):
    """A stretch of recorded time."""

    known_from: Instant
    known_until: Instant

    @property
    def end(self) -> Instant | None:
        """`known_until` as kept: None for ever."""
        return None if self.known_until == FAR_FUTURE else self.known_until


def pieces(bounds: Iterable[Instant], within: Piece, known: Callable[[Instant], V | None]) -> list[tuple[Piece, V]]:
    """What is known in each stretch between the bounds, where something is; neighbours that say the same are one."""
    found: list[tuple[Piece, V]] = []
    cuts = sorted({within.known_from, *(bound for bound in bounds if within.known_from < bound < within.known_until)})
    for start, end in zip(cuts, [*cuts[1:], within.known_until], strict=True):
        value = known(start)
        if value is None or start >= end:
            continue
        if found and found[-1][0].known_until == start and found[-1][1] == value:
            found[-1] = (Piece(found[-1][0].known_from, end), value)
        else:
            found.append((Piece(start, end), value))
    return found


def flow_ends(space: int, values: Sequence[object]) -> tuple[int, int]:
    """From and to of the tie that a report with these values makes; a pay-out and a repayment both name the loan first."""
    first, second = values[0], values[1]
    assert isinstance(first, int), "entities are numbers"
    assert isinstance(second, int), "entities are numbers"
    return (second, first) if space == 2 else (first, second)


def derive_key(ledger: Ledger, claims: Claims, space: int, key: str) -> set[int]:
    """Build the rows of one key's reports again; numbers of the ties that must be folded."""
    users = claims.of(space, key)
    reversals = [report for report in users if report.kind == REVERSAL]
    groups: dict[tuple[object, ...], list[Report]] = {}
    for report in users:
        if report.kind != REVERSAL:
            groups.setdefault(report.says(), []).append(report)
    dirty: set[int] = set()
    for reports in groups.values():
        dirty.add(_derive_group(ledger, space, reports, reversals))
    return dirty


def _derive_group(ledger: Ledger, space: int, reports: list[Report], reversals: list[Report]) -> int:
    """Rows of reports that say the same, filed under the first of them."""
    first = reports[0]
    assert first.values is not None, "a report with a key has values"
    from_, to = flow_ends(space, first.values)
    amount, at = first.values[2], first.occurred_at
    tie = ledger.tie(KEY_TIES[space], from_, to)

    def known(moment: Instant) -> tuple[Instant, Instant | None] | None:
        standing = [report.recorded_at for report in reports if report.recorded_at <= moment < report.until]
        hidden = [report.occurred_at for report in reversals if report.recorded_at <= moment < report.until]
        return (min(standing), min(hidden, default=None)) if standing else None

    bounds = {bound for report in (*reports, *reversals) for bound in (report.recorded_at, report.until)}
    found = pieces(bounds, Piece(min(bounds), FAR_FUTURE), known)
    observations: list[Row] = []
    movements: list[Row] = []
    for piece, (recorded_at, hidden_at) in found:
        observations.append((tie.number, at, first.number, piece.known_from, recorded_at, piece.end, hidden_at, False, amount, None, None))
        if space == TRANSFER:
            row = (at, recorded_at, first.number, piece.known_from, piece.end, hidden_at)
            kind = TRANSFER_NUMBERS[str(first.values[3])]
            movements += [(from_, 0, *row, to, amount, kind), (to, 1, *row, from_, amount, kind)]
    ledger.tables.replace_report(tie.number, (from_, to) if space == TRANSFER else (), at, first.number, observations, movements)
    latest_at = max([at, *(report.occurred_at for report in reversals)])
    changed_at = max(bound for bound in bounds if bound != FAR_FUTURE)
    tie.touch(latest_at, changed_at)
    for end in (from_, to):
        ledger.touch(end, latest_at, changed_at)
    return tie.number


class Derived(NamedTuple):
    """What was built again: ties to fold, entities to describe."""

    ties: set[int]
    entities: set[int]
    observations: list[Row]
    """To be written."""
    statements: list[Row]
    """Likewise."""


def derive_loan(ledger: Ledger, claims: Claims, loan: int) -> Derived:
    """Build again what the loan's applications tie and say, and what its outcomes say of merchants and applicants."""
    ties, entities = ledger.tables.forget_loan(loan)
    derived = Derived(ties, entities | {loan}, [], [])
    facts = ledger.tables.kept([report.number for report in claims.of(LOAN, str(loan))])
    applications = [fact for fact in facts if fact.kind == _APPLICATION]
    outcomes = [fact for fact in facts if fact.kind != _APPLICATION]
    for application in applications:
        applicants = _applicants(ledger, application)
        _tie(ledger, application, applicants, derived)
        for outcome in outcomes:
            _judge(ledger, application, applicants, outcome, derived)
    ledger.tables.enter_observations(derived.observations)
    ledger.tables.enter_statements(derived.statements)
    return derived


def _span(fact: Kept) -> Piece:
    """The recorded time in which a fact is known; empty for one that was withdrawn before."""
    return Piece(fact.recorded_at, FAR_FUTURE if fact.withdrawn_at is None else fact.withdrawn_at)


def _applicants(ledger: Ledger, application: Kept) -> list[tuple[Piece, int]]:
    """Who applied, by recorded time: the applicant named, or the owner that was known, or else the merchant itself."""
    content = application.content
    span = _span(application)
    if span.known_from >= span.known_until:
        return []
    merchant, named = content["merchant"], content.get("applicant")
    assert isinstance(merchant, int), "entities are numbers"
    if isinstance(named, int):
        return [(span, named)]
    rows = ledger.tables.owned(merchant, application.occurred_at)

    def known(moment: Instant) -> int:
        owners: dict[int, list[Observation]] = {}
        for owner, at, known_from, known_until, ended, share, source, source_id in rows:
            if known_from <= moment and (known_until is None or known_until > moment):
                owners.setdefault(owner, []).append(Observation(at, source, source_id, bool(ended), share))
        chosen = choose_owner({ledger.id_of(owner): said for owner, said in owners.items()})
        return merchant if chosen is None else ledger.numbers[chosen]

    bounds = {bound for row in rows for bound in (row[2], row[3]) if bound is not None}
    return pieces(bounds, span, known)


def _tie(ledger: Ledger, application: Kept, applicants: list[tuple[Piece, int]], derived: Derived) -> None:
    """What an application ties, and what it says of its loan."""
    content, at = application.content, application.occurred_at
    loan, merchant = content["loan"], content["merchant"]
    assert isinstance(loan, int), "entities are numbers"
    assert isinstance(merchant, int), "entities are numbers"
    for piece, who in applicants:
        ends = {(who, loan, _APPLIED_FOR), (merchant, loan, _APPLIED_FOR)}
        ends |= {(who, other, kind) for field, kind in _SEEN_WITH if isinstance(other := content.get(field), int)}
        for from_, to, kind in sorted(ends):
            tie = ledger.tie(kind, from_, to)
            tie.simple = False
            row = (tie.number, at, application.number, piece.known_from, application.recorded_at, piece.end, None, False, None, None, loan)
            derived.observations.append(row)
            derived.ties.add(tie.number)
            _touch(ledger, tie.number, (from_, to), at, piece)
        fields: dict[str, FieldValue] = {"merchant": ledger.id_of(merchant), "applied_at": at}
        fields |= {"applicant": ledger.id_of(who)} if who != merchant else {}
        for field, name in (("amount", "requested"), ("term_days", "term_days")):
            if isinstance(value := content.get(field), int):
                fields[name] = value
        _say(derived, loan, application, 0, piece, at, APPLICATION, pack_fields(fields), loan)
        derived.entities.add(loan)
        ledger.touch(loan, at, _changed(piece))


def _judge(ledger: Ledger, application: Kept, applicants: list[tuple[Piece, int]], outcome: Kept, derived: Derived) -> None:
    """What a loan's outcome says of the merchant and the applicant of one of its applications."""
    standing = OUTCOME_STANDINGS[str(outcome.content["outcome"])].value.encode()
    merchant, loan = application.content["merchant"], application.content["loan"]
    assert isinstance(merchant, int), "entities are numbers"
    assert isinstance(loan, int), "entities are numbers"
    visible_at, span = max(application.occurred_at, outcome.occurred_at), _span(outcome)
    for piece, who in applicants:
        both = Piece(max(piece.known_from, span.known_from), min(piece.known_until, span.known_until))
        if both.known_from >= both.known_until:
            continue
        for entity in {merchant, who}:
            _say(derived, entity, outcome, application.number, both, visible_at, STANDING, standing, loan)
            derived.entities.add(entity)
            ledger.touch(entity, visible_at, _changed(both))


def _say(
    derived: Derived, entity: int, fact: Kept, part: int, piece: Piece, visible_at: Instant, what: int, value: bytes, loan: int
) -> None:
    """One statement."""
    said = rank(fact.source, fact.source_id)
    derived.statements.append(
        (entity, fact.number, part, piece.known_from, piece.end, fact.occurred_at, said, visible_at, what, value, loan)
    )


def _changed(piece: Piece) -> Instant:
    """The last moment of recorded time at which a stretch begins or ends."""
    return piece.known_from if piece.end is None else piece.end


def _touch(ledger: Ledger, tie: int, ends: tuple[int, int], at: Instant, piece: Piece) -> None:
    """Note that a tie and its ends were touched."""
    ledger.tie_by_number(tie).touch(at, _changed(piece))
    for end in ends:
        ledger.touch(end, at, _changed(piece))
