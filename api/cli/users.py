"""`ringfence users`: make, disable and list an institution's staff, and set their passwords."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click
from sqlalchemy import Connection

from api import audit
from api.auth.institutions import the_institution
from api.auth.passwords import hash_password
from api.auth.principals import Account, create_principal, disable_principal, find_principal, principals_of, set_password
from api.auth.sessions import create_link
from api.cli.options import BY_COMMAND, address_of, data_option, institution_option, on_records, print_table, settings_for, shown
from api.context import Role
from graph.errors import Unknown
from graph.model import Instant
from identity.vault import Vault

LONGEST_LINK = 7 * 24 * 60
"""Minutes that a link may live: whoever has it is let in."""

STAFF = [role for role in Role if role is not Role.SERVICE]

password_option = click.option(
    "--password-file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="File with the password in its first line, `-` for standard input; without it you are asked.",
)


@click.group("users")
def command() -> None:
    """Make, disable and list staff; links that sign them in.

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
    click.echo(f"Made {name}, who signs in at /sign-in with the institution {institution}.")


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


@command.command("link")
@institution_option
@click.argument("name")
@click.option("--page", "path", default="/", show_default=True, metavar="PATH", help="What it opens: /decisions/dec_..., or / for all.")
@click.option("--minutes", type=click.FloatRange(0, LONGEST_LINK, min_open=True), help="Life of the link.  [default: 30]")
@click.option("--url", metavar="URL", help="Address of the server.  [default: RINGFENCE_PUBLIC_URL, or http://127.0.0.1:8310]")
@data_option
def link(institution: str, name: str, path: str, minutes: float | None, url: str | None, data: Path | None) -> None:
    """Print a link that opens a page once, signed in as NAME.

    Whoever opens it is signed in as that person for an hour: send it to nobody else. It is noted in the audit chain.

    Example: ringfence users link --institution rural-bank li.na --page /decisions/dec_abc
    """
    settings = settings_for(data)
    life = settings.link_minutes if minutes is None else minutes

    def work(connection: Connection, vault: Vault, now: Instant) -> str:
        the_institution(connection, institution)
        account = find_principal(connection, institution, name)
        if account is None or account.service or account.disabled_at is not None:
            raise Unknown(f"{institution} has no member of staff {name} who may sign in: see `ringfence users list`.", ("name",))
        token = create_link(connection, account.id, path, now, life)
        audit.append(connection, vault.audit_key, audit.Event(institution, now, BY_COMMAND, "link made", (account.id,)))
        return token

    token = on_records(data, work, institution)
    click.echo(f"{(url or address_of(settings)).rstrip('/')}/enter?token={token}")
    click.echo(f"It opens once, within {life:g} minutes, and signs in as {name}.", err=True)


@command.command("disable")
@institution_option
@click.argument("name")
@data_option
def disable(institution: str, name: str, data: Path | None) -> None:
    """Refuse a person, or a service with all its keys.

    From the next request on; sessions end.

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
