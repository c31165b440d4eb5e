"""`ringfence audit`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api.assessing import assess
from tests.api.cli.calling import Called, call, made
from tests.api.opened import asked
from tests.api.running import request, running, service_of

pytestmark = pytest.mark.usefixtures("each_engine")

OF = ("--institution", "rural-bank")


def more(data: Path) -> None:
    call("keys", "create", *OF, "--name", "workflow", "--role", "SERVICE", data=data)


def verify(data: Path, *heads: Path) -> Called:
    return call("audit", "verify", *OF, *(word for head in heads for word in ("--head", str(head))), data=data)


def test_a_chain_is_whole_up_to_its_checkpoint_and_beyond(tmp_path):
    data = made(tmp_path)
    head = call("audit", "head", *OF, data=data)
    assert head.code == 0 and head.out.count("\n") == 1
    (tmp_path / "head.json").write_text(head.out)
    more(data)
    found = verify(data, tmp_path / "head.json")
    assert found.code == 0
    whole = "The audit chain of rural-bank is whole: 2 entries, 1 checkpoints, the newest at entry 1; 0 decisions are as it notes.\n"
    assert found.out == whole


def test_a_tail_cut_off_after_the_checkpoint_is_found(tmp_path):
    data = made(tmp_path)
    more(data)
    (tmp_path / "head.json").write_text(call("audit", "head", *OF, data=data).out)
    asked(data, "DELETE FROM audit_entries WHERE sequence = 2")
    asked(data, "UPDATE audit_heads SET sequence = 1, hash = (SELECT hash FROM audit_entries)")
    assert verify(data).code == 0
    found = verify(data, tmp_path / "head.json")
    assert (found.code, "tail was cut off" in found.err) == (1, True)


def test_a_daily_checkpoint_is_used_without_being_named(tmp_path):
    data = made(tmp_path)
    more(data)
    (data / "checkpoints").mkdir()
    (data / "checkpoints" / "rural-bank-020000.json").write_text(call("audit", "head", *OF, data=data).out)
    assert "1 checkpoints, the newest at entry 2" in verify(data).out


def test_an_empty_head_proves_nothing_and_is_a_sentence(tmp_path):
    data = made(tmp_path)
    (tmp_path / "head.json").write_text("\n")
    found = verify(data, tmp_path / "head.json")
    assert (found.code, "is empty and holds no checkpoint" in found.err) == (1, True)


def test_a_file_that_is_no_checkpoint_is_a_sentence(tmp_path):
    data = made(tmp_path)
    (tmp_path / "head.json").write_text("hello")
    found = verify(data, tmp_path / "head.json")
    assert (found.code, found.err) == (1, "The file holds no checkpoint: give one that `ringfence audit head` printed.\n")


def test_a_changed_decision_is_found_and_named_and_progress_is_told_a_terminal_alone(tmp_path):
    async def decide() -> str:
        async with running(tmp_path) as services:
            return (await assess(services, await service_of(services), request())).decision.id

    id_ = asyncio.run(decide())
    found = verify(tmp_path / "data")
    assert (found.code, "1 decisions are as it notes" in found.out, found.err) == (0, True, "")
    asked(tmp_path / "data", "UPDATE decisions SET verdict = 'APPROVE', merchant = 'mer_x'")
    found = verify(tmp_path / "data")
    assert (found.code, f"Decision {id_} of rural-bank was changed" in found.err) == (1, True)


def test_an_institution_that_is_not_there_is_a_sentence(tmp_path):
    data = made(tmp_path)
    found = call("audit", "verify", "--institution", "nobody", data=data)
    assert (found.code, "nobody" in found.err) == (1, True)
