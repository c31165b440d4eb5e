"""What finding all rings costs, by the size of the market: beside networkx (weighted Louvain) on the same pairs, and union-find alone.

Each in a process of its own, one after the other, so that each peak of memory is its own.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import networkx as nx

from graph.model import HeldTie, TieKind
from graph.rings.communities import components
from graph.rings.finding import find_rings
from graph.rings.following import Following
from graph.rings.pairs import pair_up
from graph.rings.sharing import gather
from graph.rings.weights import DEFAULT
from tests.bench.report import spread, table, write

SIZES: Final = (10_000, 100_000, 1_000_000)
DAY: Final = 24 * 60 * 60 * 1_000
_RINGS: Final = 0.007
"""Part of the merchants that are in rings: of users 0.71% are flagged (shared data's notes)."""


def market(merchants: int, seed: int = 7) -> Iterator[HeldTie]:
    """Ties of a market: owners, devices of which 5.3% are shared by two, phones, accounts, streets of 50 and connections of 30.

    Rings of 5 to 30 share a few devices and phones within days.
    """
    chance = random.Random(seed)
    ringed = int(merchants * _RINGS)
    ring, left = 0, 0
    for n in range(merchants):
        person, at = f"per_{n:07d}", chance.randrange(900) * DAY
        if n < ringed and left == 0:
            ring, left = ring + 1, chance.randint(5, 30)
        yield HeldTie(TieKind.OWNS, person, f"mer_{n:07d}", at, at)
        if n < ringed:
            left -= 1
            at = (ring % 900) * DAY + chance.randrange(5 * DAY)
            yield HeldTie(TieKind.USES_DEVICE, person, f"dev_r{ring}_{chance.randrange(3)}", at, at)
            yield HeldTie(TieKind.REACHED_AT, person, f"pho_r{ring}_{chance.randrange(4)}", at, at)
        else:
            other = chance.randrange(merchants) if chance.random() < 0.053 else n
            yield HeldTie(TieKind.USES_DEVICE, person, f"dev_{other}", at, at)
            yield HeldTie(TieKind.REACHED_AT, person, f"pho_{n}", at, at)
        yield HeldTie(TieKind.HOLDS, person, f"acc_{n}", at, at)
        yield HeldTie(TieKind.LOCATED_AT, f"mer_{n:07d}", f"pla_{n // 50}", at, at)
        yield HeldTie(TieKind.CONNECTS_FROM, person, f"ipa_{chance.randrange(merchants // 30)}", at, at)


def ours(merchants: int) -> int:
    """Rings, as `ringfence rings rebuild` finds them."""
    return len(find_rings(market(merchants)).rings)


def unions(merchants: int) -> int:
    """Components of strong pairs alone."""
    return len(components(pair_up(gather(market(merchants)), DEFAULT)))


def plain(merchants: int) -> int:
    """Communities of networkx over the same strong pairs."""
    pairs = pair_up(gather(market(merchants)), DEFAULT)
    graph: nx.Graph[str] = nx.Graph()
    graph.add_weighted_edges_from((one, other, pair.weight) for (one, other), pair in pairs.items())
    return sum(len(some) >= DEFAULT.fewest for some in nx.community.louvain_communities(graph, seed=7))


WAYS: Final[dict[str, Callable[[int], int]]] = {"rings": ours, "union-find": unions, "networkx": plain}


def followed(merchants: int) -> dict[str, Any]:
    """What one tie costs whose rings are kept up, in the order in which ties become known: milliseconds, by all of them."""
    following, took = Following(), []
    for tie in sorted(market(merchants), key=lambda one: one.recorded_at):
        begin = time.perf_counter()
        following.change([tie])
        took.append((time.perf_counter() - begin) * 1_000)
    return spread(took) | {"ties_a_second": round(len(took) / sum(took) * 1_000), "rings": len(following.rings)}


def measured(way: str, merchants: int) -> dict[str, Any]:
    """Time and peak memory of one way in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.rings", way, str(merchants)], check=True, capture_output=True, text=True, timeout=3_600
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def main() -> None:
    """Measure all; print and write `.bench/rings.json`."""
    figures: dict[str, Any] = {}
    lines: list[list[object]] = [["merchants", "way", "found", "seconds", "CPU s", "peak MB"]]
    for size in SIZES:
        for way in WAYS:
            one = figures[f"{way}_{size}"] = measured(way, size)
            lines.append([f"{size:,}", way, f"{one['found']:,}", one["seconds"], one["cpu"], one["megabytes"]])
    each: list[list[object]] = [["merchants", "p50 ms", "p99 ms", "max ms", "ties a second"]]
    for size in SIZES[:2]:
        one = figures[f"followed_{size}"] = followed(size)
        each.append([f"{size:,}", one["p50"], one["p99"], one["max"], f"{one['ties_a_second']:,}"])
    write("rings", figures)
    table("Finding all rings (`ringfence rings rebuild` from ties in memory)", lines)
    table("Keeping rings up, a tie at a time", each)


def _one(way: str, merchants: int) -> None:
    begin, before = time.perf_counter(), time.process_time()
    found = WAYS[way](merchants)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"found": found, "seconds": round(seconds, 2), "cpu": round(cpu, 2), "megabytes": peak}))


if __name__ == "__main__":
    _one(sys.argv[1], int(sys.argv[2]))
