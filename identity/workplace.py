"""The inside of a worker process: how it is confined, and what it does with each frame that comes in.

There are three kinds. The *opener* decodes what strangers sent, and nothing else: its address space is limited, and it answers with a fresh
JPEG. The *reader* holds the models and only sees images that an opener made. The *searcher* holds the templates of faces by institution.
Each job may use so much processor time, then the kernel ends the process; a process whose app has gone reads the end of its input and
leaves. dlib's detector corrupts its results silently when threads share it, so a process does one thing at a time.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import sys
from functools import cache
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from identity.faces.matching import DIMENSIONS
from identity.frames import PREFIX, BrokenFrame, Header, header_length, packed, parsed_header, plain_document, plain_face, plain_liveness
from identity.model import FaceReading
from identity.reading.decoding import WrongImage, kept_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from identity.faces.searching import FaceIndex

OPENER: Final = "opener"
READER: Final = "reader"
SEARCHER: Final = "searcher"

FORBIDDEN: Final = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "urllib.")
"""Audited events that no worker has a reason for: nothing is downloaded at run time, and nothing is started."""


class Confined(RuntimeError):
    """A worker tried to reach a network or to start a program."""


def _refuse(event: str, _: object) -> None:
    if event.startswith(FORBIDDEN) and event not in {"socket.gethostname"}:
        raise Confined(f"a worker does not do this: {event}")


def confine(role: str, memory: int, niceness: int) -> None:
    """Give this process its bounds: memory in bytes, a low priority, no core files, no network, no programs."""
    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The opener is light, so its whole address space is bounded. A reader maps models and libraries that it never touches: what
    # it may write to is bounded instead.
    resource.setrlimit(resource.RLIMIT_AS if role == OPENER else resource.RLIMIT_DATA, (memory, memory))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.addaudithook(_refuse)


def serve(role: str, memory: int, niceness: int) -> None:
    """Answer frames until the input ends."""
    # Libraries print as they like: what they say to the standard output must not end up between frames.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    confine(role, memory, niceness)
    _prepare(role)
    questions = sys.stdin.buffer
    while True:
        prefix = _exactly(questions, PREFIX.size)
        if prefix is None:
            return
        header, lengths = parsed_header(_exactly(questions, header_length(prefix)) or b"")
        blobs = [_exactly(questions, length) or b"" for length in lengths]
        signal.setitimer(signal.ITIMER_PROF, float(header["seconds"]))
        answer = _answer(header, blobs)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _write(answers, answer)


def _exactly(stream: BinaryIO, count: int) -> bytes | None:
    """That many bytes, None at the end of the input."""
    read = stream.read(count)
    return read if len(read) == count else None


def _write(stream: IO[bytes], frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[stream.write(view) :]


def _prepare(role: str) -> None:
    """Import what the first job will need, so that it does not wait for it."""
    if role == OPENER:
        import pi_heif  # noqa: F401
        from PIL import Image

        Image.preinit()


def _answer(header: Header, blobs: list[bytes]) -> bytes:
    """The frame that answers one job; what is wrong with an image is said in a sentence."""
    try:
        return _done(header, blobs)
    except WrongImage as error:
        return packed({"wrong": str(error)})
    except MemoryError:
        return packed({"wrong": "The image needs more memory than one image may take: send a smaller one."})
    except (BrokenFrame, Confined):
        raise
    except Exception as error:  # the libraries raise whatever they like over a strange picture; the process lives on
        return packed({"failed": type(error).__name__})


def _done(header: Header, blobs: list[bytes]) -> bytes:
    """One job's result."""
    job = header["job"]
    if job == "open":
        kept = kept_image(blobs[0], int(header["side"]))
        return packed({"width": kept.width, "height": kept.height}, [kept.jpeg])
    if job == "document":
        return _document(blobs[0])
    if job == "face":
        return packed({"face": plain_face(_faces(_pixels(blobs[0])))})
    if job == "liveness":
        return _liveness(header, blobs)
    if job in {"held", "learn", "seek"}:
        return _searched(header, blobs)
    raise BrokenFrame(f"no such job: {job}")


@cache
def _index(institution: str) -> FaceIndex:
    """The templates of one institution; empty when the process is new."""
    from identity.faces.searching import FaceIndex

    return FaceIndex()


def _searched(header: Header, blobs: list[bytes]) -> bytes:
    """How far an index has come, what it learns, or who is near."""
    import numpy as np

    from identity.faces.searching import FaceChange

    index = _index(header["institution"])
    vectors = [tuple(row) for row in np.frombuffer(b"".join(blobs), dtype="<f4").reshape(-1, DIMENSIONS).tolist()]
    if header["job"] == "seek":
        return packed({"near": index.search(vectors[0], rate=header["rate"], leave_out=header["leave_out"])})
    if header["job"] == "learn":
        rows = iter(vectors)
        index.learn([FaceChange(number, subject, next(rows) if present else None) for number, subject, present in header["changes"]])
    return packed({"seen": index.seen})


def _pixels(jpeg: bytes) -> NDArray[np.uint8]:
    """The RGB pixels of an opener's JPEG."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        return np.array(picture.convert("RGB"))


def _faces(image: NDArray[np.uint8], *, patient: bool = True) -> FaceReading:
    from identity.faces.encoding import read_faces

    return read_faces(image, patient=patient)


def _document(jpeg: bytes) -> bytes:
    """Fields and face of one document. The back of a card and a licence have no face, so nobody looks long for one there."""
    from identity.reading.pages import read_page

    image = _pixels(jpeg)
    reading = read_page(image)
    has_portrait = reading.kind == "PASSPORT" or (reading.kind == "RESIDENT_ID" and "issuer" not in reading.fields)
    return packed({"reading": plain_document(reading), "face": plain_face(_faces(image, patient=has_portrait))})


def _liveness(header: Header, blobs: list[bytes]) -> bytes:
    """What a sequence of frames shows of a challenge."""
    from identity.faces.encoding import frame_face
    from identity.faces.liveness import BLINK, read_challenge

    actions = [str(action) for action in header["actions"]]
    frames = [frame_face(_pixels(blob), lids=BLINK in actions) for blob in blobs]
    return packed({"liveness": plain_liveness(read_challenge(frames, actions, header["template"]))})


def main() -> None:
    """`serve` with the arguments of the command line: role, bytes of memory, niceness."""
    role, memory, niceness = sys.argv[1:4]
    serve(role, int(memory), int(niceness))
