"""`ringfence institutions`: make, suspend and list the tenants of a deployment."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Connection

from api import audit
from api.auth.institutions import Tenant, all_institutions, create_institution, suspend_institution, the_institution
from api.cli.demonstration.ground import MARKER
from api.cli.exporting.facts import export_facts, read_back, written
from api.cli.exporting.folder import ExportFolder
from api.cli.exporting.records import AUDIT, DECISIONS, export_records, waiting
from api.cli.options import (
    BY_COMMAND,
    Failure,
    data_option,
    interruptible,
    on_records,
    open_graph_of,
    open_records_of,
    print_table,
    settings_for,
    shown,
    typed,
)
from api.cli.progress import progress
from graph.clock import now
from graph.model import Instant, Institution
from identity.vault import Vault


@click.group("institutions")
def command() -> None:
    """Make, suspend, export and list lenders, the tenants.

    Institutions share this deployment and never see each other.

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
    click.echo(f"Made the institution {id}. Next: {typed()} keys create --institution {id} --name loan-workflow --role SERVICE")


@command.command("suspend")
@click.argument("id")
@click.option("--resume", is_flag=True, help="Let a suspended institution back.")
@data_option
def suspend(id: str, data: Path | None, *, resume: bool) -> None:
    """Refuse an institution's keys, passwords and sessions.

    From now on; nothing of it is removed.

    Example: ringfence institutions suspend rural-bank
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        suspend_institution(connection, id, None if resume else now)
        action = "institution resumed" if resume else "institution suspended"
        audit.append(connection, vault.audit_key, audit.Event(id, now, BY_COMMAND, action, (id,)))

    on_records(data, work, id)
    click.echo(f"The institution {id} {'is back' if resume else 'is suspended'} from the next request on.")


@command.command("export")
@click.argument("id")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A folder that is not there yet; nothing is overwritten."
)
@click.option("--personal", is_flag=True, help="Personal values in clear; it is noted in the audit chain.")
@data_option
def export(id: str, out: Path, data: Path | None, *, personal: bool) -> None:
    """Write everything of one institution as files.

    Facts as JSON Lines that `ringfence import` reads back, with their mappings; decisions with what was judged; the audit chain;
    strategies; staff and services without secrets. Without --personal each identifier is a stand-in that tells nothing and is the same
    wherever it is named, and names and free texts are left out. Numbers of documents were never kept. Files are for you alone (mode 0600).

    Example: ringfence institutions export rural-bank --out rural-bank-2026-11
    """
    # Late: a command's help must not wait for what only its work needs.
    from api.app import have_records

    settings = settings_for(data)
    if not have_records(settings):
        raise Failure(f"There is no institution in {settings.data}: give the folder of a deployment with --data DIR.")
    moment, action = now(), "institution exported, personal values in clear" if personal else "institution exported"
    left = "Interrupted; nothing is left of what was written."
    with interruptible(left), ExportFolder(out) as folder, open_records_of(data, id) as opened:
        event = audit.Event(id, moment, BY_COMMAND, action, (id,))
        tenant = opened.write(lambda connection: _noted(connection, opened.vault, id, event))
        with open_graph_of(data, opened.vault) as graph, progress("writing facts", 1.0) as tell:
            names = export_facts(graph, tenant.institution, folder, lambda done, last: tell(done / max(1, last)), personal=personal)
        with progress("writing records", 1.0) as tell:
            export_records(opened, id, folder, moment, lambda words: tell(0.0, words))
        waits = opened.read(lambda connection: waiting(connection, id))
        folder.finish(_manifest(tenant, moment, names, waits, personal=personal))
    facts = sum(folder.count(name) for name in names.values())
    click.echo(f"Wrote {facts:,} facts, {folder.count(DECISIONS):,} decisions and {folder.count(AUDIT):,} audit entries of {id} to {out}.")
    if waits:
        click.echo(f"{waits:,} applications wait for the graph and are not among the facts: export again when they are in.", err=True)
    if names:
        click.echo(f"A source's facts are read back into an institution by: {read_back(names, str(out), typed())}")


def _noted(connection: Connection, vault: Vault, id: str, event: audit.Event) -> Tenant:
    """The institution, once the audit chain says that it is exported."""
    tenant = the_institution(connection, id)
    audit.append(connection, vault.audit_key, event)
    return tenant


def _manifest(tenant: Tenant, moment: Instant, names: dict[str, str], waits: int, *, personal: bool) -> dict[str, object]:
    """What the export is of, and how it is read."""
    one = tenant.institution
    return {
        "format": 1,
        "institution": {
            "id": one.id,
            "name": tenant.name,
            "currency": one.currency,
            "timeZone": one.time_zone,
            "sandbox": tenant.sandbox,
            "createdAt": written(tenant.created_at),
        },
        "exportedAt": written(moment),
        "personalValues": "in clear" if personal else "stand-ins, the same wherever the same is named",
        "numbersOfDocuments": "stand-ins: they were never kept",
        "applicationsWaiting": waits,
        "sources": names,
        "readBackBy": read_back(names),
    }


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
