"""Shops and the people behind them, and how one is set up: what every group starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Final, TypeAlias

from rules.evaluation.population.chance import chance, heavy_tailed, weighted
from rules.evaluation.population.names import (
    BANKS,
    PHONE_MODELS,
    TRADES,
    Address,
    address,
    bank_card,
    born_on,
    business_licence,
    identity_card,
    person_name,
    phone_number,
    scrambled,
    shop_name,
)
from rules.evaluation.population.parameters import DAY, HOUR, TIME_ZONE_OFFSET, Parameters
from rules.evaluation.population.rows import Row

DailyWork: TypeAlias = Callable[[int, int], list[Row]]
"""Rows of the day that starts at the first argument, receipts thinned by the second."""

_OLDEST: Final = 900
"""Days before the start in which the oldest shops signed up."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person: owner, agent or guarantor."""

    key: str
    name: str
    birthday: date
    identity_card: str
    phone: str
    home: Address


@dataclass(frozen=True, slots=True)
class Account:
    """An account that holds money."""

    number: str
    kind: str
    bank: str
    opened_at: int


@dataclass(frozen=True, slots=True)
class Device:
    """A phone or terminal."""

    key: str
    kind: str
    model: str


@dataclass(frozen=True, slots=True)
class Past:
    """A loan of earlier days and how it turned out."""

    at: int
    amount: int
    term_days: int
    outcome: str | None
    outcome_at: int
    """When it turned out so, and no sooner was it known."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An application of the last weeks."""

    at: int
    amount: int
    term_days: int
    account: Account
    device: Device
    ip_address: str
    phone: str


@dataclass(slots=True, eq=False)
class Shop:
    """One merchant as it is built up by its group."""

    key: str
    name: str
    category: str
    ticket: int
    place: Address
    licence: str
    phone: str
    email: str | None
    opened_on: date
    registered_at: int
    owner: Owner
    till: Account
    """Behind the QR code: what receipts go into."""
    purse: Account
    """The owner's bank account."""
    devices: list[Device]
    ip_addresses: list[str]
    receipts_a_day: float
    chance: Random
    regulars: list[int]
    holiday: float
    strangers: float
    """Share of receipts from anybody in town, and not from regulars."""
    group: str
    ring: str | None = None
    fraud: bool = False
    share: float = 1.0
    investors: list[tuple[Owner, float]] = field(default_factory=list)
    guarantors: list[Owner] = field(default_factory=list)
    holders: list[tuple[Shop | Owner, Account]] = field(default_factory=list)
    """Accounts held besides till and purse."""
    agent: Owner | None = None
    silent: tuple[int, int] = (0, 0)
    past: list[Past] = field(default_factory=list)
    plan: Plan | None = None
    work: list[DailyWork] = field(default_factory=list)
    """What the group does each day besides ordinary trade."""
    once: list[Row] = field(default_factory=list)
    """Rows of the group that happen once, at any moment."""
    raw_extra: float = 0.0
    """Receipts before thinning that `work` adds in all: known in advance, so that thinning can be chosen."""
    banked: int = 0
    """Receipts since the last transfer from till to purse."""

    @property
    def monthly(self) -> int:
        """Receipts of a month in fen, as expected."""
        return int(self.receipts_a_day * self.ticket * 30)


