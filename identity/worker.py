"""The pool of processes that look at images: `async with ReadingPool() as pool: await pool.read_document(image)`.

Processes are spawned when the first image comes, have bounded memory, processor time and a low priority, and are replaced when they end.
What waits is bounded in number and bytes: more raises `Busy`. An image that cannot be used raises `WrongImage` with a sentence for its
sender. Without the packages of the extra `identity` every call raises `NotInstalled`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import signal
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from os import pathsep
from types import TracebackType
from typing import Final, Self, TypeVar

from identity.faces.matching import DIMENSIONS
from identity.faces.searching import Templates
from identity.frames import PREFIX, BrokenFrame, Header, document_from, face_from, header_length, liveness_from, packed, parsed_header
from identity.model import DocumentReading, FaceCandidate, FaceReading, LivenessReading
from identity.reading.decoding import IMAGE_BYTES, WrongImage, image_form
from identity.workplace import OPENER, READER, SEARCHER

T = TypeVar("T")

__all__ = [
    "Busy",
    "KeptImage",
    "NotInstalled",
    "PoolLimits",
    "ReadDocument",
    "ReadFace",
    "ReadingPool",
    "WrongImage",
    "missing_packages",
]

PACKAGES: Final = (
    "PIL",
    "pi_heif",
    "numpy",
    "cv2",
    "onnxruntime",
    "rapidocr",
    "dlib",
    "face_recognition",
    "face_recognition_models",
    "faiss",
)
DOCUMENT_SIDE: Final = 2000
"""Longest side of a kept document in pixels: an ID card's small print is then some 25 pixels high."""
FACE_SIDE: Final = 1280
FRAME_SIDE: Final = 640
PREMISES_SIDE: Final = 1600
MOST_FRAMES: Final = 12
CHANGES_AT_ONCE: Final = 1_000


class Busy(Exception):
    """As much waits as may wait: nothing was done, send the image again in a moment."""


class NotInstalled(Exception):
    """The packages that look at images are not installed; the message names the extra to install."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The bounds of a pool; each is for one server process."""

    readers: int = 1
    """Processes that hold models. On two cores one is enough, and leaves the other to decisions."""
    waiting: int = 256
    """Images that may wait or be worked on."""
    waiting_bytes: int = 256 * 1024 * 1024
    """Their bytes together."""
    open_seconds: float = 1.5
    """Processor time to open one image, then the process is ended."""
    open_memory: int = 512 * 1024 * 1024
    """Address space in bytes of the process that opens images."""
    read_seconds: float = 20.0
    """Processor time to read one image or sequence."""
    read_memory: int = 1024 * 1024 * 1024
    """Bytes that a reader with all its models may hold."""
    search_memory: int = 1024 * 1024 * 1024
    """Bytes that the process with the templates may hold: some two million faces."""
    patience: float = 120.0
    """Wall seconds after which a process that does not answer is replaced, however little it was let run."""
    niceness: int = 15


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document's image as it is kept (JPEG, pixels), the fields read from it, and the face on it."""

    kept_jpeg: bytes
    width: int
    height: int
    reading: DocumentReading
    face: FaceReading


@dataclass(frozen=True, slots=True)
class ReadFace:
    """A live photograph as it is kept (JPEG, pixels) and the faces on it."""

    kept_jpeg: bytes
    width: int
    height: int
    face: FaceReading


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image as it is kept (JPEG, pixels); nothing is read from it."""

    kept_jpeg: bytes
    width: int
    height: int


def missing_packages() -> tuple[str, ...]:
    """Which packages of the extra `identity` cannot be found; none of them is imported for the answer."""
    return tuple(name for name in PACKAGES if importlib.util.find_spec(name) is None)


class _Ended(Exception):
    """The process ended before it answered; `by` is the signal, 0 when it left by itself."""

    def __init__(self, by: int) -> None:
        self.by = by
        super().__init__(by)


class _Seat:
    """One process of a role: started when first asked, replaced when it ends or does not answer. One question at a time."""

    def __init__(self, role: str, memory: int, limits: PoolLimits) -> None:
        self._role = role
        self._memory = memory
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process that sits here, None before the first image."""
        return None if self._process is None else self._process.pid

    async def start(self) -> asyncio.subprocess.Process:
        """Spawn the process, with none of the app's environment, files or keys."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-s", "-c", "from identity.workplace import main; main()",
            self._role, str(self._memory), str(self._limits.niceness),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": pathsep.join(path for path in sys.path if path), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
                 "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
            limit=1024 * 1024, start_new_session=True,
        )  # fmt: skip
        return self._process

    async def stop(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # asyncio leaves the pipes of a killed process open

    async def ask(self, header: Header, blobs: Sequence[bytes]) -> tuple[Header, list[bytes]]:
        """The answer to one question. Raises `_Ended` when the process ended over it, `TimeoutError` when it did not answer in time."""
        process = self._process
        if process is None or process.returncode is not None:
            await self.stop()
            process = await self.start()
        try:
            async with asyncio.timeout(self._limits.patience):
                return await _exchange(process, packed(header, blobs))
        except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError, BrokenFrame) as error:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await process.wait()
            ended = _Ended(-(process.returncode or 0))
            await self.stop()
            # The next image finds a process that is already starting.
            await self.start()
            raise ended from error
        except BaseException:
            # An answer that nobody waits for any more would be taken for the next one's.
            await self.stop()
            raise


async def _exchange(process: asyncio.subprocess.Process, frame: bytes) -> tuple[Header, list[bytes]]:
    """Write one frame and read the one that answers it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(frame)
    await process.stdin.drain()
    prefix = await process.stdout.readexactly(PREFIX.size)
    header, lengths = parsed_header(await process.stdout.readexactly(header_length(prefix)))
    return header, [await process.stdout.readexactly(length) for length in lengths]


