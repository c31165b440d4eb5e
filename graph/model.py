"""The words of the graph: frozen values that every package shares.

Moments are whole milliseconds since 1970-01-01T00:00:00Z (`Instant`). Money is whole minor units of the
institution's currency (fen for CNY), never a float. Ids are opaque texts with a prefix for their kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

Instant: TypeAlias = int
"""Milliseconds since 1970-01-01T00:00:00Z."""

FAR_FUTURE: Final[Instant] = 2**62
"""Later than every moment: the end of what has not ended."""

MAXIMUM_AHEAD: Final = 5 * 60 * 1000
"""Milliseconds that a stated moment may be ahead of now (semantics 13)."""

MAXIMUM_AMOUNT: Final = 10**15
"""Largest amount of one fact in minor units, so that totals of 9,000 of them fit 64 bits (semantics 10)."""


class EntityKind(StrEnum):
    """Kinds of entity; the value is the prefix of its ids."""

    MERCHANT = "mer"
    PERSON = "per"
    ACCOUNT = "acc"
    DEVICE = "dev"
    PHONE = "pho"
    EMAIL = "ema"
    IP_ADDRESS = "ipa"
    PLACE = "pla"
    DOCUMENT = "doc"
    FACE = "fce"
    LOAN = "loa"


KEYED_KINDS: Final = frozenset({EntityKind.MERCHANT, EntityKind.PERSON, EntityKind.LOAN})
"""Known by the institution's own key; all others are known by their value, kept as a token (semantics 6)."""


class TieKind(StrEnum):
    """Kinds of tie, each with its direction (see the schema)."""

    OWNS = "OWNS"
    HOLDS = "HOLDS"
    USES_DEVICE = "USES_DEVICE"
    CONNECTS_FROM = "CONNECTS_FROM"
    REACHED_AT = "REACHED_AT"
    LOCATED_AT = "LOCATED_AT"
    IDENTIFIED_BY = "IDENTIFIED_BY"
    SHOWS_FACE = "SHOWS_FACE"
    GUARANTEES = "GUARANTEES"
    INVESTS_IN = "INVESTS_IN"
    APPLIED_FOR = "APPLIED_FOR"
    ONBOARDED_BY = "ONBOARDED_BY"
    PAYS = "PAYS"
    PAID_OUT_TO = "PAID_OUT_TO"
    REPAYS = "REPAYS"


MONEY_TIES: Final = frozenset({TieKind.PAYS, TieKind.PAID_OUT_TO, TieKind.REPAYS})
"""Follow from transfers, carry `total`, and are refused in a tie fact."""


class Standing(StrEnum):
    """What is known of an entity's honesty."""

    CLEAR = "CLEAR"
    SUSPECTED = "SUSPECTED"
    CONFIRMED_FRAUD = "CONFIRMED_FRAUD"
    CLEARED = "CLEARED"


class LoanState(StrEnum):
    """Where a loan stands (semantics 9)."""

    APPLIED = "APPLIED"
    PAID_OUT = "PAID_OUT"
    LATE = "LATE"
    REPAID = "REPAID"
    DEFAULTED = "DEFAULTED"
    REFUSED = "REFUSED"
    NOT_TAKEN_UP = "NOT_TAKEN_UP"


class TransferKind(StrEnum):
    """What a transfer was for."""

    PAYMENT = "PAYMENT"
    TRANSFER = "TRANSFER"
    WITHDRAWAL = "WITHDRAWAL"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True)
class Institution:
    """A lender, the tenant: all that it reads and writes is of this one."""

    id: str
    """Slug, unique in the deployment: `rural-bank`."""
    currency: str
    """ISO 4217 code of all its money."""
    time_zone: str
    """IANA name; its days begin at midnight there."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a read may see: the world up to `at`, as known here by `known_at`; both inclusive."""

    at: Instant
    known_at: Instant


