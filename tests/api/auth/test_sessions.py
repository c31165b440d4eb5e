"""Sessions and one-time links."""

from __future__ import annotations

import pytest

from api.auth.institutions import suspend_institution
from api.auth.principals import create_principal, disable_principal, set_password
from api.auth.sessions import MAXIMUM_SESSIONS, close_session, create_link, open_session, principal_of_session, use_link
from api.context import Role
from graph.errors import InvalidInput
from tests.api.opened import NOW, connected, make_institutions

pytestmark = pytest.mark.usefixtures("each_engine")

HOUR = 3_600_000


@pytest.fixture
def connection(tmp_path):
    with connected(tmp_path) as opened:
        make_institutions(opened)
        yield opened


@pytest.fixture
def analyst(connection) -> str:
    return create_principal(connection, "rural-bank", "li.na", [Role.ANALYST], NOW, service=False, password="x")


def test_a_session_names_its_principal_for_eight_hours(connection, analyst):
    secret = open_session(connection, analyst, NOW, 8.0)
    found = principal_of_session(connection, secret, NOW + 8 * HOUR - 1)
    assert found is not None and (found.id, found.service) == (analyst, False)
    assert principal_of_session(connection, secret, NOW + 8 * HOUR) is None


def test_the_secret_is_nowhere_in_the_records(connection, analyst, tmp_path):
    secret = open_session(connection, analyst, NOW, 8.0)
    assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_signing_out_ends_one_session_alone(connection, analyst):
    first, second = open_session(connection, analyst, NOW, 8.0), open_session(connection, analyst, NOW, 8.0)
    close_session(connection, first)
    assert principal_of_session(connection, first, NOW) is None
    assert principal_of_session(connection, second, NOW) is not None


@pytest.mark.parametrize(
    "end",
    [
        lambda connection: suspend_institution(connection, "rural-bank", NOW),
        lambda connection: disable_principal(connection, "rural-bank", "li.na", NOW),
        lambda connection: set_password(connection, "rural-bank", "li.na", "y"),
    ],
    ids=["suspended", "disabled", "password set anew"],
)
def test_a_session_ends_with_what_it_rests_on(connection, analyst, end):
    secret = open_session(connection, analyst, NOW, 8.0)
    end(connection)
    assert principal_of_session(connection, secret, NOW) is None


def test_a_principal_has_so_many_sessions_and_no_more_the_oldest_ends(connection, analyst):
    secrets = [open_session(connection, analyst, NOW + number, 8.0) for number in range(MAXIMUM_SESSIONS + 1)]
    alive = [principal_of_session(connection, secret, NOW + 100) is not None for secret in secrets]
    assert alive == [False] + [True] * MAXIMUM_SESSIONS


def test_a_link_opens_its_page_once_with_a_session(connection, analyst):
    token = create_link(connection, analyst, "/decisions/dec_a", NOW, 30)
    found = use_link(connection, token, NOW + 1, 1.0)
    assert found is not None
    secret, path = found
    assert path == "/decisions/dec_a"
    assert principal_of_session(connection, secret, NOW + 2) is not None
    assert use_link(connection, token, NOW + 2, 1.0) is None


def test_a_link_is_over_after_its_minutes(connection, analyst):
    token = create_link(connection, analyst, "/decisions/dec_a", NOW, 30)
    assert use_link(connection, token, NOW + 30 * 60_000, 1.0) is None


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example/", "decisions", "/a\\b", "/a\nb", ""])
def test_a_link_goes_nowhere_else(connection, analyst, path):
    with pytest.raises(InvalidInput):
        create_link(connection, analyst, path, NOW, 30)
