"""For each signal a story whose verdict it changes: what happened, and the reason that must be given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from graph.model import EntityKind, EntityName, Standing, TieKind, TransferKind
from rules.model import Verdict
from tests.rules.scenarios.story import DAY, HOUR, MINUTE, YUAN, Story, account, merchant, person


@dataclass(frozen=True)
class Guilty:
    """A story, its verdict, and the code of a reason that reads the signal."""

    story: Callable[[], Story]
    verdict: Verdict
    code: str


def suspected_owner() -> Story:
    story = Story().shop("noodles").sells("noodles")
    return story.known_as(person("owner of noodles"), Standing.SUSPECTED).asks("noodles")


def fraudulent_applicant() -> Story:
    story = Story().shop("noodles").sells("noodles")
    return story.known_as(person("owner of noodles"), Standing.CONFIRMED_FRAUD).asks("noodles")


def blocked_merchant() -> Story:
    return Story().shop("noodles").sells("noodles").blocked(merchant("noodles")).asks("noodles")


def phone_of_a_fraudster_among_five() -> Story:
    story = Story().shop("noodles", phone="+8613800000001").sells("noodles")
    for place in range(4):
        story.shop(f"other{place}", phone="+8613800000001", days=200 - 40 * place)
    return story.known_as(merchant("other2"), Standing.CONFIRMED_FRAUD).asks("noodles")


def device_of_a_fraudster() -> Story:
    story = Story().shop("noodles", device="shared").shop("other", device="shared", days=200).sells("noodles")
    return story.applies("other", ago=40 * DAY).outcome("loan-other", "FRAUD_CONFIRMED", ago=10 * DAY).asks("noodles")


def farm(what: str, value: str, size: int = 8) -> Callable[[], Story]:
    """Shops without trade that all came to one thing within two days."""

    def story() -> Story:
        told = Story()
        for place in range(size):
            told.shop(f"farm{place}", days=20 + place / 4, **{what: value})
        return told.asks("farm3")

    return story


def pay_out_account_of_five() -> Story:
    story = Story().shop("noodles", account="purse", days=40)
    for place in range(4):
        story.shop(f"other{place}", account="purse", days=55 - 7 * place)
    return story.asks("noodles", account="purse")


def identity_card_of_another() -> Story:
    story = Story().shop("noodles", document="IDENTITY_CARD:CN:330106199001011234").sells("noodles")
    return story.shop("other", document="IDENTITY_CARD:CN:330106199001011234", days=30).asks("noodles")


def three_friends_of_a_broker_within_the_hour() -> Story:
    story = Story()
    for place in range(3):
        story.shop(f"straw{place}", device="broker", ip="203.0.113.7", days=2)
    return story.applies("straw0", ago=50 * MINUTE).applies("straw1", ago=20 * MINUTE).asks("straw2")


def seven_bound_by_phone_and_address() -> Story:
    story = Story()
    for place in range(7):
        story.shop(f"shell{place}", phone="+8613800000002", address="backyard 1", days=80 - 9 * place)
    return story.asks("shell3")


def six_from_one_connection(*hours: float) -> Callable[[], Story]:
    """Shops that came from one connection together, and their applications so many hours ago."""

    def story() -> Story:
        told = Story()
        for place in range(len(hours) + 1):
            told.shop(f"straw{place}", ip="203.0.113.7", days=8)
        for place, ago in enumerate(hours):
            told.applies(f"straw{place}", ago=int(ago * HOUR))
        return told.asks(f"straw{len(hours)}")

    return story


def owed_by_three_who_are_one() -> Story:
    """Three shops that share phone and account and guarantee for each other; two have a loan, and no trade carries a third."""
    story = Story()
    for place in range(3):
        story.shop(f"shop{place}", phone="+8613800000006", account="purse", days=300 - 20 * place).sells(f"shop{place}", into="purse")
    for place in range(2):
        story.applies(f"shop{place}", ago=(40 + place) * DAY, amount=60_000 * YUAN)
        story.paid_out(f"loan-shop{place}", "purse", ago=39 * DAY, amount=60_000 * YUAN)
    return story.asks("shop2", amount=60_000 * YUAN)


def loans_for_four_shells_of_one_owner() -> Story:
    story = Story()
    for place in range(4):
        story.shop(f"shell{place}", owner="boss", days=40)
    for place in range(3):
        story.applies(f"shell{place}", ago=(3 + place) * DAY)
    return story.asks("shell3")


def open_loans_of_five_with_one_phone() -> Story:
    story = Story().shop("noodles", phone="+8613800000003")
    for place in range(5):
        story.shop(f"other{place}", phone="+8613800000003", days=280 - 40 * place)
        story.applies(f"other{place}", ago=(50 + 5 * place) * DAY).paid_out(f"loan-other{place}", f"account-other{place}", ago=45 * DAY)
    return story.asks("noodles")


def three_who_stand_surety_in_a_round() -> Story:
    """Owners who share nothing sign for each other: the applicant for the second, the second for the third, the third for the first."""
    story = Story().sells("noodles")
    for place, name in enumerate(("noodles", "tea", "shoes")):
        story.shop(name, days=300 - 20 * place)
    for signs, other in (("noodles", "tea"), ("tea", "shoes"), ("shoes", "noodles")):
        story.tied(person(f"owner of {signs}"), TieKind.GUARANTEES, person(f"owner of {other}"))
    return story.asks("noodles")


def two_with_one_phone_who_did_not_repay() -> Story:
    story = Story().shop("noodles", phone="+8613800000007").sells("noodles")
    for place in range(2):
        key = f"other{place}"
        story.shop(key, phone="+8613800000007", days=280 - 40 * place)
        story.applies(key, ago=(200 - 5 * place) * DAY).paid_out(f"loan-{key}", f"account-{key}", ago=195 * DAY)
        story.outcome(f"loan-{key}", "DEFAULTED" if place else "LATE", ago=20 * DAY)
    return story.asks("noodles")


def mule() -> Story:
    story = Story().shop("noodles")
    for day in (2, 4, 9):
        for place in range(8):
            story.pays(
                f"victim{day}{place}", "account-noodles", 5_000 * YUAN, ago=day * DAY - place * 10 * MINUTE, kind=TransferKind.TRANSFER
            )
        story.pays("account-noodles", "far away", 39_000 * YUAN, ago=day * DAY - 3 * HOUR, kind=TransferKind.TRANSFER)
    return story.asks("noodles")


def wash_trading() -> Story:
    """The owner's money goes to friends, who pay it at the shop."""
    story = Story().shop("noodles").sells("noodles", amount=100 * YUAN)
    for day in range(1, 21):
        friend = f"friend{day % 4}"
        story.pays("account-noodles", friend, 1_000 * YUAN, ago=day * DAY + 5 * HOUR, kind=TransferKind.TRANSFER)
        story.pays(friend, "account-noodles", 950 * YUAN, ago=day * DAY + 2 * HOUR)
    return story.asks("noodles")


