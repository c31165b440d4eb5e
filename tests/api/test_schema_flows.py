"""Questions about money over GraphQL: figures, bounds, who may ask, and moments."""

from __future__ import annotations

from typing import Any

from api.context import Role
from graph.flows.scope import Cut
from graph.store import Answered
from tests.api.asking import OPERATIONS, OTHER
from tests.api.money_told import DAY
from tests.api.world import World, in_world

TOTALS = "{ count total { amount currency } largest { amount } }"
ACCOUNT = """query ($scope: FlowScope!, $key: String!) { entity(reference: {account: $key}) { ... on Account { flows(scope: $scope) {
  received TOTALS sent TOTALS payers { account { id } transfers TOTALS } payees(limit: 1) { transfers TOTALS }
  passThrough { payers payees inToOut } blockedPayerShare blockedAccountsWithSamePayers { blocked id }
  blockedDevicesReached { account { id } distance device { id blocked } }
  circlesThrough(payee: {key: "FC"}) { third { id } toThird TOTALS back TOTALS }
  shortestChainTo(account: {key: "FD"}) { length accounts { id } }
  pooledWithdrawals { account { id } gathered TOTALS withdrawn TOTALS }
  loanTurnover { paidOutToRepaid paidOutToSent receivedToSent } } } } }""".replace("TOTALS", TOTALS)
IDS = " ".join(f'{name.lower()}: entity(reference: {{account: "{name}"}}) {{ id }}' for name in ("FA", "FC", "FD"))


def totals(count: int, total: int, largest: int | None) -> dict[str, Any]:
    return {
        "count": count,
        "total": {"amount": str(total), "currency": "CNY"},
        "largest": None if largest is None else {"amount": str(largest)},
    }


def scope(world: World, days: int = 100, **more: Any) -> dict[str, Any]:
    return {"window": {"after": world.ago(days * DAY)}, **more}


def test_an_account_is_asked_what_its_money_did(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.ANALYST)
        return (await ask(ACCOUNT, scope=scope(world), key="FA")), (await ask(f"{{ {IDS} }}"))["data"]

    body, ids = in_world(tmp_path, scene)
    assert "errors" not in body, body
    flows = body["data"]["entity"]["flows"]
    assert flows["received"] == totals(3, 6_000 + 400 + 2_000, 6_000), "the withdrawal of 350 is no transfer"
    assert flows["sent"] == totals(2, 3_000 + 1_000, 3_000)
    assert [one["transfers"]["total"]["amount"] for one in flows["payers"]] == ["6000", "2000", "400"]
    assert [one["transfers"] for one in flows["payees"]] == [totals(1, 3_000, 3_000)]
    assert flows["passThrough"] == {"payers": 3, "payees": 2, "inToOut": 2.1}, "8,400 / 4,000"
    assert flows["blockedPayerShare"] == 0.333, "FX, one of three"
    assert [one["blocked"] for one in flows["blockedAccountsWithSamePayers"]] == [True]
    reached = flows["blockedDevicesReached"]
    assert [(one["account"]["id"], one["distance"], one["device"]["blocked"]) for one in reached] == [(ids["fd"]["id"], 2, True)]
    (circle,) = flows["circlesThrough"]
    assert circle == {"third": ids["fd"], "toThird": totals(1, 2_500, 2_500), "back": totals(1, 2_000, 2_000)}
    assert flows["shortestChainTo"] == {"length": 2, "accounts": [ids["fa"], ids["fc"], ids["fd"]]}
    (pool,) = flows["pooledWithdrawals"]
    assert pool["gathered"] == totals(4, 100 + 101 + 102 + 103, 103) and pool["withdrawn"] == totals(1, 350, 350)
    assert flows["loanTurnover"] == {"paidOutToRepaid": 2.0, "paidOutToSent": 0.5, "receivedToSent": 2.1}


PEOPLE = """query ($scope: FlowScope!) {
  person: entity(reference: {person: "F-1"}) { ... on Person { flows(scope: $scope) {
    loanFundedSources { lent { amount } balance { amount } } traces { length } merchantsPaid { transfers TOTALS }
    investmentOverlap(person: {key: "F-2"}) guaranteeChain { people { key } loanCount loanTotal { amount } } } } }
  loan: entity(reference: {loan: "FL"}) { ... on Loan { flows(scope: $scope) {
    trail(limit: 2) { ratio distance } all: trail(shareOver: 0.6) { distance } } } } }""".replace("TOTALS", TOTALS)


def test_people_and_loans_are_asked_too(tmp_path):
    async def scene(world: World):
        return await world.ask(Role.ADMIN)(PEOPLE, scope=scope(world))

    body = in_world(tmp_path, scene)
    assert "errors" not in body, body
    person, loan = body["data"]["person"]["flows"], body["data"]["loan"]["flows"]
    # Upstream of FA: FB, FX (40 and 39 days ago), FD, FC, and FA itself through its circle: the loan went to FB and to FA.
    assert person["loanFundedSources"] == [{"lent": {"amount": "9000"}, "balance": {"amount": "4000"}}] * 2
    assert [one["length"] for one in person["traces"]] == [2, 1, 1], "FA, FC, FD; FA, FC; FA, FMA: FD paid FA, which was met before"
    assert [one["transfers"] for one in person["merchantsPaid"]] == [totals(1, 1_000, 1_000)]
    assert person["investmentOverlap"] == 0.5, "FM of FM and FN"
    assert person["guaranteeChain"] == {"people": [{"key": "F-2"}], "loanCount": 1, "loanTotal": {"amount": "9000"}}
    # Paid out to FB and FA. FB paid FA and FX, FA paid FC and FMA: two steps; FC paid FD: three, 2,500 / 9,000. FA got 8,400 / 9,000 back.
    assert loan["trail"] == [{"ratio": 0.278, "distance": 3}, {"ratio": 0.933, "distance": 2}]
    # FB received no transfer, so all that it sent counts; FX received 500 and sent 400; FA received 8,400, and 3,000 is not over 5,040.
    assert [one["distance"] for one in loan["all"]] == [2, 2]


