"""The canonical JSON of a dossier: ids once in a table and then by their place in it, moments as milliseconds before the application's.

Equal dossiers give equal bytes. Lists stand for what would be objects, since their field names would be most of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from graph.ids import tie_id
from graph.model import (
    Entity,
    EntityKind,
    FieldValue,
    Findings,
    Moment,
    Neighbour,
    Neighbourhood,
    Receipts,
    Standing,
    Surroundings,
    Tie,
    TieKind,
    Transfer,
    TransferKind,
    Truncation,
    TruncationCause,
)
from rules.model import Application, DecisionSource, DegradedCause, Dossier, History, Identified, Unread

FORMAT: Final = 1
"""Of the JSON; a stored dossier of an older format keeps its own reader."""

_KINDS: Final = tuple(EntityKind)
_PREFIXES: Final = frozenset(kind.value for kind in EntityKind)
_TIE_KINDS: Final = tuple(TieKind)
_TRANSFER_KINDS: Final = tuple(TransferKind)
_STANDINGS: Final = tuple(Standing)
_KIND_PLACE: Final = {kind: place for place, kind in enumerate(_KINDS)}
_TIE_PLACE: Final = {kind: place for place, kind in enumerate(_TIE_KINDS)}
_TRANSFER_PLACE: Final = {kind: place for place, kind in enumerate(_TRANSFER_KINDS)}
_STANDING_PLACE: Final = {standing: place for place, standing in enumerate(_STANDINGS)}


class Table:
    """Ids in the order in which they are first named, and moments relative to the application's."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.places: dict[str, int] = {}

    def place(self, id: str) -> int:
        """The id's place, which it gets when it is first named."""
        return self.places.setdefault(id, len(self.places))

    def ago(self, moment: int | None) -> int | None:
        """Milliseconds before the application; None stays None."""
        return None if moment is None else self.at - moment

    def value(self, value: FieldValue) -> object:
        """A described value; an id, as loans name their merchant, is written as its place in a list of one."""
        if isinstance(value, str) and value[3:4] == "_" and value[:3] in _PREFIXES:
            return [self.place(value)]
        return value

    def neighbour(self, one: Neighbour) -> list[object]:
        """One entity with its part in the neighbourhood."""
        entity = one.entity
        return [
            self.place(entity.id),
            _KIND_PLACE[entity.kind],
            entity.key,
            entity.label,
            self.at - entity.first_at,
            self.at - entity.last_at,
            int(entity.blocked),
            _STANDING_PLACE[entity.standing],
            entity.reach,
            {name: self.value(value) if isinstance(value, str) else value for name, value in entity.fields.items()},
            one.distance,
            one.strength,
        ]

    def tie(self, tie: Tie) -> list[object]:
        """One tie; what is None at its end is left out."""
        places, at, from_id, to_id, first_at = self.places, self.at, tie.from_id, tie.to_id, tie.first_at
        line: list[object] = [
            _TIE_PLACE[tie.kind],
            places.setdefault(from_id, len(places)),
            places.setdefault(to_id, len(places)),
            tie.weight,
            at - first_at,
            first_at - tie.last_at,
            first_at - tie.recorded_at,
            tie.count,
        ]
        derived = _tie_id(tie.kind, from_id, to_id) == tie.id
        if derived and tie.ended_at is None and tie.total is None and tie.share is None:
            return line
        rest = [None if derived else tie.id, self.ago(tie.ended_at), tie.total, tie.share]
        while rest and rest[-1] is None:
            rest.pop()
        return line + rest

    def flow(self, flow: Transfer) -> list[object]:
        """One transfer."""
        return [
            self.place(flow.from_id),
            self.place(flow.to_id),
            flow.amount,
            _TRANSFER_PLACE[flow.kind],
            self.at - flow.occurred_at,
            flow.occurred_at - flow.recorded_at,
        ]


