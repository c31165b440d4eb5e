"""`ringfence users`: make, disable and list an institution's staff, and set their passwords."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click
from sqlalchemy import Connection

from api import audit
from api.auth.institutions import the_institution
from api.auth.passwords import hash_password
from api.auth.principals import Account, create_principal, disable_principal, principals_of, set_password
from api.cli.options import BY_COMMAND, data_option, institution_option, on_records, print_table, shown
from api.context import Role
from graph.model import Instant
from identity.vault import Vault

STAFF = [role for role in Role if role is not Role.SERVICE]

password_option = click.option(
    "--password-file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="File with the password in its first line, `-` for standard input; without it you are asked.",
)


@click.group("users")
def command() -> None:
    """Make, disable and list staff, who sign in with a name and a password.

    Example: ringfence users create --institution rural-bank --name li.na --role ANALYST
    """


def _password(file: TextIO | None) -> str:
    if file is None:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt="Again"))
    return file.readline().rstrip("\r\n")


@command.command("create")
@institution_option
@click.option("--name", required=True, help="Name to sign in with.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([*STAFF]), help="What the person may do; repeatable.")
@password_option
@data_option
def create(institution: str, name: str, roles: tuple[str, ...], password_file: TextIO | None, data: Path | None) -> None:
    """Make a member of staff; the password has 12 to 256 characters.

    Example: ringfence users create --institution rural-bank --name li.na --role ANALYST --role KYC
    """
    kept = hash_password(_password(password_file))

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        the_institution(connection, institution)
        made = create_principal(connection, institution, name, [Role(role) for role in roles], now, service=False, password=kept)
        audit.append(connection, vault.audit_key, audit.Event(institution, now, BY_COMMAND, "user created", (made,)))

    on_records(data, work, institution)
    click.echo(f"Made {name}, who signs in at /session with the institution {institution}.")


@command.command("password")
@institution_option
@click.argument("name")
@password_option
@data_option
def password(institution: str, name: str, password_file: TextIO | None, data: Path | None) -> None:
    """Set a member of staff's password anew; sessions end.

    Example: ringfence users password --institution rural-bank li.na
    """
    kept = hash_password(_password(password_file))

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        account = set_password(connection, institution, name, kept)
        audit.append(connection, vault.audit_key, audit.Event(institution, now, BY_COMMAND, "password set", (account.id,)))

    on_records(data, work, institution)
    click.echo(f"The password of {name} is set, and all sessions are over.")


@command.command("disable")
@institution_option
@click.argument("name")
@data_option
def disable(institution: str, name: str, data: Path | None) -> None:
    """Refuse a member of staff, or a service with all its keys, from the next request on.

    Example: ringfence users disable --institution rural-bank li.na
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        account = disable_principal(connection, institution, name, now)
        audit.append(connection, vault.audit_key, audit.Event(institution, now, BY_COMMAND, "user disabled", (account.id,)))

    on_records(data, work, institution)
    click.echo(f"{name} is refused from the next request on.")


@command.command("list")
@institution_option
@data_option
def list_(institution: str, data: Path | None) -> None:
    """List an institution's staff.

    Example: ringfence users list --institution rural-bank
    """

    def row(account: Account) -> tuple[object, ...]:
        state = "active" if account.disabled_at is None else f"disabled {shown(account.disabled_at)}"
        return account.id, account.name, ",".join(account.roles), shown(account.created_at), state

    def work(connection: Connection, _vault: Vault, _now: Instant) -> tuple[Account, ...]:
        the_institution(connection, institution)
        return principals_of(connection, institution, service=False)

    print_table(("ID", "NAME", "ROLES", "MADE", "STATE"), [row(account) for account in on_records(data, work, institution)])
