"""Small random histories: few entities, many ties, ends, withdrawals and transfers, so that everything meets everything."""

from __future__ import annotations

from hypothesis import strategies as st

from graph.contents import ApplicationMade, Content, Fact, FactWithdrawn, TieEnded, TieObserved, TransferMade, TransferReversed
from graph.measures.picture import DAY
from graph.model import EntityKind, EntityName, TieKind, TransferKind

LATEST = 12
"""Moments of histories of ties are 0 to 12, so that many fall together."""

_ENDS: dict[TieKind, tuple[tuple[EntityKind, ...], tuple[EntityKind, ...]]] = {
    TieKind.OWNS: ((EntityKind.PERSON,), (EntityKind.MERCHANT,)),
    TieKind.HOLDS: ((EntityKind.PERSON, EntityKind.MERCHANT), (EntityKind.ACCOUNT,)),
    TieKind.USES_DEVICE: ((EntityKind.PERSON, EntityKind.MERCHANT, EntityKind.ACCOUNT), (EntityKind.DEVICE,)),
    TieKind.CONNECTS_FROM: ((EntityKind.PERSON, EntityKind.DEVICE), (EntityKind.IP_ADDRESS,)),
    TieKind.GUARANTEES: ((EntityKind.PERSON, EntityKind.MERCHANT), (EntityKind.PERSON, EntityKind.MERCHANT)),
}


def name(kind: EntityKind, number: int) -> EntityName:
    """An entity by its key; identifiers have a value of their kind's form."""
    forms = {EntityKind.IP_ADDRESS: f"10.0.0.{number}", EntityKind.DEVICE: f"device-{number}", EntityKind.ACCOUNT: f"account-{number}"}
    return EntityName(kind, forms.get(kind, f"{kind.value}-{number}"))


@st.composite
def _ends(draw: st.DrawFn) -> tuple[EntityName, TieKind, EntityName]:
    kind = draw(st.sampled_from(list(_ENDS)))
    from_, to = (name(draw(st.sampled_from(kinds)), draw(st.integers(0, 2))) for kinds in _ENDS[kind])
    return from_, kind, to


@st.composite
def _contents(draw: st.DrawFn) -> Content:
    which = draw(st.sampled_from(["seen"] * 8 + ["ended", "applied", "withdrawn"]))
    if which == "withdrawn":
        return FactWithdrawn(f"f{draw(st.integers(0, 30))}", "mistake")
    if which == "applied":
        shop, loan = name(EntityKind.MERCHANT, draw(st.integers(0, 2))), name(EntityKind.LOAN, draw(st.integers(0, 1)))
        return ApplicationMade(loan, shop, 100, 30, device=name(EntityKind.DEVICE, draw(st.integers(0, 2))))
    ends = draw(_ends())
    return TieObserved(*ends) if which == "seen" else TieEnded(*ends, "closed")


@st.composite
def tie_histories(draw: st.DrawFn) -> list[Fact]:
    """Up to 30 facts about ties, in any order of occurring and becoming known."""
    said = draw(st.lists(st.tuples(_contents(), st.integers(0, LATEST), st.integers(0, 6)), min_size=4, max_size=30))
    return [Fact(f"f{n}", at, content, recorded_at=at + later) for n, (content, at, later) in enumerate(said)]


@st.composite
def money_histories(draw: st.DrawFn) -> list[Fact]:
    """Up to 14 transfers among six accounts over 100 days, some reversed."""
    accounts = st.integers(0, 5)
    kinds = st.sampled_from([TransferKind.PAYMENT, TransferKind.PAYMENT, TransferKind.TRANSFER])
    moved = draw(st.lists(st.tuples(accounts, accounts, st.integers(1, 9), st.integers(0, 100), kinds), max_size=14))
    facts = [
        Fact(f"t{n}", day * DAY, TransferMade(f"k{n}", name(EntityKind.ACCOUNT, a), name(EntityKind.ACCOUNT, b), amount, kind))
        for n, (a, b, amount, day, kind) in enumerate(moved)
    ]
    for n in draw(st.lists(st.integers(0, 13), max_size=2, unique=True)):
        facts.append(Fact(f"r{n}", draw(st.integers(0, 100)) * DAY, TransferReversed(f"k{n}", "refund")))
    return facts
