"""`ringfence keys`: make, revoke and list the API keys of an institution's services."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Connection

from api import audit
from api.auth.institutions import the_institution
from api.auth.keys import KeyAccount, create_key, keys_of, revoke_key
from api.cli.options import BY_COMMAND, data_option, institution_option, on_records, print_table, shown
from api.context import Role
from graph.model import Instant
from identity.vault import Vault


@click.group("keys")
def command() -> None:
    """Make, revoke and list API keys of services.

    Example: ringfence keys create --institution rural-bank --name loan-workflow --role SERVICE
    """


@command.command("create")
@institution_option
@click.option("--name", required=True, help="The service that holds the key; made when absent. It may hold several keys.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([*Role]), help="What the key may do; repeatable.")
@click.option("--quiet", is_flag=True, help="Print the key alone.")
@data_option
def create(institution: str, name: str, roles: tuple[str, ...], data: Path | None, *, quiet: bool) -> None:
    """Make an API key and print it, this once: only its hash is kept.

    Example: ringfence keys create --institution rural-bank --name loan-workflow --role SERVICE
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> tuple[str, str]:
        the_institution(connection, institution)
        id, key = create_key(connection, institution, name, [Role(role) for role in roles], now)  # noqa: A001 - the key's id
        audit.append(connection, vault.audit_key, audit.Event(institution, now, BY_COMMAND, "key created", (id,)))
        return id, key

    id, key = on_records(data, work, institution)  # noqa: A001 - the key's id
    if quiet:
        click.echo(key)
    else:
        click.echo(f"{key}\n\nThis is the key {id} of {name}. Keep it now: it is not shown again. Send it as `Authorization: Bearer KEY`.")


@command.command("revoke")
@institution_option
@click.argument("key")
@data_option
def revoke(institution: str, key: str, data: Path | None) -> None:
    """Refuse the key with this id (key_...) from the next request on.

    Example: ringfence keys revoke --institution rural-bank key_abc
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        revoke_key(connection, institution, key, now)
        audit.append(connection, vault.audit_key, audit.Event(institution, now, BY_COMMAND, "key revoked", (key,)))

    on_records(data, work, institution)
    click.echo(f"The key {key} is refused from the next request on.")


@command.command("list")
@institution_option
@data_option
def list_(institution: str, data: Path | None) -> None:
    """List an institution's keys, never the keys themselves.

    Example: ringfence keys list --institution rural-bank
    """

    def row(key: KeyAccount) -> tuple[object, ...]:
        state = "active" if key.revoked_at is None else f"revoked {shown(key.revoked_at)}"
        return key.id, key.principal, ",".join(key.roles), shown(key.created_at), shown(key.last_used_at), state

    def work(connection: Connection, _vault: Vault, _now: Instant) -> tuple[KeyAccount, ...]:
        the_institution(connection, institution)
        return keys_of(connection, institution)

    print_table(("ID", "SERVICE", "ROLES", "MADE", "LAST USED", "STATE"), [row(key) for key in on_records(data, work, institution)])
