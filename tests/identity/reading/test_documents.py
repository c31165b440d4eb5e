"""Whole documents through the pool, with no network: cards and licences at three levels of damage, turned, copied, and a passport."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from identity.reading.copies import copy_score, screen_score
from identity.worker import ReadDocument, ReadingPool
from tests.identity.images import saved

FOLDER = Path(__file__).parents[2] / "data" / "documents"
TRUTH = json.loads((FOLDER / "truth.json").read_text())
FIELDS = {
    "id_front": {"name": "name", "sex": "sex", "ethnicity": "ethnicity", "birth": "born_on", "address": "address", "number": "number"},
    "licence": {"name": "name", "owner": "legal_representative", "address": "address",
        "est": "established_on", "scope": "scope", "number": "number"},
}  # fmt: skip
ZONE = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]


def passport() -> bytes:
    """A page with a zone in the typeface that Pillow brings along."""
    page = Image.new("RGB", (1400, 960), (236, 232, 224))
    draw = ImageDraw.Draw(page)
    draw.text((500, 60), "PASSPORT  UTOPIA", fill=(30, 30, 60), font=ImageFont.load_default(50))
    for row, line in enumerate(ZONE):
        for place, character in enumerate(line):
            draw.text((40 + place * 30, 800 + row * 60), character, fill=(20, 20, 20), font=ImageFont.load_default(38))
    return saved(page, "PNG")


@pytest.fixture(scope="module")
def read() -> dict[str, ReadDocument]:
    """Every document read once, by one pool: a worker that reached for a network would be refused (see test_worker)."""
    images = {truth["path"]: (FOLDER / truth["path"]).read_bytes() for truth in TRUTH}
    card = Image.open(io.BytesIO(images["id_front_00_L0.jpg"]))
    images["on its side"] = saved(card.transpose(Image.Transpose.ROTATE_90), "JPEG")
    images["upside down"] = saved(card.transpose(Image.Transpose.ROTATE_180), "JPEG")
    images["copied"] = saved(card.convert("L"), "JPEG")
    images["passport"] = passport()
    images["a wall"] = saved(Image.effect_noise((600, 400), 30).convert("RGB"), "JPEG")

    async def run() -> dict[str, ReadDocument]:
        async with ReadingPool() as pool:
            return {name: await pool.read_document(image) for name, image in images.items()}

    return asyncio.run(run())


@pytest.mark.parametrize("truth", TRUTH, ids=lambda truth: truth["path"])
def test_every_field_is_read_as_it_is_printed(read: dict[str, ReadDocument], truth: dict[str, str]) -> None:
    found = read[truth["path"]]
    assert found.reading.kind == ("RESIDENT_ID" if truth["type"] == "id_front" else "BUSINESS_LICENCE")
    says = {name: found.reading.fields[name].text for name in FIELDS[truth["type"]].values()}
    assert says == {name: truth[told] for told, name in FIELDS[truth["type"]].items()}


def test_fields_stand_on_the_kept_image(read: dict[str, ReadDocument]) -> None:
    for truth in TRUTH:
        found = read[truth["path"]]
        for name, field in found.reading.fields.items():
            assert field.box is not None, name
            assert field.box.left + field.box.width <= found.width + 2
            assert field.box.top + field.box.height <= found.height + 2
            assert 0.5 <= field.confidence <= 1


@pytest.mark.parametrize("way", ["on its side", "upside down"])
def test_a_card_that_lies_another_way_is_read_too(read: dict[str, ReadDocument], way: str) -> None:
    says = {name: field.text for name, field in read[way].reading.fields.items()}
    assert says == {name: field.text for name, field in read["id_front_00_L0.jpg"].reading.fields.items()}
    box = read[way].reading.fields["number"].box
    assert box is not None
    assert box.left + box.width <= read[way].width + 2
    assert box.top + box.height <= read[way].height + 2


def test_the_portrait_on_a_card_is_found_and_a_licence_has_none(read: dict[str, ReadDocument]) -> None:
    for truth in TRUTH:
        face = read[truth["path"]].face
        if truth["type"] == "licence":
            assert face.faces == 0
        else:
            assert face.template is not None
            assert face.box is not None
            assert face.box.left > read[truth["path"]].width * 0.55


def test_a_passports_zone_is_read(read: dict[str, ReadDocument]) -> None:
    assert read["passport"].reading.kind == "PASSPORT"
    assert read["passport"].reading.fields["mrz"].text == "\n".join(ZONE)


def test_what_is_no_document_is_of_no_kind(read: dict[str, ReadDocument]) -> None:
    assert read["a wall"].reading.kind is None
    assert dict(read["a wall"].reading.fields) == {}


def test_a_black_and_white_copy_is_hinted_at_and_the_card_itself_is_not(read: dict[str, ReadDocument]) -> None:
    assert read["copied"].reading.copy_score == 1.0
    assert (read["id_front_00_L0.jpg"].reading.copy_score or 0) < 0.5
    assert (read["id_front_02_L1.jpg"].reading.screen_score or 0) < 0.5


def test_the_raster_of_a_screen_is_hinted_at() -> None:
    page = np.asarray(Image.open(FOLDER / "id_front_00_L0.jpg").convert("RGB")).astype(float)
    rows, columns = np.mgrid[: page.shape[0], : page.shape[1]]
    raster = 14 * (np.sin(2 * np.pi * (columns / 5.3 + rows / 61)) * np.sin(2 * np.pi * (rows / 5.3 - columns / 61)))
    shown = np.clip(page + raster[..., None], 0, 255).astype(np.uint8)
    assert screen_score(shown) > 0.5
    assert screen_score(page.astype(np.uint8)) < 0.2
    assert copy_score(shown) < 0.5
    assert screen_score(np.zeros((100, 100, 3), dtype=np.uint8)) == 0
    assert copy_score(np.zeros((100, 100, 3), dtype=np.uint8)) == 0
