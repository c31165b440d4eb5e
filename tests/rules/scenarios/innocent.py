"""For each signal innocents that it leaves alone, though they do what it looks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from graph.model import EntityKind, EntityName, Standing, TieKind, TransferKind
from tests.rules.scenarios.story import DAY, HOUR, MINUTE, YUAN, Story, account, merchant, person


def family() -> Story:
    """Four relatives with a shop each, one household: a tablet, a phone, an address and a purse; three apply on one morning."""
    story = Story()
    for place, name in enumerate(("father", "mother", "son", "aunt")):
        story.shop(name, device="tablet", phone="+8613800000011", address="lane 4", account="family purse", days=200 - place)
        story.sells(name, amount=300 * YUAN, into="family purse", payers=40, every=2 * DAY)
        story.has(name, "ip", "198.51.100.4", ago=150 * DAY)
    story.applies("mother", ago=3 * HOUR).applies("son", ago=30 * HOUR)
    return story.asks("father", device="tablet", phone="+8613800000011")


def market() -> Story:
    """120 stalls with one address and one Wi-Fi, opened over two years; some apply on the same day. One was a fraudster."""
    story = Story()
    for place in range(120):
        story.shop(f"stall{place}", address="north market", ip="198.51.100.1", days=730 - 6 * place)
    for place in range(0, 120, 12):
        story.applies(f"stall{place}", ago=(1 + place) * HOUR, ip="198.51.100.1", address="north market")
    story.known_as(merchant("stall77"), Standing.CONFIRMED_FRAUD)
    return story.sells("stall60").asks("stall60", ip="198.51.100.1", address="north market")


def chain() -> Story:
    """Eight shops of one owner with one registration number, one till and one account; five have a loan."""
    story = Story()
    for place in range(8):
        things = {
            "device": "head office",
            "phone": "+8613800000012",
            "account": "chain account",
            "document": "BUSINESS_LICENCE:CN:91330106MA27",
        }
        story.shop(f"branch{place}", owner="chain owner", days=400 - 40 * place, **things)
    for place in range(5):
        story.applies(f"branch{place}", ago=(5 + place) * DAY)
        story.paid_out(f"loan-branch{place}", "chain account", ago=(4 + place) * DAY)
    return story.sells("branch7", into="chain account", amount=2_000 * YUAN).asks("branch7", account="chain account")


def clients_of_an_agent() -> Story:
    """An agent signed up 90 merchants over three months with his own device and phone."""
    story = Story()
    agent = person("agent")
    story.tied(agent, TieKind.USES_DEVICE, EntityName(EntityKind.DEVICE, "agent's device"), ago=400 * DAY)
    story.tied(agent, TieKind.REACHED_AT, EntityName(EntityKind.PHONE, "+8613800000013"), ago=400 * DAY)
    for place in range(90):
        story.shop(f"client{place}", days=100 - place)
        story.has(f"client{place}", "device", "agent's device", ago=(100 - place) * DAY)
        story.has(f"client{place}", "phone", "+8613800000013", ago=(100 - place) * DAY)
        story.tied(merchant(f"client{place}"), TieKind.ONBOARDED_BY, agent, ago=(100 - place) * DAY)
    for place in range(30, 40):
        story.applies(f"client{place}", ago=(place - 20) * HOUR)
    return story.sells("client45", days=50).asks("client45", device="device-client45")


def helped_by_an_agent() -> Story:
    """As before, but the agent fills in the application on his own device and gives his own number."""
    story = clients_of_an_agent()
    story.facts.pop()
    return story.asks("client45", device="agent's device", phone="+8613800000013")


def with_a_new_phone() -> Story:
    return Story().shop("noodles").sells("noodles").asks("noodles", device="new phone")


def clients_of_an_accountant() -> Story:
    """Forty shops that gave their accountant's phone and mailbox over three years; ten apply in one week, three of them on the same day."""
    story = Story()
    for place in range(40):
        story.shop(f"client{place}", phone="+8613800000014", email="books@example.com", days=1_100 - 25 * place)
    for place in range(10):
        story.applies(f"client{3 * place}", ago=(2 + 16 * place) * HOUR, phone="+8613800000014", email="books@example.com")
    return story.sells("client20").asks("client20", phone="+8613800000014", email="books@example.com")


def accountant_with_a_new_connection() -> Story:
    """All his clients are seen at it within a day; they came to his mailbox over two years."""
    story = Story()
    for place in range(20):
        story.shop(f"client{place}", email="books@example.com", days=730 - 30 * place)
        story.has(f"client{place}", "ip", "198.51.100.7", ago=20 * DAY - place * HOUR)
    return story.sells("client4").asks("client4")


