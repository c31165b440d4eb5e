"""What a fact says: one frozen class a kind, as decoded and normalised, before anything is sealed.

`CONTENTS` lists them by the schema's name. A content names entities by `EntityName`; amounts are minor units of
the institution's currency; moments are `Instant`. Values have been checked by `graph.decoding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from graph.model import EntityName, Instant, Standing, TieKind, TransferKind


@dataclass(frozen=True, slots=True)
class MerchantDescribed:
    """A merchant's own data; None leaves what was known."""

    merchant: EntityName
    name: str | None = None
    category_code: str | None = None
    country: str | None = None
    opened_on: str | None = None
    """`YYYY-MM-DD`."""


@dataclass(frozen=True, slots=True)
class PersonDescribed:
    """A person's own data; None leaves what was known. `name` and `born_on` are personal."""

    person: EntityName
    name: str | None = None
    born_on: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class AccountDescribed:
    """An account's own data; None leaves what was known."""

    account: EntityName
    account_kind: str | None = None
    bank: str | None = None
    product: str | None = None
    opened_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class DeviceDescribed:
    """A device's own data; None leaves what was known."""

    device: EntityName
    device_kind: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class LoanDescribed:
    """A loan's own data; None leaves what was known."""

    loan: EntityName
    amount_lent: int | None = None
    balance: int | None = None
    annual_rate: float | None = None


@dataclass(frozen=True, slots=True)
class TieObserved:
    """A tie was seen."""

    from_: EntityName
    tie_kind: TieKind
    to: EntityName
    share: float | None = None


@dataclass(frozen=True, slots=True)
class TieEnded:
    """A tie no longer holds, until a later observation."""

    from_: EntityName
    tie_kind: TieKind
    to: EntityName
    reason: str


@dataclass(frozen=True, slots=True)
class TransferMade:
    """Money moved between two accounts; counted once for each key."""

    key: str
    from_: EntityName
    to: EntityName
    amount: int
    transfer_kind: TransferKind = TransferKind.PAYMENT


@dataclass(frozen=True, slots=True)
class TransferReversed:
    """From its moment on the transfer does not count."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlaceSeen:
    """A place with what is known of it; the entity's key is country and normalised address."""

    place: EntityName
    address: str
    country: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class ApplicationMade:
    """A loan was applied for; each identifier makes a tie (semantics 7)."""

    loan: EntityName
    merchant: EntityName
    amount: int
    term_days: int
    applicant: EntityName | None = None
    pay_out_account: EntityName | None = None
    device: EntityName | None = None
    ip_address: EntityName | None = None
    phone: EntityName | None = None
    email: EntityName | None = None
    place: PlaceSeen | None = None


@dataclass(frozen=True, slots=True)
class LoanPaidOut:
    """A loan was paid out, in whole or part; its key's space is apart from that of transfers (semantics 5)."""

    key: str
    loan: EntityName
    account: EntityName
    amount: int


@dataclass(frozen=True, slots=True)
class LoanRepaid:
    """A repayment was received; its key's space is its own."""

    key: str
    loan: EntityName
    account: EntityName
    amount: int


@dataclass(frozen=True, slots=True)
class OutcomeKnown:
    """How a loan turned out: REPAID, LATE, DEFAULTED, FRAUD_CONFIRMED, FRAUD_RULED_OUT, REFUSED, NOT_TAKEN_UP."""

    loan: EntityName
    outcome: str
    loss: int | None = None


@dataclass(frozen=True, slots=True)
class StandingKnown:
    """An entity's standing was learnt."""

    entity: EntityName
    standing: Standing
    reason: str


@dataclass(frozen=True, slots=True)
class BlockChanged:
    """An entity was blocked or unblocked."""

    entity: EntityName
    blocked: bool
    reason: str


@dataclass(frozen=True, slots=True)
class FactWithdrawn:
    """A fact of the same source counts as never reported."""

    fact_id: str
    reason: str


Content: TypeAlias = (
    MerchantDescribed
    | PersonDescribed
    | AccountDescribed
    | DeviceDescribed
    | LoanDescribed
    | TieObserved
    | TieEnded
    | TransferMade
    | TransferReversed
    | ApplicationMade
    | LoanPaidOut
    | LoanRepaid
    | OutcomeKnown
    | StandingKnown
    | BlockChanged
    | FactWithdrawn
)

CONTENTS: Final[dict[str, type[Content]]] = {
    "MERCHANT_DESCRIBED": MerchantDescribed,
    "PERSON_DESCRIBED": PersonDescribed,
    "ACCOUNT_DESCRIBED": AccountDescribed,
    "DEVICE_DESCRIBED": DeviceDescribed,
    "LOAN_DESCRIBED": LoanDescribed,
    "TIE_OBSERVED": TieObserved,
    "TIE_ENDED": TieEnded,
    "TRANSFER_MADE": TransferMade,
    "TRANSFER_REVERSED": TransferReversed,
    "APPLICATION_MADE": ApplicationMade,
    "LOAN_PAID_OUT": LoanPaidOut,
    "LOAN_REPAID": LoanRepaid,
    "OUTCOME_KNOWN": OutcomeKnown,
    "STANDING_KNOWN": StandingKnown,
    "BLOCK_CHANGED": BlockChanged,
    "FACT_WITHDRAWN": FactWithdrawn,
}
"""Every kind of fact by the name that the schema's `FactKind` gives it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One observation of a source, ready to be recorded."""

    source_id: str
    """Unique within its source, 1 to 64 characters."""
    occurred_at: Instant
    content: Content
    places: tuple[PlaceSeen, ...] = ()
    """What the fact says of places that it names (tie facts and applications), for their own fields."""
    recorded_at: Instant | None = None
    """When it became known, for imported history; None: when it is recorded."""
