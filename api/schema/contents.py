"""What facts say, as callers send it: declarations alone, read by `graph.decoding`."""

from __future__ import annotations

from strawberry import UNSET

from api.schema.declaring import input_type, renamed
from api.schema.kinds import AccountKind, DeviceKind, LoanOutcome, Standing, TieKind, TransferKind
from api.schema.money import MoneyInput
from api.schema.references import EntityReference, PlaceInput, Reference
from api.schema.scalars import ID, CountryCode, Date, DateTime, Probability


@input_type()
class MerchantDescribedInput:
    """A merchant's own data. What is left out stays as it was known."""

    key: str
    """Your key of the merchant."""
    name: str | None = UNSET
    """Trading name, 1 to 200 characters."""
    category_code: str | None = UNSET
    """ISO 18245 merchant category code, four digits."""
    country: CountryCode | None = UNSET
    """Country of business."""
    opened_on: Date | None = UNSET
    """First day of business."""


@input_type()
class PersonDescribedInput:
    """A person's own data. What is left out stays as it was known."""

    key: str
    """Your key of the person."""
    name: str | None = UNSET
    """Full name, 1 to 200 characters."""
    born_on: Date | None = UNSET
    """Date of birth."""
    country: CountryCode | None = UNSET
    """Nationality."""


@input_type()
class AccountDescribedInput:
    """An account's own data. What is left out stays as it was known."""

    key: str
    """The account's number, or where you hold none your own reference: the same one each time. Kept as a token."""
    kind: AccountKind | None = UNSET
    """What kind of account."""
    bank: str | None = UNSET
    """The bank or wallet that keeps it, 1 to 100 characters."""
    product: str | None = UNSET
    """What its bank calls this kind of account, 1 to 100 characters."""
    opened_at: DateTime | None = UNSET
    """When it was opened."""


@input_type()
class DeviceDescribedInput:
    """A device's own data. What is left out stays as it was known."""

    key: str
    """Its fingerprint or terminal number."""
    kind: DeviceKind | None = UNSET
    """What kind of device."""
    model: str | None = UNSET
    """Maker and model, 1 to 100 characters."""


@input_type()
class LoanDescribedInput:
    """A loan's own data, where it is not known from its application. What is left out stays as it was known."""

    key: str
    """Your key of the loan."""
    amount_lent: MoneyInput | None = UNSET
    """Amount lent."""
    balance: MoneyInput | None = UNSET
    """Still owed at `occurredAt`."""
    annual_rate: float | None = UNSET
    """Interest a year as a fraction: 0.0725 is 7.25%."""


@input_type()
class TieObservedInput:
    """A tie between two entities was seen at `occurredAt`."""

    from_: EntityReference = renamed("from")
    """The entity it starts from."""
    kind: TieKind
    """Which tie; it says which kinds of entity it may join."""
    to: EntityReference
    """The entity it points to."""
    share: Probability | None = UNSET
    """Part owned, for OWNS and INVESTS_IN."""


@input_type()
class TieEndedInput:
    """A tie no longer holds from `occurredAt` on; an observation later than that makes it hold again."""

    from_: EntityReference = renamed("from")
    """The entity it starts from."""
    kind: TieKind
    """Which tie."""
    to: EntityReference
    """The entity it points to."""
    reason: str
    """Why, 1 to 500 characters."""


@input_type()
class TransferMadeInput:
    """Money moved between two accounts."""

    key: str
    """The transfer's own key, 1 to 64 characters; a transfer is counted once however often it is reported."""
    from_: Reference = renamed("from")
    """The account that paid."""
    to: Reference
    """The account that received."""
    amount: MoneyInput
    """How much."""
    kind: TransferKind = TransferKind.PAYMENT
    """What for."""


@input_type()
class TransferReversedInput:
    """A transfer was reversed: from `occurredAt` on it does not count."""

    key: str
    """The transfer's own key."""
    reason: str
    """Why, 1 to 500 characters."""


@input_type()
class ApplicationInput:
    """A loan application, with what was seen while it was made. Each identifier makes a tie."""

    key: str
    """Your number of the application, which stays the loan's key."""
    merchant: Reference
    """The merchant that asks."""
    applicant: Reference | None = UNSET
    """The person who applies for it; left out: the owner with the largest share, then the earliest; none when no owner is known."""
    amount: MoneyInput
    """Amount asked for."""
    term_days: int
    """Term in days, 1 to 3,660."""
    pay_out_account: Reference | None = UNSET
    """Account that is to receive the money."""
    device: str | None = UNSET
    """Fingerprint of the device in use."""
    ip_address: str | None = UNSET
    """IP address in use."""
    phone: str | None = UNSET
    """Phone number given, with country code."""
    email: str | None = UNSET
    """E-mail address given."""
    place: PlaceInput | None = UNSET
    """Where the applicant was."""


