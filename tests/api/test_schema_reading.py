"""Moments, pages, bounds, tenants and personal values, as readers of the schema meet them."""

from __future__ import annotations

from typing import Any

import orjson

from api.context import Role
from graph.model import EntityKind
from tests.api.asking import OPERATIONS, OTHER, Asker
from tests.api.doors import DOORS
from tests.api.world import DAY, MINUTE, World, application, in_world

RECORD = (OPERATIONS / "record-facts.graphql").read_text(encoding="utf-8")


async def record(world: World, content: dict[str, Any], fact_id: str, days: float = 0) -> str:
    """Record one fact; gives the moment at which it was."""
    fact = {"id": fact_id, "occurredAt": world.ago(int(days * DAY)), "content": content}
    made = (await world.ask(Role.SERVICE)(RECORD, input={"source": "reading", "facts": [fact]}))["data"]["recordFacts"]
    assert made["refused"] == 0, made
    return str(made["recordedAt"])


def test_as_of_holds_for_all_that_is_below_it(tmp_path):
    document = """query ($at: DateTime) { merchant(reference: {key: "M-1"}, asOf: $at) {
        label lastAt
        ties(first: 100) { edges { node { kind to { label ties(first: 100) { edges { node { id } } } } } } }
        facts(first: 100) { edges { node { id } } }
        loans(first: 100) { edges { node { key state } } }
        latestDecision { id replacedBy { id } } decisions(first: 10) { edges { node { id } } } } }"""

    async def scene(world: World):
        ask = world.ask(*Role)
        live = await ask(document)
        known = await record(world, {"merchantDescribed": {"key": "M-1", "name": "Before"}}, "r-1", 0.5)
        before = await ask(document, at=known)
        await record(world, {"merchantDescribed": {"key": "M-1", "name": "After"}}, "r-2")
        await record(world, {"deviceDescribed": {"key": "D-1", "model": "changed"}}, "r-3")
        await record(world, {"applicationMade": {"key": "L-later", "merchant": {"key": "M-1"}, "amount": {"amount": "1", "currency": "CNY"},
                                                 "termDays": 9, "device": "D-later"}}, "r-4")  # fmt: skip
        return live, before, await ask(document, at=known), await ask(document)

    live, before, again, after = (body["data"]["merchant"] for body in in_world(tmp_path, scene))
    assert before == again and before["label"] == "Before" and after["label"] == "After"
    assert len(after["loans"]["edges"]) == len(before["loans"]["edges"]) + 1
    assert len(before["facts"]["edges"]) == len(live["facts"]["edges"]) + 1
    assert before["latestDecision"] == live["latestDecision"] is not None


def test_a_decision_is_hidden_from_moments_before_it(tmp_path):
    async def scene(world: World):
        document = 'query ($at: DateTime) { merchant(reference: {key: "M-1"}, asOf: $at) { latestDecision { id replacedBy { id } } } }'
        everything = await world.ask(Role.ANALYST)("{ decisions(first: 10) { edges { node { id decidedAt loan { key } } } } }")
        first, second = sorted(
            (edge["node"] for edge in everything["data"]["decisions"]["edges"] if edge["node"]["loan"]["key"] == "L-1"),
            key=lambda node: node["decidedAt"],
        )
        at_first = await world.ask(Role.ANALYST)(document, at=first["decidedAt"])
        long_ago = await world.ask(Role.ANALYST)(document, at=world.ago(DAY))
        first_live = await world.ask(Role.ANALYST)("query ($id: ID!) { decision(id: $id) { replacedBy { id } } }", id=first["id"])
        return first, second, at_first["data"]["merchant"], long_ago["data"]["merchant"], first_live["data"]["decision"]

    first, second, at_first, long_ago, first_live = in_world(tmp_path, scene)
    if first["decidedAt"] < second["decidedAt"]:
        assert at_first["latestDecision"] == {"id": first["id"], "replacedBy": None}
    assert first_live["replacedBy"]["id"] == second["id"]
    # A day ago nothing of this world had been recorded yet.
    assert long_ago is None


def listed(field: str, *, root: bool = False) -> str:
    """A document that reads pages of a list, of a merchant or at the root; HERE stands for `first` and `after`."""
    page = f"page: {field} {{ edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"
    page = page.replace("HERE", "first: $n, after: $c")
    below = page if root else f'merchant(reference: {{key: "M-1"}}) {{ {page} }}'
    return f"query ($n: Int!, $c: String) {{ {below} }}"


LISTS = {
    "ties": listed("ties(HERE)"),
    "kinds": listed("ties(HERE, kinds: [USES_DEVICE, OWNS])"),
    "facts": listed("facts(HERE)"),
    "loans": listed("loans(HERE)"),
    "merchant": listed("decisions(HERE)"),
    "decisions": listed("decisions(HERE)", root=True),
    "refers": listed('decisions(HERE, filter: {verdicts: [REFER], merchant: {key: "M-1"}})', root=True),
}


