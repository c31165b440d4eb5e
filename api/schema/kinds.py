"""Kinds and states: the closed sets of words that several nouns share. Their domain twins stand in `graph.model`."""

from __future__ import annotations

from enum import StrEnum

from api.schema.declaring import enum_type


@enum_type
class EntityKind(StrEnum):
    """Kinds of entity. More may be added: treat an unknown one as a plain node."""

    MERCHANT = "MERCHANT"
    """A business that takes payments."""
    PERSON = "PERSON"
    """A natural person."""
    ACCOUNT = "ACCOUNT"
    """An account that holds money: bank account, card, wallet."""
    DEVICE = "DEVICE"
    """A phone, terminal or computer."""
    PHONE = "PHONE"
    """A phone number."""
    EMAIL = "EMAIL"
    """An e-mail address."""
    IP_ADDRESS = "IP_ADDRESS"
    """An IP address."""
    PLACE = "PLACE"
    """An address or spot."""
    DOCUMENT = "DOCUMENT"
    """An identity or registration number."""
    FACE = "FACE"
    """A face seen in evidence."""
    LOAN = "LOAN"
    """A loan, from its application on."""


@enum_type
class TieKind(StrEnum):
    """
    Kinds of tie, each with its direction. PAYS, PAID_OUT_TO and REPAYS follow from transfers and are refused in a tie fact.
    More may be added: draw an unknown one as a plain line.
    """

    OWNS = "OWNS"
    """Person to merchant: owns or runs it."""
    HOLDS = "HOLDS"
    """Person or merchant to account."""
    USES_DEVICE = "USES_DEVICE"
    """Person, merchant or account to device: signed in, applied or took payments with it."""
    CONNECTS_FROM = "CONNECTS_FROM"
    """Person, merchant, account or device to IP address."""
    REACHED_AT = "REACHED_AT"
    """Person or merchant to phone or e-mail."""
    LOCATED_AT = "LOCATED_AT"
    """Person or merchant to place."""
    IDENTIFIED_BY = "IDENTIFIED_BY"
    """Person or merchant to document."""
    SHOWS_FACE = "SHOWS_FACE"
    """Person or document to face; made by verification alone, refused in a tie fact."""
    GUARANTEES = "GUARANTEES"
    """Person or merchant to person or merchant."""
    INVESTS_IN = "INVESTS_IN"
    """Person or merchant to merchant; `share` says how much."""
    APPLIED_FOR = "APPLIED_FOR"
    """Person or merchant to loan."""
    ONBOARDED_BY = "ONBOARDED_BY"
    """Merchant to the person who signed it up in the field."""
    PAYS = "PAYS"
    """Account to account: the transfers from one to the other taken together."""
    PAID_OUT_TO = "PAID_OUT_TO"
    """Loan to account: the pay-outs taken together."""
    REPAYS = "REPAYS"
    """Account to loan: the repayments taken together."""


@enum_type
class Standing(StrEnum):
    """What is known of an entity's honesty."""

    CLEAR = "CLEAR"
    """Nothing against it."""
    SUSPECTED = "SUSPECTED"
    """Suspected by a rule, a ring or a person; not confirmed."""
    CONFIRMED_FRAUD = "CONFIRMED_FRAUD"
    """Fraud confirmed by a person or an outcome."""
    CLEARED = "CLEARED"
    """Was suspected; a person or an outcome cleared it."""


@enum_type
class DocumentKind(StrEnum):
    """Documents. More may be added."""

    IDENTITY_CARD = "IDENTITY_CARD"
    """National identity card."""
    PASSPORT = "PASSPORT"
    """Passport."""
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT"
    """Permit of residence or travel."""
    BUSINESS_LICENCE = "BUSINESS_LICENCE"
    """Business licence or registration (in China the unified social credit code)."""
    TAX_NUMBER = "TAX_NUMBER"
    """Tax registration."""


@enum_type
class AccountKind(StrEnum):
    """Kinds of account."""

    BANK = "BANK"
    """Bank account."""
    CARD = "CARD"
    """Payment card."""
    WALLET = "WALLET"
    """Mobile wallet."""
    MERCHANT_QR = "MERCHANT_QR"
    """Account behind a merchant's QR code."""


