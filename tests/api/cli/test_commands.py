"""Every command has help with an example, and says what is wrong in one sentence with an exit code."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.cli import (
    COMMANDS,
    audit,
    decisions,
    demo,
    errors,
    graph,
    identity,
    import_,
    institutions,
    keys,
    migrate,
    query,
    records,
    rings,
    serve,
    simulate,
    users,
    watchlist,
    webhooks,
)
from tests.api.cli.calling import call

ROOT = Path(__file__).parents[3]
GROUPS = ("institutions", "keys", "users", "audit", "decisions", "graph", "rings", "records", "webhooks", "watchlist", "identity")


def every_command() -> Iterator[tuple[str, ...]]:
    for name, module in COMMANDS.items():
        yield (name,)
        command = importlib.import_module(module).command
        if isinstance(command, click.Group):
            yield from ((name, inner) for inner in command.commands)


def test_the_list_names_every_command_by_its_module():
    modules = (
        demo,
        serve,
        import_,
        simulate,
        query,
        institutions,
        keys,
        users,
        audit,
        decisions,
        graph,
        rings,
        migrate,
        records,
        webhooks,
        watchlist,
        identity,
        errors,
    )
    assert list(COMMANDS.values()) == [module.__name__ for module in modules]
    assert {path.stem for path in Path(str(audit.__file__)).parent.glob("*.py")} - {"__init__", "options", "progress"} == {
        module.__name__.rpartition(".")[2] for module in modules
    }


def test_the_help_lists_every_command():
    found = call("--help")
    assert found.code == 0
    assert all(f"  {name} " in found.out for name in COMMANDS)


@pytest.mark.parametrize("path", list(every_command()), ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(path):
    found = call(*path, "--help")
    assert found.code == 0
    text = " ".join(found.out.split())
    assert f"Example: ringfence {path[0]}" in text

    if len(path) == 2:
        assert f"ringfence {path[0]} {path[1]}" in text


@pytest.mark.parametrize("path", [(), *(path for path in every_command() if len(path) == 1 and path[0] in GROUPS)], ids=" ".join)
def test_what_each_command_does_fits_on_its_line_of_the_help(path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    listed = call(*path, "--help").out.partition("Commands:")[2]
    assert len(listed.splitlines()) > 1
    assert not [line for line in listed.splitlines() if line.endswith("...")]


def test_commands_are_printed_as_they_were_typed(tmp_path):
    program = tmp_path / "bin" / "ringfence"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom api.cli import main\nmain()\n")
    program.chmod(0o755)

    def said(typed: str, path: str) -> str:
        """What is printed for a wrong call, typed like this in the folder of the program."""
        environment = {"PATH": path, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([typed, "keys", "create"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        return done.stderr

    assert "See `bin/ringfence keys create --help`" in said("bin/ringfence", "/usr/bin:/bin")
    assert f"See `{program} keys create --help`" in said(str(program), "/usr/bin:/bin")
    assert "See `ringfence keys create --help`" in said(str(program), f"{program.parent}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing",), "No such command"),
        (("keys", "create"), "Missing option"),
        (("keys", "create", "--institution", "x", "--name", "y", "--role", "KING"), "KING"),
        (("serve", "--port", "99999"), "99999"),
        (("institutions", "create"), "Missing argument"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_exit_code_2(arguments, says):
    found = call(*arguments)
    assert found.code == 2
    assert says in found.err and "--help" in found.err
    assert found.out == ""


def test_a_file_in_the_place_of_the_folder_is_one_sentence(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    blocked = folder / "data"
    blocked.write_text("a file stands here")
    found = call("institutions", "list", data=blocked)
    assert found.code == 2
    assert str(blocked) in found.err and found.err.count("\n") == 1


def test_a_folder_that_may_not_be_written_is_one_sentence(tmp_path):
    if os.geteuid() == 0:  # root may write everywhere: a path below a device is refused to it, too
        found = call("institutions", "list", data=tmp_path.joinpath("/dev/null/data"))
    else:
        tmp_path.chmod(0o500)
        found = call("institutions", "list", data=tmp_path / "data")
    assert found.code == 1
    assert found.err.count("\n") == 1


def test_a_wrong_setting_is_one_sentence(monkeypatch):
    monkeypatch.setenv("RINGFENCE_PORT", "many")
    found = call("institutions", "list")
    assert (found.code, found.err) == (1, "RINGFENCE_PORT is 'many': give a whole number.\n")
