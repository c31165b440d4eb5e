"""`ringfence query`: send a GraphQL document to a running server and print its answer."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import click
import httpx
import orjson

from api.cli.options import Failure, address_of, data_option, settings_for

ERRORS = 1
"""Exit code of an answer that holds errors, or a problem in place of a result."""


@click.command("query")
@click.argument("document")
@click.option("--variables", metavar="JSON", help="The variables, as JSON; `@FILE` reads them from a file.")
@click.option("--operation", metavar="NAME", help="Which operation of the document.")
@click.option("--key", envvar="RINGFENCE_KEY", metavar="KEY", help="API key; also from the variable RINGFENCE_KEY.")
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with the API key.")
@click.option("--url", metavar="URL", help="Address of the server.  [default: RINGFENCE_PUBLIC_URL, or http://127.0.0.1:8310]")
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=30.0, show_default=True, help="Seconds to wait.")
@data_option
def command(
    document: str,
    variables: str | None,
    operation: str | None,
    key: str | None,
    key_file: Path | None,
    url: str | None,
    timeout: float,
    data: Path | None,
) -> None:
    """Send a GraphQL document to a server, print the answer.

    DOCUMENT is its text, `@FILE`, or `-` for standard input; the answer is JSON. The exit code is 0 for an answer without errors, 1 for
    one with them, 2 when the command is called wrongly.

    Example: ringfence query '{ me { name roles } }' --key rf_...
    """
    if key_file is not None:
        key = key_file.read_text(encoding="utf-8").strip()
    if not key:
        raise click.UsageError("Give a key of `ringfence keys create` with --key or --key-file.")
    if not (key.isascii() and key.isprintable()) or math.isnan(timeout):
        raise click.UsageError("A key is what `ringfence keys create` printed, and --timeout a number of seconds: correct them.")
    settings = settings_for(data)
    address = url or address_of(settings)
    body: dict[str, Any] = {"query": _text(document)}
    if variables is not None:
        body["variables"] = _variables(_text(variables))
    if operation is not None:
        body["operationName"] = operation
    answer = _send(f"{address.rstrip('/')}/graphql", body, key, timeout)
    click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    if not isinstance(answer, dict) or answer.get("errors") or _has_problem(answer.get("data")):
        raise click.exceptions.Exit(ERRORS)


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    if given.startswith("@"):
        return Path(given[1:]).read_text(encoding="utf-8")
    return given


def _variables(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise click.UsageError(f"The variables are no JSON: {error}.") from None
    if not isinstance(values, dict):
        raise click.UsageError('The variables are to be a JSON object: {"id": "dec_..."}.')
    return values


def _send(url: str, body: dict[str, Any], key: str, timeout: float) -> Any:  # noqa: ANN401 - whatever the server answers
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    try:
        response = httpx.post(url, json=body, headers=headers, timeout=timeout)
    except httpx.InvalidURL:
        raise click.UsageError(f"{url} is no address: give one such as http://127.0.0.1:8310.") from None
    except httpx.TimeoutException:
        raise Failure(f"The server at {url} did not answer within {timeout:g} s: try again, or give --timeout.") from None
    except httpx.TransportError as error:
        raise Failure(f"No server answers at {url} ({error}): start one with `ringfence serve`, or give --url.") from None
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        raise Failure(f"{url} answered {response.status_code} and no JSON: is it a Ringfence server?") from None


def _has_problem(data: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether a root field of the answer is a problem: those that select it have a `code`."""
    fields = data.values() if isinstance(data, dict) else ()
    return any(isinstance(field, dict) and isinstance(field.get("code"), str) and "message" in field for field in fields)
