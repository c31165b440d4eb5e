"""Images of every form that tests send: sound ones, broken ones, bombs, and files that are two things at once."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image, ImageDraw

from tests.identity.portraits import ANNA, drawn


def picture(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """A picture whose upper left corner is red and whose lower right corner is blue."""
    made = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, 0, width // 3, height // 3), fill=(230, 20, 20))
    draw.rectangle((width * 2 // 3, height * 2 // 3, width, height), fill=(20, 20, 230))
    return made if mode == "RGB" else made.convert(mode)


def saved(made: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer, form, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """A PNG whose header says what it is told to, over any data."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """`count` zero bytes, deflated, without ever holding them."""
    packer = zlib.compressobj(9)
    made = [packer.compress(bytes(min(1 << 20, count - start))) for start in range(0, count, 1 << 20)]
    return b"".join([*made, packer.flush()])


def jpeg_claiming(width: int, height: int) -> bytes:
    """A JPEG whose header claims another size than its data has."""
    sound = saved(picture(), "JPEG")
    at = sound.index(b"\xff\xc0")
    return sound[: at + 5] + struct.pack(">HH", height, width) + sound[at + 9 :]


def many_scans() -> bytes:
    """A progressive JPEG of 24 megapixels whose scans are repeated: little to send, long to decode."""
    sound = saved(Image.new("RGB", (4000, 6000), "white"), "JPEG", progressive=True, quality=30)
    first = sound.index(b"\xff\xda")
    second = sound.index(b"\xff\xda", first + 2)
    return sound[:first] + sound[first:second] * 200 + sound[second:]


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that want to be large, and files that are also something else."""
    sound_jpeg, sound_png = saved(picture(), "JPEG"), saved(picture(), "PNG")
    yield "png of 30,000 x 30,000", png(30_000, 30_000, zeros(50_000_000))
    yield "png of 4 billion x 1", png(2**31 - 1, 1, zeros(1000))
    yield "png of 24 megapixels that is empty inside", png(6000, 4000, zeros(1000))
    yield "png of 24 megapixels in full", png(6000, 4000, zeros(6000 * 3 * 4000 + 4000))
    yield "png of 24 megapixels with 64 bits each", png(6000, 4000, zeros((6000 * 8 + 1) * 4000), depth=16, colour=6)
    yield "png with far more data than pixels", png(100, 100, zeros(200_000_000))
    yield "png with a text of 200 MB", png(100, 100, zeros(30_100), extra=chunk(b"zTXt", b"a\0\0" + zeros(200_000_000)))
    yield "png with a colour profile of 200 MB", png(100, 100, zeros(30_100), extra=chunk(b"iCCP", b"a\0\0" + zeros(200_000_000)))
    yield (
        "png with an international text of 200 MB",
        png(100, 100, zeros(30_100), extra=chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(200_000_000))),
    )
    yield "png with 100,000 empty chunks", png(100, 100, zeros(30_100), extra=chunk(b"tEXt", b"a\0b") * 100_000)
    for width, height in ((65_500, 65_500), (24_000, 1_001), (65_535, 1)):
        yield f"jpeg claiming {width} x {height}", jpeg_claiming(width, height)
    yield "jpeg of many scans", many_scans()
    yield "jpeg with a mebibyte of comments", sound_jpeg[:2] + b"\xff\xfe\xff\xff" + bytes(65_533) + sound_jpeg[2:]
    for name, tail in TAILS.items():
        yield f"jpeg and {name}", sound_jpeg + tail
        yield f"png and {name}", sound_png + tail
    for name, head in HEADS.items():
        yield f"{name} that goes on as a jpeg", head + sound_jpeg
        yield f"jpeg whose comment is {name}", sound_jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(head) + 2) + head + sound_jpeg[2:]
    for brand in (b"heic", b"mif1", b"avif"):
        box = struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mif1"
        yield f"{brand.decode()} with nothing inside", box
        yield f"{brand.decode()} whose box has 4 GB", box + b"\xff\xff\xff\xff" + b"meta" + bytes(500)
        yield f"{brand.decode()} in a million boxes", box + (struct.pack(">I", 8) + b"free") * 500_000


TAILS = {
    "an archive": b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18),
    "a page": b"<script>alert('RINGFENCE-CANARY')</script>",
    "a program": b"#!/bin/sh\ntouch /tmp/RINGFENCE-CANARY\n",
    "a film": struct.pack(">I", 24) + b"ftypmp42" + bytes(12) + bytes(2000),
    "a megabyte of nothing": bytes(1_000_000),
}
HEADS = {
    "a page": b"<!DOCTYPE html><script>alert('RINGFENCE-CANARY')</script>",
    "a document": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(57),
    "an old image": b"GIF89a" + bytes(10),
    "a drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "another image": b"BM" + bytes(60),
}


def malformed(count: int, seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """`count` files that were an image once: cut off, with bits turned, lengths changed, pieces moved, or never one at all."""
    chance = random.Random(seed)
    face = drawn(ANNA, 240)
    sources = [
        saved(face, "JPEG"), saved(face, "JPEG", progressive=True), saved(face.convert("CMYK"), "JPEG"), saved(face, "PNG"),
        saved(face.convert("P"), "PNG"), saved(face.convert("L"), "PNG"), saved(face.convert("RGBA"), "PNG"),
    ]  # fmt: skip
    ways: list[Callable[[bytes, random.Random], bytes]] = [cut, turned, stretched, moved, noisy, doubled]
    for number in range(count):
        way = ways[number % len(ways)]
        yield f"{way.__name__} {number}", way(sources[number // len(ways) % len(sources)], chance)


def cut(sound: bytes, chance: random.Random) -> bytes:
    return sound[: chance.randrange(len(sound))]


def turned(sound: bytes, chance: random.Random) -> bytes:
    made = bytearray(sound)
    for _ in range(chance.randint(1, 60)):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def stretched(sound: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(min(len(sound), 700))
    return sound[:at] + chance.randbytes(chance.choice((1, 2, 4))) + sound[at + chance.choice((0, 1, 2, 4)) :]


def moved(sound: bytes, chance: random.Random) -> bytes:
    a, b = sorted((chance.randrange(len(sound)), chance.randrange(len(sound))))
    return sound[:20] + sound[b:] + sound[a:b] + sound[20:a]


def noisy(sound: bytes, chance: random.Random) -> bytes:
    return sound[: chance.choice((3, 8, 20, 200))] + chance.randbytes(chance.randrange(20_000))


def doubled(sound: bytes, chance: random.Random) -> bytes:
    a = chance.randrange(len(sound))
    return sound[:a] + sound[chance.randrange(a + 1) :]
