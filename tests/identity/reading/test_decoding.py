"""Opening images: every form that is taken ends as a plain upright JPEG, and nothing but its pixels is kept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from identity.reading.decoding import IMAGE_BYTES, WrongImage, image_form, kept_image
from tests.identity.images import jpeg_claiming, picture, png, saved, zeros


def opened(jpeg: bytes) -> Image.Image:
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as made:
        made.load()
        return made.copy()


def is_red(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return bool(pixel[0] > 180 and pixel[1] < 90 and pixel[2] < 90)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "YCbCr"])
def test_a_jpeg_of_any_colours_is_kept_as_rgb(mode: str) -> None:
    kept = kept_image(saved(picture().convert(mode), "JPEG"), 2000)
    assert (kept.width, kept.height) == (400, 300)
    assert opened(kept.jpeg).mode == "RGB"
    assert mode == "L" or is_red(opened(kept.jpeg).getpixel((20, 20)))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "LA", "RGBA"])
def test_a_png_of_any_colours_is_kept_as_rgb(mode: str) -> None:
    kept = kept_image(saved(picture().convert(mode), "PNG"), 2000)
    assert opened(kept.jpeg).mode == "RGB"
    assert opened(kept.jpeg).size == (400, 300)


def test_sixteen_bits_of_grey_are_scaled_and_not_cut_off() -> None:
    grey = Image.linear_gradient("L").resize((300, 256)).convert("I").point(lambda value: value * 257).convert("I;16")
    made = opened(kept_image(saved(grey, "PNG"), 2000).jpeg).convert("L")
    assert abs(int(str(made.getpixel((150, 64)))) - 64) < 6
    assert abs(int(str(made.getpixel((150, 192)))) - 192) < 6


def test_what_is_transparent_is_white() -> None:
    made = opened(kept_image(saved(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG"), 2000).jpeg)
    assert made.getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_upright_by_its_exif_which_is_then_gone(orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    lying = picture() if orientation == 1 else picture().transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "RINGFENCE-CANARY"
    kept = kept_image(saved(lying, "JPEG", exif=exif, quality=95), 2000)
    made = opened(kept.jpeg)
    assert made.size == (400, 300)
    assert is_red(made.getpixel((20, 20)))
    assert not made.getexif()
    assert b"RINGFENCE-CANARY" not in kept.jpeg


def test_a_large_photograph_is_shrunk_to_the_longest_side() -> None:
    kept = kept_image(saved(picture(6000, 3000), "JPEG"), 2000)
    assert (kept.width, kept.height) == (2000, 1000)
    assert len(kept.jpeg) < IMAGE_BYTES


def test_a_small_one_is_not_enlarged() -> None:
    assert kept_image(saved(picture(60, 50), "PNG"), 2000).width == 60


def test_sizes_are_refused_by_the_header_before_a_pixel_is_decoded() -> None:
    for image in (png(6001, 4000, b""), jpeg_claiming(5000, 5000)):
        with pytest.raises(WrongImage, match="24 megapixels"):
            kept_image(image, 2000)
    with pytest.raises(WrongImage, match="48 or more"):
        kept_image(png(47, 4000, zeros(4000 * 142)), 2000)


def test_more_than_eight_megabytes_and_other_files_are_refused_by_their_first_bytes() -> None:
    with pytest.raises(WrongImage, match="8 MB"):
        image_form(saved(picture(), "JPEG") + bytes(IMAGE_BYTES))
    for other in (b"", b"GIF89a", b"BM", b"%PDF-1.7", b"II*\0", b"RIFF0000WEBP", b"\0\0\0\x18ftypavif" + bytes(12), b"<svg/>"):
        with pytest.raises(WrongImage, match="JPEG, PNG or HEIC"):
            image_form(other)


def test_moving_pictures_are_refused() -> None:
    frames = [picture(), picture().rotate(180)]
    moving = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(WrongImage, match="animated"):
        kept_image(moving, 2000)


def test_an_image_that_breaks_off_is_not_filled_up() -> None:
    for form in ("JPEG", "PNG"):
        sound = saved(picture(), form)
        with pytest.raises(WrongImage, match="damaged"):
            kept_image(sound[: len(sound) * 2 // 3], 2000)


def test_a_heic_photograph_is_read_and_one_that_breaks_off_is_not() -> None:
    sound = (Path(__file__).parents[2] / "data" / "heif" / "colours.heif").read_bytes()
    assert image_form(sound) == "HEIC"
    kept = kept_image(sound, 2000)
    assert (kept.width, kept.height) == (128, 128)
    assert opened(kept.jpeg).mode == "RGB"
    with pytest.raises(WrongImage, match="damaged"):
        kept_image(sound[: len(sound) // 2], 2000)
