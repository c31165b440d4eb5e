"""API keys: shown once, kept as a hash, scoped, refused from the next request after revocation."""

from __future__ import annotations

import base64

import pytest

from api.auth.institutions import create_institution, suspend_institution
from api.auth.keys import create_key, keys_of, note_use, principal_of_key, revoke_key
from api.auth.principals import create_principal, disable_principal
from api.context import Role
from graph.errors import InvalidInput, Unknown
from graph.model import Institution
from tests.api.opened import BANK, NOW, connected, make_institutions

pytestmark = pytest.mark.usefixtures("each_engine")


@pytest.fixture
def connection(tmp_path):
    with connected(tmp_path) as opened:
        make_institutions(opened)
        yield opened


def make(connection, name: str = "workflow", roles=(Role.SERVICE,), institution: str = "rural-bank") -> tuple[str, str]:
    return create_key(connection, institution, name, roles, NOW)


def test_a_key_has_256_random_bits_and_a_prefix_that_scanners_find(connection):
    secrets = {make(connection)[1] for _ in range(20)}
    assert len(secrets) == 20
    assert all(secret.startswith("rf_") for secret in secrets)
    assert all(len(base64.urlsafe_b64decode(secret[3:] + "=")) == 32 for secret in secrets)


def test_the_key_itself_is_nowhere_in_the_records(connection, tmp_path):
    _, secret = make(connection)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in kept and secret[3:].encode() not in kept


def test_a_key_names_its_service_with_its_institution_and_its_roles(connection):
    _, secret = make(connection)
    found = principal_of_key(connection, secret)
    assert found is not None
    principal, used_at = found
    assert (principal.name, principal.institution, principal.institution_name, principal.service) == ("workflow", BANK, "Rural Bank", True)
    assert (principal.roles, used_at) == (frozenset({Role.SERVICE}), None)
    assert principal.id.startswith("pri_")


def test_a_key_with_staff_roles_alone_has_the_rate_of_staff(connection):
    _, narrow = make(connection, "explorer", (Role.ANALYST, Role.KYC))
    make(connection, "both", (Role.SERVICE, Role.ANALYST))
    _, wide = make(connection, "both", (Role.SERVICE, Role.ANALYST))
    _, narrowed = make(connection, "both", (Role.ANALYST,))
    found = [principal_of_key(connection, secret) for secret in (narrow, wide, narrowed)]
    assert [one is not None and one[0].service for one in found] == [False, True, False]
    assert None not in found


@pytest.mark.parametrize("wrong", ["", "rf_", "rf_" + "A" * 43, "\udc80", "x" * 500])
def test_an_unknown_key_names_nobody(connection, wrong):
    make(connection)
    assert principal_of_key(connection, wrong) is None


def test_a_revoked_key_names_nobody_and_another_key_of_the_service_still_does(connection):
    first, first_secret = make(connection)
    _, second_secret = make(connection)
    revoke_key(connection, "rural-bank", first, NOW + 1)
    assert principal_of_key(connection, first_secret) is None
    assert principal_of_key(connection, second_secret) is not None
    assert [key.revoked_at for key in keys_of(connection, "rural-bank")].count(NOW + 1) == 1


def test_another_institutions_key_cannot_be_revoked(connection):
    id_, secret = make(connection)
    with pytest.raises(Unknown):
        revoke_key(connection, "city-bank", id_, NOW)
    assert principal_of_key(connection, secret) is not None


def test_keys_of_a_suspended_institution_name_nobody_until_it_is_back(connection):
    _, secret = make(connection)
    suspend_institution(connection, "rural-bank", NOW)
    assert principal_of_key(connection, secret) is None
    suspend_institution(connection, "rural-bank", None)
    assert principal_of_key(connection, secret) is not None


def test_a_key_is_scoped_within_the_roles_of_its_service(connection):
    make(connection, roles=(Role.SERVICE, Role.ADMIN))
    _, secret = make(connection, roles=(Role.ADMIN,))
    found = principal_of_key(connection, secret)
    assert found is not None and found[0].roles == {Role.ADMIN}
    with pytest.raises(InvalidInput, match="has the roles"):
        make(connection, roles=(Role.KYC,))


def test_a_key_without_a_role_is_refused(connection):
    with pytest.raises(InvalidInput, match="at least one role"):
        make(connection, roles=())


def test_a_key_is_not_given_to_a_person_nor_to_a_disabled_service(connection):
    create_principal(connection, "rural-bank", "li.na", [Role.KYC], NOW, service=False, password="x")
    _, secret = make(connection)
    disable_principal(connection, "rural-bank", "workflow", NOW)
    assert principal_of_key(connection, secret) is None
    for name in ("li.na", "workflow"):
        with pytest.raises(InvalidInput, match="choose another name"):
            make(connection, name)


def test_use_is_noted_once_a_minute_at_most(connection):
    _, secret = make(connection)
    for moment in (NOW, NOW + 30_000, NOW + 61_000):
        note_use(connection, secret, moment)
    found = principal_of_key(connection, secret)
    assert found is not None and found[1] == NOW + 61_000


@pytest.mark.parametrize(
    ("id_", "currency", "zone", "name", "path"),
    [
        ("Bad Id", "CNY", "UTC", "x", "id"),
        ("-x", "CNY", "UTC", "x", "id"),
        ("x" * 41, "CNY", "UTC", "x", "id"),
        ("x", "yuan", "UTC", "x", "currency"),
        ("x", "RMB", "UTC", "x", "currency"),
        ("x", "XAU", "UTC", "x", "currency"),
        ("x", "CNY", "Mars/Base", "x", "time-zone"),
        ("x", "CNY", "UTC", "", "name"),
        ("x", "CNY", "UTC", "a\nb", "name"),
        ("rural-bank", "CNY", "UTC", "x", "id"),
    ],
)
def test_an_institution_with_a_wrong_value_is_refused_by_name(connection, id_, currency, zone, name, path):
    with pytest.raises(InvalidInput) as caught:
        create_institution(connection, Institution(id_, currency, zone), name, NOW)
    assert caught.value.problems[0].path == (path,)


def test_an_equal_institution_may_be_made_again_where_that_is_meant(connection):
    assert create_institution(connection, BANK, "Again", NOW, repeat=True).name == "Rural Bank"
