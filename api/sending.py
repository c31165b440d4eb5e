"""Sends one-time codes: a port, and the adapter that ships, which writes them to a file for whoever carries them on."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import orjson

from graph.errors import RingfenceError

FILE: Final = "outgoing-codes.jsonl"
"""In the data folder, for its owner alone: one message a line. A gateway reads and truncates it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A code on its way to somebody."""

    institution: str
    contact: str
    """Phone number (E.164) or e-mail address."""
    code: str

    @property
    def masked(self) -> str:
        """The contact as its ticket says it."""
        return f"{self.contact[:3]}…{self.contact[-2:]}"


class NotSent(RingfenceError):
    """The message could not be handed over: nothing was sent."""


class Sender(Protocol):
    """Hands messages to whoever delivers them."""

    async def send(self, message: Message) -> None:
        """Return when the message was handed over. Raises `NotSent`."""

    async def forget(self, institution: str, masked: Collection[str]) -> None:
        """Remove what is kept here of messages to these contacts. Raises `OSError`."""


class FileSender:
    """Appends messages to a file. It is no gateway: an operator's script or a test reads them from there."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    async def send(self, message: Message) -> None:
        """Append the message. Raises `NotSent`."""
        line = orjson.dumps({"institution": message.institution, "contact": message.contact, "code": message.code}) + b"\n"
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            raise NotSent("The code could not be handed over: send again.") from error

    async def forget(self, institution: str, masked: Collection[str]) -> None:
        """Write the file again without their messages. Raises `OSError`."""
        await asyncio.to_thread(self._keep, lambda message: message.institution != institution or message.masked not in masked)

    def _append(self, line: bytes) -> None:
        with self._locked() as opened:
            os.lseek(opened, 0, os.SEEK_END)
            os.write(opened, line)

    def _keep(self, wanted: Callable[[Message], bool]) -> None:
        """Keep the messages that are wanted, in place, so that a reader has no other file before it."""
        if not self._path.exists():
            return
        with self._locked() as opened:
            lines = os.pread(opened, os.fstat(opened).st_size, 0).splitlines(keepends=True)
            left = [line for line in lines if wanted(Message(**orjson.loads(line)))]
            if len(left) < len(lines):
                os.pwrite(opened, b"".join(left), 0)
                os.ftruncate(opened, sum(map(len, left)))
                os.fsync(opened)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, made when it is not there, while no other process of ours writes to it."""
        opened = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield opened
        finally:
            os.close(opened)