@input_type()
class LoanPaidOutInput:
    """A loan was paid out, in whole or part."""

    key: str
    """The payment's own key, 1 to 64 characters."""
    loan: Reference
    """The loan."""
    account: Reference
    """The account that received it."""
    amount: MoneyInput
    """How much."""


@input_type()
class LoanRepaidInput:
    """A repayment was received."""

    key: str
    """The payment's own key, 1 to 64 characters."""
    loan: Reference
    """The loan."""
    account: Reference
    """The account that paid."""
    amount: MoneyInput
    """How much."""


@input_type()
class OutcomeKnownInput:
    """How a loan turned out."""

    loan: Reference
    """The loan."""
    outcome: LoanOutcome
    """What became of it."""
    loss: MoneyInput | None = UNSET
    """Money lost, when known."""


@input_type()
class StandingKnownInput:
    """An entity's standing was learnt, from a list, the police or an investigation of your own."""

    entity: EntityReference
    """The entity."""
    standing: Standing
    """Its standing from `occurredAt` on."""
    reason: str
    """Why, 1 to 500 characters."""


@input_type()
class BlockChangedInput:
    """An entity was blocked or unblocked."""

    entity: EntityReference
    """The entity."""
    blocked: bool
    """Whether it is blocked from `occurredAt` on."""
    reason: str
    """Why, 1 to 500 characters."""


@input_type()
class FactWithdrawnInput:
    """
    A fact of this source was reported by mistake: from the moment this is recorded it counts as never reported, whichever of the two
    arrives first. `occurredAt` is when the mistake was found.
    """

    fact_id: ID
    """The id of the fact, as its source gave it."""
    reason: str
    """Why, 1 to 500 characters."""


@input_type(one_of=True)
class FactContentInput:
    """What a fact says: exactly one. An entity that it names for the first time is created."""

    merchant_described: MerchantDescribedInput | None = UNSET
    """A merchant's own data."""
    person_described: PersonDescribedInput | None = UNSET
    """A person's own data."""
    account_described: AccountDescribedInput | None = UNSET
    """An account's own data."""
    device_described: DeviceDescribedInput | None = UNSET
    """A device's own data."""
    loan_described: LoanDescribedInput | None = UNSET
    """A loan's own data."""
    tie_observed: TieObservedInput | None = UNSET
    """A tie between two entities was seen."""
    tie_ended: TieEndedInput | None = UNSET
    """A tie has ended."""
    transfer_made: TransferMadeInput | None = UNSET
    """Money moved between two accounts."""
    transfer_reversed: TransferReversedInput | None = UNSET
    """A transfer was reversed."""
    application_made: ApplicationInput | None = UNSET
    """A loan was applied for. `assessLoan` records this by itself: send it for history only."""
    loan_paid_out: LoanPaidOutInput | None = UNSET
    """A loan was paid out."""
    loan_repaid: LoanRepaidInput | None = UNSET
    """A repayment was received."""
    outcome_known: OutcomeKnownInput | None = UNSET
    """How a loan turned out."""
    standing_known: StandingKnownInput | None = UNSET
    """An entity's standing was learnt."""
    block_changed: BlockChangedInput | None = UNSET
    """An entity was blocked or unblocked."""
    fact_withdrawn: FactWithdrawnInput | None = UNSET
    """A fact of this source, of any kind, was reported by mistake."""


@input_type()
class FactInput:
    """
    One fact: `{"id": "t-1", "occurredAt": "2026-11-23T08:30:00Z", "content": {"tieObserved": {"from": {"merchant": "M-7"},
    "kind": "USES_DEVICE", "to": {"device": "D-9"}}}}`.
    """

    id: ID
    """Your id for it, 1 to 64 characters, unique within the source. The same id with other content is refused."""
    occurred_at: DateTime
    """When it happened in the world; at most 5 minutes ahead of now."""
    content: FactContentInput
    """What it says: exactly one."""


@input_type()
class RecordFactsInput:
    """
    Facts of one source. Merging is idempotent and commutative: any order, repetition or split gives the same graph, so after a
    timeout send the same batch again. A fact with a wrong value is refused alone and the others are recorded; one of the wrong shape
    (unknown kind, missing field) refuses the whole request, naming its path, before anything is recorded.
    """

    source: str
    """Who observed them, 1 to 64 of `a-z 0-9 . : _ -`: `core-banking`, `partner:rural-bank`, `field-staff`."""
    facts: list[FactInput]
    """1 to 1,000 facts."""
