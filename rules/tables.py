"""Tables of decisions and strategies. What judged and what was judged are kept as canonical JSON, byte for byte.

Moments are milliseconds UTC. Every list of decisions is a walk of one of the indexes below, newest first: `(decided_at, id)` ends
each of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata: Final = MetaData()

strategies = Table(
    "strategies",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False, comment="Canonical JSON"),
    UniqueConstraint("institution", "name", "version", name="strategies_by_version"),
    comment="Versions of strategies: never changed and never deleted, since decisions cite them",
)

live_strategies = Table(
    "live_strategies",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("strategy", Text, nullable=False),
    comment="Which version judges an institution's applications",
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("institution", Text, nullable=False),
    Column("loan", Text, nullable=False),
    Column("merchant", Text, nullable=False),
    Column("applicant", Text),
    Column("verdict", Text, nullable=False),
    Column("degraded", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("strategy_name", Text, nullable=False),
    Column("strategy_version", Integer, nullable=False),
    Column("inputs_hash", Text, nullable=False),
    Column("dossier", LargeBinary, nullable=False, comment="Canonical JSON, at most 32 KiB"),
    Column("judgement", LargeBinary, nullable=False, comment="Canonical JSON"),
    Column("timing", Text, nullable=False, comment="JSON list of milliseconds: total, facts, graph, signals, rules, records"),
    Column("cpu", Float, nullable=False),
    Column("read", Integer, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("replaced_by", Text),
    Index("decisions_newest", "institution", "decided_at", "id"),
    Index("decisions_by_loan", "institution", "loan", "decided_at", "id"),
    Index("decisions_by_merchant", "institution", "merchant", "decided_at", "id"),
    Index("decisions_by_applicant", "institution", "applicant", "decided_at", "id"),
    Index("decisions_by_verdict", "institution", "verdict", "decided_at", "id"),
    Index("decisions_by_degraded", "institution", "degraded", "decided_at", "id"),
    comment="Decisions: immutable but for replaced_by, which is set once",
)

decision_reasons = Table(
    "decision_reasons",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("decided_at", BigInteger, primary_key=True, autoincrement=False),
    Column("decision", Text, ForeignKey("decisions.id"), primary_key=True),
    comment="Reason codes of decisions, one line each: how a list by reason code is walked",
)
