"""Every number of the simulated market, each with where it is from.

"sourced" numbers are published measurements (degree distributions of real transfer graphs, device and account sharing on a
payment platform, receipts of shops paid by mobile wallet, survival of small firms); "chosen" ones are ours. A score on a
market whose code one can read proves that the line works, not how good it is in the world.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY: Final = 86_400_000
"""Milliseconds of a day."""

HOUR: Final = 3_600_000
"""Milliseconds of an hour."""

TIME_ZONE_OFFSET: Final = 8 * HOUR
"""China has one time zone without summer time: days begin at 16:00 UTC."""

DEFAULT_UNTIL: Final = 1_793_462_400_000
"""Where the simulated time ends unless told: 2026-11-01 00:00 in Shanghai, so that a seed gives the same bytes for ever."""

MAXIMUM_FACTS: Final = 600_000
"""Facts that a whole simulation may sum to; receipts are thinned until they fit."""

MAXIMUM_MERCHANTS: Final = 8_000
"""More would leave fewer than one receipt a merchant and week under `MAXIMUM_FACTS`."""

MINIMUM_MERCHANTS: Final = 60
"""Fewer cannot hold every group."""

MAXIMUM_DAYS: Final = 366
MINIMUM_DAYS: Final = 45
"""Shorter leaves no time for a fraud to be confirmed before the applications."""


@dataclass(frozen=True, slots=True)
class Trade:
    """How shops trade."""

    receipts_a_day: float = 78.0
    """Median receipts a day of a shop (sourced: shops paid by mobile wallet)."""
    receipts_spread: float = 0.55
    """Sigma of the logarithm of receipts a day over shops (chosen)."""
    usual_ticket: int = 4_000
    """Median usual receipt over shops in fen (follows from `names.TRADES`)."""
    dear_receipts: float = 0.6
    """How much rarer dear receipts are: receipts a day fall with the ticket to this power (chosen)."""
    weekday: tuple[float, ...] = (0.95, 0.96, 0.97, 0.99, 1.04, 1.09, 1.05)
    """Factor of Monday to Sunday (sourced: .95 to 1.09)."""
    missing_days: float = 0.055
    """Share of days without any receipt (sourced)."""
    silent_share: float = 0.02
    """Shops that fall silent for one to two weeks and come back (sourced: silence is not closure; the rate is chosen)."""
    national_day: tuple[float, float] = (0.48, 1.52)
    """Factor of the first week of October, one for each shop, evenly between (sourced)."""
    closed_a_year: float = 0.016
    """Closures in the first year of a shop (sourced); later years are not told apart."""
    regular_share: float = 0.55
    """Receipts from a shop's own regulars (chosen)."""
    regulars: tuple[int, int] = (25, 90)
    """How many regulars a shop has, before thinning by habit (chosen)."""
    payers_a_merchant: int = 25
    """Paying accounts in the whole town, for each merchant (chosen)."""
    payer_tail: float = 1.72
    """Exponent of how many shops a payer visits (sourced: out-degree of real transfer graphs)."""
    amount_spread: float = 0.55
    """Sigma of the logarithm of one receipt (chosen)."""
    thinning: int = 30
    """At least this many receipts stand behind each kept one, which carries the amount of all of them (chosen)."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """How much innocent people share."""

    devices: tuple[float, ...] = (0.68, 0.19, 0.07, 0.04, 0.02)
    """Shares of accounts with 1, 2, 3, 4, 5 devices (the first three sourced: 68/19/7%)."""
    helpers: float = 0.28
    """Shops with several devices of which one is the phone of somebody who helps in another shop too (chosen so that about 5% of
    devices are shared: sourced)."""
    families: float = 0.15
    """Share of merchants that are run in families (chosen so that about 28% stay in some group: sourced)."""
    family_sizes: tuple[int, int] = (2, 4)
    family_device: float = 0.4
    """Families that share a device (chosen)."""
    family_phone: float = 0.25
    family_account: float = 0.15
    market_wifi: float = 0.11
    """Share of merchants in covered markets with one Wi-Fi address (chosen)."""
    market_sizes: tuple[int, ...] = (120, 60, 40)
    franchise: float = 0.018
    """Share of merchants in franchise chains (chosen)."""
    chain_sizes: tuple[int, ...] = (24, 12)
    onboarding_agent: float = 0.06
    """Share of merchants signed up by field agents on the agent's own tablet (chosen)."""
    agent_sizes: tuple[int, ...] = (80, 40)
    accountants: float = 0.03
    """Share of merchants that give a bookkeeper's phone and e-mail (chosen)."""
    accountant_sizes: tuple[int, ...] = (22, 20, 18)
    carrier_addresses: int = 12
    """Addresses of mobile carriers, each shared by many (chosen)."""