def trade_that_dries_up() -> Story:
    story = Story().shop("noodles").sells("noodles", until=31).sells("noodles", days=31, amount=30 * YUAN)
    return story.asks("noodles", amount=60_000 * YUAN)


def one_payer_in_a_hurry() -> Story:
    story = Story().shop("noodles").sells("noodles", amount=100 * YUAN)
    for place in range(60):
        story.pays("one payer", "account-noodles", 300 * YUAN, ago=6 * DAY - place * HOUR)
    return story.asks("noodles")


def till_paid_by_its_owner() -> Story:
    story = Story().shop("noodles").sells("noodles", amount=100 * YUAN)
    story.has("noodles", "account", "own card", ago=80 * DAY)
    for place in range(40):
        story.pays("own card", "account-noodles", 200 * YUAN, ago=(80 - 2 * place) * DAY - HOUR)
    return story.asks("noodles")


def trade_that_stopped() -> Story:
    return Story().shop("noodles").sells("noodles", until=40).asks("noodles", amount=2_000 * YUAN)


def asks_for_two_years_of_receipts() -> Story:
    return Story().shop("noodles").sells("noodles", amount=50 * YUAN).asks("noodles", amount=80_000 * YUAN)


def applied_for_by_a_broker() -> Story:
    story = Story().shop("noodles").sells("noodles", days=50)
    return story.asks("noodles", device="broker's device", phone="+8613800000005", ip="203.0.113.9")


def refused_twice() -> Story:
    return Story().shop("noodles").sells("noodles").refused_before(2).asks("noodles")


def verified(state: str, **said: Any) -> Callable[[], Story]:
    """A shop with trade whose owner's verification says something."""
    return lambda: Story().shop("noodles").sells("noodles").identified(state, **said).asks("noodles")


def new_shop_that_asks_for_much() -> Story:
    return Story().shop("noodles", days=10).asks("noodles", amount=5_000_000 * YUAN)


