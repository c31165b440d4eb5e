"""`screenName` and `watchlists`."""

from __future__ import annotations

import asyncio
from typing import Any

from api.context import Role
from identity.lists.entries import Entry
from identity.names.forms import NameKind
from tests.api.asking import OTHER
from tests.api.opened import asked
from tests.api.world import World, in_world, keep_list

SCREEN = """query ($input: ScreenNameInput!) { screenName(input: $input) {
  matches { entry { key list name aliases topics born countries } score sentence }
  minimumScore falsePositiveRate lists { name version count rescreened } } }"""
LISTS = "{ watchlists { name version count importedAt rescreened } }"


async def screened(world: World, role: Role = Role.KYC, /, **given: Any) -> dict[str, Any]:
    body = await world.ask(role)(SCREEN, input=given)
    assert "errors" not in body, body
    found: dict[str, Any] = body["data"]["screenName"]
    return found


def test_a_name_in_another_script_is_found_with_its_entry_and_the_lists_say_their_version(tmp_path):
    async def scene(world: World) -> None:
        found = await screened(world, name="Zhang Sanfeng", kind="PERSON", bornOn="1952-10-07", country="CN")
        assert [match["entry"] for match in found["matches"]] == [
            {
                "key": "Q1",
                "list": "un",
                "name": "張三豐",
                "aliases": ["Zhang Sanfeng"],
                "topics": ["sanction"],
                "born": ["1952-10-07"],
                "countries": ["CN"],
            }
        ]
        assert found["matches"][0]["score"] >= found["minimumScore"] == 0.8 and "date of birth fits" in found["matches"][0]["sentence"]
        assert 0 < found["falsePositiveRate"] < 0.01
        assert found["lists"] == [{"name": "un", "version": "2026-11-24", "count": 1, "rescreened": 0}]
        assert (await screened(world, name="Zhang Sanfeng", kind="MERCHANT"))["matches"] == []
        assert (await screened(world, name="Amina Okafor"))["matches"] == []
        near = await screened(world, name="Zhang Sanfong", minimumScore=1)
        assert near["matches"] == []

    in_world(tmp_path, scene)


def test_a_list_that_changes_is_searched_in_its_new_version_by_a_server_that_runs(tmp_path):
    async def scene(world: World) -> None:
        write, lists = world.services.records.write, world.services.lists
        assert len((await screened(world, name="Zhang Sanfeng"))["matches"]) == 1
        await write(lambda c: keep_list(c, world.start, "un", (Entry("Q2", NameKind.PERSON, "Vladimir Putin"),)))
        await write(lambda c: keep_list(c, world.start, "eu", (Entry("E1", NameKind.FIRM, "Gazprom"),)))
        together = await asyncio.gather(*(screened(world, name="Vladimir Putin") for _ in range(5)))
        assert all([match["entry"]["key"] for match in one["matches"]] == ["Q2"] for one in together)
        assert (await screened(world, name="Zhang Sanfeng"))["matches"] == []
        of_eu = await screened(world, name="Vladimir Putin", lists=["eu", "eu"])
        assert (of_eu["matches"], [one["name"] for one in of_eu["lists"]]) == ([], ["eu"])
        assert [found.name for found in await lists.newest()] == ["eu", "un"]
        for role in Role:
            told = (await world.ask(role, institution=OTHER)(LISTS))["data"]["watchlists"]
            assert [(one["name"], one["version"], one["count"]) for one in told] == [("eu", "2026-11-24", 1), ("un", "2026-11-24.2", 1)]

    in_world(tmp_path, scene)


def test_what_is_no_name_or_no_list_is_refused_with_its_path(tmp_path):
    async def scene(world: World) -> None:
        for given, path, said in (
            ({"name": ""}, "name", "1 to 200"),
            ({"name": "张" * 201}, "name", "1 to 200"),
            ({"name": " -. "}, "name", "a letter or digit"),
            ({"name": "Zhang", "kind": "DEVICE"}, "kind", "PERSON or MERCHANT"),
            ({"name": "Zhang", "lists": []}, "lists", "1 to 20"),
            ({"name": "Zhang", "lists": ["un"] * 21}, "lists", "1 to 20"),
            ({"name": "Zhang", "lists": ["un", "nato"]}, "lists", "not in force"),
        ):
            body = await world.ask(Role.KYC)(SCREEN, input=given)
            (error,) = body["errors"]
            assert body["data"] is None and error["extensions"] == {"code": "INVALID", "path": ["input", path]}, body
            assert said in error["message"]
        assert len((await screened(world, name="张" * 199 + "三"))["lists"]) == 1

    in_world(tmp_path, scene)


def test_a_screening_leaves_one_audit_entry_without_the_name_and_admins_are_refused(tmp_path):
    async def scene(world: World) -> None:
        def entries() -> list[tuple[Any, ...]]:
            statement = "SELECT principal, action, subjects, digest FROM audit_entries WHERE action = 'name screened'"
            return [tuple(row) for row in asked(world.services.settings.data, statement)]

        await screened(world, name="Zhang Sanfeng")
        await screened(world, name="Amina Okafor")
        first, second = entries()
        assert first[0] == world.ids["Principal"] and first[2] == "" and len(first[3]) == 64
        assert first[3] != second[3], "the digest says what was found"
        refused = await world.ask(Role.ADMIN)(SCREEN, input={"name": "Zhang Sanfeng"})
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN" and len(entries()) == 2

    in_world(tmp_path, scene)