@dataclass(frozen=True, slots=True)
class EntityName:
    """An entity named by a fact or a caller: by `id`, or by kind and key.

    For kinds of `KEYED_KINDS` the key is the institution's own; for all others it is the normalised value
    (see `graph.normalising`): `+8613800138000`, or for documents `IDENTITY_CARD:CN:110101...`.
    """

    kind: EntityKind
    key: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as it was at a moment: the fold of the facts that name it."""

    id: str
    kind: EntityKind
    key: str | None
    """The institution's own key; None for kinds known by their value."""
    label: str
    """Short name to show to anybody: the name of a merchant, a masked name or value otherwise."""
    first_at: Instant
    last_at: Instant
    blocked: bool = False
    standing: Standing = Standing.CLEAR
    reach: int = 0
    """Entities that it is tied to in all by ties that hold."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """Described fields by the names of `graph.contents`; personal ones are `Sealed`."""
    subject_key: bytes | None = None
    """The entity's own key, wrapped by the institution's; None when nothing personal is held or it was erased."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal value as kept: ciphertext under the key of `subject` (an entity id); `Sealer.open` reads it."""

    field: str
    ciphertext: bytes


FieldValue: TypeAlias = str | int | float | Sealed


@dataclass(frozen=True, slots=True)
class Tie:
    """What the facts say about two entities, at a moment."""

    id: str
    kind: TieKind
    from_id: str
    to_id: str
    weight: float
    """0 to 1; see `graph.weighing`."""
    first_at: Instant
    last_at: Instant
    recorded_at: Instant
    ended_at: Instant | None
    count: int
    total: int | None = None
    """Minor units; None for ties that are not money."""
    share: float | None = None


class HeldTie(NamedTuple):
    """A tie that holds now, as short as rings need it."""

    kind: TieKind
    from_id: str
    to_id: str
    first_at: Instant
    recorded_at: Instant


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of money between two accounts that stands at a moment."""

    from_id: str
    to_id: str
    amount: int
    kind: TransferKind
    occurred_at: Instant
    recorded_at: Instant


@dataclass(frozen=True, slots=True)
class ListedTransfer:
    """One transfer as lists show it: reversed ones too."""

    id: str
    """`trf_...`, after the report of it that was kept first; other reports of its key change nothing."""
    key: str
    from_id: str
    to_id: str
    amount: int
    kind: TransferKind
    occurred_at: Instant
    recorded_at: Instant
    """When it was first recorded, by whichever report."""
    reversed_at: Instant | None
    """The first reversal that has occurred; None while it stands."""


class TruncationCause(StrEnum):
    """Bounds of a walk."""

    TIES_PER_ENTITY = "TIES_PER_ENTITY"
    ENTITIES = "ENTITIES"
    TIES = "TIES"
    DEADLINE = "DEADLINE"


@dataclass(frozen=True, slots=True)
class Truncation:
    """Which bounds cut a walk short."""

    causes: tuple[TruncationCause, ...]
    omitted_ties: int | None
    """Ties seen and left out; None when the deadline came first."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity's part in a neighbourhood."""

    entity: Entity
    distance: int
    """Ties from the centre, which is 0."""
    strength: float
    """Product of weights along the strongest shown path from the centre, which is 1."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The bounded piece of graph around `centre`, as it was known at a moment."""

    centre: str
    moment: Moment
    neighbours: tuple[Neighbour, ...]
    """Nearest first, then strongest, then id."""
    ties: tuple[Tie, ...]
    """Every tie joins two of the neighbours; weightiest first, then id."""
    truncation: Truncation | None = None


@dataclass(frozen=True, slots=True)
class WalkBounds:
    """Bounds of a neighbourhood; what is over a bound is left out and said."""

    depth: int = 2
    ties_per_entity: int = 50
    entities: int = 100
    ties: int = 200
    minimum_weight: float = 0.0
    """A filter, and no truncation (semantics 15)."""
    kinds: frozenset[TieKind] | None = None
    """Only ties of these kinds; None: all."""
    last_kinds: frozenset[TieKind] | None = None
    """Kinds of tie that are followed to the last distance, out of `kinds`; None: the same."""
    reserve: int = 0
    """Of `entities`, how many are kept for the last distance, so that a crowd nearer by does not hide what lies behind it."""