def gathers_the_loans_of_two() -> Story:
    """Two strangers got a loan, and all but a fee went on to the shop: of the one directly, of the other through a friend."""
    story = Story().shop("noodles").sells("noodles")
    for place in range(2):
        straw = f"straw{place}"
        story.shop(straw, days=90).applies(straw, ago=12 * DAY).paid_out(f"loan-{straw}", f"account-{straw}", ago=11 * DAY)
    story.pays("account-straw0", "account-noodles", 19_000 * YUAN, ago=10 * DAY, kind=TransferKind.TRANSFER)
    story.pays("account-straw1", "friend", 19_500 * YUAN, ago=10 * DAY, kind=TransferKind.TRANSFER)
    story.pays("friend", "account-noodles", 19_000 * YUAN, ago=9 * DAY, kind=TransferKind.TRANSFER)
    return story.asks("noodles")


def pays_on_to_a_blocked_device() -> Story:
    """Money goes through a stranger to an account that is used from a device of a known ring."""
    story = Story().shop("noodles").sells("noodles")
    story.pays("account-noodles", "stranger", 5_000 * YUAN, ago=9 * DAY, kind=TransferKind.TRANSFER)
    story.pays("stranger", "hidden", 4_900 * YUAN, ago=8 * DAY, kind=TransferKind.TRANSFER)
    rack = EntityName(EntityKind.DEVICE, "rack")
    return story.tied(account("hidden"), TieKind.USES_DEVICE, rack, ago=20 * DAY).blocked(rack).asks("noodles")


def vouches_for_a_chain_of_large_loans() -> Story:
    """The owner stands surety for a second, who does for a third; each of these borrowed what the shop takes in a year."""
    story = Story().shop("noodles").sells("noodles")
    for place, name in enumerate(("tea", "shoes")):
        story.shop(name, days=280 - 20 * place).applies(name, ago=90 * DAY, amount=150_000 * YUAN)
    story.tied(person("owner of noodles"), TieKind.GUARANTEES, person("owner of tea"))
    return story.tied(person("owner of tea"), TieKind.GUARANTEES, person("owner of shoes")).asks("noodles")


def cashes_what_another_account_gathered() -> Story:
    """A stranger's account gathers five transfers and withdraws them to the shop's card."""
    story = Story().shop("noodles").sells("noodles")
    for place in range(5):
        story.pays(f"victim{place}", "pool", 3_000 * YUAN, ago=6 * DAY - place * HOUR, kind=TransferKind.TRANSFER)
    return story.pays("pool", "account-noodles", 14_500 * YUAN, ago=5 * DAY, kind=TransferKind.WITHDRAWAL).asks("noodles")


def pays_into_a_crowd() -> Story:
    """Money goes to an account that pays thousands: where it went is beyond what one decision reads."""
    story = Story().shop("noodles").sells("noodles")
    return pays_one_who_pays(story, 2_100).asks("noodles", amount=30_000 * YUAN)


def pays_one_who_pays(story: Story, many: int) -> Story:
    """The shop pays an account that pays so many others in the days after, each more than a twentieth of 30,000 yuan."""
    story.pays("account-noodles", "exchange", 2_000 * YUAN, ago=20 * DAY, kind=TransferKind.TRANSFER)
    for place in range(many):
        story.pays("exchange", f"somebody{place}", 1_600 * YUAN, ago=19 * DAY - place * MINUTE, kind=TransferKind.TRANSFER)
    return story