def _tie_id(kind: TieKind, from_id: str, to_id: str) -> str | None:
    """The id that follows from kind and ends, which need not be written; None for ends that are no ids of a store."""
    try:
        return tie_id(kind, from_id, to_id)
    except KeyError:
        return None


def write(dossier: Dossier) -> bytes:
    """The canonical JSON, however long. O(entities + ties + flows)."""
    asked = dossier.application
    table = Table(asked.at)
    around = dossier.surroundings
    written: dict[str, object] = {
        "format": FORMAT,
        "application": [
            table.place(asked.loan),
            asked.loan_key,
            table.place(asked.merchant),
            None if asked.applicant is None else table.place(asked.applicant),
            asked.amount,
            asked.currency,
            asked.term_days,
            asked.at,
        ],
        "known_at": dossier.known_at,
        "history": None if dossier.history is None else _history(dossier.history),
        "unread": [[one.source.value, one.cause.value, one.waited] for one in dossier.unread],
        "seed": dossier.strategy_seed,
        "surroundings": None if around is None else _surroundings(around, table),
    }
    written["ids"] = list(table.places)
    return orjson.dumps(written, option=orjson.OPT_SORT_KEYS)


def _history(known: History) -> list[object]:
    """What the records say; identities are left out where there are none, as in dossiers that were written before there were any."""
    line: list[object] = [known.decisions_90, known.declined_90]
    if known.identities:
        line += [
            None if one is None else [getattr(one, name) for name in Identified.__slots__] for one in (known.merchant, known.applicant)
        ]
    return line


def _read_history(line: Sequence[Any]) -> History:
    decisions, declined, *identities = line
    known = [None if one is None else _read_identity(one) for one in identities]
    return History(decisions, declined, *known)


def _read_identity(line: Sequence[Any]) -> Identified:
    state, verified_at, failed, inconclusive, faces, matches = line
    return Identified(state, verified_at, tuple(failed), tuple(inconclusive), faces, matches)


def _surroundings(around: Surroundings, table: Table) -> dict[str, object]:
    hood, receipts = around.neighbourhood, around.receipts
    cut = hood.truncation
    # Left out where there is nothing, as in dossiers that were written before questions about money were asked.
    found = {} if around.findings == Findings() else {"findings": _findings(around.findings, table)}
    return found | {
        "centre": table.place(hood.centre),
        "moment": [hood.moment.at, hood.moment.known_at],
        "neighbours": [table.neighbour(one) for one in hood.neighbours],
        "ties": [table.tie(tie) for tie in hood.ties],
        "truncation": None if cut is None else [[cause.value for cause in cut.causes], cut.omitted_ties],
        "accounts": [table.place(account) for account in around.accounts],
        "flows": [table.flow(flow) for flow in around.flows],
        "flows_complete": around.flows_complete,
        "receipts": [
            receipts.count_30,
            receipts.amount_30,
            receipts.count_90,
            receipts.amount_90,
            receipts.payers_90,
            receipts.largest_payer_90,
            receipts.self_paid_90,
            receipts.amount_7,
            table.ago(receipts.first_at),
            table.ago(receipts.last_at),
            receipts.counted,
            receipts.complete,
        ],
    }


def _findings(found: Findings, table: Table) -> list[object]:
    named = [[table.place(id_) for id_ in ids] for ids in (found.borrowers, found.blocked_things, found.vouched_for, found.pools)]
    return [*named, found.vouched, found.withdrawn, found.complete]


def _read_findings(written: Sequence[Any] | None, ids: Sequence[str]) -> Findings:
    if written is None:
        return Findings()
    *named, vouched, withdrawn, complete = written
    borrowers, blocked, vouched_for, pools = (tuple(ids[place] for place in places) for places in named)
    return Findings(borrowers, blocked, vouched_for, vouched, pools, withdrawn, complete)


