"""`ringfence institutions export`: everything of one institution, for its owner alone, and facts that make the same graph elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from api.app import close_services, open_services
from api.auth.keys import create_key
from api.auth.passwords import hash_password
from api.auth.principals import create_principal
from api.cli.exporting.facts import _fitting
from api.cli.exporting.folder import MOST_OPEN, ExportFolder
from api.cli.options import Failure
from api.context import Role
from api.settings import Settings
from graph.model import Institution
from identity import records as verified
from identity.model import CheckResult, Outcome
from identity.records import CheckRun, Kept
from identity.verification import State
from tests.api.asking import BANK, OTHER, Asker, principal
from tests.api.cli.calling import Called, call
from tests.api.world import World, application, in_world

COPY = Institution("copy-bank", "CNY", "Asia/Shanghai")
PERSONAL = (
    "13800138000",
    "13900139000",
    "6222020000000001",
    "zhang@example",
    "203.0.113.7",
    "张小明",
    "1990-05-17",
    "文三路",
    "typing mistake",
)
"""Personal values of the small world: numbers, addresses, a name, a birth date, and a reason, which may say anything."""


@dataclass(frozen=True)
class Exported:
    """A data folder, and what was exported of its first institution with and without personal values."""

    data: Path
    masked: Path
    clear: Path
    key: str
    """The key of a service, which is a secret."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("exported")

    async def settle(world: World) -> tuple[Path, str]:
        def work(connection: Any) -> str:
            password = hash_password("correct horse battery")
            said = CheckRun(CheckResult("PHONE", Outcome.PASS, "The number ending in 8000 is one."), False, 0.5)
            for bank, id_ in ((BANK, "ver_mine"), (OTHER, "ver_theirs")):
                who, start = (id_, "per_x", "PERSON"), world.start
                kept = Kept(*who, State.REFERRED, 3, "person", 1, (), (said,), "pri_x", start, start, None, None, None, None)
                verified.add(connection, bank.id, kept)
            create_principal(connection, BANK.id, "li.na", [Role.KYC], world.start, service=False, password=password)
            return create_key(connection, BANK.id, "exporter", [Role.SERVICE], world.start)[1]

        facts = [{"id": "o-1", "occurredAt": world.ago(1000), "content": {"merchantDescribed": {"key": "M-other", "name": "Elsewhere"}}}]
        recorded = await world.ask(Role.SERVICE, institution=OTHER)(
            "mutation ($input: RecordFactsInput!) { recordFacts(input: $input) { ... on RecordFactsSuccess { recorded } } }",
            input={"source": "core-banking", "facts": facts},
        )
        assert recorded["data"]["recordFacts"] == {"recorded": 1}
        return world.services.settings.data, await world.services.records.write(work)

    data, key = in_world(folder, settle)
    for out, options in (("masked", ()), ("clear", ("--personal",))):
        found = call("institutions", "export", BANK.id, "--out", str(folder / out), *options, data=data)
        assert found.code == 0, found.err
        assert re.match(r"Wrote [1-9]\d* facts, 4 decisions and \d+ audit entries of", found.out), found.out
    return Exported(data, folder / "masked", folder / "clear", key)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_file_is_for_its_owner_alone_and_as_the_manifest_says(exported):
    for folder in (exported.masked, exported.clear):
        manifest = json.loads((folder / "institution.json").read_text())
        assert manifest["institution"]["id"] == BANK.id and manifest["institution"]["currency"] == "CNY"
        for path in (folder, *folder.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        found = contents(folder)
        assert set(manifest["files"]) == set(found) - {"institution.json"}
        for name, said in manifest["files"].items():
            assert hashlib.sha256(found[name]).hexdigest() == said["sha256"]
            assert said["lines"] in (0, found[name].count(b"\n"))
        assert set(manifest["sources"].values()) <= set(found)


def test_verifications_are_there_with_their_checks_and_without_evidence(exported):
    (found,) = lines(exported.clear / "verifications.jsonl")
    assert (found["id"], found["state"], found["policy"]) == ("ver_mine", "REFERRED", {"name": "person", "version": 1})
    assert [(check["code"], check["result"]) for check in found["checks"]] == [("PHONE", "PASS")]


def test_nothing_of_another_institution_and_no_secret_is_in_it(exported):
    with closing(sqlite3.connect(exported.data / "records.db")) as file:
        hashes = [row[0] for row in file.execute("SELECT hash FROM api_keys UNION SELECT password FROM principals WHERE password NOT NULL")]
    assert len(hashes) >= 2
    whole = b"".join((*contents(exported.masked).values(), *contents(exported.clear).values()))
    for secret in (exported.key, *hashes):
        forms = [secret.encode()] if isinstance(secret, str) else [secret, secret.hex().encode()]
        assert not any(form in whole for form in forms)
    assert b"argon2" not in whole
    assert b"M-other" not in whole and OTHER.id.encode() not in whole


def test_personal_values_are_in_it_only_when_they_are_asked_for_and_the_audit_chain_says_so(exported):
    masked = b"".join(contents(exported.masked).values()).decode()
    facts = b"".join(content for name, content in contents(exported.clear).items() if name.startswith("facts/")).decode()
    assert [value for value in PERSONAL if value in masked] == []
    assert [value for value in PERSONAL if value not in facts] == []
    first, last = (lines(folder / "audit.jsonl")[-1] for folder in (exported.masked, exported.clear))
    assert (first["action"], last["action"]) == ("institution exported", "institution exported, personal values in clear")
    assert last["sequence"] == first["sequence"] + 1
    for folder in (exported.masked, exported.clear):
        point = json.loads((folder / "audit-checkpoint.json").read_text())
        entries = lines(folder / "audit.jsonl")
        assert [entry["sequence"] for entry in entries] == list(range(1, point["sequence"] + 1))
        assert entries[-1]["hash"] == point["hash"]
    assert (
        call("audit", "verify", "--institution", BANK.id, "--head", str(exported.clear / "audit-checkpoint.json"), data=exported.data).code
        == 0
    )


def test_decisions_strategies_and_principals_are_all_there(exported):
    decisions, strategies = lines(exported.masked / "decisions.jsonl"), lines(exported.masked / "strategies.jsonl")
    with closing(sqlite3.connect(exported.data / "records.db")) as file:
        kept = {row[0]: row[1:] for row in file.execute("SELECT id, judgement, dossier FROM decisions WHERE institution = ?", (BANK.id,))}
    raw = {json.loads(line)["id"]: line for line in (exported.masked / "decisions.jsonl").read_bytes().splitlines()}
    assert raw.keys() == kept.keys() and len(kept) == 4
    for id_, (judgement, dossier) in kept.items():
        assert judgement in raw[id_] and dossier in raw[id_], "byte for byte"
    assert {one["merchant"]["key"] for one in decisions} == {"M-1", "M-5"}
    assert {one["strategy"]["id"] for one in decisions} == {one["id"] for one in strategies if one["live"]}
    principals = {one["name"]: one for one in lines(exported.masked / "principals.jsonl")}
    assert set(principals) == {"loan workflow", "li.na", "exporter"}
    assert principals["li.na"]["roles"] == ["KYC"] and len(principals["exporter"]["keys"]) == 1


SEEN = """query ($reference: EntityReference!, $asOf: DateTime) { neighbourhood(centre: $reference, depth: 3, asOf: $asOf) {
  entities { distance reach entity { id kind key standing blocked firstAt lastAt } }
  ties { kind weight from { id } to { id } count firstAt lastAt endedAt total { amount } } } }"""
ASSESS = """mutation ($input: AssessLoanInput!, $key: String!) { assessLoan(input: $input, idempotencyKey: $key) {
  ... on AssessLoanSuccess { decision { verdict score approved { amount } reasons { code sentence points } limit { sentence } } }
  ... on UserError { code message path } } }"""


def read_back(exported: Exported, folder: Path, into: str) -> Called:
    """Every source's facts imported into an institution, by the mappings beside them."""
    for mapping in sorted((folder / "facts").glob("*.yaml")):
        found = call(
            "import", str(mapping.with_suffix(".jsonl")), "--mapping", str(mapping), "--institution", into, data=exported.data
        )  # fmt: skip
        assert found.code == 0, found.err
        assert "0 were rejected" in found.out and "0 were refused" in found.out, found.out
    return found


ANONYMOUS = dict.fromkeys(("payOutAccount", "device", "ipAddress", "phone", "email", "place"))
"""Of an application in a copy of stand-ins: a real number would be new to it."""


async def seen(ask: Asker, **asked: Any) -> tuple[list[Any], list[Any]]:
    """What is around a merchant, entities known by their value without their ids, which are the institution's own."""
    answer = (await ask(SEEN, **asked))["data"]["neighbourhood"]
    if answer is None:
        return [], []
    entities = [(one["distance"], one["reach"], {**one["entity"], "id": None}) for one in answer["entities"]]
    named = {one["entity"]["id"]: one["entity"]["key"] or one["entity"]["kind"] for one in answer["entities"]}
    ties = [{**tie, "from": named[tie["from"]["id"]], "to": named[tie["to"]["id"]]} for tie in answer["ties"]]
    return sorted(entities, key=repr), sorted(ties, key=repr)


async def compare_reads(askers: list[Asker], moments: list[str]) -> None:
    """Merchants and what is around them, now and as they were known at moments."""
    told = 0
    for merchant in ("M-1", "M-2", "M-5", "M-9", "M-unknown"):
        for moment in (None, *moments[:: max(1, len(moments) // 12)], moments[-1]):
            asked = {"reference": {"merchant": merchant}, "asOf": moment}
            first, *others = [await seen(ask, **asked) for ask in askers]
            assert all(other == first for other in others), asked
            told += bool(first[0])
    assert told > 8


async def compare_decisions(askers: list[Asker], at: str, **changes: Any) -> None:
    """Applications of one moment, from which windows are measured, decided by each."""
    for loan, amount in (("L-70", 80_000_00), ("L-71", 1_000_00)):
        asked = {**application(f"{loan}-{len(askers)}", amount, **changes), "appliedAt": at}
        first, *others = [await ask(ASSESS, input=asked, key=f"assess-{loan}-{len(askers)}") for ask in askers]
        assert first["data"]["assessLoan"].get("decision"), first
        assert all(other == first for other in others)


def test_facts_read_back_into_an_empty_institution_give_the_same_answers(exported):
    for which, folder in (("masked", exported.masked), ("clear", exported.clear)):
        assert call("institutions", "create", f"copy-{which}", "--name", "Copy", data=exported.data).code == 0
        read_back(exported, folder, f"copy-{which}")
    facts = [line for path in (exported.masked / "facts").glob("*.jsonl") for line in lines(path)]
    moments = sorted({fact["knownAt"] for fact in facts} | {fact["occurredAt"] for fact in facts})

    async def compare() -> None:
        services = open_services(replace(Settings(), data=exported.data))
        try:
            who = principal(Role.ANALYST, Role.SERVICE)
            original, masked, clear = (
                Asker(services, replace(who, institution=one, id="pri_" + "b" * 24))
                for one in (BANK, replace(COPY, id="copy-masked"), replace(COPY, id="copy-clear"))
            )
            await compare_reads([original, masked, clear], moments)
            await compare_decisions([original, masked, clear], moments[-1], **ANONYMOUS)
            await compare_decisions([original, clear], moments[-1])
        finally:
            await close_services(services)

    asyncio.run(compare())


def test_reading_back_twice_changes_nothing(exported):
    assert call("institutions", "create", "copy-twice", "--name", "Copy", data=exported.data).code == 0
    read_back(exported, exported.masked, "copy-twice")
    again = read_back(exported, exported.masked, "copy-twice")
    assert "0 were recorded" in again.out


def test_nothing_is_overwritten_and_nothing_is_left_of_what_failed(exported, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("there", "file", "link"):
        found = call("institutions", "export", BANK.id, "--out", str(tmp_path / name), data=exported.data)
        assert (found.code, found.out) == (1, "")
        assert "is there already" in found.err
    unknown = call("institutions", "export", "nobody", "--out", str(tmp_path / "new"), data=exported.data)
    assert (unknown.code, unknown.err) == (1, "There is no institution nobody: see `ringfence institutions list`.\n")
    empty = call("institutions", "export", BANK.id, "--out", str(tmp_path / "new"), data=tmp_path / "no-data")
    assert empty.code == 1 and "There is no institution in" in empty.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "there"]
    assert (tmp_path / "file").read_text() == "precious"


def test_an_export_that_is_interrupted_leaves_nothing(tmp_path):
    def interrupted() -> None:
        with ExportFolder(tmp_path / "out") as folder:
            folder.line("facts/a.jsonl", {"id": 1})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_comes_to_be_meanwhile_is_not_overwritten(tmp_path):
    with ExportFolder(tmp_path / "out") as folder:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "precious").write_text("")
        with pytest.raises(Failure, match="came to be"):
            folder.finish({})
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["out", "out/precious"]


def test_more_files_than_may_be_open_at_once_are_written_whole(tmp_path):
    with ExportFolder(tmp_path / "out") as folder:
        for turn in range(3):
            for number in range(MOST_OPEN + 20):
                folder.line(f"facts/{number}.jsonl", turn)
        folder.finish({"format": 1})
    assert {path.read_text() for path in (tmp_path / "out" / "facts").iterdir()} == {"0\n1\n2\n"}
    assert len(json.loads((tmp_path / "out" / "institution.json").read_text())["files"]) == MOST_OPEN + 20


def test_an_applications_own_id_is_made_to_fit_what_an_import_takes():
    long = f"application:{'L' * 60}:{'a' * 26}"
    assert _fitting("t-1") == "t-1"
    assert _fitting(long) == f"application:{'a' * 26}"
