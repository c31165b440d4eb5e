"""The life of a ring."""

from __future__ import annotations

from graph.model import HeldTie
from graph.rings.finding import find_rings
from graph.rings.following import Following
from graph.rings.living import Happening, events, history
from tests.graph.rings.ties import DAY, crowd, tied


def kinds(following: Following, held: list[HeldTie] | None = None, gone: list[HeldTie] | None = None) -> list[Happening]:
    change = following.change(held or (), [(tie.kind, tie.from_id, tie.to_id) for tie in gone or ()])
    return [event.kind for event in events(change, 0)]


def test_a_ring_is_found_grows_shrinks_and_dissolves():
    following, three = Following(), crowd(range(3), "dev_a", "pho_a", days=1)
    assert kinds(following, three) == [Happening.FOUND]
    assert kinds(following, crowd([3], "dev_a", "pho_a", days=1)) == [Happening.GREW]
    assert kinds(following, gone=crowd([3], "dev_a", "pho_a", days=1)) == [Happening.SHRANK]
    assert kinds(following, gone=crowd([2], "dev_a", "pho_a", days=1)) == [Happening.DISSOLVED]


def test_two_become_one_and_part_again():
    following = Following()
    one, other = crowd(range(4), "dev_a", "pho_a", days=1), crowd(range(10, 14), "dev_b", "pho_b", days=1)
    following.change([*one, *other])
    first, second = sorted(following.rings)
    bridge = [tied(f"per_{n:03d}", thing, n * DAY) for n in (*range(4), *range(10, 14)) for thing in ("acc_c", "ema_c")]
    joined = [*events(following.change(bridge), 0)]
    (ring,) = following.rings
    assert {(event.ring, event.kind, event.other) for event in joined} == {
        (ring, Happening.GREW, None),
        (second if ring == first else first, Happening.MERGED, ring),
    }
    parted = [*events(following.change(gone=[(tie.kind, tie.from_id, tie.to_id) for tie in bridge]), 0)]
    lost = second if ring == first else first
    assert {(event.ring, event.kind, event.other) for event in parted} == {(ring, Happening.SPLIT, lost), (lost, Happening.FOUND, None)}


def test_the_history_of_ties_ends_with_the_rings_that_they_make():
    ties = [tie for n in range(30) for tie in crowd([n], f"dev_{n // 7}", f"pho_{n // 7}", days=1)]
    told = list(history(reversed(ties)))
    assert [event.at for event in told] == sorted(event.at for event in told)
    alive: dict[str, int] = {}
    for event in told:
        alive[event.ring] = event.members
        if event.kind in (Happening.MERGED, Happening.DISSOLVED):
            del alive[event.ring]
    assert alive == {ring.id: len(ring.members) for ring in find_rings(ties).rings}
