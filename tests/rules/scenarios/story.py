"""A story: what happened to some shops, as real facts, and the application that is judged at its end.

Days and hours are counted back from the application. Everything that a story does not mention has an innocent default: a shop has its
own owner, device, phone, address and account.
"""

from __future__ import annotations

from typing import Final

from graph.contents import (
    ApplicationMade,
    BlockChanged,
    Content,
    Fact,
    LoanPaidOut,
    OutcomeKnown,
    PlaceSeen,
    StandingKnown,
    TieObserved,
    TransferMade,
)
from graph.measures.picture import DAY, HOUR, MINUTE
from graph.model import EntityKind, EntityName, Institution, Standing, TieKind, TransferKind
from rules.model import Identified

AT: Final = 1_780_000_000_000
"""The judged application's moment."""

BANK: Final = Institution("bank", "CNY", "Asia/Shanghai")
YUAN: Final = 100

_KINDS: Final = {
    "device": (EntityKind.DEVICE, TieKind.USES_DEVICE),
    "phone": (EntityKind.PHONE, TieKind.REACHED_AT),
    "email": (EntityKind.EMAIL, TieKind.REACHED_AT),
    "address": (EntityKind.PLACE, TieKind.LOCATED_AT),
    "ip": (EntityKind.IP_ADDRESS, TieKind.CONNECTS_FROM),
    "account": (EntityKind.ACCOUNT, TieKind.HOLDS),
    "document": (EntityKind.DOCUMENT, TieKind.IDENTIFIED_BY),
}


def merchant(key: str) -> EntityName:
    return EntityName(EntityKind.MERCHANT, key)


def person(key: str) -> EntityName:
    return EntityName(EntityKind.PERSON, key)


def loan(key: str) -> EntityName:
    return EntityName(EntityKind.LOAN, key)


def account(key: str) -> EntityName:
    return EntityName(EntityKind.ACCOUNT, key)


def place(address: str) -> PlaceSeen:
    return PlaceSeen(EntityName(EntityKind.PLACE, f"CN:{address}"), address, "CN")


class Story:
    """Collects facts; `asks` ends it."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.owners: dict[str, str] = {}
        self.asked: ApplicationMade | None = None
        self.declined = 0
        self.identity: Identified | None = None
        """Earlier refusals that the records know."""

    def says(self, ago: int, content: Content, *places: PlaceSeen) -> Story:
        self.facts.append(Fact(f"f{len(self.facts)}", AT - ago, content, places))
        return self

    def shop(self, key: str, *, owner: str | None = None, days: float = 300, **things: str | None) -> Story:
        """A shop that appeared so many days ago with these things (device, phone, email, address, ip, account, document); None for none."""
        owner = owner or f"owner of {key}"
        self.owners[key] = owner
        ago = int(days * DAY)
        self.says(ago, TieObserved(person(owner), TieKind.OWNS, merchant(key), 1.0))
        own = {"device": f"device-{key}", "phone": _phone(key), "account": f"account-{key}", "address": f"{key} street"}
        for what, value in (own | things).items():
            if value is not None:
                self.has(key, what, value, ago=ago)
        return self

    def has(self, key: str, what: str, value: str, *, ago: int) -> Story:
        """The shop (for a document, its owner) was seen with something."""
        kind, tie = _KINDS[what]
        holder = person(self.owners[key]) if what == "document" else merchant(key)
        if what == "address":
            return self.says(ago, TieObserved(holder, tie, place(value).place), place(value))
        return self.says(ago, TieObserved(holder, tie, EntityName(kind, value)))

    def tied(self, from_: EntityName, kind: TieKind, to: EntityName, *, ago: int = 60 * DAY) -> Story:
        return self.says(ago, TieObserved(from_, kind, to))

    def sells(
        self,
        key: str,
        *,
        amount: int = 400 * YUAN,
        days: int = 90,
        until: int = 0,
        payers: int = 30,
        every: int = DAY,
        into: str | None = None,
    ) -> Story:
        """Receipts from changing customers, one every so often, from `days` ago until `until` days ago."""
        target = into or f"account-{key}"
        moments = range(days * DAY - HOUR, until * DAY, -every)
        for number, ago in enumerate(moments):
            # Steps of 7 through the customers: nobody comes daily, everybody comes again.
            payer = f"customer-{key}-{number * 7 % payers}"
            self.pays(payer, target, amount + number % 5 * 10 * YUAN, ago=ago)
        return self

    def pays(self, from_: str, to: str, amount: int, *, ago: int, kind: TransferKind = TransferKind.PAYMENT) -> Story:
        return self.says(ago, TransferMade(f"t{len(self.facts)}", account(from_), account(to), amount, kind))

    def applies(self, key: str, *, ago: int, amount: int = 20_000 * YUAN, name: str | None = None, **given: str) -> Story:
        """An earlier application of a shop's owner."""
        return self.says(ago, self._application(key, name or f"loan-{key}", amount, given))

    def paid_out(self, name: str, into: str, *, ago: int, amount: int = 20_000 * YUAN) -> Story:
        return self.says(ago, LoanPaidOut(f"p{len(self.facts)}", loan(name), account(into), amount))

    def outcome(self, name: str, outcome: str, *, ago: int) -> Story:
        return self.says(ago, OutcomeKnown(loan(name), outcome))

    def known_as(self, entity: EntityName, standing: Standing, *, ago: int = 10 * DAY) -> Story:
        return self.says(ago, StandingKnown(entity, standing, "known"))

    def blocked(self, entity: EntityName, *, ago: int = 10 * DAY) -> Story:
        return self.says(ago, BlockChanged(entity, True, "known"))

    def refused_before(self, times: int) -> Story:
        self.declined = times
        return self

    def identified(self, state: str, *, failed: tuple[str, ...] = (), faces: int | None = 1, matches: int = 0) -> Story:
        """What the applicant's verification says."""
        self.identity = Identified(state, None, failed, (), faces, matches)
        return self

    def asks(self, key: str, *, amount: int = 20_000 * YUAN, name: str = "this loan", applicant: str | None = None, **given: str) -> Story:
        """The application that is judged; the owner's unless another applicant is named."""
        self.asked = self._application(key, name, amount, given, applicant)
        return self.says(0, self.asked)

    def _application(self, key: str, name: str, amount: int, given: dict[str, str], applicant: str | None = None) -> ApplicationMade:
        named = {what: EntityName(_KINDS[what][0], value) for what, value in given.items() if what != "address"}
        return ApplicationMade(
            loan=loan(name),
            merchant=merchant(key),
            amount=amount,
            term_days=180,
            applicant=person(applicant or self.owners[key]),
            pay_out_account=named.get("account"),
            device=named.get("device"),
            ip_address=named.get("ip"),
            phone=named.get("phone"),
            email=named.get("email"),
            place=place(given["address"]) if "address" in given else None,
        )


def _phone(key: str) -> str:
    """A number of one's own."""
    return f"+86139{sum(ord(letter) * 31**place for place, letter in enumerate(key)) % 10**8:08d}"


__all__ = ["AT", "BANK", "DAY", "HOUR", "MINUTE", "YUAN", "Story", "account", "loan", "merchant", "person", "place"]
