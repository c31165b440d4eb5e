"""`Merchant.ownership`."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.context import Role
from api.schema.ownership import MOST_FIRMS, consistent, in_circle
from graph.model import Tie, TieKind
from tests.api.asking import OPERATIONS, OTHER
from tests.api.world import DAY, World, in_world, tie

RECORD = (OPERATIONS / "record-facts.graphql").read_text(encoding="utf-8")
OWNERSHIP = """query ($key: String!, $at: DateTime) { merchant(reference: {key: $key}, asOf: $at) {
  ownership { beneficialOwners { person { key } share direct } unknownShare circular } } }"""

MOST_ACROSS = 32
"""Firms that own one merchant, more than are read; a share of each is exact in binary and in decimals."""


async def said(world: World, *contents: dict[str, Any], days: int = 1) -> str:
    facts = [
        {"id": f"{contents[0]!s:.9}-{hash(str(contents))}-{number}", "occurredAt": world.ago(days * DAY), "content": one}
        for number, one in enumerate(contents)
    ]
    made = (await world.ask(Role.SERVICE)(RECORD, input={"source": "registry", "facts": facts}))["data"]["recordFacts"]
    assert made["refused"] == 0, made
    return str(made["recordedAt"])


async def owned(world: World, key: str, at: str | None = None) -> Any:
    body = await world.ask(Role.KYC)(OWNERSHIP, key=key, at=at)
    assert "errors" not in body, body
    return body["data"]["merchant"]["ownership"]


def invests(owner: str, share: float | None, firm: str) -> dict[str, Any]:
    kind = "person" if owner.startswith("W") else "merchant"
    return tie(kind, owner, "INVESTS_IN", "merchant", firm, share=share)


def people(found: Any) -> list[tuple[str, float, bool]]:
    return [(one["person"]["key"], one["share"], one["direct"]) for one in found["beneficialOwners"]]


def test_shares_go_through_companies_and_what_nobody_is_named_for_is_unknown(tmp_path):
    async def scene(world: World) -> None:
        before = await said(world, invests("W-1", 0.2, "F-0"), invests("C-1", 0.5, "F-0"), invests("W-3", 0.1, "F-0"))
        await said(world, invests("W-1", 0.5, "C-1"), invests("W-2", 0.5, "C-1"))
        found = await owned(world, "F-0")
        assert people(found) == [("W-1", 0.45, False), ("W-2", 0.25, False)]
        assert (found["unknownShare"], found["circular"]) == (0.2, False)
        then = await owned(world, "F-0", before)
        assert (people(then), then["unknownShare"]) == ([], 0.7), "as it was known"
        assert people(await owned(world, "M-1")) == [("P-1", 0.6, True)]
        ended = {"tieEnded": {"from": {"merchant": "C-1"}, "kind": "INVESTS_IN", "to": {"merchant": "F-0"}, "reason": "sold"}}
        await said(world, ended, days=0)
        after = await owned(world, "F-0")
        assert (people(after), after["unknownShare"]) == ([], 0.7)
        assert (await world.ask(Role.KYC, institution=OTHER)(OWNERSHIP, key="F-0"))["data"]["merchant"] is None

    in_world(tmp_path, scene)


def test_firms_that_own_each_other_have_the_limit_of_the_sum(tmp_path):
    async def scene(world: World) -> None:
        await said(world, invests("C-1", 0.5, "F-0"), invests("W-1", 0.5, "F-0"), invests("F-0", 0.5, "C-1"), invests("W-2", 0.5, "C-1"))
        found = await owned(world, "F-0")
        assert [(key, round(share, 9), direct) for key, share, direct in people(found)] == [
            ("W-1", round(2 / 3, 9), False),
            ("W-2", round(1 / 3, 9), False),
        ]
        assert (found["unknownShare"], found["circular"]) == (0, True)

    in_world(tmp_path, scene)


def test_shares_that_contradict_themselves_or_were_not_said_are_unknown_and_no_owner_at_all_is_null(tmp_path):
    async def scene(world: World) -> None:
        await said(world, invests("W-1", 0.8, "F-1"), invests("W-2", 0.7, "F-1"), invests("W-1", None, "F-2"))
        for key in ("F-1", "F-2"):
            found = await owned(world, key)
            assert (people(found), found["unknownShare"]) == ([], 1)
        assert await owned(world, "M-9") is None

    in_world(tmp_path, scene)


def test_firms_beyond_the_bound_are_unknown_and_the_rest_is_told(tmp_path):
    async def scene(world: World) -> None:
        chain = [invests(f"C-{number + 1}", 0.5, f"C-{number}") for number in range(MOST_FIRMS + 5)]
        await said(world, invests("W-1", 0.5, "C-0"), *chain)
        found = await owned(world, "C-0")
        assert (people(found), found["unknownShare"]) == ([("W-1", 0.5, True)], 0.5)
        many = [invests(f"X-{number}", 1 / MOST_ACROSS, "F-9") for number in range(MOST_ACROSS)]
        await said(world, *many, *(invests("W-7", 1, f"X-{number}") for number in range(MOST_ACROSS)))
        found = await owned(world, "F-9")
        assert [key for key, _, _ in people(found)] == ["W-7"] and found["unknownShare"] == 1 - (MOST_FIRMS - 1) / MOST_ACROSS

    in_world(tmp_path, scene)


@given(st.dictionaries(st.sampled_from("abcd"), st.dictionaries(st.sampled_from("abcdxy"), st.just(0.1), max_size=4), max_size=4))
def test_a_circle_is_a_firm_that_is_reached_from_itself(shares):
    def reached(firm: str) -> set[str]:
        seen, waiting = set[str](), [firm]
        while waiting:
            for owner in shares.get(waiting.pop(), ()):
                if owner in shares and owner not in seen:
                    seen.add(owner)
                    waiting.append(owner)
        return seen

    assert in_circle(shares) == any(firm in reached(firm) for firm in shares)


def test_the_larger_of_two_shares_of_one_owner_counts_and_tenths_make_a_whole():
    def held(owner: str, share: float | None, kind: TieKind = TieKind.OWNS) -> Tie:
        return Tie("tie", kind, owner, "mer_0", 1.0, 0, 0, 0, None, 1, share=share)

    both = [held("per_1", 0.6), held("per_1", 0.4, TieKind.INVESTS_IN), held("mer_0", 0.1, TieKind.INVESTS_IN)]
    assert consistent(both, "mer_0") == {"per_1": 0.6, "": 0.1}
    assert len(consistent([held(f"per_{number}", 0.1) for number in range(10)], "mer_0")) == 10
    assert consistent([held("per_1", 0.6), held("per_2", 0.400001)], "mer_0") == {}
    assert consistent([held(f"per_{number}", 0.3333333334) for number in range(3)], "mer_0") == {}, "a little too much is too much"
