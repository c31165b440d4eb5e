"""A small TCP proxy before a server, that slows, swallows, cuts or refuses as told: what a network does, without a network."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass(slots=True)
class Proxy:
    """What it does now; every attribute may be changed while it runs, from any thread."""

    target: int
    port: int = 0
    delay: float = 0.0
    """Seconds that each piece of an answer waits."""
    deaf: bool = False
    """Connections are taken, and nothing is passed on in either direction: a silent server."""
    cut_answers: int = 0
    """So many next answers are cut off after their first bytes, and the connection reset."""
    passed: int = 0
    """Pieces of answers that were passed on."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(there_writer)
        ways = [self._pass(reader, there_writer, answers=False), self._pass(there_reader, writer, answers=True)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for one in (writer, there_writer):
                self._writers.discard(one)
                one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        with suppress(OSError):
            while piece := await reader.read(CHUNK):
                while self.deaf:
                    await asyncio.sleep(0.01)
                if answers:
                    await asyncio.sleep(self.delay)
                    self.passed += 1
                    if self.cut_answers > 0:
                        self.cut_answers -= 1
                        writer.write(piece[: max(len(piece) // 2, 1)])
                        await writer.drain()
                        return
                writer.write(piece)
                await writer.drain()

    def refuse(self) -> None:
        """Close the door and every connection: a server that is gone."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)

    def listen(self) -> None:
        """Open the door, where it was before."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))  # what was aborted is closed in the next round
        self._loop.close()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy before a port of the loopback.

    Neo4j's driver leaves the socket of a connection that is cancelled while it is being made to the garbage collector, which warns of it
    (`AsyncBoltSocketBase._connect_secure`, 6.x): it does so in here, and the warning is no failure.
    """
    made = Proxy(target)
    thread = threading.Thread(target=made._run, name="proxy", daemon=True)
    thread.start()
    made.listen()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="unclosed <socket", category=ResourceWarning)
        try:
            yield made
        finally:
            made.refuse()
            made._loop.call_soon_threadsafe(made._loop.stop)
            thread.join(10)
            gc.collect()
