"""A dossier as it is stored: canonical JSON that gives back the very dossier, at most 32 KiB.

`settle` comes before judging: it drops what no judgement may rest on (ciphertexts and keys) and leaves out what is over the bound,
so that what is judged is what is stored. Ids are written once, in a table, and named by their place in it; moments are written as
milliseconds before the application's, which makes most of them short.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from graph.ids import tie_id
from graph.measures.latest import Latest
from graph.model import (
    Entity,
    EntityKind,
    FieldValue,
    Moment,
    Neighbour,
    Neighbourhood,
    Receipts,
    Sealed,
    Standing,
    Surroundings,
    Tie,
    TieKind,
    Transfer,
    TransferKind,
    Truncation,
    TruncationCause,
)
from rules.model import Application, DecisionSource, DegradedCause, Dossier, History, Unread

MAXIMUM_BYTES: Final = 32 * 1024
"""Largest canonical JSON of a dossier."""

MAXIMUM_ENTITIES: Final = 100
MAXIMUM_TIES: Final = 200
"""Of a dossier, and so of the evidence of any decision."""

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

_latest: Latest[Dossier, bytes] = Latest()
"""Settling, hashing and storing one dossier write it once."""


def encode(dossier: Dossier) -> bytes:
    """Canonical JSON of a settled dossier: equal dossiers give equal bytes, and `decode` gives the dossier back."""
    text = _latest.get(dossier, lambda: _dumps(dossier))
    assert len(text) <= MAXIMUM_BYTES, f"a dossier has {len(text)} bytes and {MAXIMUM_BYTES} are the most: settle it before judging"
    return text


def inputs_hash(text: bytes, strategy: bytes) -> str:
    """SHA-256, hexadecimal, of a dossier's canonical JSON followed by its strategy's: the hash of all inputs of a judgement."""
    digest = hashlib.sha256(text)
    digest.update(b"\0")
    digest.update(strategy)
    return digest.hexdigest()


def settle(dossier: Dossier) -> Dossier:
    """The dossier as it will be judged and stored: no ciphertexts, at most 100 entities, 200 ties and 32 KiB.

    What is over the bound is left out deterministically: first the oldest flows down to 100, then the farthest and weakest entities
    with their ties down to 40, then the other flows, then the other entities; `truncation` and `flows_complete` say so.
    """
    around = dossier.surroundings
    if around is None:
        return dossier
    settled = replace(dossier, surroundings=replace(around, neighbourhood=_bounded(_plain(around.neighbourhood))))
    excess = len(_latest.get(settled, lambda: _dumps(settled))) - MAXIMUM_BYTES
    for flows, entities in ((100, 10_000), (100, 40), (0, 40), (0, 1)):
        if excess <= 0:
            break
        settled = _trimmed(settled, flows, entities, excess)
        excess = len(_dumps(settled)) - MAXIMUM_BYTES
    return settled


def _plain(hood: Neighbourhood) -> Neighbourhood:
    """The neighbourhood without ciphertexts and keys."""
    if not any(one.entity.subject_key is not None or _sealed(one.entity) for one in hood.neighbours):
        return hood
    # Made by hand and not by `replace`, which costs three times as much, for each of a hundred entities in each decision.
    near = tuple(Neighbour(_without_secrets(one.entity), one.distance, one.strength) for one in hood.neighbours)
    return replace(hood, neighbours=near)


def _sealed(entity: Entity) -> bool:
    return any(type(value) is Sealed for value in entity.fields.values())


def _without_secrets(entity: Entity) -> Entity:
    return Entity(
        entity.id,
        entity.kind,
        entity.key,
        entity.label,
        entity.first_at,
        entity.last_at,
        entity.blocked,
        entity.standing,
        entity.reach,
        {name: value for name, value in entity.fields.items() if type(value) is not Sealed},
    )


def _bounded(hood: Neighbourhood) -> Neighbourhood:
    """The neighbourhood with at most 100 entities, the nearest, and 200 ties between them, the weightiest."""
    if len(hood.neighbours) <= MAXIMUM_ENTITIES and len(hood.ties) <= MAXIMUM_TIES:
        return hood
    near = hood.neighbours[:MAXIMUM_ENTITIES]
    ids = {one.entity.id for one in near}
    ties = tuple(tie for tie in hood.ties if tie.from_id in ids and tie.to_id in ids)[:MAXIMUM_TIES]
    return replace(hood, neighbours=near, ties=ties, truncation=_further_cut(hood, len(near), len(ties)))


def _trimmed(dossier: Dossier, flows: int, entities: int, excess: int) -> Dossier:
    """Leave out the oldest flows down to `flows` and the last entities down to `entities`, no more than `excess` bytes ask for."""
    around = dossier.surroundings
    assert around is not None
    table = _Table(dossier.application.at)
    kept, saved = list(around.flows), 0
    while len(kept) > flows and saved < excess:
        saved += len(orjson.dumps(table.flow(kept[0])))
        kept.pop(0)
    near = list(around.neighbourhood.neighbours)
    ties = list(around.neighbourhood.ties)
    while len(near) > entities and saved < excess:
        gone = near.pop().entity
        saved += len(orjson.dumps((gone.id, gone.label, gone.key, dict(gone.fields))))
        lost = [tie for tie in ties if gone.id in {tie.from_id, tie.to_id}]
        saved += sum(len(orjson.dumps(table.tie(tie))) for tie in lost)
        ties = [tie for tie in ties if gone.id not in {tie.from_id, tie.to_id}]
    hood = replace(
        around.neighbourhood,
        neighbours=tuple(near),
        ties=tuple(ties),
        truncation=_further_cut(around.neighbourhood, len(near), len(ties)),
    )
    complete = around.flows_complete and len(kept) == len(around.flows)
    return replace(dossier, surroundings=replace(around, neighbourhood=hood, flows=tuple(kept), flows_complete=complete))


def _further_cut(hood: Neighbourhood, entities: int, ties: int) -> Truncation | None:
    """What the neighbourhood says of its bounds once only so many entities and ties are left of it."""
    if entities == len(hood.neighbours) and ties == len(hood.ties):
        return hood.truncation
    met = TruncationCause.ENTITIES if entities < len(hood.neighbours) else TruncationCause.TIES
    causes = {met, *(hood.truncation.causes if hood.truncation else ())}
    before = hood.truncation.omitted_ties if hood.truncation else 0
    omitted = None if before is None else before + len(hood.ties) - ties
    return Truncation(tuple(cause for cause in TruncationCause if cause in causes), omitted)


class _Table:
    """Ids in the order in which they are first named, and moments relative to the application's."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.places: dict[str, int] = {}

    def place(self, id: str) -> int:
        """The id's place, which it gets when it is first named."""
        places = self.places
        place = places.get(id)
        if place is None:
            place = places[id] = len(places)
        return place

    def ago(self, moment: int | None) -> int | None:
        return None if moment is None else self.at - moment

    def value(self, value: FieldValue) -> object:
        """A described value; an id, as loans name their merchant, is written as its place in a list of one."""
        if isinstance(value, str) and value[3:4] == "_" and value[:3] in _PREFIXES:
            return [self.place(value)]
        return value

    def neighbour(self, one: Neighbour) -> list[object]:
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
            {name: self.value(value) for name, value in entity.fields.items()},
            one.distance,
            one.strength,
        ]

    def tie(self, tie: Tie) -> list[object]:
        start, end = self.place(tie.from_id), self.place(tie.to_id)
        line: list[object] = [
            _TIE_PLACE[tie.kind],
            start,
            end,
            tie.weight,
            self.at - tie.first_at,
            tie.first_at - tie.last_at,
            tie.first_at - tie.recorded_at,
            tie.count,
        ]
        derived = _tie_id(tie.kind, tie.from_id, tie.to_id)
        rest = [None if derived == tie.id else tie.id, self.ago(tie.ended_at), tie.total, tie.share]
        while rest and rest[-1] is None:
            rest.pop()
        return line + rest

    def flow(self, flow: Transfer) -> list[object]:
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


def _dumps(dossier: Dossier) -> bytes:
    asked = dossier.application
    table = _Table(asked.at)
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
        "history": None if dossier.history is None else [dossier.history.decisions_90, dossier.history.declined_90],
        "unread": [[one.source.value, one.cause.value, one.waited] for one in dossier.unread],
        "seed": dossier.strategy_seed,
        "surroundings": None if around is None else _surroundings(around, table),
    }
    written["ids"] = list(table.places)
    return orjson.dumps(written, option=orjson.OPT_SORT_KEYS)


def _surroundings(around: Surroundings, table: _Table) -> dict[str, object]:
    hood, receipts = around.neighbourhood, around.receipts
    cut = hood.truncation
    return {
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


def decode(text: bytes) -> Dossier:
    """The dossier that `encode` wrote. Raises ValueError for what it did not write."""
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
        history=None if history is None else History(*history),
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