class ReadingPool:
    """Processes that open and read images for one event loop; `packages_missing` says what is not installed, for the app's start."""

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self._limits = limits or PoolLimits()
        self.packages_missing = missing_packages()
        self._openers: asyncio.Queue[_Seat] = asyncio.Queue()
        self._readers: asyncio.Queue[_Seat] = asyncio.Queue()
        self._searchers: asyncio.Queue[_Seat] = asyncio.Queue()
        self._seats = [
            _Seat(OPENER, self._limits.open_memory, self._limits),
            _Seat(SEARCHER, self._limits.search_memory, self._limits),
            *(_Seat(READER, self._limits.read_memory, self._limits) for _ in range(self._limits.readers)),
        ]
        self._openers.put_nowait(self._seats[0])
        self._searchers.put_nowait(self._seats[1])
        for seat in self._seats[2:]:
            self._readers.put_nowait(seat)
        self._jobs = 0
        self._bytes = 0
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """End the processes; nothing may be asked afterwards."""
        self._closed = True
        await asyncio.gather(*(seat.stop() for seat in self._seats))

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        return tuple(seat.pid for seat in self._seats if seat.pid is not None)

    async def read_document(self, image: bytes) -> ReadDocument:
        """The fields and the face on the image of one side of a document. Raises `WrongImage`, `Busy`, `NotInstalled`."""
        with self._admitted([image]):
            opened, (jpeg,) = await self._open(image, DOCUMENT_SIDE)
            read = await self._read({"job": "document"}, [jpeg])
            return ReadDocument(
                jpeg, opened["width"], opened["height"], _taken(document_from, read.get("reading")), _taken(face_from, read.get("face"))
            )

    async def read_face(self, image: bytes) -> ReadFace:
        """The faces on a live photograph. Raises `WrongImage`, `Busy`, `NotInstalled`."""
        with self._admitted([image]):
            opened, (jpeg,) = await self._open(image, FACE_SIDE)
            read = await self._read({"job": "face"}, [jpeg])
            return ReadFace(jpeg, opened["width"], opened["height"], _taken(face_from, read.get("face")))

    async def read_liveness(
        self, images: Sequence[bytes], actions: Sequence[str], live_template: Sequence[float] | None = None
    ) -> LivenessReading:
        """What 3 to 12 frames, in the order taken, show of the challenge's actions (LOOK_AHEAD, BLINK, TURN_LEFT, TURN_RIGHT), and whether
        all show one face, that of `live_template` where it is given. Raises `WrongImage`, `Busy`, `NotInstalled`."""
        if not 3 <= len(images) <= MOST_FRAMES:
            raise WrongImage(f"A liveness challenge is answered with 3 to {MOST_FRAMES} frames, and {len(images)} were sent.")
        with self._admitted(images):
            frames = [(await self._open(image, FRAME_SIDE))[1][0] for image in images]
            template = None if live_template is None else [float(value) for value in live_template]
            read = await self._read({"job": "liveness", "actions": list(actions), "template": template}, frames)
            return _taken(liveness_from, read.get("liveness"))

    async def face_candidates(
        self, institution: str, template: Sequence[float], kept: Templates, *, rate: float, leave_out: str | None = None
    ) -> tuple[FaceCandidate, ...]:
        """Subjects of an institution whose face is so near that a stranger would find anybody with at most `rate`, the nearest first.

        What changed in `kept` since the last time is taken over before; a process that was replaced takes over everything. Raises `Busy`
        and `NotInstalled`, and `WrongImage` when the search cannot be done.
        """
        with self._admitted([]):
            async with _seated(self._searchers) as seat:
                held, _ = await _asked(seat, self._search_job("held", institution), [], "searched")
                while changes := await kept.changes(institution, int(held["seen"]), CHANGES_AT_ONCE):
                    known = [change.template for change in changes if change.template is not None]
                    vectors = b"".join(struct.pack(f"<{DIMENSIONS}f", *numbers) for numbers in known)
                    named = [[change.number, change.subject, change.template is not None] for change in changes]
                    held, _ = await _asked(seat, {**self._search_job("learn", institution), "changes": named}, [vectors], "searched")
                sought = {**self._search_job("seek", institution), "rate": rate, "leave_out": leave_out}
                answer, _ = await _asked(seat, sought, [struct.pack(f"<{DIMENSIONS}f", *template)], "searched")
        return tuple(FaceCandidate(str(subject), float(apart)) for subject, apart in answer["near"])

    def _search_job(self, job: str, institution: str) -> Header:
        return {"job": job, "institution": institution, "seconds": self._limits.read_seconds}

    async def keep_image(self, image: bytes, side: int = PREMISES_SIDE) -> KeptImage:
        """An image made safe to keep: opened, without metadata, at most `side` pixels long. Raises `WrongImage`, `Busy`, `NotInstalled`."""
        with self._admitted([image]):
            opened, (jpeg,) = await self._open(image, side)
            return KeptImage(jpeg, opened["width"], opened["height"])

    @contextlib.contextmanager
    def _admitted(self, images: Sequence[bytes]) -> Iterator[None]:
        """Room for some images while they are looked at."""
        if self.packages_missing:
            raise NotInstalled(
                f"Images cannot be looked at here, because the extra `identity` is not installed "
                f"({', '.join(self.packages_missing)} missing): the operator installs it with `pip install ringfence[identity]`."
            )
        assert not self._closed, "a closed pool is asked nothing"
        for image in images:
            image_form(image)
        size = sum(map(len, images))
        if self._jobs >= self._limits.waiting or self._bytes + size > max(self._limits.waiting_bytes, IMAGE_BYTES):
            raise Busy(f"{self._jobs} images are being looked at, and no more may wait: send this one again in a few seconds.")
        self._jobs += 1
        self._bytes += size
        try:
            yield
        finally:
            self._jobs -= 1
            self._bytes -= size

    async def _open(self, image: bytes, side: int) -> tuple[Header, list[bytes]]:
        """The image made safe by the opener."""
        async with _seated(self._openers) as seat:
            header, blobs = await _asked(seat, {"job": "open", "side": side, "seconds": self._limits.open_seconds}, [image], "opened")
        if len(blobs) != 1 or not isinstance(header.get("width"), int) or not isinstance(header.get("height"), int):
            raise WrongImage("The image could not be opened: take the photograph again.")
        return header, blobs

    async def _read(self, header: Header, blobs: Sequence[bytes]) -> Header:
        """What a reader says of opened images."""
        async with _seated(self._readers) as seat:
            answer, _ = await _asked(seat, {**header, "seconds": self._limits.read_seconds}, blobs, "read")
        return answer


