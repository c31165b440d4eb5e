"""Finds an institution's rings in a process of its own: reading all ties takes processor time that decisions must not wait for."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

from api.settings import Settings
from graph.errors import GraphUnavailable
from graph.model import Entity, EntityKind, HeldTie, Instant, LoanState, Moment, Standing
from graph.rings.describing import describe
from graph.rings.finding import Ring, find_rings
from graph.rings.scoring import Known, Part, parts, score
from graph.rings.sharing import WANTED
from graph.store import BulkStore

PAGE: Final = 1_000
"""Entities whose ties are read at once: a server answers within a blink, and looks at what others ask."""

LOANS: Final = 100
"""Loans of one merchant that are counted, newest first."""

WEEK: Final = 7 * 86_400_000
NICENESS: Final = 10

Open = Callable[[Settings], BulkStore]
"""Opens the graph that settings name; a module's function, since it is called in another process."""

Judged = Mapping[tuple[str, str], bool]


@dataclass(frozen=True, slots=True)
class FoundRing:
    """A ring with what is known of its members."""

    ring: Ring
    first_at: Instant
    last_at: Instant
    shapes: tuple[str, ...]
    parts: tuple[Part, ...]
    score: float
    exposure: int
    """Minor units still owed by its merchants."""
    loss: int
    """Minor units that were owed of their loans when these defaulted."""
    ended: int
    bad: int


@dataclass(frozen=True, slots=True)
class Found:
    """All rings of an institution at one moment."""

    place: int
    """Of the newest fact before ties were read."""
    weights: str
    rings: tuple[FoundRing, ...]
    wide: int
    """Components too wide to be refined, which have no rings here."""
    took: int
    """Milliseconds."""


@dataclass(slots=True)
class _Lent:
    """The loans of one merchant."""

    exposure: int = 0
    loss: int = 0
    ended: int = 0
    bad: int = 0
    applied: int = 0

    def add(self, other: _Lent) -> None:
        self.exposure += other.exposure
        self.loss += other.loss
        self.ended += other.ended
        self.bad += other.bad
        self.applied += other.applied


async def find(graph: BulkStore, institution: str, judged: Judged) -> Found:
    """The rings of an institution by the ties that hold now. Raises `GraphUnavailable`."""
    begun = time.monotonic()
    place = await graph.newest_fact(institution)
    ties: list[HeldTie] = []
    after: int | None = 0
    while after is not None:
        asked = time.monotonic()
        page = await graph.held_ties(institution, WANTED, after=after, first=PAGE)
        ties += page.ties
        after = page.last
        await asyncio.sleep(time.monotonic() - asked)  # a server's processor is not ours to fill: others wait for it
    rings = find_rings(ties, judged, refine_wide=False)
    traits = describe(rings.rings, ties)
    moment = await graph.now(institution)
    standings = await _standings(graph, institution, rings.rings, moment)
    found = []
    for ring in rings.rings:
        lent = await _lent(graph, institution, ring, moment)
        confirmed = sum(standings.get(member.entity) is Standing.CONFIRMED_FRAUD for member in ring.members)
        own = traits[ring.id]
        said = parts(ring, own, Known(confirmed, lent.ended, lent.bad, lent.applied))
        found.append(
            FoundRing(
                ring, own.first_at or ring.since, own.last_at or ring.since, own.shapes, said, score(said),
                lent.exposure, lent.loss, lent.ended, lent.bad,
            )
        )  # fmt: skip
    return Found(place, rings.weights, tuple(found), rings.wide, int((time.monotonic() - begun) * 1_000))


async def _standings(graph: BulkStore, institution: str, rings: Sequence[Ring], moment: Moment) -> Mapping[str, Standing]:
    ids = sorted({member.entity for ring in rings for member in ring.members})
    found: dict[str, Standing] = {}
    for start in range(0, len(ids), 1_000):
        some = await graph.entities(institution, ids[start : start + 1_000], moment)
        found |= {id_: entity.standing for id_, entity in some.items()}
    return found


async def _lent(graph: BulkStore, institution: str, ring: Ring, moment: Moment) -> _Lent:
    """The loans of a ring's merchants; whose applicant is a member and merchant none is not counted."""
    lent = _Lent()
    for member in ring.members:
        if member.entity.startswith(EntityKind.MERCHANT.value):
            page = await graph.loans(institution, member.entity, moment, first=LOANS)
            for loan in page.items:
                lent.add(_loan(loan, moment.at))
    return lent


def _loan(loan: Entity, now: Instant) -> _Lent:
    state, applied = loan.fields.get("state"), loan.fields.get("applied_at")
    owed = _amount(loan) if state in {LoanState.PAID_OUT, LoanState.LATE} else 0
    lost = _amount(loan) if state == LoanState.DEFAULTED else 0
    bad = state == LoanState.DEFAULTED or loan.standing is Standing.CONFIRMED_FRAUD
    ended = bad or state == LoanState.REPAID
    lately = isinstance(applied, int) and now - WEEK < applied <= now
    return _Lent(exposure=owed, loss=lost, ended=int(ended), bad=int(bad), applied=int(lately))


def _amount(loan: Entity) -> int:
    """What is owed: the balance where it was reported, else what was paid out."""
    for name in ("balance", "paid_out"):
        if isinstance(value := loan.fields.get(name), int):
            return value
    return 0


class RingFinder:
    """One process that finds rings, started with the first call. Made in the process of a server; closed with it."""

    def __init__(self, open_graph: Open, settings: Settings) -> None:
        self._open: Final = open_graph
        self._settings: Final = settings
        self._pool: ProcessPoolExecutor | None = None

    async def find(self, institution: str, judged: Judged) -> Found:
        """The rings of an institution now. Raises `GraphUnavailable`, also when the process was killed: ask again."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=_begin, initargs=(self._open, self._settings, os.getpid())
            )
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _find, institution, dict(judged))
        except BrokenProcessPool as error:
            self.close()
            raise GraphUnavailable("The process that finds rings ended: they are looked for again in a moment.") from error

    def close(self) -> None:
        """Let go of the process; what it was doing is lost."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):  # noqa: SLF001 - `terminate_workers` comes with Python 3.14
                process.terminate()
            pool.shutdown(cancel_futures=True)  # what was terminated is not waited for long


class _Child:
    """What the process that finds rings holds: one graph and one event loop, in which its connections live."""

    def __init__(self, open_graph: Open, settings: Settings) -> None:
        self._open: Final = open_graph
        self._settings: Final = settings
        self._runner: Final = asyncio.Runner()
        self._graph: BulkStore | None = None

    def find(self, institution: str, judged: Judged) -> Found:
        """See `find`. The graph is opened with the first call, so that one that was down is tried again."""
        if self._graph is None:
            self._graph = self._open(self._settings)
        return self._runner.run(find(self._graph, institution, judged))


_CHILDREN: Final[list[_Child]] = []
"""The only one, in the process that finds rings."""


def _begin(open_graph: Open, settings: Settings, parent: int) -> None:
    """Make ready in the new process, which ends with the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts the whole group: the server says when to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(NICENESS)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    _CHILDREN.append(_Child(open_graph, settings))


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _find(institution: str, judged: Judged) -> Found:
    return _CHILDREN[0].find(institution, judged)
