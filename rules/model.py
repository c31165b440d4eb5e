"""The words of judging: frozen values from a dossier to a judgement.

Moments are `graph.model.Instant` (milliseconds, UTC), money is minor units of the institution's currency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from graph.measures.household import Household
from graph.measures.picture import Flows, Picture
from graph.model import Findings, Instant, Receipts, Surroundings


class Verdict(StrEnum):
    """What to do with an application."""

    APPROVE = "APPROVE"
    REFER = "REFER"
    DECLINE = "DECLINE"


class RuleEffect(StrEnum):
    """What a rule does when it holds."""

    SCORE = "SCORE"
    REFER = "REFER"
    DECLINE = "DECLINE"


class SignalKind(StrEnum):
    """Types of a signal's value."""

    INTEGER = "INTEGER"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    TEXT = "TEXT"
    MONEY = "MONEY"


class DecisionSource(StrEnum):
    """Parts that can fail on their own."""

    GRAPH = "GRAPH"
    RECORDS = "RECORDS"
    IDENTITY = "IDENTITY"
    RINGS = "RINGS"


class DegradedCause(StrEnum):
    """Why a source gave nothing."""

    TIMED_OUT = "TIMED_OUT"
    UNREACHABLE = "UNREACHABLE"
    FAILED = "FAILED"
    TRUNCATED = "TRUNCATED"


SignalValue: TypeAlias = int | float | bool | str


@dataclass(frozen=True, slots=True)
class Application:
    """What was asked for."""

    loan: str
    """Entity id of the loan; so are the next two."""
    loan_key: str
    merchant: str
    applicant: str | None
    amount: int
    currency: str
    term_days: int
    at: Instant
    """The application's moment: windows are measured from it."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Who somebody is, by the newest verification. Holds nothing personal."""

    state: str
    """A `VerificationState` of the schema."""
    verified_at: Instant | None
    failed: tuple[str, ...]
    """Codes of checks that failed."""
    inconclusive: tuple[str, ...]
    """Codes of checks that could not tell."""
    faces: int | None
    """People with this face, that one included; None without a face."""
    matches: int
    """List matches that stand: true, or not judged yet."""


@dataclass(frozen=True, slots=True)
class History:
    """What the records say of the merchant and the applicant before this application."""

    decisions_90: int
    """Other loans of this merchant or applicant decided in 90 days, each by its latest decision."""
    declined_90: int
    """Of these, the declined ones."""
    merchant: Identified | None = None
    """None before a first verification."""
    applicant: Identified | None = None

    @property
    def identities(self) -> tuple[Identified, ...]:
        """Those of the two that were ever verified."""
        return tuple(one for one in (self.merchant, self.applicant) if one is not None)

    def verified(self, application: Application) -> tuple[str, ...]:
        """Ids of those of the two that were ever verified."""
        known = ((application.merchant, self.merchant), (application.applicant, self.applicant))
        return tuple(id_ for id_, one in known if id_ is not None and one is not None)


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that gave nothing, or nothing whole, in time."""

    source: DecisionSource
    cause: DegradedCause
    waited: float
    """Milliseconds."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that one decision may look at; its canonical JSON (`rules.dossier`) is at most 32 KiB."""

    application: Application
    known_at: Instant
    """Nothing recorded later is in it."""
    surroundings: Surroundings | None
    """None when the graph was not read."""
    history: History | None
    """None when the records were not read."""
    unread: tuple[Unread, ...] = ()
    strategy_seed: str = ""
    """Reserved for drawing a challenger's share; not read by signals."""