def sureties_of_relatives() -> Story:
    """A couple stand surety for each other's shops, and an uncle for both and for two nephews, one of whom is late with a loan."""
    story = Story()
    for place, name in enumerate(("wife", "husband", "uncle", "nephew", "other nephew")):
        story.shop(name, days=300 - 20 * place)
    for signs, shop in (
        ("wife", "husband"),
        ("husband", "wife"),
        *(("uncle", one) for one in ("wife", "husband", "nephew", "other nephew")),
    ):
        story.tied(person(f"owner of {signs}"), TieKind.GUARANTEES, merchant(shop))
    story.applies("nephew", ago=150 * DAY).paid_out("loan-nephew", "account-nephew", ago=149 * DAY)
    return story.outcome("loan-nephew", "LATE", ago=9 * DAY).sells("wife").asks("wife")


def market_where_some_did_not_repay() -> Story:
    """Forty stalls with one address and one Wi-Fi; the loans of six were not repaid."""
    story = Story()
    for place in range(40):
        story.shop(f"stall{place}", address="south market", ip="198.51.100.9", days=730 - 15 * place)
    for place in range(0, 36, 6):
        story.applies(f"stall{place}", ago=(250 + place) * DAY, ip="198.51.100.9", address="south market")
        story.paid_out(f"loan-stall{place}", f"account-stall{place}", ago=248 * DAY).outcome(
            f"loan-stall{place}", "DEFAULTED", ago=60 * DAY
        )
    return story.sells("stall20").asks("stall20", ip="198.51.100.9", address="south market")


def workshop_that_pays_its_suppliers() -> Story:
    """Busy, and most of what comes in goes to suppliers once a week."""
    story = Story().shop("workshop").sells("workshop", amount=200 * YUAN, every=3 * HOUR, payers=60)
    for week in range(1, 13):
        story.pays("account-workshop", "wholesaler", 7_000 * YUAN, ago=week * 7 * DAY - HOUR, kind=TransferKind.TRANSFER)
    return story.asks("workshop")


def owner_who_lends_to_a_friend() -> Story:
    """A friend of the owner borrows, and later eats at the shop; the owner tries his own code now and then."""
    story = Story().shop("noodles").sells("noodles").has("noodles", "account", "own card", ago=90 * DAY)
    story.pays("own card", "friend", 500 * YUAN, ago=12 * DAY, kind=TransferKind.TRANSFER)
    story.pays("friend", "account-noodles", 100 * YUAN, ago=9 * DAY)
    story.pays("own card", "account-noodles", YUAN, ago=3 * DAY)
    return story.asks("noodles")


def holiday_trade() -> Story:
    """Twice and a half the usual in the week before; a canteen is a quarter of all."""
    story = Story().shop("noodles").sells("noodles", until=7).sells("noodles", days=7, amount=1_000 * YUAN)
    for week in range(1, 12):
        story.pays("canteen", "account-noodles", 1_000 * YUAN, ago=week * 7 * DAY)
    return story.asks("noodles")


def silent_for_two_weeks() -> Story:
    """Silence is not closure."""
    return Story().shop("noodles").sells("noodles", until=14).asks("noodles", amount=8_000 * YUAN)


def asks_for_four_months() -> Story:
    return Story().shop("noodles").sells("noodles").asks("noodles", amount=50_000 * YUAN)


def refused_once() -> Story:
    return Story().shop("noodles").sells("noodles").refused_before(1).asks("noodles")


def verification_begun() -> Story:
    """Evidence is still coming in: a loan within the three minutes does not wait for it."""
    return Story().shop("noodles").sells("noodles").identified("WAITING_FOR_EVIDENCE", faces=None).asks("noodles")


def accepted_by_staff() -> Story:
    """A check failed on a worn card, and KYC staff accepted the identity with their own eyes; no list match stands."""
    return Story().shop("noodles").sells("noodles").identified("VERIFIED", failed=("DOCUMENT_FIELDS",)).asks("noodles")


def cleared_of_suspicion() -> Story:
    story = Story().shop("noodles").sells("noodles").known_as(merchant("noodles"), Standing.SUSPECTED, ago=20 * DAY)
    return story.known_as(merchant("noodles"), Standing.CLEARED, ago=5 * DAY).asks("noodles")


def new_shop_that_asks_for_little() -> Story:
    return Story().shop("noodles", days=10).asks("noodles", amount=8_000 * YUAN)


def wholesaler_whom_borrowers_pay() -> Story:
    """Four shops spend a third of their loans at a wholesaler; most of the loan stays with them or goes elsewhere."""
    story = Story().shop("wholesale").sells("wholesale", amount=3_000 * YUAN)
    for place in range(4):
        buyer = f"buyer{place}"
        story.shop(buyer, days=200 - place).applies(buyer, ago=12 * DAY).paid_out(f"loan-{buyer}", f"account-{buyer}", ago=11 * DAY)
        story.pays(f"account-{buyer}", "account-wholesale", 7_000 * YUAN, ago=(10 - place) * DAY)
    return story.asks("wholesale", amount=60_000 * YUAN)