@dataclass(frozen=True, slots=True)
class Crime:
    """How rings work. They are far more frequent here than in the world (about 0.8% of loans: sourced), so that each kind is seen."""

    rings_each: int = 3
    """Rings of each kind in a market of 2,000 merchants; at least one in any (chosen)."""
    farm_sizes: tuple[int, ...] = (12, 9, 6)
    farm_devices: tuple[int, ...] = (2, 3, 3)
    """Devices of each farm (typology T1): the last farm is careful and hands each device to two only."""
    farm_payers: int = 7
    """Accounts that pay all the receipts of one farm (T3: bought trading history; the number is chosen)."""
    straw_sizes: tuple[int, ...] = (14, 9, 6)
    """Borrowers packaged by each broker (T2); the last broker uses his own phone and device for fewer."""
    wash_sizes: tuple[int, ...] = (4, 3, 2)
    wash_payments: int = 209
    """Payments of one payer in a day at one shop (T4, sourced)."""
    wash_days: tuple[int, int] = (9, 16)
    """Days of bought receipts before applying (chosen)."""
    tied_sizes: tuple[int, ...] = (9, 7, 4)
    """Merchants of one hand that borrow from the same lender (T6 inside one lender)."""
    mule_sizes: tuple[int, ...] = (5, 4, 3)
    """Rented accounts (T8); shapes T11 and T12: scattered in, gathered out, 3 to 15 accounts."""
    mule_senders: tuple[int, int] = (6, 14)
    """Accounts that pay into a mule on one busy day (chosen)."""
    mule_leaves: tuple[float, float] = (2.2, 4.0)
    """Hours until the money leaves a mule, and again until it leaves the collector (chosen)."""
    burst_hours: tuple[int, int] = (6, 40)
    """Hours in which a ring's applications fall (chosen)."""
    lone_frauds: float = 0.0045
    """Share of merchants confirmed as frauds in the past without a ring; with past ring members about 0.7% (sourced: 0.71% flagged)."""
    confirmed_after: tuple[int, int] = (30, 50)
    """Days from pay-out to confirmation (sourced: labels arrive at least 30 days late)."""


@dataclass(frozen=True, slots=True)
class Lending:
    """How innocent merchants borrow."""

    earlier_loans: float = 0.12
    """Merchants that had a loan before (chosen)."""
    late: float = 0.05
    """Of those, 30 or more days late at some time (chosen)."""
    defaulted: float = 0.022
    """Of those, lost (chosen so that fraud is 30 to 40% of overdue loans: sourced)."""
    applying: float = 0.11
    """Innocent merchants that apply in the last weeks (chosen)."""
    applying_days: int = 21
    """The last weeks, in days (chosen)."""
    months: tuple[float, float] = (0.2, 0.9)
    """Amount asked for in months of receipts (chosen)."""
    smallest: int = 200_000
    """Fen: 2,000 yuan (chosen)."""
    largest: int = 20_000_000
    """Fen: 200,000 yuan (chosen)."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """A whole market: what is asked for, and how it behaves."""

    merchants: int = 2_000
    days: int = 90
    seed: int = 7
    until: int = DEFAULT_UNTIL
    """Where simulated time ends, milliseconds, a midnight in Shanghai."""
    live_days: int = 2
    """Last days whose facts are told live, not by file."""
    facts: int = MAXIMUM_FACTS
    """Facts that all may sum to."""
    trade: Trade = Trade()
    sharing: Sharing = Sharing()
    crime: Crime = Crime()
    lending: Lending = Lending()

    @property
    def start(self) -> int:
        """The first moment of the days walked."""
        return self.until - self.days * DAY

    @property
    def cut(self) -> int:
        """From this moment on facts are told live."""
        return self.until - self.live_days * DAY
