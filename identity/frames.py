"""What the app and its workers say to each other over a pipe: a line of lengths, one JSON object, then blobs of bytes.

No pickle: a worker opens files of strangers, and whoever takes it over must find nothing in the app that runs what it sends. Lengths are
bounded before anything is read, and what is not of the expected form raises `BrokenFrame`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

from identity.model import Box, DocumentReading, FaceReading, LivenessReading, ReadField

LONGEST_HEADER: Final = 4 * 1024 * 1024
LONGEST_BLOB: Final = 16 * 1024 * 1024
MOST_BLOBS: Final = 16
PREFIX: Final = struct.Struct(">I")

Header = dict[str, Any]


class BrokenFrame(Exception):
    """What came over the pipe is no frame of ours, or is longer than allowed."""


def packed(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """One frame: the header as JSON with the blobs' lengths in it, then the blobs."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join([PREFIX.pack(len(text)), text, *blobs])


def header_length(prefix: bytes) -> int:
    """Bytes of the header that follows; raises `BrokenFrame` above the bound."""
    (length,) = PREFIX.unpack(prefix)
    if not 2 <= length <= LONGEST_HEADER:
        raise BrokenFrame(f"a header of {length} bytes: at most {LONGEST_HEADER} are read")
    return int(length)


def parsed_header(text: bytes) -> tuple[Header, list[int]]:
    """The header and the lengths of the blobs that follow it."""
    try:
        header = json.loads(text)
        lengths = header.pop("blobs")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise BrokenFrame("a header that is not one JSON object with the blobs' lengths") from error
    if not isinstance(lengths, list) or len(lengths) > MOST_BLOBS or not all(type(n) is int and 0 <= n <= LONGEST_BLOB for n in lengths):
        raise BrokenFrame(f"blobs are at most {MOST_BLOBS} of at most {LONGEST_BLOB} bytes")
    return header, lengths


def plain_document(reading: DocumentReading) -> Header:
    """A document's reading as JSON can carry it."""
    return {
        "kind": reading.kind,
        "fields": {name: [f.text, f.confidence, _plain_box(f.box), f.repaired] for name, f in reading.fields.items()},
        "screen": reading.screen_score,
        "copy": reading.copy_score,
    }


def document_from(plain: Header) -> DocumentReading:
    """The reading that `plain_document` made plain; raises `BrokenFrame` on anything else."""
    try:
        fields = {
            str(name): ReadField(str(text), float(confidence), _box(box), bool(repaired))
            for name, (text, confidence, box, repaired) in plain["fields"].items()
        }
        kind = None if plain["kind"] is None else str(plain["kind"])
        return DocumentReading(kind, fields, _number(plain["screen"]), _number(plain["copy"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenFrame("not a document's reading") from error


def plain_face(reading: FaceReading) -> Header:
    """A face's reading as JSON can carry it."""
    return {
        "faces": reading.faces,
        "template": None if reading.template is None else list(reading.template),
        "box": _plain_box(reading.box),
    }


def face_from(plain: Header) -> FaceReading:
    """The reading that `plain_face` made plain; raises `BrokenFrame` on anything else."""
    try:
        template = None if plain["template"] is None else tuple(float(value) for value in plain["template"])
        if template is not None and len(template) != 128:
            raise BrokenFrame("a template is 128 numbers")
        return FaceReading(int(plain["faces"]), template, _box(plain["box"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("not a face's reading") from error


def plain_liveness(reading: LivenessReading) -> Header:
    """A sequence's reading as JSON can carry it."""
    return {
        "actions": list(reading.actions),
        "shown": list(reading.shown),
        "frames": reading.frames,
        "same_face": reading.same_face,
        "sentence": reading.sentence,
    }


def liveness_from(plain: Header) -> LivenessReading:
    """The reading that `plain_liveness` made plain; raises `BrokenFrame` on anything else."""
    try:
        actions, shown = tuple(str(action) for action in plain["actions"]), tuple(bool(seen) for seen in plain["shown"])
        if len(actions) != len(shown):
            raise BrokenFrame("each action was shown or not")
        return LivenessReading(actions, shown, int(plain["frames"]), bool(plain["same_face"]), str(plain["sentence"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("not a sequence's reading") from error


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]  # a text or a list raises, and is caught above


def _plain_box(box: Box | None) -> list[int] | None:
    return None if box is None else [box.left, box.top, box.width, box.height]


def _box(plain: Sequence[int] | None) -> Box | None:
    if plain is None:
        return None
    left, top, width, height = plain
    return Box(int(left), int(top), int(width), int(height))
