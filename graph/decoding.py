"""From the raw shape of the schema's `FactInput` to a `Fact`: what every value may be, checked and normalised, or refused by name.

Raw facts are plain mappings with the schema's field names after coercion of scalars: moments are `Instant`, `Long` is int, a `Date` is a
text, enumerations are their names. Whatever is given, the answer is a fact or `InvalidInput` with at most 20 problems, whose paths start
below the fact: `("content", "transferMade", "amount", "currency")`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Final

import orjson

from graph import contents
from graph.contents import Content, Fact, PlaceSeen
from graph.errors import InvalidInput, Problem
from graph.fields import LONGEST_REASON, Path, Raw, Reading, name_of
from graph.model import MONEY_TIES, EntityKind, EntityName, Instant, Institution, Standing, TieKind, TransferKind

M, P, A, D = EntityKind.MERCHANT, EntityKind.PERSON, EntityKind.ACCOUNT, EntityKind.DEVICE

TIE_ENDS: Final[dict[TieKind, tuple[frozenset[EntityKind], frozenset[EntityKind]]]] = {
    TieKind.OWNS: (frozenset({P}), frozenset({M})),
    TieKind.HOLDS: (frozenset({P, M}), frozenset({A})),
    TieKind.USES_DEVICE: (frozenset({P, M, A}), frozenset({D})),
    TieKind.CONNECTS_FROM: (frozenset({P, M, A, D}), frozenset({EntityKind.IP_ADDRESS})),
    TieKind.REACHED_AT: (frozenset({P, M}), frozenset({EntityKind.PHONE, EntityKind.EMAIL})),
    TieKind.LOCATED_AT: (frozenset({P, M}), frozenset({EntityKind.PLACE})),
    TieKind.IDENTIFIED_BY: (frozenset({P, M}), frozenset({EntityKind.DOCUMENT})),
    TieKind.SHOWS_FACE: (frozenset({P, EntityKind.DOCUMENT}), frozenset({EntityKind.FACE})),
    TieKind.GUARANTEES: (frozenset({P, M}), frozenset({P, M})),
    TieKind.INVESTS_IN: (frozenset({P, M}), frozenset({M})),
    TieKind.APPLIED_FOR: (frozenset({P, M}), frozenset({EntityKind.LOAN})),
    TieKind.ONBOARDED_BY: (frozenset({M}), frozenset({P})),
    TieKind.PAYS: (frozenset({A}), frozenset({A})),
    TieKind.PAID_OUT_TO: (frozenset({EntityKind.LOAN}), frozenset({A})),
    TieKind.REPAYS: (frozenset({A}), frozenset({EntityKind.LOAN})),
}
"""Kinds of entity that each tie may join, from and to, as the schema's `TieKind` says."""

# A transfer may go from an account to itself and a company may hold its own shares: both are in real books, and sums must agree with them.

SHARED: Final = frozenset({TieKind.OWNS, TieKind.INVESTS_IN})
"""Ties that may say a share."""

LONGEST_TERM: Final = 3_660
HIGHEST_RATE: Final = 100.0
"""A year's interest as a fraction: 100 is 10,000%."""


