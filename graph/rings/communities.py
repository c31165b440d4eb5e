"""What holds together: components of strong pairs, and the communities inside each.

A component is found by union-find over pairs; inside it Leiden's method (V. A. Traag, L. Waltman and N. J. van Eck, 2019), as
scikit-network has it, cuts where chance acquaintances join two groups. On a whole graph it is not local, so each component is refined
by itself, from its own pairs in one order and with one seed: what happens elsewhere cannot move it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from graph.rings.pairs import Ends, Pair


def components(pairs: Iterable[Ends]) -> list[list[int]]:
    """Actors that strong pairs join, each component in order, by their least actor."""
    parents: dict[int, int] = {}

    def find(actor: int) -> int:
        parent = parents.setdefault(actor, actor)
        while parent != actor:
            parents[actor] = parents[parent]
            actor, parent = parents[actor], parents[parents[actor]]
        return actor

    for one, other in pairs:
        first, second = sorted((find(one), find(other)))
        parents[second] = first
    members: dict[int, list[int]] = defaultdict(list)
    for actor in sorted(parents):
        members[find(actor)].append(actor)
    return [members[root] for root in sorted(members)]


def communities(component: list[int], pairs: Mapping[Ends, Pair], resolution: float) -> list[list[int]]:
    """The communities of one component, each in order, by their least actor; `pairs` are its strong ones.

    Of three actors or fewer nothing can be cut. A community that is not joined by its own pairs falls into the parts that are.
    """
    if len(component) <= 3:
        return [component]
    # Late: it brings scipy, for which a server that looks at no ring need not wait.
    import numpy as np
    from scipy.sparse import csr_matrix
    from sknetwork.clustering import Leiden

    place = {actor: number for number, actor in enumerate(component)}
    ends = sorted(pairs)
    rows = [place[one] for one, _ in ends] + [place[other] for _, other in ends]
    columns = [place[other] for _, other in ends] + [place[one] for one, _ in ends]
    weights = np.array([pairs[each].weight for each in ends] * 2, dtype=np.float64)
    adjacency = csr_matrix((weights, (rows, columns)), shape=(len(component), len(component)))
    labels = Leiden(resolution=resolution, random_state=0).fit_predict(adjacency)
    label = {actor: int(labels[place[actor]]) for actor in component}
    return sorted(components(each for each in ends if label[each[0]] == label[each[1]]) + _alone(component, ends, label))


def _alone(component: list[int], ends: list[Ends], label: Mapping[int, int]) -> list[list[int]]:
    """Actors whose every pair was cut."""
    kept = {actor for one, other in ends if label[one] == label[other] for actor in (one, other)}
    return [[actor] for actor in component if actor not in kept]