def read(text: bytes) -> Dossier:
    """The dossier that `write` wrote. Raises ValueError for what it did not write."""
    written: dict[str, Any] = orjson.loads(text)
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        raise ValueError(f"this is no dossier of format {FORMAT}: the version of the program that wrote it reads it")
    ids: list[str] = written["ids"]
    loan, loan_key, merchant, applicant, amount, currency, term_days, at = written["application"]
    history = written["history"]
    return Dossier(
        application=Application(
            loan=ids[loan],
            loan_key=loan_key,
            merchant=ids[merchant],
            applicant=None if applicant is None else ids[applicant],
            amount=amount,
            currency=currency,
            term_days=term_days,
            at=at,
        ),
        known_at=written["known_at"],
        surroundings=None if written["surroundings"] is None else _read_surroundings(written["surroundings"], ids, at),
        history=None if history is None else _read_history(history),
        unread=tuple(Unread(DecisionSource(source), DegradedCause(cause), waited) for source, cause, waited in written["unread"]),
        strategy_seed=written["seed"],
    )


def _read_surroundings(written: Mapping[str, Any], ids: Sequence[str], at: int) -> Surroundings:
    cut = written["truncation"]
    *sums, first, last, counted, complete = written["receipts"]
    return Surroundings(
        neighbourhood=Neighbourhood(
            centre=ids[written["centre"]],
            moment=Moment(*written["moment"]),
            neighbours=tuple(_read_neighbour(line, ids, at) for line in written["neighbours"]),
            ties=tuple(_read_tie(line, ids, at) for line in written["ties"]),
            truncation=None if cut is None else Truncation(tuple(TruncationCause(cause) for cause in cut[0]), cut[1]),
        ),
        accounts=tuple(ids[place] for place in written["accounts"]),
        flows=tuple(
            Transfer(ids[start], ids[end], amount, _TRANSFER_KINDS[kind], at - ago, at - ago - until)
            for start, end, amount, kind, ago, until in written["flows"]
        ),
        receipts=Receipts(
            count_30=sums[0],
            amount_30=sums[1],
            count_90=sums[2],
            amount_90=sums[3],
            payers_90=sums[4],
            largest_payer_90=sums[5],
            self_paid_90=sums[6],
            amount_7=sums[7],
            first_at=None if first is None else at - first,
            last_at=None if last is None else at - last,
            counted=counted,
            complete=complete,
        ),
        flows_complete=written["flows_complete"],
        findings=_read_findings(written.get("findings"), ids),
    )


def _read_neighbour(line: Sequence[Any], ids: Sequence[str], at: int) -> Neighbour:
    place, kind, key, label, first, last, blocked, standing, reach, fields, distance, strength = line
    entity = Entity(
        id=ids[place],
        kind=_KINDS[kind],
        key=key,
        label=label,
        first_at=at - first,
        last_at=at - last,
        blocked=bool(blocked),
        standing=_STANDINGS[standing],
        reach=reach,
        fields={name: ids[value[0]] if isinstance(value, list) else value for name, value in fields.items()},
    )
    return Neighbour(entity, distance, strength)


def _read_tie(line: Sequence[Any], ids: Sequence[str], at: int) -> Tie:
    place, start, end, weight, first, until_last, until_recorded, count, *rest = line
    own_id, ended, total, share = [*rest, None, None, None, None][:4]
    kind, from_id, to_id = _TIE_KINDS[place], ids[start], ids[end]
    first_at = at - first
    derived = own_id if own_id is not None else _tie_id(kind, from_id, to_id)
    assert derived is not None, "a tie whose id is not written has one that follows from its ends"
    return Tie(
        id=derived,
        kind=kind,
        from_id=from_id,
        to_id=to_id,
        weight=weight,
        first_at=first_at,
        last_at=first_at - until_last,
        recorded_at=first_at - until_recorded,
        ended_at=None if ended is None else at - ended,
        count=count,
        total=total,
        share=share,
    )
