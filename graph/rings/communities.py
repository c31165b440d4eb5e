"""What holds together: components of strong pairs, and the communities inside each.

A component is found by union-find over pairs; inside it Louvain's method (V. D. Blondel and others, 2008), as scikit-network has it, cuts
where chance acquaintances join two groups; what it leaves apart within a community is parted. On a whole graph it is not local, so each
component is refined by itself, from its own pairs in one order: what happens elsewhere cannot move it. Leiden's method would not leave
anything apart, but as that library has it, it draws from the C library's own generator, which no seed of ours reaches: two runs differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from graph.rings.pairs import Ends, Pair
from graph.rings.sharing import Actor


def components(pairs: Iterable[Ends]) -> list[list[Actor]]:
    """Actors that strong pairs join, each component in order, by their least actor."""
    parents: dict[Actor, Actor] = {}

    def find(actor: Actor) -> Actor:
        parent = parents.setdefault(actor, actor)
        while parent != actor:
            parents[actor] = parents[parent]
            actor, parent = parents[actor], parents[parents[actor]]
        return actor

    for one, other in pairs:
        first, second = sorted((find(one), find(other)))
        parents[second] = first
    members: dict[Actor, list[Actor]] = defaultdict(list)
    for actor in sorted(parents):
        members[find(actor)].append(actor)
    return [members[root] for root in sorted(members)]


def communities(component: list[Actor], pairs: Mapping[Ends, Pair], resolution: float) -> list[list[Actor]]:
    """The communities of one component, each in order, by their least actor; `pairs` are its strong ones.

    Of three actors or fewer nothing can be cut. A community that is not joined by its own pairs falls into the parts that are.
    """
    if len(component) <= 3:
        return [component]
    # Late: it brings scipy, for which a server that looks at no ring need not wait.
    import numpy as np
    from scipy.sparse import csr_matrix
    from sknetwork.clustering import Louvain

    place = {actor: number for number, actor in enumerate(component)}
    ends = sorted(pairs)
    rows = [place[one] for one, _ in ends] + [place[other] for _, other in ends]
    columns = [place[other] for _, other in ends] + [place[one] for one, _ in ends]
    weights = np.array([pairs[each].weight for each in ends] * 2, dtype=np.float64)
    adjacency = csr_matrix((weights, (rows, columns)), shape=(len(component), len(component)))
    labels = Louvain(resolution=resolution, shuffle_nodes=False, random_state=0).fit_predict(adjacency)
    label = {actor: int(labels[place[actor]]) for actor in component}
    return sorted(components(each for each in ends if label[each[0]] == label[each[1]]) + _alone(component, ends, label))


def _alone(component: list[Actor], ends: list[Ends], label: Mapping[Actor, int]) -> list[list[Actor]]:
    """Actors whose every pair was cut."""
    kept = {actor for one, other in ends if label[one] == label[other] for actor in (one, other)}
    return [[actor] for actor in component if actor not in kept]