@enum_type
class DeviceKind(StrEnum):
    """Kinds of device."""

    PHONE = "PHONE"
    """Mobile phone."""
    COMPUTER = "COMPUTER"
    """Tablet or computer."""
    TERMINAL = "TERMINAL"
    """Payment terminal."""
    QR_STAND = "QR_STAND"
    """Printed or spoken QR code stand."""
    OTHER = "OTHER"
    """Anything else."""


@enum_type
class TransferKind(StrEnum):
    """Kinds of transfer. More may be added."""

    PAYMENT = "PAYMENT"
    """A payment by QR code or card for goods: into a merchant's account it is a receipt."""
    TRANSFER = "TRANSFER"
    """A transfer between accounts."""
    WITHDRAWAL = "WITHDRAWAL"
    """Cash or card withdrawal."""
    REFUND = "REFUND"
    """Money given back."""


@enum_type
class LoanState(StrEnum):
    """Where a loan stands."""

    APPLIED = "APPLIED"
    """Applied for, not yet paid out."""
    PAID_OUT = "PAID_OUT"
    """Paid out, being repaid."""
    LATE = "LATE"
    """Payments are 30 or more days late."""
    REPAID = "REPAID"
    """Repaid in full."""
    DEFAULTED = "DEFAULTED"
    """Defaulted or written off."""
    REFUSED = "REFUSED"
    """Refused by the lender."""
    NOT_TAKEN_UP = "NOT_TAKEN_UP"
    """Not taken up by the merchant."""


@enum_type
class LoanOutcome(StrEnum):
    """How a loan turned out. More may be added."""

    REPAID = "REPAID"
    """Repaid in full."""
    LATE = "LATE"
    """Payments are 30 or more days late."""
    DEFAULTED = "DEFAULTED"
    """Defaulted or written off."""
    FRAUD_CONFIRMED = "FRAUD_CONFIRMED"
    """Fraud, confirmed: its merchant and applicant become CONFIRMED_FRAUD."""
    FRAUD_RULED_OUT = "FRAUD_RULED_OUT"
    """Suspected of fraud and cleared."""
    REFUSED = "REFUSED"
    """Refused by the lender."""
    NOT_TAKEN_UP = "NOT_TAKEN_UP"
    """Not taken up by the merchant."""


@enum_type
class FactKind(StrEnum):
    """Kinds of fact. More may be added."""

    MERCHANT_DESCRIBED = "MERCHANT_DESCRIBED"
    """A merchant's own data."""
    PERSON_DESCRIBED = "PERSON_DESCRIBED"
    """A person's own data."""
    ACCOUNT_DESCRIBED = "ACCOUNT_DESCRIBED"
    """An account's own data."""
    DEVICE_DESCRIBED = "DEVICE_DESCRIBED"
    """A device's own data."""
    LOAN_DESCRIBED = "LOAN_DESCRIBED"
    """A loan's own data."""
    TIE_OBSERVED = "TIE_OBSERVED"
    """A tie between two entities was seen."""
    TIE_ENDED = "TIE_ENDED"
    """A tie has ended."""
    TRANSFER_MADE = "TRANSFER_MADE"
    """Money moved between two accounts."""
    TRANSFER_REVERSED = "TRANSFER_REVERSED"
    """A transfer was reversed."""
    APPLICATION_MADE = "APPLICATION_MADE"
    """A loan was applied for."""
    LOAN_PAID_OUT = "LOAN_PAID_OUT"
    """A loan was paid out."""
    LOAN_REPAID = "LOAN_REPAID"
    """A repayment was received."""
    OUTCOME_KNOWN = "OUTCOME_KNOWN"
    """How a loan turned out."""
    STANDING_KNOWN = "STANDING_KNOWN"
    """An entity's standing was learnt."""
    BLOCK_CHANGED = "BLOCK_CHANGED"
    """An entity was blocked or unblocked."""
    FACT_WITHDRAWN = "FACT_WITHDRAWN"
    """A fact was reported by mistake."""
