"""Ties and descriptions folded from their exact rows, as of a moment: the general path, and what fills cached rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from graph.ids import TIE_NUMBERS
from graph.model import MONEY_TIES, Instant, Moment, TieKind
from graph.stores.shared.folding import Description, describe
from graph.stores.shared.rows import MAXIMUM_TOTAL, TieRow
from graph.stores.shared.tables import TieHead

FACT_COLUMNS: Final = "f.number, f.id, s.name, f.source_id, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.content"
FACT_TABLES: Final = "fact f CROSS JOIN source s ON s.number = f.source"
"""What `encoding.read_kept` reads."""

TIE_COLUMNS: Final = "t.number, t.kind, t.from_, t.to_, t.first_at, t.last_at, t.recorded_at, t.ended_at, t.count, t.total, t.share"
"""A `TieRow`'s."""

CHUNK: Final = 256
"""Numbers in one statement's IN list at most."""

_SHARED: Final = frozenset({TIE_NUMBERS[TieKind.OWNS], TIE_NUMBERS[TieKind.INVESTS_IN]})
_MONEY: Final = frozenset(TIE_NUMBERS[kind] for kind in MONEY_TIES)

_POSITIONAL: Final = """
    occurred_at <= ? AND known_from <= ? AND (known_until IS NULL OR known_until > ?) AND (hidden_at IS NULL OR hidden_at > ?)
"""


def chunks(numbers: Iterable[int], size: int = CHUNK) -> Iterator[list[int]]:
    """The numbers in lists whose lengths are powers of four (the last number repeated), so that few statements are ever prepared."""
    all_ = list(numbers)
    for start in range(0, len(all_), size):
        chunk = all_[start : start + size]
        width = 1
        while width < len(chunk):
            width *= 4
        yield chunk + [chunk[-1]] * (min(width, size) - len(chunk))


def marks(numbers: Sequence[object]) -> str:
    """As many question marks."""
    return ",".join("?" * len(numbers))


def fold_ties(connection: sqlite3.Connection, heads: Iterable[TieHead], moment: Moment) -> dict[int, TieRow | None]:
    """The ties as their rows say at the moment, by number; None for one that nothing says then."""
    wanted = {head.number: head for head in heads}
    folded: dict[int, TieRow | None] = dict.fromkeys(wanted)
    for chunk in chunks(wanted):
        shares = _shares(connection, [number for number in chunk if wanted[number].kind in _SHARED], moment)
        ends = _ends(connection, chunk, moment)
        for number, count, first_at, last_at, recorded_at, high, low in connection.execute(
            f"""SELECT tie, count(*), min(occurred_at), max(occurred_at), min(coalesce(recorded_at, known_from)),
                sum(amount >> 24), sum(amount & 16777215)
            FROM observation WHERE tie IN ({marks(chunk)}) AND ended = 0 AND {_POSITIONAL} GROUP BY tie""",
            [*chunk, *_visible_at(moment)],
        ):
            head = wanted[number]
            total = min((high << 24) + low, MAXIMUM_TOTAL) if head.kind in _MONEY else None
            ended_at = min((at for at in ends.get(number, ()) if at >= last_at), default=None)
            folded[number] = TieRow(*head, first_at, last_at, recorded_at, ended_at, count, total, shares.get(number))
    return folded


def _visible_at(moment: Moment) -> tuple[int, int, int, int]:
    """What the question marks of `_POSITIONAL` stand for."""
    return moment.at, moment.known_at, moment.known_at, moment.at


def _ends(connection: sqlite3.Connection, numbers: Sequence[int], moment: Moment) -> dict[int, list[Instant]]:
    """Moments at which the ties are said to have ended."""
    ends: dict[int, list[Instant]] = {}
    sql = f"SELECT DISTINCT tie, occurred_at FROM observation WHERE tie IN ({marks(numbers)}) AND ended = 1 AND {_POSITIONAL}"
    for number, occurred_at in connection.execute(sql, [*numbers, *_visible_at(moment)]):
        ends.setdefault(number, []).append(occurred_at)
    return ends


def _shares(connection: sqlite3.Connection, numbers: Sequence[int], moment: Moment) -> dict[int, float]:
    """The latest share said of each tie."""
    latest: dict[int, tuple[tuple[Instant, str, str], float]] = {}
    for chunk in chunks(numbers):
        for number, share, *order in connection.execute(
            f"""SELECT o.tie, o.share, o.occurred_at, s.name, f.source_id FROM (
                SELECT DISTINCT tie, share, occurred_at, fact FROM observation
                WHERE tie IN ({marks(chunk)}) AND ended = 0 AND share IS NOT NULL AND {_POSITIONAL}
            ) o CROSS JOIN fact f ON f.number = o.fact CROSS JOIN source s ON s.number = f.source""",
            [*chunk, *_visible_at(moment)],
        ):
            said = (tuple(order), share)
            if number not in latest or said > latest[number]:
                latest[number] = said
    return {number: share for number, (_, share) in latest.items()}


def fold_descriptions(connection: sqlite3.Connection, entities: Iterable[int], moment: Moment) -> dict[int, Description]:
    """What is said of the entities at the moment, by number; left out where nothing is said."""
    said: dict[int, list[tuple[Instant, str, int, bytes]]] = {}
    for chunk in chunks(entities):
        for entity, *statement in connection.execute(
            f"""SELECT entity, occurred_at, rank, what, value FROM statement WHERE entity IN ({marks(chunk)})
            AND visible_at <= ? AND known_from <= ? AND (known_until IS NULL OR known_until > ?)""",
            [*chunk, moment.at, moment.known_at, moment.known_at],
        ):
            said.setdefault(entity, []).append(tuple(statement))
    return {entity: describe(statements) for entity, statements in said.items()}