def _choice(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_TIES: Final = {kind.value: kind for kind in TieKind}
_STANDINGS: Final = {standing.value: standing for standing in Standing}
_TRANSFERS: Final = {kind.value: kind for kind in TransferKind}
_ACCOUNTS: Final = _choice("BANK", "CARD", "WALLET", "MERCHANT_QR")
_DEVICES: Final = _choice("PHONE", "COMPUTER", "TERMINAL", "QR_STAND", "OTHER")
_OUTCOMES: Final = _choice("REPAID", "LATE", "DEFAULTED", "FRAUD_CONFIRMED", "FRAUD_RULED_OUT", "REFUSED", "NOT_TAKEN_UP")
_CATEGORY: Final = re.compile(r"[0-9]{4}")
_SOURCE: Final = re.compile(r"[a-z0-9.:_-]{1,64}")


def _merchant(reading: Reading, raw: Raw, path: Path) -> Content:
    category = reading.text(raw, path, "categoryCode", 4)
    if category is not None and not _CATEGORY.fullmatch(category):
        reading.wrong((*path, "categoryCode"), "must be four digits, a merchant category code of ISO 18245 like 5411")
    return contents.MerchantDescribed(
        EntityName(M, reading.key(raw, path)),
        reading.text(raw, path, "name", 200),
        category,
        reading.country(raw, path),
        reading.day(raw, path, "openedOn", past=False),
    )


def _person(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.PersonDescribed(
        EntityName(P, reading.key(raw, path)),
        reading.text(raw, path, "name", 200),
        reading.day(raw, path, "bornOn", past=True),
        reading.country(raw, path),
    )


def _account(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.AccountDescribed(
        EntityName(A, reading.key(raw, path)),
        reading.choice(raw, path, "kind", _ACCOUNTS),
        reading.text(raw, path, "bank", 100),
        reading.text(raw, path, "product", 100),
        reading.moment(raw, path, "openedAt"),
    )


def _device(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.DeviceDescribed(
        EntityName(D, reading.key(raw, path)), reading.choice(raw, path, "kind", _DEVICES), reading.text(raw, path, "model", 100)
    )


def _loan(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.LoanDescribed(
        EntityName(EntityKind.LOAN, reading.key(raw, path)),
        reading.money(raw, path, "amountLent"),
        reading.money(raw, path, "balance"),
        reading.number(raw, path, "annualRate", 0, HIGHEST_RATE),
    )


def _tie(reading: Reading, raw: Raw, path: Path) -> tuple[EntityName, TieKind, EntityName]:
    """Both ends and the kind of a tie fact, which must fit."""
    before = len(reading.problems)
    kind = reading.needed_choice(raw, path, "kind", _TIES)
    from_, to = reading.entity(raw, path, "from"), reading.entity(raw, path, "to")
    if kind in MONEY_TIES:
        reading.wrong((*path, "kind"), f"{kind.value} follows from transfers, pay-outs and repayments: report those instead")
    elif kind is TieKind.SHOWS_FACE:
        reading.wrong((*path, "kind"), "SHOWS_FACE is made by verification alone: leave this fact out")
    elif len(reading.problems) == before:
        starts, ends = TIE_ENDS[kind]
        for name, end, allowed in (("from", from_, starts), ("to", to, ends)):
            if end.kind not in allowed:
                joined = " or ".join(name_of(kind) for kind in EntityKind if kind in allowed)
                reading.wrong(
                    (*path, name),
                    f"is of kind {name_of(end.kind)}, and {kind.value} goes {name} {joined}: turn it round or correct its kind",
                )
        if kind is TieKind.GUARANTEES and from_ == to:
            reading.wrong((*path, "to"), "is the same as `from`, and nobody guarantees for himself: leave this fact out")
    return from_, kind, to


def _tie_observed(reading: Reading, raw: Raw, path: Path) -> Content:
    from_, kind, to = _tie(reading, raw, path)
    share = reading.number(raw, path, "share", 0, 1)
    if share is not None and kind not in SHARED:
        reading.wrong((*path, "share"), f"is said of OWNS and INVESTS_IN alone: leave it out of {kind.value}")
    return contents.TieObserved(from_, kind, to, share)


def _tie_ended(reading: Reading, raw: Raw, path: Path) -> Content:
    from_, kind, to = _tie(reading, raw, path)
    return contents.TieEnded(from_, kind, to, _reason(reading, raw, path))


def _transfer(reading: Reading, raw: Raw, path: Path) -> Content:
    from_, to = reading.needed_reference(raw, path, "from", A), reading.needed_reference(raw, path, "to", A)
    return contents.TransferMade(
        reading.key(raw, path), from_, to, reading.needed_money(raw, path, "amount"),
        reading.choice(raw, path, "kind", _TRANSFERS) or TransferKind.PAYMENT,
    )  # fmt: skip


def _transfer_reversed(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.TransferReversed(reading.key(raw, path), _reason(reading, raw, path))


def _application(reading: Reading, raw: Raw, path: Path) -> contents.ApplicationMade:
    place = raw.get("place")
    return contents.ApplicationMade(
        EntityName(EntityKind.LOAN, reading.key(raw, path)),
        reading.needed_reference(raw, path, "merchant", M),
        _asked_for(reading, raw, path),
        reading.whole(raw, path, "termDays", 1, LONGEST_TERM),
        reading.reference(raw, path, "applicant", P),
        reading.reference(raw, path, "payOutAccount", A),
        reading.value(raw, path, "device", "device"),
        reading.value(raw, path, "ipAddress", "ipAddress"),
        reading.value(raw, path, "phone", "phone"),
        reading.value(raw, path, "email", "email"),
        None if place is None else reading.place_value(place, (*path, "place")),
    )


def _asked_for(reading: Reading, raw: Raw, path: Path) -> int:
    """The amount of an application: money moves in any amount, and a decision about nothing would be read as one about something."""
    before = len(reading.problems)
    amount = reading.needed_money(raw, path, "amount")
    if amount == 0 and len(reading.problems) == before:
        reading.wrong((*path, "amount", "amount"), "is 0, and an application asks for 1 minor unit at least: give the amount asked for")
    return amount


def _paid_out(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.LoanPaidOut(*_payment(reading, raw, path))


def _repaid(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.LoanRepaid(*_payment(reading, raw, path))


def _payment(reading: Reading, raw: Raw, path: Path) -> tuple[str, EntityName, EntityName, int]:
    """Key, loan, account and amount."""
    return (
        reading.key(raw, path),
        reading.needed_reference(raw, path, "loan", EntityKind.LOAN),
        reading.needed_reference(raw, path, "account", A),
        reading.needed_money(raw, path, "amount"),
    )


def _outcome(reading: Reading, raw: Raw, path: Path) -> Content:
    loan = reading.needed_reference(raw, path, "loan", EntityKind.LOAN)
    return contents.OutcomeKnown(loan, reading.needed_choice(raw, path, "outcome", _OUTCOMES), reading.money(raw, path, "loss"))


def _standing(reading: Reading, raw: Raw, path: Path) -> Content:
    entity = reading.entity(raw, path, "entity")
    return contents.StandingKnown(entity, reading.needed_choice(raw, path, "standing", _STANDINGS), _reason(reading, raw, path))


def _block(reading: Reading, raw: Raw, path: Path) -> Content:
    blocked = raw.get("blocked")
    if not isinstance(blocked, bool):
        reading.wrong((*path, "blocked"), "must be true or false" if blocked is not None else "is missing: give true or false")
    return contents.BlockChanged(reading.entity(raw, path, "entity"), blocked is True, _reason(reading, raw, path))


def _withdrawn(reading: Reading, raw: Raw, path: Path) -> Content:
    return contents.FactWithdrawn(reading.key(raw, path, "factId"), _reason(reading, raw, path))


def _reason(reading: Reading, raw: Raw, path: Path) -> str:
    return reading.needed_text(raw, path, "reason", LONGEST_REASON)


_Decoder = Callable[[Reading, Raw, Path], Content]


def _named(name: str, decoder: _Decoder, *allowed: str) -> tuple[str, tuple[_Decoder, frozenset[str], Path]]:
    return name, (decoder, frozenset(allowed), ("content", name))


_TIE_FIELDS: Final = ("from", "kind", "to")
_DECODERS: Final = dict((
    _named("merchantDescribed", _merchant, "key", "name", "categoryCode", "country", "openedOn"),
    _named("personDescribed", _person, "key", "name", "bornOn", "country"),
    _named("accountDescribed", _account, "key", "kind", "bank", "product", "openedAt"),
    _named("deviceDescribed", _device, "key", "kind", "model"),
    _named("loanDescribed", _loan, "key", "amountLent", "balance", "annualRate"),
    _named("tieObserved", _tie_observed, *_TIE_FIELDS, "share"),
    _named("tieEnded", _tie_ended, *_TIE_FIELDS, "reason"),
    _named("transferMade", _transfer, "key", "from", "to", "amount", "kind"),
    _named("transferReversed", _transfer_reversed, "key", "reason"),
    _named("applicationMade", _application, "key", "merchant", "applicant", "amount", "termDays", "payOutAccount", "device", "ipAddress",
           "phone", "email", "place"),
    _named("loanPaidOut", _paid_out, "key", "loan", "account", "amount"),
    _named("loanRepaid", _repaid, "key", "loan", "account", "amount"),
    _named("outcomeKnown", _outcome, "loan", "outcome", "loss"),
    _named("standingKnown", _standing, "entity", "standing", "reason"),
    _named("blockChanged", _block, "entity", "blocked", "reason"),
    _named("factWithdrawn", _withdrawn, "factId", "reason"),
))  # fmt: skip
"""How each content is read, and which fields it has."""

CONTENT_FIELDS: Final = {name: allowed for name, (_, allowed, _) in _DECODERS.items()}
"""Fields of each content by its name in the schema's `FactContentInput`."""

_FACT_FIELDS: Final = frozenset({"id", "occurredAt", "content"})
_CONTENT_NAMES: Final = frozenset(_DECODERS)


def decode_fact(raw: Raw, institution: Institution, now: Instant) -> Fact:
    """The fact that a raw `FactInput` says, judged at the moment `now`. Raises `InvalidInput`."""
    reading = Reading(institution, now)
    raw = reading.mapping(raw, (), _FACT_FIELDS)
    source_id = reading.key(raw, (), "id")
    occurred_at = reading.needed_moment(raw, (), "occurredAt")
    said = reading.mapping(raw.get("content"), ("content",), _CONTENT_NAMES)
    given = [name for name, inner in said.items() if inner is not None and name in _CONTENT_NAMES]
    if len(given) == 1:
        decoder, allowed, path = _DECODERS[given[0]]
        content = decoder(reading, reading.mapping(said[given[0]], path, allowed), path)
    elif said or not reading.problems:
        reading.wrong(("content",), f"says {len(given)} things: give exactly one of {', '.join(_DECODERS)}")
    if reading.problems:
        raise InvalidInput(reading.problems)
    return Fact(source_id, occurred_at, content, tuple(reading.places))


def decode_application(
    raw: Raw, occurred_at: Instant, institution: Institution, now: Instant, content_hash: Callable[[bytes], bytes], path: Path = ()
) -> Fact:
    """The fact that an `assessLoan` records of its raw `ApplicationInput`, made at `occurred_at`.

    Raises `InvalidInput` with paths below `path`; the moment is `appliedAt` beside it. The fact's id is `application:<key>:<hash of
    content and moment>` (semantics 1); `content_hash` is the sealer's, since a plain hash would let a reader of ids try out phones.
    """
    reading = Reading(institution, now)
    reading.needed_moment({"appliedAt": occurred_at}, path[:-1], "appliedAt")
    content = _application(reading, reading.mapping(raw, path, CONTENT_FIELDS["applicationMade"]), path)
    reading.finish()
    digest = content_hash(_canonical(content, occurred_at))
    source_id = f"application:{content.loan.key}:{base64.b32encode(digest).decode().rstrip('=').lower()}"
    return Fact(source_id, occurred_at, content, tuple(reading.places))


def _canonical(content: contents.ApplicationMade, occurred_at: Instant) -> bytes:
    """The same bytes for the same application; what is left out is left out, so that a new field changes no earlier hash."""
    said: dict[str, object] = {"at": occurred_at}
    for field in fields(content):
        value = getattr(content, field.name)
        if isinstance(value, PlaceSeen):
            value = [value.address, value.country, value.latitude, value.longitude]
        elif isinstance(value, EntityName):
            value = [value.kind.value, value.key, value.id]
        if value is not None:
            said[field.name] = value
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def decode_reference(raw: object, path: Path = ()) -> EntityName:
    """Any entity by its raw `EntityReference`. Raises `InvalidInput`, or `Unknown` for an id that nothing can have."""
    reading = Reading(_ANY, 0)
    name = reading.entity_value(raw, path)
    reading.finish_reference()
    return name


def decode_merchant_reference(kind: EntityKind, raw: object, path: Path = ()) -> EntityName:
    """An entity of a stated kind by its raw `Reference`. Raises `InvalidInput`, or `Unknown` for an id that none can have."""
    reading = Reading(_ANY, 0)
    name = reading.reference_value(raw, path, kind)
    reading.finish_reference()
    return name


_ANY: Final = Institution("", "", "UTC")
"""References say neither money nor moments."""


def check_source(value: object, path: Path = ("source",)) -> str:
    """The name of a source of facts itself. Raises `InvalidInput` unless it is 1 to 64 of `a-z 0-9 . : _ -`."""
    if not isinstance(value, str) or not _SOURCE.fullmatch(value):
        raise InvalidInput([Problem(path, "must be 1 to 64 of a-z 0-9 . : _ - and nothing else, like core-banking")])
    return value
