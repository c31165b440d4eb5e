"""The server process of the demonstration, the same as `ringfence serve` starts."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess

import click
import httpx

from api.cli.options import Failure, explain
from api.cli.serve import listen, serve
from api.settings import Settings

START_SECONDS = 60.0
"""Longest that the server may take to be ready."""

STOP_SECONDS = 15.0
"""Longest that it may take to finish what is in flight."""


class Server:
    """A server in a process of its own; ready when made. Raises `Failure` when it does not get ready."""

    def __init__(self, settings: Settings) -> None:
        """Start it, and wait until it answers."""
        self.url = f"http://{settings.host}:{settings.port}"
        self._process: BaseProcess = multiprocessing.get_context("spawn").Process(target=run, args=(settings,), name="ringfence-server")
        self._process.start()
        try:
            self._await_ready()
        except BaseException:
            self.stop()
            raise

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self._process.is_alive():
                raise Failure("The server could not start: see the line above.")
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz", timeout=2.0).status_code == httpx.codes.OK:
                    return
            time.sleep(0.1)
        raise Failure(f"The server was not ready after {START_SECONDS:.0f} s: the machine is very busy; run this again.")

    def wait(self) -> None:
        """Wait until it ends by itself, or is interrupted with us."""
        try:
            self._process.join()
        except KeyboardInterrupt:
            # A terminal interrupts the whole group and the server finishes already; whoever else ends us means us alone.
            self.stop()
            raise

    def stop(self) -> None:
        """End it: requests in flight are finished; after `STOP_SECONDS` it is killed."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def run(settings: Settings) -> None:
    """What the process does: serve; a failure is one sentence. It ends when the demonstration does, however that ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        listener = listen(settings)
        serve(settings, listener, announced=False)
    except KeyboardInterrupt:
        pass
    except Exception as error:  # the process's last line of defence, like the command line's
        sentence, code = explain(error)
        click.echo(sentence, err=True)
        sys.exit(code)


def _end_with_parent() -> None:
    """Wait for the demonstration to end, and then stop as if told to: a killed one must not leave its port taken."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
