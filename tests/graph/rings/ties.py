"""Small markets for tests of rings: people with companies, and the things that they are tied to."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from graph.model import HeldTie, Instant, TieKind

DAY = 24 * 60 * 60 * 1_000
THINGS = {
    "dev": TieKind.USES_DEVICE,
    "pho": TieKind.REACHED_AT,
    "ema": TieKind.REACHED_AT,
    "acc": TieKind.HOLDS,
    "pla": TieKind.LOCATED_AT,
    "doc": TieKind.IDENTIFIED_BY,
    "fce": TieKind.SHOWS_FACE,
    "ipa": TieKind.CONNECTS_FROM,
    "loa": TieKind.APPLIED_FOR,
}


def tied(member: str, thing: str, at: Instant = 0) -> HeldTie:
    """A member's tie to a thing, by the thing's prefix."""
    return HeldTie(THINGS[thing[:3]], member, thing, at, at)


def owner(number: int) -> HeldTie:
    """Person n owns merchant n."""
    return HeldTie(TieKind.OWNS, f"per_{number:03d}", f"mer_{number:03d}", 0, 0)


def crowd(numbers: Iterable[int], *things: str, days: int = 0) -> list[HeldTie]:
    """Owners with their companies who all came to the same things, so many days one after the other."""
    return [tie for n in numbers for tie in (owner(n), *(tied(f"per_{n:03d}", thing, n * days * DAY) for thing in things))]


_MEMBERS = st.builds("{}_{:03d}".format, st.sampled_from(["per", "mer"]), st.integers(0, 9))
_SHARED = st.builds("{}_{}".format, st.sampled_from(sorted(THINGS)), st.integers(0, 1))
_MOMENTS = st.integers(0, 100).map(lambda days: days * DAY)


@st.composite
def markets(draw: st.DrawFn) -> list[HeldTie]:
    """Up to 40 ties of any kind of evidence among twenty members."""
    ties = draw(st.lists(st.builds(tied, _MEMBERS, _SHARED, _MOMENTS), max_size=40))
    owned = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6))
    ties += [HeldTie(TieKind.OWNS, f"per_{one:03d}", f"mer_{other:03d}", 0, 0) for one, other in owned]
    sureties = draw(st.lists(st.tuples(_MEMBERS, _MEMBERS, _MOMENTS), max_size=4))
    return ties + [HeldTie(TieKind.GUARANTEES, one, other, at, at) for one, other, at in sureties if one != other]