class Builder:
    """Makes shops, people, accounts and devices with numbers that nobody else has. One for each market."""

    def __init__(self, parameters: Parameters) -> None:
        """Begin an empty market."""
        self.parameters = parameters
        self.draw = chance(parameters.seed, "builder")
        self._counts: dict[str, int] = {}
        self.payers = parameters.merchants * parameters.trade.payers_a_merchant
        self.carriers = [f"100.127.255.{n}" for n in range(1, parameters.sharing.carrier_addresses + 1)]

    def number(self, kind: str) -> int:
        """The next number of a kind, from 0."""
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        return count

    def key(self, prefix: str, digits: int) -> str:
        """The next key of a kind, scrambled so that neighbours in making are not neighbours in number."""
        return f"{prefix}{scrambled(self.number(prefix), 10**digits):0{digits}d}"

    def moment(self, day: float, source: Random, *, first: float = 8.0, last: float = 21.5) -> int:
        """A moment of local time on the day counted from the start, between two hours of the clock."""
        midnight = self.parameters.start + int(day) * DAY
        return midnight + int((first + (last - first) * source.random()) * HOUR)

    def owner(self, source: Random, *, home: Address | None = None, surname: str | None = None, phone: str | None = None) -> Owner:
        """A person who lives somewhere and has a phone."""
        home = home or address(source)
        name, birthday = person_name(source), born_on(source)
        name = surname + name[1:] if surname else name
        return Owner(self.key("P", 7), name, birthday, identity_card(source, home.region, birthday), phone or self.phone(), home)

    def phone(self) -> str:
        """A new mobile number."""
        return phone_number(self.number("phone"))

    def ip_address(self) -> str:
        """A new address of somebody's own line (100.64.0.0/10: addresses that only carriers hand out)."""
        number = scrambled(self.number("ip"), 10**6) * 4
        return f"100.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"

    def device(self, source: Random, kind: str = "PHONE") -> Device:
        """A new phone or terminal."""
        model = source.choice(PHONE_MODELS) if kind == "PHONE" else {"COMPUTER": "Lenovo M710", "TERMINAL": "Newland N910"}[kind]
        return Device(f"fp{self.number('device'):06d}{source.getrandbits(40):010x}", kind, model)

    def account(self, source: Random, kind: str, opened_at: int) -> Account:
        """A new account: a QR account of the wallet, or a bank's."""
        number = self.number("account")
        if kind == "MERCHANT_QR":
            return Account(f"2088{scrambled(number, 10**9):012d}", kind, "码上付", opened_at)
        return Account(bank_card(number), kind, source.choice(BANKS), opened_at)

    def shop(self, group: str, *, owner: Owner | None = None, registered: float | None = None, surname: str | None = None) -> Shop:
        """An ordinary shop of its own: own place, phone, devices, accounts and regulars. Groups change what they share."""
        key = self.key("M", 6)
        source = chance(self.parameters.seed, f"shop/{key}")
        code, _, words, ticket = TRADES[weighted(source, (14, 12, 16, 7, 10, 7, 9, 6, 5, 4, 4, 6))]
        owner = owner or self.owner(source, surname=surname)
        place = address(source)
        registered_at = self.moment(registered if registered is not None else self._signed_up(source), source)
        opened = datetime.fromtimestamp((registered_at + TIME_ZONE_OFFSET) / 1000, UTC).date()
        trade = self.parameters.trade
        devices = [self.device(source) for _ in range(1 + weighted(source, self.parameters.sharing.devices))]
        return Shop(
            key=key,
            name=shop_name(source, owner.name, words),
            category=code,
            ticket=max(200, round(ticket * source.lognormvariate(0, 0.25))),
            place=place,
            licence=business_licence(source, place.region),
            phone=owner.phone,
            email=f"shop{scrambled(self.number('email'), 10**6):06d}@mail.example" if source.random() < 0.3 else None,
            opened_on=opened,
            registered_at=registered_at,
            owner=owner,
            till=self.account(source, "MERCHANT_QR", registered_at),
            purse=self.account(source, "BANK", registered_at - source.randrange(2_000) * DAY),
            devices=devices,
            ip_addresses=[self.ip_address(), source.choice(self.carriers)],
            receipts_a_day=trade.receipts_a_day
            * (trade.usual_ticket / ticket) ** trade.dear_receipts
            * source.lognormvariate(0, trade.receipts_spread),
            chance=source,
            regulars=[heavy_tailed(source, self.payers, trade.payer_tail) for _ in range(source.randint(*trade.regulars))],
            strangers=1.0 - trade.regular_share,
            holiday=source.uniform(*trade.national_day),
            group=group,
            silent=self._silence(source),
        )

    def _signed_up(self, source: Random) -> float:
        """Day of signing up: most long ago, a twelfth within the days walked, none in the last month of them."""
        if source.random() < 0.08:
            return source.uniform(0, max(1, self.parameters.days - 35))
        return -1 - _OLDEST * source.random()

    def _silence(self, source: Random) -> tuple[int, int]:
        """First and last day, from the start, of a shop's silence; none for nearly all."""
        if source.random() >= self.parameters.trade.silent_share:
            return (0, 0)
        first = source.randrange(max(1, self.parameters.days - 45))
        return (first, first + source.randint(7, 14))


def payer_account(number: int) -> str:
    """The wallet of the payer with this number."""
    return f"2099{scrambled(number, 10**9):012d}"
