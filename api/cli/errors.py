"""`ringfence errors`: what every error code means and what to do about it."""

from __future__ import annotations

import click

from api.cli.options import Failure


@click.command("errors")
@click.argument("code", required=False)
@click.option("--markdown", is_flag=True, help="All of them as a page of Markdown.")
def command(code: str | None, *, markdown: bool) -> None:
    """Say what the API's error codes mean.

    With CODE, of that one alone. The same is kept in api/errors.md.

    Example: ringfence errors UNAVAILABLE
    """
    from api.catalogue import catalogue, written  # late: the schema takes a moment to put together

    if markdown:
        click.echo(written(), nl=False)
        return
    entries = catalogue()
    wanted = [one for one in entries if code is None or one.code == code.upper()]
    if not wanted:
        raise Failure(f"{code} is no error code: give one of {', '.join(one.code for one in entries)}.")
    for one in wanted:
        click.echo(f"{one.code}: {one.means}\n  Send again: {one.again}.\n  Status: {one.status}.")
        if one.problem:
            click.echo(f"  In payloads: {one.problem} of {', '.join(one.mutations)}.")
        for name, says in one.behind:
            click.echo(f"  Behind it: {name}: {says}")