def page_of(body: dict[str, Any]) -> dict[str, Any]:
    data = body["data"]
    page: dict[str, Any] = data["page"] if "page" in data else data["merchant"]["page"]
    return page


async def pages(ask: Asker, document: str, size: int) -> tuple[list[str], list[str]]:
    """All ids of a list, page by page, and all cursors."""
    ids, cursors, after = [], [], None
    while True:
        page = page_of(await ask(document, n=size, c=after))
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        ids += [edge["node"]["id"] for edge in page["edges"]]
        cursors += [edge["cursor"] for edge in page["edges"]]
        if page["edges"]:
            assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (
                page["edges"][0]["cursor"],
                page["edges"][-1]["cursor"],
            )
        if not page["pageInfo"]["hasNextPage"]:
            return ids, cursors
        after = page["pageInfo"]["endCursor"]


def test_pages_join_to_the_whole_list_in_order(tmp_path):
    async def scene(world: World):
        ask = world.ask(*Role)
        return {name: (await pages(ask, document, 100), await pages(ask, document, 1)) for name, document in LISTS.items()}

    for name, ((whole, _), (joined, cursors)) in in_world(tmp_path, scene).items():
        assert joined == whole and len(whole) >= 2, name
        assert len(set(cursors)) == len(whole), name


def test_a_cursor_is_good_for_its_list_arguments_and_institution_alone(tmp_path):
    async def scene(world: World):
        ask = world.ask(*Role)
        cursors = {name: (await pages(ask, document, 1))[1][0] for name, document in LISTS.items()}
        refused = {}
        for given, cursor in cursors.items():
            for name, document in LISTS.items():
                if name != given:
                    refused[given, name] = await ask(document, n=1, c=cursor)
        for number, forged in enumerate(("", "x", "AAAA", "é", cursors["ties"][:-2] + "AA", cursors["ties"] + "A" * 600, "\u0000")):
            refused["forged", str(number)] = await ask(LISTS["ties"], n=1, c=forged)
        other = world.ask(*Role, institution=OTHER)
        refused["other", "decisions"] = await other(LISTS["decisions"], n=1, c=cursors["decisions"])
        fixed = LISTS["ties"].replace('key: "M-1"})', f'key: "M-1"}}, asOf: "{world.ago(-MINUTE)}")')
        refused["ties", "asOf"] = await ask(fixed, n=1, c=cursors["ties"])
        return refused

    for name, body in in_world(tmp_path, scene).items():
        [error] = body["errors"]
        assert error["extensions"] == {"code": "INVALID", "path": ["after"]}, name
        assert error["path"][-1] == "page", name


def test_a_page_has_1_to_100_items(tmp_path):
    async def scene(world: World):
        ask = world.ask(*Role)
        return [await ask(document, n=size) for document in LISTS.values() for size in (0, -1, 101, 2**31 - 1)]

    for body in in_world(tmp_path, scene):
        [error] = body["errors"]
        assert error["extensions"] == {"code": "INVALID", "path": ["first"]} and "1 to 100" in error["message"]


WALKS = {
    "depth": "0 5",
    "tiesPerEntity": "0 501",
    "maximumEntities": "0 301",
    "maximumTies": "0 601",
    "deadline": "9 2001",
}
SEARCHES = {"maximumLength": "0 7", "maximumPaths": "0 21", "deadline": "9 2001"}


def test_walks_and_searches_are_bounded_and_say_so(tmp_path):
    async def scene(world: World):
        ask, answers = world.ask(Role.ANALYST), []
        for field, arguments in (
            ('neighbourhood(centre: {merchant: "M-1"},', WALKS),
            ('paths(from: {merchant: "M-1"}, to: {merchant: "M-9"},', SEARCHES),
        ):
            for argument, values in arguments.items():
                for value in values.split():
                    answers.append((argument, await ask(f"{{ {field} {argument}: {value}) {{ truncation {{ causes }} }} }}")))
        return answers

    for argument, body in in_world(tmp_path, scene):
        [error] = body["errors"]
        assert error["extensions"] == {"code": "INVALID", "path": [argument]}, argument
        assert error["message"].startswith(f"`{argument}` is ") and error["path"][0] in {"neighbourhood", "paths"}


