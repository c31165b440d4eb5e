"""What queries have in common: columns, and when a row holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from graph.model import TieKind

ALL_TIES: Final = "|".join(kind.value for kind in TieKind)
TIE_COLUMNS: Final = "t.number, t.kind, t.from_, t.to_, t.first_at, t.last_at, t.recorded_at, t.ended_at, t.count, t.total, t.share"
"""A `TieRow`'s columns."""
FACT_COLUMNS: Final = "f.number, f.id, f.source, f.source_id, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.content"
NODE_COLUMNS: Final = "e.number, e.facts, e.first_at, e.last_at, e.latest_at, e.changed_at, e.reach, e.degrees"
PLACE_COLUMNS: Final = "e.number, e.id, e.facts, e.first_at, e.last_at, e.reach, e.degrees, e.latest_at, e.changed_at"
PROFILE_COLUMNS: Final = "e.key, e.label, e.value, e.subject_key, e.said, e.blocked, e.standing, e.fields"
KNOWN: Final = "{0}.known_from <= $known_at AND coalesce({0}.known_until, $known_at + 1) > $known_at"
STANDS: Final = f"{{0}}.occurred_at <= $at AND {KNOWN} AND coalesce({{0}}.hidden_at, $at + 1) > $at"
EXACT: Final = "t.latest_at <= $at AND t.changed_at <= $known_at"
HOLDS: Final = "t.count > 0 AND t.ended_at IS NULL AND t.from_ <> t.to_"

RECEIVED: Final = f"""
MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
USING INDEX m:TRANSFERRED(institution, to_, occurred_at)
WHERE m.to_ IN $accounts AND m.kind = $kind AND m.occurred_at > $after AND m.occurred_at <= $until AND {STANDS.format("m")}
WITH m ORDER BY m.occurred_at DESC, m.recorded_at DESC, m.amount DESC LIMIT $most
WITH m.from_ AS payer, count(m) AS times, sum(m.amount) AS paid,
    sum(CASE WHEN m.occurred_at > $after_30 THEN 1 ELSE 0 END) AS times_30,
    sum(CASE WHEN m.occurred_at > $after_30 THEN m.amount ELSE 0 END) AS paid_30,
    sum(CASE WHEN m.occurred_at > $after_7 THEN m.amount ELSE 0 END) AS paid_7
RETURN ["""
"""The newest receipts of some accounts, summed by payer; its last word begins the list of `SUMS`."""

SUMS: Final = """coalesce(sum(times), 0), coalesce(sum(times_30), 0), coalesce(sum(paid), 0), coalesce(sum(paid_30), 0), coalesce(sum(paid_7), 0),
    count(payer), coalesce(max(paid), 0), coalesce(sum(CASE WHEN payer IN $own THEN paid ELSE 0 END), 0)"""
"""Sums over all payers, in the order of `Counted`."""


def types(kinds: Iterable[TieKind] | None) -> str:
    """The types of these kinds of tie, in one order, for `{ties}`."""
    return ALL_TIES if kinds is None else "|".join(sorted(kind.value for kind in kinds))