GUILTY: Final[dict[str, Guilty]] = {
    "borrowers_gathered": Guilty(gathers_the_loans_of_two, Verdict.REFER, "LOANS_HANDED_ON"),
    "blocked_reached": Guilty(pays_on_to_a_blocked_device, Verdict.REFER, "MONEY_TO_BLOCKED"),
    "vouched_debt": Guilty(vouches_for_a_chain_of_large_loans, Verdict.REFER, "VOUCHES_FOR_MUCH"),
    "pooled_withdrawn": Guilty(cashes_what_another_account_gathered, Verdict.REFER, "POOLED_CASH"),
    "money_unfollowed": Guilty(pays_into_a_crowd, Verdict.REFER, "MONEY_UNFOLLOWED"),
    "worst_standing": Guilty(suspected_owner, Verdict.REFER, "PARTY_SUSPECTED"),
    "fraud_distance": Guilty(phone_of_a_fraudster_among_five, Verdict.REFER, "FRAUD_NEAR"),
    "fraud_strength": Guilty(device_of_a_fraudster, Verdict.REFER, "TIED_TO_FRAUD"),
    "device_shared": Guilty(farm("device", "rack"), Verdict.REFER, "DEVICE_FARM"),
    "phone_shared": Guilty(farm("phone", "+8613800000004"), Verdict.REFER, "PHONE_SHARED"),
    "email_shared": Guilty(farm("email", "broker@example.com"), Verdict.REFER, "EMAIL_SHARED"),
    "address_shared": Guilty(farm("address", "empty office 9"), Verdict.REFER, "ADDRESS_SHARED"),
    "account_shared": Guilty(pay_out_account_of_five, Verdict.REFER, "ACCOUNT_SHARED"),
    "document_shared": Guilty(identity_card_of_another, Verdict.REFER, "DOCUMENT_SHARED"),
    "connection_shared": Guilty(farm("ip", "203.0.113.8"), Verdict.REFER, "CONNECTION_SHARED"),
    "kinds_shared": Guilty(three_friends_of_a_broker_within_the_hour, Verdict.REFER, "BOUND_AND_IN_A_HURRY"),
    "closely_bound": Guilty(seven_bound_by_phone_and_address, Verdict.REFER, "ACTING_AS_ONE"),
    "strange_hands": Guilty(applied_for_by_a_broker, Verdict.REFER, "STRANGE_HANDS"),
    "applications_1h": Guilty(three_friends_of_a_broker_within_the_hour, Verdict.REFER, "BOUND_AND_IN_A_HURRY"),
    "applications_24h": Guilty(six_from_one_connection(2, 5, 9, 14, 20), Verdict.DECLINE, "APPLICATIONS_IN_A_DAY"),
    "applications_7d": Guilty(six_from_one_connection(30, 50, 70, 90, 120, 150), Verdict.DECLINE, "APPLICATIONS_IN_A_WEEK"),
    "loans_own": Guilty(loans_for_four_shells_of_one_owner, Verdict.REFER, "LOANS_OF_ONES_OWN"),
    "loans_tied": Guilty(open_loans_of_five_with_one_phone, Verdict.REFER, "LOANS_THROUGH_OTHERS"),
    "months_owed": Guilty(owed_by_three_who_are_one, Verdict.REFER, "OWED_TOGETHER"),
    "bad_loans_tied": Guilty(two_with_one_phone_who_did_not_repay, Verdict.REFER, "LOANS_WENT_BAD_AROUND"),
    "sureties_round": Guilty(three_who_stand_surety_in_a_round, Verdict.REFER, "SURETIES_GO_ROUND"),
    "fan_in": Guilty(mule, Verdict.REFER, "MULE_ACCOUNT"),
    "pass_through": Guilty(mule, Verdict.REFER, "MULE_ACCOUNT"),
    "money_circled": Guilty(wash_trading, Verdict.DECLINE, "MONEY_CIRCLES"),
    "receipts_30": Guilty(trade_that_dries_up, Verdict.REFER, "TRADE_DRIES_UP"),
    "receipts_90": Guilty(trade_that_dries_up, Verdict.REFER, "TRADE_DRIES_UP"),
    "payer_concentration": Guilty(one_payer_in_a_hurry, Verdict.REFER, "FEW_PAYERS"),
    "self_paid": Guilty(till_paid_by_its_owner, Verdict.REFER, "PAYS_ITSELF"),
    "receipts_burst": Guilty(one_payer_in_a_hurry, Verdict.REFER, "BURST_BEFORE_APPLYING"),
    "days_since_receipt": Guilty(trade_that_stopped, Verdict.REFER, "TRADE_STOPPED"),
    "months_requested": Guilty(asks_for_two_years_of_receipts, Verdict.REFER, "ASKS_FOR_MUCH"),
    "amount_requested": Guilty(new_shop_that_asks_for_much, Verdict.REFER, "UNTESTED"),
    "identity_state": Guilty(verified("REJECTED"), Verdict.DECLINE, "IDENTITY_REJECTED"),
    "checks_failed": Guilty(verified("CHECKING", failed=("DOCUMENT_FIELDS",)), Verdict.REFER, "IDENTITY_CHECKS_FAILED"),
    "face_people": Guilty(verified("VERIFIED", faces=3), Verdict.REFER, "FACE_SHARED"),
    "list_matches": Guilty(verified("VERIFIED", matches=1), Verdict.REFER, "LIST_MATCH"),
    "declines_earlier": Guilty(refused_twice, Verdict.REFER, "REFUSED_BEFORE"),
}
"""By signal."""