def test_a_moment_too_far_ahead_is_refused_and_one_just_ahead_is_not(tmp_path):
    fields = ('merchant(reference: {key: "M-1"}, asOf: $at) { id }', 'entity(reference: {merchant: "M-1"}, asOf: $at) { id }',
              'neighbourhood(centre: {merchant: "M-1"}, asOf: $at) { at asOf }',
              'paths(from: {merchant: "M-1"}, to: {merchant: "M-9"}, asOf: $at) { paths { strength } }')  # fmt: skip

    async def scene(world: World):
        ask = world.ask(*Role)
        return [
            (
                await ask(f"query ($at: DateTime) {{ {one} }}", at=world.ago(-6 * MINUTE)),
                await ask(f"query ($at: DateTime) {{ {one} }}", at=world.ago(-4 * MINUTE)),
            )
            for one in fields
        ]

    for refused, allowed in in_world(tmp_path, scene):
        assert refused["errors"][0]["extensions"] == {"code": "INVALID", "path": ["asOf"]}
        assert "errors" not in allowed


def test_another_institutions_things_answer_like_things_that_do_not_exist(tmp_path):
    by_id = {
        "node": "query ($id: ID!) { node(id: $id) { __typename id } }",
        "decision": "query ($id: ID!) { decision(id: $id) { id } }",
        "merchant": "query ($id: ID!) { merchant(reference: {id: $id}) { id } }",
        "entity": "query ($id: ID!) { entity(reference: {id: $id}) { id } }",
        "neighbourhood": "query ($id: ID!) { neighbourhood(centre: {id: $id}) { at } }",
        "paths": "query ($id: ID!) { paths(from: {id: $id}, to: {id: $id}) { paths { strength } } }",
        "filter": "query ($id: ID!) { decisions(first: 5, filter: {loan: {id: $id}, merchant: {id: $id}}) { edges { cursor } } }",
        "outcome": 'mutation ($id: ID!) { recordOutcome(input: {loan: {id: $id}, outcome: LATE}, idempotencyKey: "foreign-1")'
        " { __typename ... on UserError { message path code } } }",
    }

    async def scene(world: World):
        ids = dict(world.ids)
        for type_name in ("Merchant", "Person", "Loan", "Device", "Tie", "Fact"):
            [door, *_] = DOORS[type_name]
            body = await world.ask(*Role)(door.document.replace("HERE", "id"), **door.variables)
            found = body["data"]
            for step in door.path.split("."):
                found = found[step][0] if isinstance(found[step], list) else found[step]
            ids[type_name] = found["id"]
        other, compared = world.ask(*Role, institution=OTHER), []
        for name, id_ in ids.items():
            if name == "Strategy":
                continue  # the shipped one is everybody's
            nothing = id_[:-4] + ("aaaa" if not id_.endswith("aaaa") else "bbbb")
            for way, document in by_id.items():
                mine, foreign, none = [
                    await ask(document, id=one) for ask, one in ((world.ask(*Role), id_), (other, id_), (other, nothing))
                ]
                compared.append((name, way, mine, foreign, none))
        return compared

    seen = set()
    for name, way, mine, foreign, none in in_world(tmp_path, scene):
        assert orjson.dumps(foreign) == orjson.dumps(none), (name, way)
        if mine != foreign:
            seen.add(way)
    assert seen >= {"node", "decision", "merchant", "entity", "neighbourhood", "outcome"}, "those who own them do see them"


def test_the_ends_of_a_page_of_ties_are_loaded_together(tmp_path):
    class Counting:
        """The graph, and how often it was asked."""

        def __init__(self, graph: Any) -> None:
            self.graph, self.asked = graph, list[int]()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.graph, name)

        async def entities(self, institution: str, ids: Any, moment: Any) -> Any:
            self.asked.append(len(ids))
            return await self.graph.entities(institution, ids, moment)

    inner = "ties(first: 9) { edges { node { to { label } } } }"
    document = (
        f'{{ entity(reference: {{device: "D-1"}}) {{ ties(first: 50) {{ edges {{ node {{ from {{ id {inner} }} to {{ id }} }} }} }} }} }}'
    )

    async def scene(world: World):
        counting = Counting(world.services.graph)
        with world.instead(graph=counting):
            await world.ask(Role.ANALYST)(document)
        return counting.asked

    asked = in_world(tmp_path, scene)
    assert asked[:2] == [1, 4], "the device, then the ends of all its ties at once"
    assert len(asked) <= 2 + 4, "the ends of theirs, together as far as their pages came together"


