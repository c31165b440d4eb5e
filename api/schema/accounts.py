"""Accounts: what holds money."""

from __future__ import annotations

from typing import Annotated, Any

from strawberry import UNSET

from api.schema.account_flows import AccountFlows
from api.schema.declaring import argument, field, object_type
from api.schema.entities import KYC_ALONE, After, Entity, First, one_of
from api.schema.flow_scopes import FlowScope, TimeWindow, follow, window_of
from api.schema.kinds import AccountKind
from api.schema.pages import turn
from api.schema.roles import EVERYBODY, Role, visible
from api.schema.scalars import DateTime
from api.schema.scenes import Info
from api.schema.transfers import READERS, TransferConnection, TransferDirection, TransferEdge, show_transfer
from graph.flows.scope import Way

Raw = dict[str, Any]


@object_type(visible=EVERYBODY)
class Account(Entity):
    """An account that holds money."""

    @field(directives=[KYC_ALONE])
    async def number(self) -> str | None:
        """Its number or reference; null when masked or erased."""
        return await self.personal("number")

    @field()
    def account_kind(self) -> AccountKind | None:
        """What kind of account; null when never reported."""
        return one_of(AccountKind, self.text("account_kind"))

    @field()
    def bank(self) -> str | None:
        """The bank or wallet that keeps it; null when never reported."""
        return self.text("bank")

    @field()
    def product(self) -> str | None:
        """What its bank calls this kind of account; null when never reported."""
        return self.text("product")

    @field()
    def opened_at(self) -> DateTime | None:
        """When it was opened; null when never reported."""
        return self.whole("opened_at")

    @field(directives=[READERS])
    async def transfers(
        self,
        info: Info,
        first: First,
        after: After = UNSET,
        direction: Annotated[TransferDirection | None, argument("Only into or only out of it; left out: both.")] = UNSET,
        window: Annotated[Raw | None, argument("Only in this time; left out: all.", of=TimeWindow | None)] = UNSET,
    ) -> TransferConnection | None:
        """Its transfers, newest first."""
        scene, own = self.scene, self.entity.id
        graph, institution = info.context.graph, info.context.principal.institution.id
        way = None if direction is None else Way(str(direction))
        within, said = window_of(scene, window), None if window is None else [window["after"], window.get("before")]
        page, cursors, page_info = await turn(
            info.context,
            ["transfers", own, scene.as_of, way, said],
            first,
            after,
            lambda place: graph.transfers(institution, own, scene.moment, first=first, after=place, way=way, window=within),
        )
        edges = [TransferEdge(cursor=cursor, node=show_transfer(one, scene)) for cursor, one in zip(cursors, page.items, strict=True)]
        return TransferConnection(edges=edges, page_info=page_info)

    @field(directives=[visible(Role.ANALYST, Role.ADMIN)])
    def flows(self, scope: Annotated[Raw, argument("What to look at.", of=FlowScope)]) -> AccountFlows | None:
        """Questions about its money; null when masked."""
        return AccountFlows(following=follow(self.entity.id, self.scene, scope))
