"""What judging is told in besides reasons: verdict, strategy, degraded sources, time, cost and limit."""

from __future__ import annotations

from enum import StrEnum

from api.schema.declaring import enum_type, object_type
from api.schema.money import Money
from api.schema.nodes import Node
from api.schema.roles import EVERYBODY
from api.schema.scalars import ID, CurrencyCode, Long, Milliseconds


@enum_type
class Verdict(StrEnum):
    """Verdicts."""

    APPROVE = "APPROVE"
    """Lend."""
    REFER = "REFER"
    """A person should look."""
    DECLINE = "DECLINE"
    """Do not lend."""


@object_type(visible=EVERYBODY)
class Strategy(Node):
    """An immutable, versioned set of rules with thresholds."""

    id: ID
    """Opaque id of this version, `str_...`."""
    name: str
    """Name shared by its versions."""
    version: int
    """Version, from 1."""


@enum_type
class DecisionSource(StrEnum):
    """Parts that can fail on their own. More may be added."""

    GRAPH = "GRAPH"
    """The graph."""
    RECORDS = "RECORDS"
    """The records: earlier decisions, verifications, lists."""
    IDENTITY = "IDENTITY"
    """Identity checks."""
    RINGS = "RINGS"
    """Rings."""


@enum_type
class DegradedCause(StrEnum):
    """Why a source gave nothing."""

    TIMED_OUT = "TIMED_OUT"
    """Did not answer within its share of the deadline."""
    UNREACHABLE = "UNREACHABLE"
    """Could not be reached, or is shut off after failing."""
    FAILED = "FAILED"
    """Answered with an error."""
    TRUNCATED = "TRUNCATED"
    """The deadline cut its answer short. A bound met by count is ordinary and no degradation."""


@object_type()
class DegradedSource:
    """A source that gave nothing in time."""

    source: DecisionSource
    """Which source."""
    cause: DegradedCause
    """Why."""
    waited: Milliseconds
    """How long it was waited for."""
    signals: list[str]
    """Names of signals that are therefore unknown."""


@object_type()
class DecisionTiming:
    """Wall-clock time of a decision by part."""

    total: Milliseconds
    """From request to answer, without the network."""
    facts: Milliseconds
    """Recording the application and its facts."""
    graph: Milliseconds
    """Reading the neighbourhood."""
    signals: Milliseconds
    """Computing signals."""
    rules: Milliseconds
    """Judging rules."""
    records: Milliseconds
    """Storing decision, idempotency key and audit entry."""
    identity: Milliseconds
    """Reading the results of identity checks; the checks themselves run before."""


@object_type()
class DecisionCost:
    """What computing a decision cost."""

    cpu: Milliseconds
    """Processor time."""
    read: int
    """Entities and ties read."""
    micros: Long
    """Millionths of the major unit: 2000 with CNY is 0.002 yuan."""
    currency: CurrencyCode
    """Currency of `micros`, at the configured price of a processor hour."""


@object_type()
class LimitHint:
    """How much to lend at most, as the receipts show."""

    amount: Money
    """The most to lend."""
    monthly_receipts: Money
    """Receipts a month that look real, as it was computed: without self-payments, refunds and circles."""
    sentence: str
    """How it was computed, in one sentence."""
