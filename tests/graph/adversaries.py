"""Small histories that put everything in the way of everything: few entities, few moments, all sixteen kinds of fact, two sources,
equal moments, facts known long after they occurred or before others that occurred earlier, withdrawals of what has not come yet."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from graph import contents as c
from graph.contents import Content, Fact, PlaceSeen
from graph.model import EntityKind, EntityName, Instant, Standing, TieKind, TransferKind

LATEST: Instant = 4
"""Facts occur at 0 to 4, and become known at 0 to 6."""

SOURCES = ("a", "b")
K = EntityKind


def name(kind: EntityKind, number: int) -> EntityName:
    forms = {
        K.ACCOUNT: f"62220200000{number}", K.DEVICE: f"device-000{number}", K.PHONE: f"+861380013800{number}",
        K.EMAIL: f"w{number}@example.com",
        K.IP_ADDRESS: f"10.0.0.{number}", K.PLACE: f"CN:road{number}", K.DOCUMENT: f"IDENTITY_CARD:CN:11010119900307{number}",
    }  # fmt: skip
    return EntityName(kind, forms.get(kind, f"{kind.value}-{number}"))


def one(kind: EntityKind, many: int = 2) -> st.SearchStrategy[EntityName]:
    """The first one mostly, so that facts meet."""
    return st.sampled_from([0] * 3 + list(range(many))).map(lambda number: name(kind, number))


ENDS: dict[TieKind, tuple[tuple[EntityKind, ...], tuple[EntityKind, ...]]] = {
    TieKind.OWNS: ((K.PERSON,), (K.MERCHANT,)),
    TieKind.HOLDS: ((K.PERSON, K.MERCHANT), (K.ACCOUNT,)),
    TieKind.USES_DEVICE: ((K.PERSON, K.ACCOUNT), (K.DEVICE,)),
    TieKind.CONNECTS_FROM: ((K.DEVICE,), (K.IP_ADDRESS,)),
    TieKind.REACHED_AT: ((K.PERSON,), (K.PHONE, K.EMAIL)),
    TieKind.LOCATED_AT: ((K.MERCHANT,), (K.PLACE,)),
    TieKind.IDENTIFIED_BY: ((K.PERSON,), (K.DOCUMENT,)),
    TieKind.GUARANTEES: ((K.PERSON, K.MERCHANT), (K.PERSON, K.MERCHANT)),
    TieKind.INVESTS_IN: ((K.PERSON, K.MERCHANT), (K.MERCHANT,)),
    TieKind.APPLIED_FOR: ((K.PERSON, K.MERCHANT), (K.LOAN,)),
    TieKind.ONBOARDED_BY: ((K.MERCHANT,), (K.PERSON,)),
}
texts = st.sampled_from(["x", "y"])
names = st.sampled_from([None, "Zhang San", "Li Si"])
days = st.sampled_from([None, "1990-01-01"])
outcomes = st.sampled_from(["REPAID", "LATE", "FRAUD_CONFIRMED", "FRAUD_CONFIRMED", "FRAUD_RULED_OUT"])
amounts = st.sampled_from([1, 2])
small = st.integers(0, 2).map(str)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


@st.composite
def ends(draw: st.DrawFn) -> tuple[EntityName, TieKind, EntityName]:
    kind = draw(st.sampled_from([TieKind.OWNS] * 10 + [TieKind.HOLDS] * 4 + list(ENDS)))
    from_, to = (draw(one(draw(st.sampled_from(kinds)))) for kinds in ENDS[kind])
    return from_, kind, to


@st.composite
def places(draw: st.DrawFn) -> PlaceSeen:
    place = draw(one(K.PLACE))
    return PlaceSeen(place, f"{place.key} {draw(texts)}", "CN", draw(st.sampled_from([None, 1.5])), 2.5)


def observed(draw: st.DrawFn) -> Content:
    from_, kind, to = draw(ends())
    share = draw(st.sampled_from([None, 0.25, 0.5])) if kind in (TieKind.OWNS, TieKind.INVESTS_IN) else None
    return c.TieObserved(from_, kind, to, share)


def applied(draw: st.DrawFn) -> Content:
    seen = {
        "applicant": one(K.PERSON), "pay_out_account": one(K.ACCOUNT), "device": one(K.DEVICE), "ip_address": one(K.IP_ADDRESS),
        "phone": one(K.PHONE), "email": one(K.EMAIL), "place": places(),
    }  # fmt: skip
    chosen = {field: draw(strategy) for field, strategy in seen.items() if draw(st.sampled_from([False, False, False, True]))}
    return c.ApplicationMade(draw(one(K.LOAN)), draw(one(K.MERCHANT)), draw(amounts), draw(st.sampled_from([30, 90])), **chosen)  # type: ignore[arg-type]


def moved(draw: st.DrawFn) -> Content:
    kind = draw(st.sampled_from([TransferKind.PAYMENT, TransferKind.TRANSFER]))
    return c.TransferMade(draw(small), draw(one(K.ACCOUNT)), draw(one(K.ACCOUNT)), draw(amounts), kind)


def any_entity(draw: st.DrawFn) -> EntityName:
    return draw(one(draw(st.sampled_from([K.MERCHANT, K.PERSON, K.LOAN, K.DEVICE, K.DOCUMENT]))))


MAKERS: list[Callable[[st.DrawFn], Content]] = [
    lambda draw: c.MerchantDescribed(draw(one(K.MERCHANT)), draw(maybe(texts)), draw(maybe(st.just("5411")))),  # type: ignore[arg-type]
    lambda draw: c.PersonDescribed(draw(one(K.PERSON)), draw(names), draw(days)),
    lambda draw: c.AccountDescribed(draw(one(K.ACCOUNT)), draw(maybe(st.just("BANK"))), draw(maybe(texts))),  # type: ignore[arg-type]
    lambda draw: c.DeviceDescribed(draw(one(K.DEVICE)), model=draw(maybe(texts))),  # type: ignore[arg-type]
    lambda draw: c.LoanDescribed(draw(one(K.LOAN)), balance=draw(amounts)),
    observed, observed, observed,
    lambda draw: c.TieEnded(*draw(ends()), "r"), lambda draw: c.TieEnded(*draw(ends()), "r"),
    moved, moved, moved,
    lambda draw: c.TransferReversed(draw(small), "r"),
    applied, applied, applied,
    lambda draw: c.LoanPaidOut(draw(small), draw(one(K.LOAN)), draw(one(K.ACCOUNT)), draw(amounts)),
    lambda draw: c.LoanRepaid(draw(small), draw(one(K.LOAN)), draw(one(K.ACCOUNT)), draw(amounts)),
    lambda draw: c.OutcomeKnown(draw(one(K.LOAN)), draw(outcomes)),
    lambda draw: c.StandingKnown(any_entity(draw), draw(st.sampled_from(list(Standing))), "r"),
    lambda draw: c.BlockChanged(any_entity(draw), draw(st.booleans()), "r"),
    lambda draw: c.FactWithdrawn(f"f{draw(st.integers(0, 19))}", "r"), lambda draw: c.FactWithdrawn(f"f{draw(st.integers(0, 19))}", "r"),
]  # fmt: skip
"""One maker a kind of fact; what meets others is there more often."""


@st.composite
def facts(draw: st.DrawFn, id_: str, *, recorded: bool = True) -> Fact:
    """One fact; with `recorded` it says when it became known."""
    content = draw(st.sampled_from(MAKERS))(draw)
    seen: tuple[PlaceSeen, ...] = ()
    if isinstance(content, c.TieObserved) and content.to.kind is K.PLACE:
        seen = (PlaceSeen(content.to, f"{content.to.key} {draw(texts)}", "CN"),)
    known = draw(st.integers(0, 6)) if recorded else None
    return Fact(id_, draw(st.integers(0, LATEST)), content, seen, known)


@st.composite
def histories(draw: st.DrawFn, most: int = 24) -> list[tuple[str, Fact]]:
    """Facts with their sources, in the order in which they come; ids sometimes come twice, with equal or other content."""
    numbers = draw(st.lists(st.integers(0, 19), min_size=4, max_size=most))
    return [(draw(st.sampled_from(SOURCES)), draw(facts(f"f{number}"))) for number in numbers]


moments = st.tuples(st.integers(0, LATEST + 1), st.integers(0, 7))
