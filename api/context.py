"""What every request works with: who asks (`Principal`), what is open (`Services`), and both together for one operation (`Context`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from api.breaker import Breaker
from api.feeding import Feed
from api.limits import Limits
from api.metrics import Metrics
from api.questions import Questions
from api.records import Records
from api.ring_finding import RingFinder
from api.screening import ListsInForce
from api.sending import Sender
from api.settings import Settings
from api.strategies import Strategies
from graph.model import Instant, Institution
from graph.sealing import Sealers
from graph.store import GraphStore
from identity.vault import Vault
from identity.worker import ReadingPool


class Role(StrEnum):
    """What a principal may do; a principal may hold several."""

    SERVICE = "SERVICE"
    ANALYST = "ANALYST"
    KYC = "KYC"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a member of staff or a service of one institution. The tenant comes from here and nowhere else."""

    id: str
    """`pri_...`."""
    name: str
    roles: frozenset[Role]
    institution: Institution
    institution_name: str
    service: bool
    """Whether it acts as a service (an API key with the role SERVICE); it decides the rate: keys with staff roles alone have staff's."""


@dataclass(frozen=True, slots=True)
class Services:
    """What is open while the server runs; made by `api.app` alone. What it holds knows nothing of this module."""

    settings: Settings
    graph: GraphStore
    records: Records
    vault: Vault
    sealers: Sealers
    """The vault's `sealer`, by institution id."""
    strategies: Strategies
    """The live strategy of an institution, compiled."""
    breaker: Breaker
    """Of recording into the graph and judging by it, shared by all processes."""
    asking: Breaker
    """Of what queries ask of the graph, shared by all processes."""
    metrics: Metrics
    limits: Limits
    """Rates of principals."""
    lists: ListsInForce
    """The watchlists, in memory."""
    sender: Sender
    """What hands one-time codes on."""
    reading: ReadingPool
    """The processes that look at images; started with the first one."""
    rings: RingFinder
    """The process that finds rings; started with the first look."""
    now: Callable[[], Instant]
    """The clock, milliseconds."""
    feed: Feed = field(default_factory=Feed)
    """What follows the outbox."""


@dataclass(slots=True)
class Context:
    """One operation: fresh loaders, and what is masked in its answer. GraphQL resolvers get it as `info.context`."""

    services: Services
    principal: Principal
    received: float
    """`time.perf_counter()` when the last byte of the request came."""
    loaders: dict[str, Any] = field(default_factory=dict)
    """Fresh data loaders of this operation, by name."""
    masked: set[str] = field(default_factory=set)
    """`Type.field` names that the roles may not read, for `extensions.masked`."""
    cost: int = 0
    """Of the operation, as counted before it ran."""

    @property
    def graph(self) -> Questions:
        """What an operation asks of the graph, behind a breaker."""
        services = self.services
        return Questions(services.graph, services.breaker, services.asking, services.settings.question_seconds)
