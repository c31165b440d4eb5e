"""`ringfence webhooks`: where an institution is told of its decisions, and what could not be told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Connection

from api import audit, webhooks
from api.auth.institutions import the_institution
from api.cli.options import BY_COMMAND, data_option, institution_option, on_records, print_table, settings_for, shown
from api.posting import check_url
from graph.model import Instant
from identity.vault import Vault


@click.group("webhooks")
def command() -> None:
    """Tell an institution's own server of decisions.

    Messages are signed as Standard Webhooks have it (webhook-id, webhook-timestamp, webhook-signature), told at least once, tried with
    growing waits, and kept when they are given up.

    Example: ringfence webhooks add --institution rural-bank --url https://lending.bank.example/decisions
    """


@command.command("add")
@institution_option
@click.option("--url", required=True, help="Where to post: https://HOST/PATH, which leads to no private address.")
@click.option("--quiet", is_flag=True, help="Print the signing key alone.")
@data_option
def add(institution: str, url: str, data: Path | None, *, quiet: bool) -> None:
    """Post every decision from now on to a URL.

    Prints the key that messages are signed with, this once.

    Example: ringfence webhooks add --institution rural-bank --url https://lending.bank.example/decisions
    """
    check_url(url, private=settings_for(data).webhook_private)

    def work(connection: Connection, vault: Vault, now: Instant) -> tuple[str, str]:
        the_institution(connection, institution)
        key = webhooks.new_key()
        made = webhooks.add(connection, institution, url, vault.seal_bytes(institution, webhooks.SECRET, key), now)
        _note(connection, vault, institution, now, "webhook added", made.id)
        return made.id, webhooks.shown_key(key)

    id_, key = on_records(data, work, institution)
    click.echo(key if quiet else f"{key}\n\nThis is the signing key of the webhook {id_}. Keep it now: it is not shown again.")


@command.command("list")
@institution_option
@data_option
def list_(institution: str, data: Path | None) -> None:
    """List an institution's webhooks.

    Example: ringfence webhooks list --institution rural-bank
    """

    def work(connection: Connection, _vault: Vault, _now: Instant) -> list[webhooks.Webhook]:
        the_institution(connection, institution)
        return webhooks.webhooks_of(connection, institution)

    rows = [(one.id, one.url, shown(one.created_at)) for one in on_records(data, work, institution)]
    print_table(("ID", "URL", "MADE"), rows)


@command.command("remove")
@institution_option
@click.argument("webhook")
@data_option
def remove(institution: str, webhook: str, data: Path | None) -> None:
    """Tell a webhook (whk_...) nothing any more.

    Example: ringfence webhooks remove --institution rural-bank whk_abc
    """

    def work(connection: Connection, vault: Vault, now: Instant) -> None:
        webhooks.remove(connection, institution, webhook)
        _note(connection, vault, institution, now, "webhook removed", webhook)

    on_records(data, work, institution)
    click.echo(f"The webhook {webhook} is told nothing any more.")


@command.command("dead")
@institution_option
@data_option
def dead(institution: str, data: Path | None) -> None:
    """List the 100 newest messages that were given up.

    Example: ringfence webhooks dead --institution rural-bank
    """

    def work(connection: Connection, _vault: Vault, _now: Instant) -> list[webhooks.Delivery]:
        the_institution(connection, institution)
        return list(webhooks.dead(connection, institution))

    found = on_records(data, work, institution)
    rows = [(one.webhook, one.id, one.subject, one.attempts, shown(one.dead_at), one.problem or "-") for one in found]
    print_table(("WEBHOOK", "MESSAGE", "ABOUT", "TRIES", "GIVEN UP", "WHY"), rows)


@command.command("replay")
@institution_option
@click.argument("webhook")
@click.option("--since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), default=None, help="All since then: 2026-11-23T08:30:00Z.")
@data_option
def replay(institution: str, webhook: str, since: datetime | None, data: Path | None) -> None:
    """Try again what was given up for a webhook.

    With --since it is told every event of the last seven days since that moment again, those that it took included.

    Example: ringfence webhooks replay --institution rural-bank whk_abc
    """
    moment = None if since is None else int(since.timestamp() * 1000)

    def work(connection: Connection, vault: Vault, now: Instant) -> int:
        count = webhooks.replay(connection, institution, webhook, now, moment)
        _note(connection, vault, institution, now, "webhook replayed", webhook)
        return count

    click.echo(f"{on_records(data, work, institution)} messages to {webhook} are due now.")


def _note(connection: Connection, vault: Vault, institution: str, now: Instant, action: str, webhook: str) -> None:
    audit.append(connection, vault.audit_key, audit.Event(institution, now, BY_COMMAND, action, (webhook,)))
