"""Records that are saved while they are served come back whole in another place and on the other engine, or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from api import audit, migrations, saving
from api.assessing import assess
from graph.model import Instant
from identity.lists import records as lists
from identity.lists.entries import Entry, Read
from identity.names.forms import NameKind
from tests.api.cli.calling import call
from tests.api.opened import BANK, OTHER, asked
from tests.api.running import request, running, service_of
from tests.servers import VARIABLES

OF = ("--institution", BANK.id)


def fill(folder: Path) -> None:
    """Two institutions with decisions and keys."""

    async def use() -> None:
        async with running(folder) as services:
            for institution in (BANK, OTHER):
                principal = await service_of(services, institution)
                for number in range(3):
                    await assess(services, principal, request(f"key-{number:08d}", f"L-{number}"))
                await services.records.write(partial(listed, institution=institution.id, now=services.now()), institution=institution.id)

    asyncio.run(use())


def listed(connection: Connection, institution: str, now: Instant) -> None:
    """A watchlist, somebody who is compared with it, and what people said of it."""
    number = lists.begin_import(connection, "sanctions", None, "content", now, "2026-11-24")
    if number is not None:
        lists.add_entries(connection, "sanctions", number, [Entry("k", NameKind.PERSON, "Amina Okafor")])
        lists.finish_import(connection, "sanctions", number, Read(1), now)
    lists.enrol(connection, institution, "per_1", now)
    lists.judge(connection, institution, lists.Judgement("per_1", "sanctions", "k", False, "another date of birth", "pri_1", now))


def content(folder: Path) -> dict[str, Sequence[Any]]:
    """All rows of all tables that are saved."""
    return {name: sorted(asked(folder, f"SELECT * FROM {name}"), key=repr) for name in saving.SAVED}


def saved(folder: Path) -> Path:
    found = call("records", "save", str(folder / "saved.jsonl"), data=folder / "data")
    assert found.code == 0, found.err
    return folder / "saved.jsonl"


def elsewhere(folder: Path) -> Path:
    """A new data folder with the key file."""
    made = folder / "restored"
    made.mkdir(mode=0o700)
    key = made / "keys.json"
    key.write_bytes((folder / "data" / "keys.json").read_bytes())
    key.chmod(0o600)
    return made


def test_every_table_is_saved_or_known_not_to_be():
    assert {table.name for metadata in migrations.METADATA for table in metadata.sorted_tables} == {*saving.SAVED, *saving.LEFT}


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
def test_what_is_saved_is_equal_where_it_is_loaded(tmp_path, each_engine, to, monkeypatch, request):
    fill(tmp_path)
    before = content(tmp_path / "data")
    assert all(
        before[name]
        for name in (
            "decisions",
            "decision_reasons",
            "audit_entries",
            "idempotency_keys",
            "api_keys",
            "watchlist_entries",
            "list_judgements",
        )
    )
    head = call("audit", "head", *OF, data=tmp_path / "data").out
    file = saved(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    there = elsewhere(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(f"RINGFENCE_{name}", raising=False)
    if to == "postgres":
        for name, value in request.getfixturevalue("empty_database").environ().items():
            monkeypatch.setenv(name, value)
    found = call("records", "load", str(file), data=there)
    assert found.code == 0, found.err
    assert "2 institutions" in found.out
    assert {name: [tuple(row) for row in rows] for name, rows in content(there).items()} == before
    (tmp_path / "head.json").write_text(head)
    assert call("audit", "verify", *OF, "--head", str(tmp_path / "head.json"), data=there).code == 0
    again = call("records", "load", str(file), data=there)
    assert (again.code, "institutions already" in again.err) == (1, True)


def changed(lines: list[bytes], how: str) -> list[bytes]:
    place = next(number for number, line in enumerate(lines) if b'"decisions"' in line)
    entry = next(number for number, line in enumerate(lines) if b'"audit_entries"' in line)
    return {
        "cut off": lines[:-1],
        "cut within a line": [*lines[:place], lines[place][:50]],
        "a row fewer": lines[:place] + lines[place + 1 :],
        "another value": [line.replace(b'"degraded":false', b'"degraded":true') for line in lines],
        "another table": [*lines[:place], lines[place].replace(b'"decisions"', b'"sessions"'), *lines[place + 1 :]],
        "another column": [*lines[:place], lines[place].replace(b'"loan":', b'"lone":'), *lines[place + 1 :]],
        "another chain, with its sum": with_sum(
            [*lines[:entry], lines[entry].replace(b"loan assessed", b"loan refused!"), *lines[entry + 1 :]]
        ),
        "no head": lines[1:],
        "empty": [],
        "something else": [b"hello\n"],
        "another step": with_sum([lines[0].replace(migrations.HEAD.encode(), b"0001"), *lines[1:]]),
    }[how]


def with_sum(lines: list[bytes]) -> list[bytes]:
    """As somebody writes it who knows how the sum is made."""
    end = orjson.loads(lines[-1])
    end["sha256"] = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    return [*lines[:-1], orjson.dumps(end) + b"\n"]


@pytest.mark.parametrize(
    "how",
    [
        "cut off", "cut within a line", "a row fewer", "another value", "another table", "another column", "another chain, with its sum",
        "no head", "empty", "something else", "another step",
    ],
)  # fmt: skip
def test_a_file_that_is_not_as_it_was_saved_leaves_nothing_behind(tmp_path, how):
    fill(tmp_path)
    file, there = saved(tmp_path), elsewhere(tmp_path)
    file.write_bytes(b"".join(changed(file.read_bytes().splitlines(keepends=True), how)))
    found = call("records", "load", str(file), data=there)
    assert found.code == 1 and found.err.count("\n") == 1, found
    assert "fault of its own" not in found.err
    assert not any(content(there).values())


def test_another_key_file_is_noticed(tmp_path):
    fill(tmp_path)
    file = saved(tmp_path)
    assert "put the one that the records were saved with there first" in call("records", "load", str(file), data=tmp_path / "none").err
    call("institutions", "list", data=tmp_path / "other")
    found = call("records", "load", str(file), data=tmp_path / "other")
    assert (found.code, "another key file" in found.err) == (1, True)


def test_saving_while_decisions_are_made_gives_one_moment_of_all_tables(tmp_path, each_engine):
    async def use() -> list[audit.Checkpoint]:
        async with running(tmp_path) as services:
            principal = await service_of(services)

            async def decide() -> None:
                for number in range(30):
                    await assess(services, principal, request(f"key-{number:08d}", f"L-{number}"))

            deciding = asyncio.create_task(decide())
            points = []
            for number in range(4):
                await asyncio.sleep(0.05)
                with (tmp_path / f"{number}.jsonl").open("wb") as file:
                    work = services.records.read(lambda c, f=file: saving.save(c, services.vault, migrations.HEAD, services.now(), f), 60)
                    points += (await work).checkpoints
            await deciding
            return points

    for number, point in enumerate(asyncio.run(use())):
        rows = [orjson.loads(line) for line in (tmp_path / f"{number}.jsonl").read_bytes().splitlines()][1:-1]
        counts = {name: sum(row["table"] == name for row in rows) for name in ("decisions", "audit_entries")}
        assert counts == {"decisions": point.sequence, "audit_entries": point.sequence}