@dataclass(frozen=True, slots=True)
class Material:
    """A dossier laid out once for all signals (`rules.material`): what measures work on. Signals of the graph see a graph that was read."""

    application: Application
    picture: Picture
    """The neighbourhood in the form that measures take."""
    household: Household
    """Who applies, and what is theirs."""
    flows: Flows
    """The transfers in the form that measures take."""
    accounts: tuple[str, ...]
    """Accounts of the household, receiving ones first."""
    receipts: Receipts
    findings: Findings
    """What questions about money found around the household."""
    history: History
    """What the records say; all zero when they were not read, and then no signal of theirs is computed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A signal's value in one dossier, with what it rests on."""

    value: SignalValue
    entities: tuple[str, ...] = ()
    """Entity ids, weightiest first."""
    ties: tuple[str, ...] = ()
    """Tie ids, weightiest first."""
    absent: bool = False
    """There was nothing to measure; `value` is the one that the signal declares for this."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A named, typed, documented value computed from the material of a decision; its description is the function's first sentence."""

    compute: Callable[[Material], Reading]
    kind: SignalKind
    unit: str | None
    source: DecisionSource
    """Without this source the signal is unread."""

    @property
    def name(self) -> str:
        """Its name in conditions."""
        return self.compute.__name__

    @property
    def description(self) -> str:
        """What it says, in one sentence."""
        text = self.compute.__doc__
        assert text, f"signal {self.name} has no docstring"
        return " ".join(text.strip().split("\n\n")[0].split())


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over signals, with a reason code, points and an effect."""

    name: str
    code: str
    when: str
    """Condition in the Common Expression Language over signal names; `NAME_absent` asks whether it was absent."""
    says: str
    """One sentence with the observed values: `{device_sharers} other merchants use the device.`"""
    effect: RuleEffect = RuleEffect.SCORE
    points: int = 0


@dataclass(frozen=True, slots=True)
class Strategy:
    """An immutable, versioned set of rules with thresholds."""

    id: str
    """`str_...`, derived from the content."""
    name: str
    version: int
    rules: tuple[Rule, ...]
    refer_at: int
    """Score from which the verdict is at least REFER."""
    decline_at: int
    """Score from which the verdict is DECLINE."""
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Observed:
    """A signal's value in one decision."""

    signal: str
    value: SignalValue | None
    """None when it was unread."""
    display: str
    """With its unit, as a person reads it; `unknown` when unread."""
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that held, and why."""

    code: str
    sentence: str
    rule: str
    effect: RuleEffect
    points: int
    observed: tuple[Observed, ...]
    """At most 8."""
    entities: tuple[str, ...]
    """At most 10, all in the evidence."""
    ties: tuple[str, ...]
    """At most 20, all in the evidence."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much to lend at most, as the receipts show."""

    amount: int
    monthly_receipts: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with all that it rests on; canonical JSON, equal for equal dossier and strategy, byte for byte."""

    verdict: Verdict
    approved: int | None
    """Most that may be lent; None if and only if the verdict is not APPROVE."""
    score: int
    reasons: tuple[Reason, ...]
    """DECLINE before REFER before SCORE, then most points either way, then code; all of them."""
    observed: tuple[Observed, ...]
    """All signals, in the order of `SIGNALS`."""
    degraded: Mapping[DecisionSource, tuple[str, ...]] = field(default_factory=dict)
    """Unread signals by source."""
    limit: Limit | None = None
    evidence_entities: tuple[str, ...] = ()
    """Ids of at most 100 entities of the dossier's neighbourhood, nearest first."""
    evidence_ties: tuple[str, ...] = ()
    """Ids of at most 200 ties of the neighbourhood, each between two of those entities."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock milliseconds of a decision by part."""

    total: float
    facts: float
    graph: float
    signals: float
    rules: float
    records: float
    identity: float = 0.0
    """Reading the results of identity checks, which run before."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement and the record of it. Immutable; a later one on the same loan may replace it."""

    id: str
    institution: str
    judgement: Judgement
    dossier: Dossier
    strategy: str
    """Id of the strategy's version."""
    strategy_name: str
    strategy_version: int
    inputs_hash: str
    """SHA-256 of the dossier's canonical JSON and the strategy's, hexadecimal."""
    decided_at: Instant
    timing: Timing
    cpu: float
    """Milliseconds of processor time."""
    read: int
    """Entities and ties read."""
    micros: int
    """Millionths of the major unit."""
    replaced_by: str | None = None