def test_a_name_that_none_can_have_is_invalid_and_says_where(tmp_path):
    names = ("é", "\u0000", "a\u0085", "\ud800", "", "x" * 65)

    async def scene(world: World):
        ask, answers = world.ask(*Role), []
        for name in names:
            merchant = await ask("query ($k: String!) { merchant(reference: {key: $k}) { id } }", k=name)
            node = await ask("query ($k: ID!) { node(id: $k) { id } decision(id: $k) { id } }", k=name)
            coded = await ask("query ($k: String!) { decisions(first: 1, filter: {reasonCode: $k}) { edges { cursor } } }", k=name)
            answers.append((merchant, node, coded))
        return answers

    answers = in_world(tmp_path, scene)
    assert all(node["data"] == {"node": None, "decision": None} for _, node, _ in answers)
    (fine, _, coded), *wrong = answers
    assert fine["data"]["merchant"] is None and coded["data"]["decisions"]["edges"] == []
    for merchant, _, _ in wrong:
        assert merchant["errors"][0]["extensions"] == {"code": "INVALID", "path": ["reference", "key"]}
    for _, _, coded in wrong[:-1]:
        assert coded["errors"][0]["extensions"] == {"code": "INVALID", "path": ["filter", "reasonCode"]}


def test_node_gives_null_for_what_the_role_may_not_read(tmp_path):
    async def scene(world: World):
        page = await world.ask(Role.ANALYST)('{ merchant(reference: {key: "M-1"}) { facts(first: 1) { edges { node { id } } } } }')
        fact = page["data"]["merchant"]["facts"]["edges"][0]["node"]["id"]
        return [await world.ask(role)("query ($id: ID!) { node(id: $id) { id ... on Fact { sentence } } }", id=fact) for role in Role]

    for role, body in zip(Role, in_world(tmp_path, scene), strict=True):
        if role == Role.SERVICE:
            assert body == {"data": {"node": None}, "extensions": {"masked": ["Fact.sentence"]}}
        else:
            assert body["data"]["node"]["sentence"]


FILTERS = {
    'loan: {key: "L-1"}': 2,
    'merchant: {key: "M-5"}': 1,
    "verdicts: [APPROVE]": 1,
    "verdicts: []": 0,
    'reasonCode: "TIED_TO_FRAUD"': 3,
    "degraded: true": 0,
    'decidedAfter: "A DAY AGO"': 4,
    'decidedAfter: "TOMORROW"': 0,
    'decidedBefore: "TOMORROW"': 4,
    'merchant: {key: "M-5"}, verdicts: [REFER]': 0,
    'loan: {key: "L-404"}': 0,
    'loan: {id: "mer_nothing"}': 0,
}
"""Filters and how many of the four decisions each lets through."""


def test_a_filter_names_things_by_key_and_holds_all_that_is_given(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.ADMIN)
        answers = []
        for text in FILTERS:
            text = text.replace("A DAY AGO", world.ago(DAY)).replace("TOMORROW", world.ago(-DAY))
            body = await ask(f"{{ decisions(first: 9, filter: {{{text}}}) {{ edges {{ node {{ id }} }} }} }}")
            answers.append(len(body["data"]["decisions"]["edges"]))
        return answers

    assert in_world(tmp_path, scene) == list(FILTERS.values())


def test_the_kinds_of_entity_are_those_of_the_graph():
    from api.schema.entity_types import ENTITY_TYPES
    from api.schema.kinds import EntityKind as Shown

    assert {kind.name for kind in EntityKind} == set(Shown) and set(ENTITY_TYPES) == set(EntityKind)


def test_a_decision_is_read_while_the_graph_is_down(tmp_path):
    below = "id verdict loan { key state requested { amount } } merchant { id key } reasons { code } evidence { entities { distance } }"
    made = f"""mutation ($input: AssessLoanInput!) {{ assessLoan(input: $input, idempotencyKey: "degraded-1") {{
        ... on AssessLoanSuccess {{ decision {{ {below} }} }} }} }}"""

    async def scene(world: World):
        id_ = world.ids["assess-first-1"]
        with world.deaf():
            ask = world.ask(*Role)
            return (
                await ask(made, input=application("L-30", 7_00)),
                await ask(f"query ($id: ID!) {{ decision(id: $id) {{ {below} }} node(id: $id) {{ id }} me {{ id }} }}", id=id_),
                await ask(f"{{ decisions(first: 9) {{ edges {{ node {{ {below} }} }} }} }}"),
                await ask('{ merchant(reference: {key: "M-1"}) { id } }'),
            )

    fresh, one, every, merchant = in_world(tmp_path, scene)
    decision = fresh["data"]["assessLoan"]["decision"]
    assert decision["verdict"] == "REFER" and [reason["code"] for reason in decision["reasons"]] == ["DEGRADED"]
    assert (
        decision["loan"] == {"key": "L-30", "state": "APPLIED", "requested": {"amount": "700"}} and decision["evidence"]["entities"] == []
    )
    assert "errors" not in one and one["data"]["decision"]["merchant"]["key"] == "M-1" and one["data"]["decision"]["evidence"]["entities"]
    assert "errors" not in every and len(every["data"]["decisions"]["edges"]) == 5
    assert merchant["data"]["merchant"] is None and merchant["errors"][0]["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 1000}
