"""`ringfence users`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api import audit
from tests.api.asked import asked
from tests.api.cli.calling import Called, call, made

pytestmark = pytest.mark.usefixtures("each_engine")

OF = ("--institution", "rural-bank")


def create(data: Path, folder: Path, password: str = "correct horse battery", name: str = "li.na") -> Called:
    file = folder / "password"
    file.write_text(password + "\n")
    return call("users", "create", *OF, "--name", name, "--role", "ANALYST", "--role", "KYC", "--password-file", str(file), data=data)


def test_a_member_of_staff_is_made_listed_and_disabled(tmp_path):
    data = made(tmp_path)
    assert create(data, tmp_path).code == 0
    listed = call("users", "list", *OF, data=data).out
    assert "li.na" in listed and "ANALYST,KYC" in listed and "active" in listed
    assert call("users", "disable", *OF, "li.na", data=data).code == 0
    assert "disabled" in call("users", "list", *OF, data=data).out


def test_a_password_is_set_anew(tmp_path):
    data = made(tmp_path)
    create(data, tmp_path)
    (tmp_path / "new").write_text("another long password\n")
    assert call("users", "password", *OF, "li.na", "--password-file", str(tmp_path / "new"), data=data).code == 0
    assert call("users", "password", *OF, "nobody", "--password-file", str(tmp_path / "new"), data=data).code == 1


def test_a_short_password_and_a_name_twice_are_sentences(tmp_path):
    data = made(tmp_path)
    short = create(data, tmp_path, "short")
    assert (short.code, short.err) == (1, "A password has 12 to 256 characters: choose a longer or shorter one.\n")
    create(data, tmp_path)
    twice = create(data, tmp_path)
    assert (twice.code, twice.err) == (1, "rural-bank has a principal li.na already: choose another name.\n")


def test_a_service_is_no_member_of_staff(tmp_path):
    found = call("users", "create", *OF, "--name", "x", "--role", "SERVICE", data=tmp_path / "data")
    assert found.code == 2 and "SERVICE" in found.err


def link(data: Path, *options: str, name: str = "li.na") -> Called:
    return call("users", "link", *OF, name, *options, data=data)


def test_a_link_opens_its_page_once_as_its_member_of_staff_and_is_noted(tmp_path):
    data = made(tmp_path)
    create(data, tmp_path)
    made_link = link(data, "--page", "/decisions/dec_x", "--url", "https://ringfence.bank.example/")
    assert made_link.code == 0
    assert made_link.err == "It opens once, within 30 minutes, and signs in as li.na.\n"
    address = urlsplit(made_link.out.strip())
    assert (address.scheme, address.netloc, address.path) == ("https", "ringfence.bank.example", "/enter")
    token = parse_qs(address.query)["token"][0]
    assert token.encode() not in b"".join(path.read_bytes() for path in data.iterdir() if path.is_file())

    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            opened = await client.get("/enter", params={"token": token})
            assert 'content="0;url=/decisions/dec_x"' in opened.text
            cookie = {"cookie": opened.headers["set-cookie"].partition(";")[0]}
            listed: httpx.Response = await client.get("/", headers=cookie)
            assert "signed in as li.na" in listed.text
            assert (await client.get("/enter", params={"token": token})).status_code == 410
            entries = await services.records.read(
                lambda c: audit.verify(c, services.vault.audit_key, "rural-bank"), institution="rural-bank"
            )
            assert entries == 3, "institution created, user created, link made"

    asyncio.run(use())


@pytest.mark.parametrize("page", ["https://evil.example", "//evil.example", "decisions/dec_x", "/\\evil", "/" + "a" * 600])
def test_a_link_opens_no_page_of_elsewhere(tmp_path, page):
    data = made(tmp_path)
    create(data, tmp_path)
    found = link(data, "--page", page)
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("A link opens a page of this server")


def test_a_link_is_for_staff_who_may_sign_in(tmp_path):
    data = made(tmp_path)
    create(data, tmp_path)
    assert call("keys", "create", *OF, "--name", "workflow", "--role", "SERVICE", data=data).code == 0
    assert call("users", "disable", *OF, "li.na", data=data).code == 0
    for name in ("nobody", "workflow", "li.na"):
        found = link(data, name=name)
        assert (found.code, found.out) == (1, "")
        assert f"no member of staff {name} who may sign in" in found.err
    assert link(data, "--minutes", "0").code == link(data, "--minutes", "100000").code == 2
