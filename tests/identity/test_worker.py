"""The pool: who waits, who is ended, what a worker may do, and what is said when the packages are missing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from identity.faces.matching import DIMENSIONS
from identity.faces.searching import FaceChange
from identity.frames import BrokenFrame, document_from, face_from, header_length, liveness_from, packed, parsed_header
from identity.worker import Busy, PoolLimits, ReadingPool, WrongImage
from tests.identity.images import picture, saved

ROOT = Path(__file__).parents[2]
SOUND = saved(picture(), "JPEG")


def test_nothing_runs_before_the_first_image_and_nothing_is_left_behind() -> None:
    async def run() -> tuple[int, tuple[int, ...]]:
        async with ReadingPool() as pool:
            before = len(pool.pids)
            await pool.keep_image(SOUND)
            return before, pool.pids

    before, pids = asyncio.run(run())
    assert before == 0
    assert len(pids) == 1
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_worker_has_a_low_priority_bounded_memory_and_nothing_of_the_apps_environment() -> None:
    os.environ["RINGFENCE_CANARY"] = "told-to-nobody"

    async def run() -> tuple[int, str, bytes]:
        async with ReadingPool() as pool:
            await pool.keep_image(SOUND)
            (pid,) = pool.pids
            proc = Path(f"/proc/{pid}")
            return os.getpriority(os.PRIO_PROCESS, pid), (proc / "limits").read_text(), (proc / "environ").read_bytes()

    try:
        priority, limits, environment = asyncio.run(run())
    finally:
        del os.environ["RINGFENCE_CANARY"]
    assert priority >= 15
    assert f"Max address space         {512 * 1024 * 1024}" in limits
    assert b"told-to-nobody" not in environment


def test_a_worker_that_is_killed_is_replaced_within_the_same_call_and_the_app_lives_on() -> None:
    async def run() -> tuple[int, int]:
        async with ReadingPool() as pool:
            await pool.keep_image(SOUND)
            (first,) = pool.pids
            os.kill(first, signal.SIGKILL)
            kept = await pool.keep_image(SOUND)
            assert kept.width == 400
            return first, pool.pids[0]

    first, second = asyncio.run(run())
    assert first != second


def test_more_images_than_may_wait_are_told_to_come_later_and_the_others_are_served() -> None:
    async def run() -> list[object]:
        async with ReadingPool(PoolLimits(waiting=4)) as pool:
            return list(await asyncio.gather(*(pool.keep_image(SOUND) for _ in range(9)), return_exceptions=True))

    answers = asyncio.run(run())
    refused = [answer for answer in answers if isinstance(answer, Busy)]
    assert len(refused) == 5
    assert "again" in str(refused[0])
    assert sum(not isinstance(answer, Exception) for answer in answers) == 4


def test_more_bytes_than_may_wait_are_refused_too() -> None:
    large = SOUND + bytes(5 * 1024 * 1024)

    async def run() -> list[object]:
        async with ReadingPool(PoolLimits(waiting_bytes=11 * 1024 * 1024)) as pool:
            return list(await asyncio.gather(*(pool.keep_image(large) for _ in range(4)), return_exceptions=True))

    assert sum(isinstance(answer, Busy) for answer in asyncio.run(run())) == 2


def test_a_worker_that_hangs_is_replaced_and_the_sender_is_told_to_come_later() -> None:
    async def run() -> int:
        async with ReadingPool(PoolLimits(patience=3)) as pool:
            await pool._seats[0].start()
            await asyncio.sleep(0.2)
            os.kill(pool.pids[0], signal.SIGSTOP)
            with pytest.raises(Busy, match="again"):
                await pool.keep_image(SOUND)
            return (await pool.keep_image(SOUND)).height

    assert asyncio.run(run()) == 300


def test_a_caller_that_gives_up_leaves_no_answer_to_the_next_one() -> None:
    async def run() -> int:
        async with ReadingPool() as pool:
            await pool.keep_image(SOUND)
            task = asyncio.create_task(pool.keep_image(saved(picture(3000, 2000), "PNG")))
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return (await pool.keep_image(SOUND)).width

    assert asyncio.run(run()) == 400


def test_without_the_packages_every_call_says_what_to_install_and_the_module_still_loads() -> None:
    program = (
        "import asyncio\nfrom identity.worker import NotInstalled, ReadingPool\n"
        "async def run():\n async with ReadingPool() as pool:\n  try:\n   await pool.read_face(b'x')\n"
        "  except NotInstalled as e:\n   print(e)\n"
        "asyncio.run(run())"
    )
    # -S: no site-packages at all.
    done = subprocess.run([sys.executable, "-S", "-E", "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "the extra `identity` is not installed" in done.stdout
    assert "dlib" in done.stdout


def test_the_app_itself_imports_none_of_what_looks_at_images() -> None:
    packages = ("PIL", "cv2", "dlib", "rapidocr", "onnxruntime", "faiss", "pi_heif")
    program = f"import sys, identity.worker; print([m for m in {packages} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_worker_reaches_no_network_and_starts_no_program() -> None:
    tries = {
        "socket": "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
        "names": "import socket; socket.getaddrinfo('example.org', 80)",
        "program": "import subprocess; subprocess.run(['true'])",
        "shell": "import os; os.system('true')",
    }
    for name, attempt in tries.items():
        program = (
            "from identity.workplace import confine\nconfine('opener', 10**9, 5)\n"
            f"try:\n {attempt}\nexcept RuntimeError as e:\n print('refused', e)"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.startswith("refused"), (name, done)


def test_liveness_takes_three_to_twelve_frames() -> None:
    async def run(count: int) -> None:
        async with ReadingPool() as pool:
            await pool.read_liveness([SOUND] * count, ["LOOK_AHEAD"])

    for count in (0, 2, 13):
        with pytest.raises(WrongImage, match=f"3 to 12 frames, and {count}"):
            asyncio.run(run(count))


def test_frames_of_another_form_are_refused_before_anything_is_read() -> None:
    for prefix in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
        with pytest.raises(BrokenFrame):
            header_length(prefix)
    for text in (
        b"[]",
        b"{}",
        b"{",
        b'{"blobs":[-1]}',
        b'{"blobs":[99999999999]}',
        b'{"blobs":[true]}',
        b'{"blobs":' + b"[" * 5000,
        b"\xff",
    ):
        with pytest.raises(BrokenFrame):
            parsed_header(text)
    header, lengths = parsed_header(packed({"a": "名"}, [b"xy", b""])[4:-2])
    assert header == {"a": "名"}
    assert lengths == [2, 0]
    for make in (document_from, face_from, liveness_from):
        for plain in ({}, {"faces": 1, "template": [1.0], "box": None}, {"kind": "X", "fields": {"a": 1}}, {"actions": ["A"], "shown": []}):
            with pytest.raises(BrokenFrame):
                make(plain)


class Kept:
    """Templates of one institution in memory, numbered as they changed."""

    def __init__(self) -> None:
        self.log: list[FaceChange] = []

    def say(self, subject: str, template: tuple[float, ...] | None) -> None:
        self.log.append(FaceChange(len(self.log) + 1, subject, template))

    async def changes(self, institution: str, after: int, most: int) -> list[FaceChange]:
        return self.log[after : after + most] if institution == "one" else []


def test_one_face_behind_many_people_is_found_by_the_searcher_which_learns_what_changed_and_starts_over_when_replaced() -> None:
    def template(at: float) -> tuple[float, ...]:
        return (at, *([0.0] * (DIMENSIONS - 1)))

    async def run() -> None:
        kept = Kept()
        async with ReadingPool() as pool:

            async def near(institution: str = "one") -> list[str]:
                found = await pool.face_candidates(institution, template(0.1), kept, rate=0.01, leave_out="me")
                return [candidate.subject for candidate in found]

            assert await near() == []
            kept.say("me", template(0.1))
            kept.say("twin", template(0.12))
            kept.say("stranger", template(-0.6))
            assert await near() == ["twin"]
            assert await near("other") == []
            os.kill(pool.pids[0], signal.SIGKILL)
            kept.say("double", template(0.1))
            assert await near() == ["double", "twin"]
            kept.say("twin", None)
            assert await near() == ["double"]

    asyncio.run(run())