@contextlib.asynccontextmanager
async def _seated(free: asyncio.Queue[_Seat]) -> AsyncIterator[_Seat]:
    """A free seat, first come, first served."""
    seat = await free.get()
    try:
        yield seat
    finally:
        free.put_nowait(seat)


async def _asked(seat: _Seat, header: Header, blobs: Sequence[bytes], done: str) -> tuple[Header, list[bytes]]:
    """A seat's answer, with what went wrong said for the sender of the image."""
    try:
        try:
            answer, made = await seat.ask(header, blobs)
        except _Ended as ended:
            if ended.by == signal.SIGPROF:
                raise
            # Something else may have ended the process: the image is given one more chance before it is blamed.
            answer, made = await seat.ask(header, blobs)
    except _Ended as ended:
        if ended.by == signal.SIGPROF:
            raise WrongImage(
                f"The image could not be {done} within {header['seconds']:g} seconds: send a smaller or plainer one."
            ) from ended
        raise WrongImage(f"The image could not be {done}: take the photograph again, as JPEG.") from ended
    except TimeoutError as error:
        raise Busy("The image was not reached in time because too much else is being done: send it again in a minute.") from error
    if "wrong" in answer:
        raise WrongImage(str(answer["wrong"])[:300])
    if "failed" in answer:
        raise WrongImage(f"The image could not be {done}: take the photograph again, sharp and evenly lit.")
    return answer, made


def _taken(make: Callable[[Header], T], plain: Header | None) -> T:
    """What a worker's plain answer stands for; an answer of another form is no answer."""
    try:
        return make(plain or {})
    except BrokenFrame as error:
        raise WrongImage("The image could not be read: take the photograph again.") from error
