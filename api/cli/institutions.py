"""`ringfence institutions`: make, suspend and list the tenants of a deployment."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Connection

from api import audit
from api.auth.institutions import Tenant, all_institutions, create_institution, suspend_institution
from api.cli.demonstration.ground import MARKER
from api.cli.options import BY_COMMAND, data_option, on_records, print_table, settings_for, shown
from graph.model import Instant, Institution
from identity.vault import Vault


@click.group("institutions")
def command() -> None:
    """Make, suspend and list institutions: the lenders that share this deployment and never see each other.

    Example: ringfence institutions create rural-bank --name "Rural Bank" --currency CNY --time-zone Asia/Shanghai
    """


@command.command("create")
@click.argument("id")
@click.option("--name", required=True, help="Name for display.")
@click.option("--currency", default="CNY", show_default=True, help="ISO 4217 code of all its money; it cannot be changed.")
@click.option("--time-zone", default="Asia/Shanghai", show_default=True, help="IANA name of its days.")
@click.option("--sandbox", is_flag=True, help="Its facts are made up.")
@data_option
def create(id: str, name: str, currency: str, time_zone: str, data: Path | None, *, sandbox: bool) -> None:
    """Make an institution.

    Example: ringfence institutions create rural-bank --name "Rural Bank"
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        create_institution(connection, Institution(id, currency, time_zone), name, now, sandbox=sandbox)
        audit.append(connection, vault.audit_key, audit.Event(id, now, BY_COMMAND, "institution created", (id,)))

    on_records(data, work, id)
    (settings_for(data).data / MARKER).unlink(missing_ok=True)  # no demonstration empties a folder that somebody uses
    click.echo(f"Made the institution {id}. Next: ringfence keys create --institution {id} --name loan-workflow --role SERVICE")


@command.command("suspend")
@click.argument("id")
@click.option("--resume", is_flag=True, help="Let a suspended institution back.")
@data_option
def suspend(id: str, data: Path | None, *, resume: bool) -> None:
    """Refuse an institution's keys, passwords and sessions from now on; nothing of it is removed.

    Example: ringfence institutions suspend rural-bank
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        suspend_institution(connection, id, None if resume else now)
        action = "institution resumed" if resume else "institution suspended"
        audit.append(connection, vault.audit_key, audit.Event(id, now, BY_COMMAND, action, (id,)))

    on_records(data, work, id)
    click.echo(f"The institution {id} {'is back' if resume else 'is suspended'} from the next request on.")


@command.command("list")
@data_option
def list_(data: Path | None) -> None:
    """List all institutions.

    Example: ringfence institutions list
    """

    def row(tenant: Tenant) -> tuple[object, ...]:
        one = tenant.institution
        state = "active" if tenant.suspended_at is None else f"suspended {shown(tenant.suspended_at)}"
        return one.id, tenant.name, one.currency, one.time_zone, "sandbox" if tenant.sandbox else "", shown(tenant.created_at), state

    tenants = on_records(data, lambda connection, vault, now: all_institutions(connection))
    print_table(("ID", "NAME", "CURRENCY", "TIME ZONE", "KIND", "MADE", "STATE"), [row(tenant) for tenant in tenants])
