"""Lays a dossier out for signals: graph and flows in the form of measures, built once a decision."""

from __future__ import annotations

from typing import Final

from graph.measures.household import household
from graph.measures.latest import Latest
from graph.measures.picture import Flows, as_flows, as_graph
from graph.measures.return_cycle import ReturnCycle, return_cycle
from graph.model import Moment, Neighbourhood, Receipts, Surroundings
from rules.model import Dossier, History, Material

NO_RECEIPTS: Final = Receipts(0, 0, 0, 0, 0, 0, 0, 0, first_at=None, last_at=None, counted=0, complete=True)
"""Of a merchant that never received a payment."""

NO_HISTORY: Final = History(decisions_90=0, declined_90=0)
"""Of a merchant that was never decided."""

_circles: Latest[Flows, ReturnCycle] = Latest()


def lay_out(dossier: Dossier) -> Material:
    """What signals look at. O(entities + ties + flows)."""
    asked = dossier.application
    around = dossier.surroundings
    if around is None:
        nothing = Neighbourhood(asked.loan, Moment(asked.at, dossier.known_at), (), ())
        around = Surroundings(nothing, (), (), NO_RECEIPTS)
    picture = as_graph(around.neighbourhood)
    return Material(
        application=asked,
        picture=picture,
        household=household(picture),
        flows=as_flows(around.flows),
        accounts=around.accounts,
        receipts=around.receipts,
        findings=around.findings,
        history=dossier.history or NO_HISTORY,
    )


def circles(material: Material) -> ReturnCycle:
    """Money of the household that came back to it; looked for once a decision."""
    return _circles.get(material.flows, lambda: return_cycle(material.flows, material.accounts))