@dataclass(frozen=True, slots=True)
class FlowBounds:
    """Bounds of the money that one decision looks at; the newest is kept."""

    days: int = 30
    """Before the moment, for flows."""
    steps: int = 3
    """Transfers that money is followed after it left the accounts, through others."""
    accounts: int = 20
    """Accounts of the merchant, its owners and the applicant."""
    transfers_per_account: int = 50
    """Of one account and direction."""
    followed: int = 40
    """Other accounts from which money is followed on, those that got most first."""
    transfers: int = 300
    """In all."""
    receipts: int = 9_000
    """Receipts counted, so that their sums fit 64 bits."""


@dataclass(frozen=True, slots=True)
class Path:
    """A chain of ties; no entity is met twice."""

    strength: float
    entities: tuple[Entity, ...]
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class PathSearch:
    """Chains between two entities, strongest first."""

    paths: tuple[Path, ...]
    truncation: Truncation | None = None


@dataclass(frozen=True, slots=True)
class RecordedFact:
    """A fact as kept."""

    id: str
    source_id: str
    source: str
    kind: str
    """A name of `graph.contents.CONTENTS`: `TIE_OBSERVED`."""
    occurred_at: Instant
    recorded_at: Instant
    withdrawn_at: Instant | None
    """When a withdrawal of it was recorded."""
    entities: tuple[str, ...]
    """Ids of the entities that it names itself, at most 12."""
    sentence: str
    """What it says, masked for everybody."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What came into some accounts by PAYMENT in the 90 days before a moment, net of reversed ones."""

    count_30: int
    amount_30: int
    count_90: int
    amount_90: int
    payers_90: int
    """Distinct paying accounts."""
    largest_payer_90: int
    """Amount paid by the payer who paid most."""
    self_paid_90: int
    """Amount paid from accounts of the merchant, its owners or the applicant."""
    amount_7: int
    first_at: Instant | None
    """The first receipt ever; None without one."""
    last_at: Instant | None
    counted: int
    """Receipts read; at the bound the newest ones are those counted."""
    complete: bool
    """Whether no bound cut the count short."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What questions about money (`graph.flows`) found around a loan's household in the 30 days before the moment."""

    borrowers: tuple[str, ...] = ()
    """Accounts of others that a loan was paid out to, and then at least half of it came to the household's accounts through at most two
    other accounts: by id, at most 20."""
    blocked_things: tuple[str, ...] = ()
    """Blocked devices, phones, e-mails and IP addresses of other accounts that the household's money got to: by id, at most 20."""
    vouched_for: tuple[str, ...] = ()
    """People whom the applicant and the owners vouch for, directly or through others: by id, at most 20."""
    vouched: int = 0
    """What all of these borrowed, minor units."""
    pools: tuple[str, ...] = ()
    """Accounts of others that gathered more than three transfers and withdrew to cards of the household: by id, at most 20."""
    withdrawn: int = 0
    """What these withdrew to them, minor units."""
    complete: bool = True
    """Whether no bound or deadline cut a question short."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of the graph that one decision may look at, read in one snapshot."""

    neighbourhood: Neighbourhood
    """Around the loan; money ties and what lies behind them are left out, see `flows`."""
    accounts: tuple[str, ...]
    """Ids of accounts of the merchant, its owners and the applicant, receiving accounts first; at most 20."""
    flows: tuple[Transfer, ...]
    """Transfers of the last 30 days around those accounts, at most 300, oldest first: see `FlowBounds`."""
    receipts: Receipts
    flows_complete: bool = True
    findings: Findings = Findings()
