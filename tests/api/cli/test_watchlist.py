"""`ringfence watchlist`."""

from __future__ import annotations

import json

import pytest

from tests.api.cli.calling import call, made

pytestmark = pytest.mark.usefixtures("each_engine")


def lines(*names: str) -> str:
    found = ({"id": f"k{number}", "schema": "Person", "properties": {"name": [name]}} for number, name in enumerate(names))
    return "".join(json.dumps(entity) + "\n" for entity in found)


def test_a_list_is_imported_shown_and_replaced_by_its_next_version(tmp_path):
    data = made(tmp_path)
    assert "There is no watchlist" in call("watchlist", "list", data=data).out
    file = tmp_path / "list.ftm.json"
    file.write_text(lines("Vladimir Putin", "张三丰") + '{"id": "a", "schema": "Address", "properties": {}}\n{\n')
    found = call("watchlist", "import", str(file), "--name", "un", "--version", "7", data=data)
    assert found.code == 0, found.err
    assert "2 entries; 1 entity is neither person nor firm and passed over" in found.out and "line 4 (it is not JSON)" in found.out
    assert call("watchlist", "import", str(file), "--name", "un", data=data).out == "un is this very file already: nothing was changed.\n"
    file.write_text(lines("Vladimir Putin"))
    assert call("watchlist", "import", str(file), "--name", "un", data=data).code == 0
    shown = call("watchlist", "list", data=data).out.splitlines()
    assert len(shown) == 2 and shown[1].split()[0] == "un" and shown[1].split()[2] == "1"


@pytest.mark.parametrize(("text", "why"), [("", "no person or firm"), ("{\n", "line 1 (it is not JSON)"), ("\x00\n", "not JSON")])
def test_a_file_without_entries_leaves_the_list_as_it_was(tmp_path, text, why):
    data = made(tmp_path)
    file = tmp_path / "list.ftm.json"
    file.write_text(text)
    found = call("watchlist", "import", str(file), "--name", "un", data=data)
    assert (found.code, why in found.err) == (1, True)
    assert "There is no watchlist" in call("watchlist", "list", data=data).out


def test_a_line_that_is_too_long_is_named_and_passed_over(tmp_path):
    data = made(tmp_path)
    file = tmp_path / "list.ftm.json"
    file.write_text(lines("Ann Lee") + "x" * 2_500_000 + "\n" + lines("Ann Lee", "Bo Li"))
    found = call("watchlist", "import", str(file), "--name", "un", data=data)
    assert "line 2 (it is longer than 1,000,000 bytes)" in found.out and "2 entries" in found.out


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    found = call("watchlist", "import", str(tmp_path / "none"), "--name", "un", data=made(tmp_path))
    assert (found.code, "There is no" in found.err) == (1, True)


def test_a_name_is_compared_with_all_lists_in_any_script(tmp_path):
    data = made(tmp_path)
    found = call("watchlist", "screen", "Zhang Sanfeng", data=data)
    assert (found.code, "There is no watchlist" in found.err) == (1, True)
    file = tmp_path / "list.ftm.json"
    file.write_text(lines("Vladimir Putin", "張三豐"))
    call("watchlist", "import", str(file), "--name", "un", data=data)
    shown = call("watchlist", "screen", "Zhang Sanfeng", "--kind", "PERSON", data=data).out.splitlines()
    assert len(shown) == 2 and "張三豐" in shown[1] and shown[1].endswith("Compared in pinyin, 2 words agree.")
    assert "No entry of un" in call("watchlist", "screen", "Amina Okafor", "--born-on", "1990-01-01", data=data).out
