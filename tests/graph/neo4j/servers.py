"""Servers that fail in the ways that networks do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def refusing() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"bolt://127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            try:
                while True:
                    held.append(listening.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"bolt://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in held:
                connection.close()


@contextmanager
def falling_silent(address: str) -> Iterator[tuple[str, threading.Event]]:
    """A way to a server that passes everything on until the event is set, and nothing from then on."""
    host, port = address.rsplit("/", 1)[1].split(":")
    quiet = threading.Event()
    held: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def pass_on(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65_536):
                if not quiet.is_set():
                    other.sendall(data)
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            try:
                while True:
                    near = listening.accept()[0]
                    far = socket.create_connection((host, int(port)))
                    held.extend((near, far))
                    for ends in ((near, far), (far, near)):
                        threads.append(threading.Thread(target=pass_on, args=ends))
                        threads[-1].start()
            except OSError:
                return

        threads.append(threading.Thread(target=take))
        threads[0].start()
        try:
            yield f"bolt://127.0.0.1:{listening.getsockname()[1]}", quiet
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for connection in held:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            for thread in threads:
                thread.join()
