"""Whole rings as they apply, one member after the other: who must be stopped, and by when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.rules.scenarios.guilty import mule, wash_trading
from tests.rules.scenarios.story import DAY, HOUR, YUAN, Story

BROKER: Final = "+8613800000021"


def device_farm(applicant: int) -> Story:
    """Thirty shops registered over nine days on three devices and one connection; they apply over two days, five weeks later."""
    story = Story()
    for place in range(30):
        key = f"farm{place}"
        story.shop(key, device=f"rack {place % 3}", ip="203.0.113.20", days=40 - place * 0.3)
        story.sells(key, amount=60 * YUAN, days=35, every=3 * DAY, payers=4)
    for place in range(applicant):
        story.applies(f"farm{place}", ago=(applicant - place) * HOUR, device=f"rack {place % 3}", ip="203.0.113.20")
    return story.asks(f"farm{applicant}", device=f"rack {applicant % 3}", ip="203.0.113.20")


def straw_borrowers(applicant: int) -> Story:
    """Young shops of people who do not know each other; a broker applies for them from his devices, with his number."""
    story = Story()
    for place in range(12):
        story.shop(f"straw{place}", days=45 + 3 * place).sells(f"straw{place}", days=40, amount=150 * YUAN)
    for place in range(applicant):
        ago = (applicant - place) * 2 * HOUR
        story.applies(f"straw{place}", ago=ago, device=f"broker {place % 2}", phone=BROKER, ip="203.0.113.21", account="broker's purse")
    return story.asks(f"straw{applicant}", device=f"broker {applicant % 2}", phone=BROKER, ip="203.0.113.21", account="broker's purse")


def tied_merchants(applicant: int) -> Story:
    """Five shops of two partners, one account for all; each takes a loan of two months' receipts at one lender."""
    story = Story()
    for place in range(5):
        key = f"tied{place}"
        story.shop(key, owner=f"partner{place % 2}", account="partners' purse", phone="+8613800000022", days=250 - 20 * place)
        story.sells(key, into="partners' purse", amount=80 * YUAN)
    for place in range(applicant):
        story.applies(f"tied{place}", ago=(10 - place) * DAY, amount=40_000 * YUAN)
        story.paid_out(f"loan-tied{place}", "partners' purse", ago=(10 - place) * DAY - HOUR, amount=40_000 * YUAN)
    return story.asks(f"tied{applicant}", amount=40_000 * YUAN)


RINGS: Final[dict[str, tuple[Callable[[int], Story], range]]] = {
    "device farm": (device_farm, range(8)),
    "straw borrowers": (straw_borrowers, range(8)),
    "tied merchants": (tied_merchants, range(1, 5)),
    "wash trading": (lambda _: wash_trading(), range(1)),
    "mule accounts": (lambda _: mule(), range(1)),
}
"""By typology: a story for each applicant, and the applicants who must be stopped."""