def test_amounts_windows_and_moments_bound_what_is_seen(tmp_path):
    document = f"""query ($scope: FlowScope!, $at: DateTime) {{ entity(reference: {{account: "FA"}}, asOf: $at) {{
        ... on Account {{ flows(scope: $scope) {{ received {TOTALS} }} }} }} }}"""

    async def scene(world: World):
        ask = world.ask(Role.ANALYST)

        async def received(given: dict[str, Any], **more: Any) -> Any:
            return (await ask(document, scope=given, **more))["data"]["entity"]["flows"]["received"]["count"]

        return [
            await received(scope(world, amountOver={"amount": "400", "currency": "CNY"})),
            await received(scope(world, 40)),
            await received({"window": {"after": world.ago(100 * DAY), "before": world.ago(28 * DAY)}}),
        ]

    assert in_world(tmp_path, scene) == [2, 2, 2], "over 400; after, not at, 40 days ago; before, not at, 28 days ago"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"transfersPerStep": 0}, "`scope.transfersPerStep` is 0: give 1 to 10,000."),
    ({"transfersPerStep": 10_001}, "`scope.transfersPerStep` is 10,001: give 1 to 10,000."),
    ({"amountOver": {"amount": "1", "currency": "USD"}}, "must be CNY, the institution's currency"),
    ({"amountOver": {"amount": "-1", "currency": "CNY"}}, "is negative"),
    (
        {"window": {"after": "2026-01-02T00:00:00Z", "before": "2026-01-01T00:00:00Z"}},
        "`scope.window.before` is earlier than `after`: give a later moment",
    ),
]


def test_a_scope_out_of_bounds_is_refused_in_a_sentence(tmp_path):
    document = (
        '{ entity(reference: {account: "FA"}) { ... on Account { flows(scope: $scope) { payers(limit: 101) { account { id } } } } } }'
    )

    async def scene(world: World):
        ask = world.ask(Role.ANALYST)
        wrong = [await ask(f"query ($scope: FlowScope!) {document}", scope=scope(world) | given) for given, _ in WRONG]
        return wrong, await ask(f"query ($scope: FlowScope!) {document}", scope=scope(world))

    bodies, limit = in_world(tmp_path, scene)
    for body, (_, message) in zip(bodies, WRONG, strict=True):
        assert message in body["errors"][0]["message"] and body["errors"][0]["extensions"]["code"] == "INVALID", body
    assert limit["errors"][0]["message"] == "`limit` is 1 to 100; ask for a number within that."


class Short:
    """A graph whose answers about money were cut short."""

    def __init__(self, graph: Any, cut: Cut) -> None:
        self._graph, self._cut = graph, cut

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    async def ask(self, *given: Any, **named: Any) -> Answered[Any]:
        return Answered((await self._graph.ask(*given, **named)).value, (self._cut,))


def test_an_answer_that_is_not_whole_is_an_error_and_one_that_looked_at_what_was_asked_for_is_not(tmp_path):
    document = (
        'query ($scope: FlowScope!) { entity(reference: {account: "FA"}) { ... on Account { flows(scope: $scope) { sent { count } } } } }'
    )

    async def scene(world: World):
        found = {}
        for cut in Cut:
            with world.instead(graph=Short(world.services.graph, cut)):
                found[cut] = await world.ask(Role.ANALYST)(document, scope=scope(world))
        return found

    found = in_world(tmp_path, scene)
    assert found[Cut.PER_STEP]["data"]["entity"]["flows"]["sent"]["count"] == 2
    codes = {cut: body["errors"][0]["extensions"]["code"] for cut, body in found.items() if "errors" in body}
    assert codes == {Cut.MOVEMENTS: "INVALID", Cut.TRACES: "INVALID", Cut.ENTITIES: "INVALID", Cut.DEADLINE: "UNAVAILABLE"}


def test_who_may_not_ask_gets_null_and_is_told_so_and_others_know_nothing_of_it(tmp_path):
    async def scene(world: World):
        return [await world.ask(role)(ACCOUNT, scope=scope(world), key="FA") for role in (Role.SERVICE, Role.KYC)], await world.ask(
            Role.ANALYST, institution=OTHER
        )(ACCOUNT, scope=scope(world), key="FA")

    masked, other = in_world(tmp_path, scene)
    for body in masked:
        assert body["data"]["entity"]["flows"] is None and "Account.flows" in body["extensions"]["masked"]
    assert other["data"]["entity"] is None


def test_follow_the_money_is_answered(tmp_path):
    document = (OPERATIONS / "follow-the-money.graphql").read_text(encoding="utf-8")

    async def scene(world: World):
        return await world.ask(Role.ANALYST)(document, loan={"loan": "FL"}, account={"account": "FA"}, scope=scope(world))

    body = in_world(tmp_path, scene)
    assert "errors" not in body, body
    assert body["data"]["loan"]["flows"]["trail"] and body["data"]["account"]["flows"]["pooledWithdrawals"]
