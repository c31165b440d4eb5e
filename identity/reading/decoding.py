"""Opening an image of a stranger: bounded before decoding, turned upright, stripped of everything but its pixels, shrunk, encoded anew.

Sizes are read from the header and refused before a pixel is decoded. What is kept is a fresh JPEG without EXIF, profiles, thumbnails or
whatever hung behind the image, so that a file that is also something else (a page, an archive) leaves as a picture and nothing more.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image

IMAGE_BYTES: Final = 8 * 1024 * 1024
PIXELS: Final = 24_000_000
SMALLEST_SIDE: Final = 48
"""Pixels; on less than this neither a face nor a line can be read."""
QUALITY: Final = 90
"""JPEG quality of what is kept: below it the thin strokes of small Chinese print start to smear."""

HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})


class WrongImage(Exception):
    """The image cannot be used; the message is one sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image made safe: a plain RGB JPEG, and its size in pixels."""

    jpeg: bytes
    width: int
    height: int


def kept_image(sent: bytes, longest_side: int) -> KeptImage:
    """The image that `sent` shows, upright, at most `longest_side` pixels long. Raises `WrongImage` for anything else."""
    from PIL import Image

    form = image_form(sent)
    Image.MAX_IMAGE_PIXELS = PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = _decoded(sent, form, longest_side)
            return _encoded(picture, longest_side)
        except WrongImage:
            raise
        except MemoryError as error:
            raise WrongImage("The image needs more memory than one image may take: send a smaller one.") from error
        except Image.DecompressionBombError as error:
            raise WrongImage(_too_many_pixels(None)) from error
        except Exception as error:  # decoders raise whatever they like over hostile bytes
            raise WrongImage(f"The image is damaged or broken off, and cannot be opened as {form}: take the photograph again.") from error


def image_form(sent: bytes) -> str:
    """JPEG, PNG or HEIC by the first bytes; raises `WrongImage` for anything else and for more than 8 MB."""
    if len(sent) > IMAGE_BYTES:
        raise WrongImage(f"The image has {len(sent):,} bytes: at most {IMAGE_BYTES:,} (8 MB) are taken.")
    if sent[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if sent[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if sent[4:8] == b"ftyp" and HEIF_BRANDS & _brands(sent):
        return "HEIC"
    raise WrongImage("The file is not an image that is taken: send a photograph as JPEG, PNG or HEIC.")


def _brands(sent: bytes) -> set[bytes]:
    """The brands that the first box of an ISO media file names; at most 32 of them are looked at."""
    (length,) = struct.unpack(">I", sent[:4])
    box = sent[8 : min(length, 16 + 4 * 32)]
    return {box[start : start + 4] for start in range(0, len(box), 4) if start != 4}


def _too_many_pixels(size: tuple[int, int] | None) -> str:
    has = "too many pixels" if size is None else f"{size[0]:,} x {size[1]:,} pixels"
    return f"The image has {has}: at most 24 megapixels are taken, so send a smaller one."


def _check_size(size: tuple[int, int]) -> None:
    """Refuse by the header's word, before a pixel is decoded."""
    if size[0] * size[1] > PIXELS:
        raise WrongImage(_too_many_pixels(size))
    if min(size) < SMALLEST_SIDE:
        raise WrongImage(
            f"The image has {size[0]:,} x {size[1]:,} pixels: each side needs {SMALLEST_SIDE} or more for anything to be read."
        )


def _decoded(sent: bytes, form: str, longest_side: int) -> Image.Image:
    """The upright picture in RGB."""
    from PIL import Image, ImageFile, ImageOps

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if form == "HEIC":
        from pi_heif import register_heif_opener

        register_heif_opener(thumbnails=False, decode_threads=1)
        opened = Image.open(io.BytesIO(sent), formats=["HEIF"])
    else:
        opened = Image.open(io.BytesIO(sent), formats=[form])
    with opened:
        _check_size(opened.size)
        if form == "PNG" and getattr(opened, "is_animated", False):
            raise WrongImage("The image is animated: send one still photograph.")
        if opened.format == "JPEG":
            opened.draft(opened.mode, (longest_side, longest_side))
        opened.load()
        _check_size(opened.size)
        return _in_rgb(ImageOps.exif_transpose(opened))


def _in_rgb(picture: Image.Image) -> Image.Image:
    """The same picture as 8-bit RGB: 16-bit grey scaled, CMYK converted, what is transparent on white."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        # Pillow would cut 16-bit grey off at 255 instead of scaling it.
        picture = picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        upper = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(upper, mask=upper.getchannel("A"))
        return ground
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _encoded(picture: Image.Image, longest_side: int) -> KeptImage:
    """The picture shrunk to the longest side and as a JPEG with nothing but its pixels."""
    from PIL import Image

    if max(picture.size) > longest_side:
        picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    buffer = io.BytesIO()
    bare.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return KeptImage(buffer.getvalue(), *bare.size)
