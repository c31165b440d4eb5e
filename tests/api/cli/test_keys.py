"""`ringfence keys`."""

from __future__ import annotations

import pytest

from tests.api.cli.calling import call, made

pytestmark = pytest.mark.usefixtures("each_engine")


def test_a_key_is_shown_once_listed_without_itself_and_revoked(tmp_path):
    data = made(tmp_path)
    of = ("--institution", "rural-bank")
    shown = call("keys", "create", *of, "--name", "workflow", "--role", "SERVICE", data=data)
    key = shown.out.splitlines()[0]
    assert key.startswith("rf_") and "not shown again" in shown.out
    quiet = call("keys", "create", *of, "--name", "workflow", "--role", "SERVICE", "--quiet", data=data)
    assert quiet.out.startswith("rf_") and len(quiet.out.splitlines()) == 1
    listed = call("keys", "list", *of, data=data).out
    assert key not in listed and quiet.out.strip() not in listed
    id_ = next(word for word in listed.split() if word.startswith("key_"))
    assert call("keys", "revoke", *of, id_, data=data).code == 0
    after = call("keys", "list", *of, data=data).out
    assert (after.count("revoked"), after.count("active")) == (1, 1)


def test_what_is_unknown_is_a_sentence(tmp_path):
    data = made(tmp_path)
    for arguments in (("keys", "list"), ("keys", "create", "--name", "x", "--role", "SERVICE")):
        found = call(*arguments, "--institution", "none", data=data)
        assert (found.code, "no institution none" in found.err) == (1, True)
    found = call("keys", "revoke", "--institution", "rural-bank", "key_x", data=data)
    assert (found.code, found.err) == (1, "rural-bank has no key key_x: see `ringfence keys list`.\n")
