"""Drawn faces that the detector takes for faces: nobody's photograph has to ship.

A drawing shows detection, landmarks, blinks and turns; how well people are told apart is measured on photographs
(tests/bench/identity_images.py).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFilter


@dataclass(frozen=True)
class Portrait:
    """How a drawn person looks; lengths are shares of the face's width."""

    skin: tuple[int, int, int] = (224, 180, 150)
    hair: tuple[int, int, int] = (50, 35, 28)
    long: float = 1.32
    eyes_apart: float = 0.44
    eye: float = 0.2
    brow: float = 0.11
    nose: float = 0.16
    mouth: float = 0.4
    open: float = 1.0
    turn: float = 0.0
    """Where nose, mouth and eyes move to, as a share of the width: positive to the right of the picture."""


def mixed(one: tuple[int, int, int], other: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def drawn(person: Portrait, side: int = 480) -> Image.Image:
    """The person on a grey ground, `side` pixels square; drawn larger and shrunk, so that edges are soft."""
    big = side * 2
    picture = Image.new("RGB", (big, big), (150, 160, 170))
    draw = ImageDraw.Draw(picture)
    width = big * 0.42
    x, y = big / 2, big * 0.52
    high = width * person.long
    dark = mixed(person.skin, (60, 30, 20), 0.45)

    def oval(cx: float, cy: float, w: float, h: float, fill: tuple[int, int, int]) -> None:
        draw.ellipse((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), fill=fill)

    draw.rectangle((x - width * 0.22, y + high * 0.3, x + width * 0.22, big), fill=mixed(person.skin, (60, 30, 20), 0.2))
    oval(x, big * 1.12, width * 2.2, big * 0.55, (70, 80, 110))
    oval(x, y - high * 0.1, width * 1.16, high * 1.08, person.hair)
    oval(x, y, width, high, person.skin)
    oval(x, y - high * 0.47, width * 0.95, high * 0.3, person.hair)
    shade = Image.new("L", (big, big), 0)
    ImageDraw.Draw(shade).ellipse(
        (x - width * 0.36 + person.turn * width, y - high * 0.42, x + width * 0.36 + person.turn * width, y + high * 0.42), fill=255
    )
    shade = shade.filter(ImageFilter.GaussianBlur(width * 0.12))
    face = Image.new("L", (big, big), 0)
    ImageDraw.Draw(face).ellipse((x - width / 2, y - high * 0.34, x + width / 2, y + high / 2), fill=255)
    outer = Image.composite(Image.new("L", (big, big), 0), face, shade)
    picture.paste(Image.new("RGB", (big, big), mixed(person.skin, dark, 0.55)), mask=outer.filter(ImageFilter.GaussianBlur(4)))
    middle = x + person.turn * width
    for sign in (-1, 1):
        _eye(draw, person, middle + sign * person.eyes_apart * width / 2 * (1 - abs(person.turn) * 0.6), y - high * 0.1, width, dark)
    nose = person.turn * width * 0.9
    draw.polygon(
        [
            (middle - width * 0.03, y - high * 0.05),
            (middle + nose - width * person.nose / 2, y + high * 0.12),
            (middle + nose, y + high * 0.14),
        ],
        fill=mixed(person.skin, dark, 0.35),
    )
    draw.polygon(
        [
            (middle + width * 0.03, y - high * 0.05),
            (middle + nose + width * person.nose / 2, y + high * 0.12),
            (middle + nose, y + high * 0.14),
        ],
        fill=mixed(person.skin, (255, 240, 225), 0.35),
    )
    for sign in (-1, 1):
        oval(middle + nose + sign * width * person.nose * 0.27, y + high * 0.13, width * 0.05, width * 0.035, dark)
    oval(middle + nose * 0.6, y + high * 0.26, width * person.mouth, width * 0.13, (170, 80, 80))
    draw.line(
        [
            (middle + nose * 0.6 - width * person.mouth / 2, y + high * 0.26),
            (middle + nose * 0.6 + width * person.mouth / 2, y + high * 0.26),
        ],
        fill=(90, 35, 40),
        width=round(width * 0.018),
    )
    return picture.filter(ImageFilter.GaussianBlur(2.5)).resize((side, side), Image.Resampling.LANCZOS)


def _eye(draw: ImageDraw.ImageDraw, person: Portrait, cx: float, cy: float, width: float, dark: tuple[int, int, int]) -> None:
    half, high = width * person.eye / 2, width * person.eye * 0.42 * max(person.open, 0.06)
    draw.ellipse((cx - half * 1.35, cy - width * 0.1, cx + half * 1.35, cy + width * 0.08), fill=mixed(person.skin, dark, 0.3))
    draw.ellipse((cx - half, cy - high / 2, cx + half, cy + high / 2), fill=(240, 238, 235))
    if person.open > 0.3:
        iris = min(high, half) * 0.95
        draw.ellipse((cx - iris / 2, cy - iris / 2, cx + iris / 2, cy + iris / 2), fill=(45, 30, 22))
    draw.arc((cx - half, cy - high / 2, cx + half, cy + high / 2), 180, 360, fill=(35, 22, 18), width=round(width * 0.022))
    draw.arc((cx - half, cy - high / 2, cx + half, cy + high / 2), 0, 180, fill=dark, width=round(width * 0.012))
    top = cy - width * person.brow - width * 0.06
    draw.arc((cx - half * 1.5, top, cx + half * 1.5, top + width * 0.14), 200, 340, fill=person.hair, width=round(width * 0.035))


def jpeg(picture: Image.Image, quality: int = 92) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


ANNA = Portrait()
BERT = replace(ANNA, skin=(188, 140, 110), hair=(25, 22, 20), long=1.18, eyes_apart=0.5, eye=0.17, brow=0.07, nose=0.24, mouth=0.5)
