"""`ringfence identity`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.cli.calling import call

DOCUMENTS = Path(__file__).parents[2] / "data" / "documents"


def test_a_document_is_read_and_compared_with_what_was_declared():
    image = DOCUMENTS / "id_front_02_L1.jpg"
    found = call("identity", "check", "--document", str(image), "--name", "黎胜磊", "--number", "310115196908180858")
    assert found.code == 0, found.err
    assert "shows RESIDENT_ID with 1 face." in found.out
    lines = {line.split()[0]: line.split()[1] for line in found.out.splitlines() if line and line.split()[0].isupper()}
    assert (lines["IDENTITY_NUMBER"], lines["DOCUMENT_FIELDS"]) == ("PASS", "PASS")
    other = call("identity", "check", "--document", str(image), "--name", "王伟")
    assert "another name" in other.out


def test_a_number_alone_is_checked_without_any_image():
    found = call("identity", "check", "--number", "110105194912310021")
    assert found.code == 0, found.err
    assert "IDENTITY_NUMBER" in found.out and "FAIL" in found.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((), "nothing to check"), (("--face", "selfie.jpg"), "--consent"), (("--document", "absent.jpg"), "absent.jpg")],
)
def test_what_cannot_be_checked_is_a_sentence(arguments: tuple[str, ...], says: str):
    found = call("identity", "check", *arguments)
    assert found.code in (1, 2)
    assert says in found.err
    assert len(found.err.splitlines()) == 1


def test_a_file_that_is_no_image_is_a_sentence(tmp_path: Path):
    (tmp_path / "x.jpg").write_bytes(b"GIF89a not an image")
    found = call("identity", "check", "--document", str(tmp_path / "x.jpg"))
    assert (found.code, found.out) == (1, "")
    assert len(found.err.splitlines()) == 1