def pays_a_supplier_whose_old_phone_is_blocked() -> Story:
    """A supplier is paid, whose account was used from a stolen phone, blocked since, long before the month."""
    story = Story().shop("noodles").sells("noodles")
    story.pays("account-noodles", "supplier", 5_000 * YUAN, ago=9 * DAY, kind=TransferKind.TRANSFER)
    stolen = EntityName(EntityKind.DEVICE, "stolen phone")
    return story.tied(account("supplier"), TieKind.USES_DEVICE, stolen, ago=200 * DAY).blocked(stolen).asks("noodles")


def withdraws_own_savings() -> Story:
    """The owner's savings account gathers wages and rents, and pays them out to the shop's card."""
    story = Story().shop("noodles").sells("noodles")
    story.tied(person("owner of noodles"), TieKind.HOLDS, account("savings"), ago=250 * DAY)
    for place in range(5):
        story.pays(f"tenant{place}", "savings", 3_000 * YUAN, ago=20 * DAY - place * HOUR, kind=TransferKind.TRANSFER)
    return story.pays("savings", "account-noodles", 14_500 * YUAN, ago=5 * DAY, kind=TransferKind.WITHDRAWAL).asks("noodles")


def busy_till() -> Story:
    """A wholesale till that takes 2,000 yuan a hundred times a day asks for a part of one day: too much to be followed, and honest."""
    story = Story().shop("wholesale").sells("wholesale", amount=2_000 * YUAN, days=60, payers=300, every=HOUR // 3)
    return story.asks("wholesale", amount=30_000 * YUAN)


def pays_a_crowd_and_asks_for_little() -> Story:
    """A small loan, and an account paid whose money nobody can follow: as with any large shop on the internet."""
    story = Story().shop("noodles").sells("noodles")
    story.pays("account-noodles", "exchange", 2_000 * YUAN, ago=20 * DAY, kind=TransferKind.TRANSFER)
    for place in range(2_100):
        story.pays("exchange", f"somebody{place}", 1_600 * YUAN, ago=19 * DAY - place * MINUTE, kind=TransferKind.TRANSFER)
    return story.asks("noodles", amount=20_000 * YUAN)


INNOCENT: Final[dict[str, tuple[Callable[[], Story], ...]]] = {
    "worst_standing": (cleared_of_suspicion,),
    "fraud_distance": (market,),
    "fraud_strength": (market,),
    "device_shared": (family, clients_of_an_agent, chain),
    "phone_shared": (family, clients_of_an_accountant, clients_of_an_agent),
    "email_shared": (clients_of_an_accountant,),
    "address_shared": (family, market),
    "account_shared": (family, chain),
    "document_shared": (chain,),
    "connection_shared": (market, family, accountant_with_a_new_connection),
    "kinds_shared": (family, clients_of_an_agent),
    "closely_bound": (family,),
    "strange_hands": (with_a_new_phone, helped_by_an_agent),
    "applications_1h": (family,),
    "applications_24h": (family, clients_of_an_accountant),
    "applications_7d": (family, clients_of_an_accountant, clients_of_an_agent, market),
    "loans_own": (chain,),
    "loans_tied": (family,),
    "months_owed": (chain, clients_of_an_accountant),
    "bad_loans_tied": (sureties_of_relatives, market_where_some_did_not_repay),
    "sureties_round": (sureties_of_relatives,),
    "borrowers_gathered": (wholesaler_whom_borrowers_pay,),
    "blocked_reached": (pays_a_supplier_whose_old_phone_is_blocked, workshop_that_pays_its_suppliers),
    "vouched_debt": (sureties_of_relatives,),
    "pooled_withdrawn": (withdraws_own_savings,),
    "money_unfollowed": (busy_till, pays_a_crowd_and_asks_for_little),
    "fan_in": (workshop_that_pays_its_suppliers,),
    "pass_through": (workshop_that_pays_its_suppliers,),
    "money_circled": (owner_who_lends_to_a_friend,),
    "receipts_30": (silent_for_two_weeks,),
    "receipts_90": (silent_for_two_weeks,),
    "payer_concentration": (holiday_trade,),
    "self_paid": (owner_who_lends_to_a_friend,),
    "receipts_burst": (holiday_trade,),
    "days_since_receipt": (silent_for_two_weeks,),
    "months_requested": (asks_for_four_months,),
    "amount_requested": (new_shop_that_asks_for_little,),
    "identity_state": (verification_begun, accepted_by_staff),
    "checks_failed": (accepted_by_staff,),
    "face_people": (accepted_by_staff,),
    "list_matches": (accepted_by_staff,),
    "declines_earlier": (refused_once,),
}
"""By signal."""
