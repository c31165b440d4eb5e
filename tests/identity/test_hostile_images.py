"""What strangers send instead of a photograph: every file is answered with a sentence or a plain picture, in bounded time and memory."""

from __future__ import annotations

import asyncio
import io
import time
from pathlib import Path

from PIL import Image

from identity.worker import PoolLimits, ReadingPool, WrongImage
from tests.identity.images import bombs, malformed, picture, png, saved, zeros
from tests.settings import MALFORMED_IMAGES

SECONDS = 2.0
MEGABYTES = 512
NEXT_SECONDS = 0.5


def held(pid: int) -> float:
    """The most memory in MB that a process held until now; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmHWM")), default=0.0)


async def sent(pool: ReadingPool, image: bytes) -> tuple[str | None, bytes | None, float]:
    """What the pool says of a file: its sentence or the kept picture, and the seconds that it took."""
    begin = time.perf_counter()
    try:
        kept = (await pool.keep_image(image)).kept_jpeg
    except WrongImage as error:
        return str(error), None, time.perf_counter() - begin
    return None, kept, time.perf_counter() - begin


def test_broken_images_bombs_and_files_of_two_kinds_are_answered_and_the_next_image_is_served_at_once() -> None:
    sound = saved(picture(), "JPEG")
    troubles: list[str] = []

    async def run() -> int:
        count = 0
        # At a low priority the seconds would be those of whatever else the machine does.
        async with ReadingPool(PoolLimits(niceness=0)) as pool:
            await sent(pool, sound)
            for name, image in [*bombs(), *malformed(MALFORMED_IMAGES)]:
                sentence, kept, seconds = await sent(pool, image)
                most = max(held(pid) for pid in pool.pids)
                _, after, soon = await sent(pool, sound)
                count += 1
                if sentence is None and (kept is None or b"RINGFENCE-CANARY" in kept or not is_plain(kept)):
                    troubles.append(f"{name}: kept more than a picture")
                if sentence is not None and not (sentence.endswith(".") and len(sentence) < 300):
                    troubles.append(f"{name}: {sentence}")
                if seconds > SECONDS or most > MEGABYTES or after is None or soon > NEXT_SECONDS:
                    troubles.append(
                        f"{name}: {seconds:.2f} s, {most:.0f} MB, the next {'fails' if after is None else f'after {soon:.2f} s'}"
                    )
        return count

    assert asyncio.run(run()) >= MALFORMED_IMAGES + 45
    assert troubles == []


def is_plain(kept: bytes) -> bool:
    """Whether bytes are one JPEG to the last, without any of the segments that carry other things."""
    with Image.open(io.BytesIO(kept)) as opened:
        opened.load()
        return opened.format == "JPEG" and not opened.getexif() and set(opened.info) <= JFIF and kept.endswith(b"\xff\xd9")


JFIF = {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_an_opener_that_may_not_hold_enough_says_so_and_lives_on() -> None:
    async def run() -> tuple[str | None, bytes | None]:
        async with ReadingPool(PoolLimits(open_memory=80 * 1024 * 1024)) as pool:
            sentence, _, _ = await sent(pool, png(6000, 4000, zeros((6000 * 3 + 1) * 4000)))
            _, kept, _ = await sent(pool, saved(picture(), "JPEG"))
            return sentence, kept

    sentence, kept = asyncio.run(run())
    assert sentence is not None
    assert "memory" in sentence
    assert kept is not None


def test_an_image_that_takes_too_long_is_ended_by_the_kernel() -> None:
    async def run() -> tuple[str | None, float]:
        async with ReadingPool(PoolLimits(open_seconds=0.05)) as pool:
            sentence, _, seconds = await sent(pool, png(6000, 4000, zeros((6000 * 4 + 1) * 4000), colour=6))
            return sentence, seconds

    sentence, seconds = asyncio.run(run())
    assert sentence is not None
    assert "0.05 seconds" in sentence
    assert seconds < SECONDS
