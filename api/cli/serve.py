"""`ringfence serve`: serve the API until SIGTERM or Ctrl-C."""

from __future__ import annotations

import functools
import os
import signal
import socket
from pathlib import Path

import click

from api.cli.options import Failure, data_option, explain_os, settings_for
from api.settings import Settings


@click.command("serve")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Server processes.  [default: 1]")
@click.option("--host", default=None, help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), default=None, help="Port to listen on; 0 finds a free one.  [default: 8310]")
@click.option("--development", is_flag=True, default=None, help="Introspection, suggestions, GET queries and the IDE.")
@data_option
def command(workers: int | None, host: str | None, port: int | None, data: Path | None, *, development: bool | None) -> None:
    """Serve the API and its pages until Ctrl-C or SIGTERM.

    /graphql, /session, the pages / and /decisions/{id}, /healthz, /readyz, /metrics. Every other setting is a variable of the
    environment: RINGFENCE_BODY_BYTES and so on, see api/settings.py. SIGTERM finishes the requests in flight.

    Example: ringfence serve --workers 2 --port 8310
    """
    settings = settings_for(data, workers=workers, host=host, port=port, development=development)
    listener = listen(settings)
    try:
        serve(settings, listener)
    finally:
        listener.close()


def leave(_number: int, _frame: object) -> None:
    """Leave with exit code 0."""
    raise SystemExit(0)


def listen(settings: Settings) -> socket.socket:
    """A socket that listens at the settings' address. Raises `Failure`: a sentence when the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Failure(f"Cannot listen on {settings.host} port {settings.port}. {explain_os(error)}") from None
    except OverflowError:
        listener.close()
        raise Failure(f"{settings.port} is no port: give one from 1 to 65535.") from None
    listener.set_inheritable(True)
    return listener


def serve(settings: Settings, listener: socket.socket, *, announced: bool = True) -> None:
    """Serve until told to stop. The stores are opened once beforehand, so that what is wrong with them is one sentence."""
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from api import logs
    from api.app import check, create_app

    check(settings)
    config = uvicorn.Config(
        functools.partial(create_app, settings, os.getpid() if settings.workers > 1 else None),
        factory=True,
        host=settings.host,
        port=listener.getsockname()[1],
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.body_bytes,
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=settings.trusted_proxies != "",
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=int(settings.shutdown_seconds),
        limit_concurrency=settings.connections,
        backlog=settings.connections,
    )
    logs.configure(settings.log_level)
    address = f"http://{settings.host}:{listener.getsockname()[1]}"
    if announced:
        click.echo(f"Ringfence serves {address}/graphql from {settings.data}; Ctrl-C stops it.", err=True)
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):  # raised again by the server once everything has ended: then it is no failure
        signal.signal(number, leave)
    if settings.workers == 1:
        server.run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()
    if settings.workers == 1 and not server.started:
        raise Failure("The server could not start: see the lines above.")
