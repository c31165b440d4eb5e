"""Challenges over frames, first by numbers, then over drawn faces through the pool."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from identity.faces.eyes import openness
from identity.faces.liveness import FrameFace, nose_place, read_challenge
from identity.faces.matching import DIMENSIONS
from identity.model import LivenessReading
from identity.worker import ReadFace, ReadingPool
from tests.identity.portraits import ANNA, BERT, drawn, jpeg

ONE = (0.1,) * DIMENSIONS
OTHER = (-0.1,) * DIMENSIONS


def frame(opened: float = 0.3, nose: float = 0.0, template: tuple[float, ...] = ONE) -> FrameFace:
    return FrameFace(template, opened, nose)


AHEAD, SHUT, LEFT, RIGHT = frame(), frame(0.12), frame(nose=0.25), frame(nose=-0.25)


def shown(frames: list[FrameFace | None], *actions: str) -> tuple[bool, ...]:
    return read_challenge(frames, actions, ONE).shown


def test_actions_count_in_the_order_asked_alone() -> None:
    frames: list[FrameFace | None] = [AHEAD, SHUT, AHEAD, LEFT, AHEAD]
    assert shown(frames, "BLINK", "TURN_LEFT") == (True, True)
    assert shown(frames, "TURN_LEFT", "BLINK") == (True, False)
    assert shown(frames, "TURN_RIGHT") == (False,)
    assert shown([AHEAD, RIGHT, AHEAD, LEFT, AHEAD], "LOOK_AHEAD", "TURN_RIGHT", "TURN_LEFT") == (True, True, True)


def test_narrow_eyes_are_not_shut_ones() -> None:
    narrow = frame(0.17)
    assert shown([narrow] * 5, "BLINK") == (False,)
    assert shown([narrow, narrow, frame(0.09), narrow], "BLINK") == (True,)


def test_a_head_that_is_held_askew_is_judged_against_itself() -> None:
    askew = frame(nose=0.1)
    assert shown([askew] * 5, "TURN_LEFT") == (False,)
    assert shown([askew, askew, frame(nose=0.3), askew], "TURN_LEFT") == (True,)


def test_one_frame_repeated_shows_nothing_but_looking_ahead() -> None:
    read = read_challenge([AHEAD] * 6, ("LOOK_AHEAD", "BLINK", "TURN_LEFT"), ONE)
    assert read.shown == (True, False, False)
    assert "a blink, a turn to the left" in read.sentence


def test_another_face_in_one_frame_or_on_the_photograph_is_seen() -> None:
    assert read_challenge([AHEAD, AHEAD, AHEAD], ["LOOK_AHEAD"], ONE).same_face
    assert not read_challenge([AHEAD, frame(template=OTHER), AHEAD], ["LOOK_AHEAD"], ONE).same_face
    assert not read_challenge([AHEAD] * 3, ["LOOK_AHEAD"], OTHER).same_face
    assert read_challenge([AHEAD] * 3, ["LOOK_AHEAD"], None).same_face


def test_frames_without_a_face_and_actions_that_nobody_knows_are_not_shown() -> None:
    assert shown([AHEAD, None, None, None, AHEAD], "LOOK_AHEAD") == (False,)
    assert shown([AHEAD, None, AHEAD, AHEAD], "LOOK_AHEAD") == (True,)
    read = read_challenge([AHEAD] * 4, ["WINK"], ONE)
    assert read.shown == (False,)
    assert "not known" in read.sentence


def test_the_nose_is_placed_between_the_eyes_whichever_eye_comes_first() -> None:
    eyes = [(100.0, 50.0), (120.0, 50.0), (40.0, 50.0), (20.0, 50.0)]
    assert nose_place([*eyes, (70.0, 80.0)]) == pytest.approx(0)
    assert nose_place([*eyes, (90.0, 80.0)]) == pytest.approx(0.25)
    assert nose_place([*eyes[2:], *eyes[:2], (50.0, 80.0)]) == pytest.approx(-0.25)


def test_lids_are_measured_in_widths_of_the_eye() -> None:
    eye = [(0.0, 0.0), (1.0, 0.5), (2.0, 0.5), (3.0, 0.0), (2.0, -0.5), (1.0, -0.5)]
    points = [(0.0, 0.0)] * 36 + eye + [(10 * x, 10 * y) for x, y in eye] + [(0.0, 0.0)] * 20
    assert openness(points) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="68"):
        openness(points[:5])


@pytest.fixture(scope="module")
def seen() -> dict[str, object]:
    """Drawn faces read by one pool."""
    ahead, shut = jpeg(drawn(ANNA)), jpeg(drawn(replace(ANNA, open=0.45)))
    left, right = jpeg(drawn(replace(ANNA, turn=0.13))), jpeg(drawn(replace(ANNA, turn=-0.13)))
    two = Image.new("RGB", (960, 480))
    two.paste(drawn(ANNA), (0, 0))
    two.paste(drawn(BERT, 240), (600, 100))

    async def run() -> dict[str, object]:
        async with ReadingPool() as pool:
            me = await pool.read_face(ahead)
            assert me.face.template is not None
            return {
                "me": me,
                "again": await pool.read_face(jpeg(drawn(ANNA), quality=70)),
                "sideways": await pool.read_face(jpeg(drawn(ANNA).transpose(Image.Transpose.ROTATE_90))),
                "two": await pool.read_face(jpeg(two)),
                "nobody": await pool.read_face(jpeg(Image.new("RGB", (300, 300), (90, 120, 160)))),
                "all": await pool.read_liveness(
                    [ahead, ahead, shut, ahead, left, ahead, right], ["LOOK_AHEAD", "BLINK", "TURN_LEFT", "TURN_RIGHT"], me.face.template
                ),
                "still": await pool.read_liveness([ahead] * 5, ["BLINK", "TURN_LEFT"], me.face.template),
                "not me": await pool.read_liveness([ahead] * 5, ["LOOK_AHEAD"], [-value for value in me.face.template]),
            }

    return asyncio.run(run())


def face(seen: dict[str, object], name: str) -> ReadFace:
    found = seen[name]
    assert isinstance(found, ReadFace)
    return found


def live(seen: dict[str, object], name: str) -> LivenessReading:
    found = seen[name]
    assert isinstance(found, LivenessReading)
    return found


def test_a_face_is_found_where_it_is_and_the_same_face_is_near_itself(seen: dict[str, object]) -> None:
    me, again = face(seen, "me").face, face(seen, "again").face
    assert me.faces == 1
    assert me.box is not None
    assert abs(me.box.left + me.box.width / 2 - 240) < 40
    assert me.template is not None
    assert again.template is not None
    assert float(np.linalg.norm(np.array(me.template) - np.array(again.template))) < 0.2


def test_a_photograph_on_its_side_is_turned_until_the_face_is_found(seen: dict[str, object]) -> None:
    me, sideways = face(seen, "me").face, face(seen, "sideways").face
    assert sideways.faces == 1
    assert me.template is not None
    assert sideways.template is not None
    assert float(np.linalg.norm(np.array(me.template) - np.array(sideways.template))) < 0.2


def test_of_two_faces_the_largest_counts_and_both_are_said(seen: dict[str, object]) -> None:
    two = face(seen, "two").face
    assert two.faces == 2
    assert two.box is not None
    assert two.box.left < 480


def test_an_image_without_a_face_has_none(seen: dict[str, object]) -> None:
    assert face(seen, "nobody").face.faces == 0
    assert face(seen, "nobody").face.template is None


def test_a_whole_challenge_is_seen_over_drawn_frames(seen: dict[str, object]) -> None:
    read = live(seen, "all")
    assert read.shown == (True, True, True, True)
    assert read.same_face
    assert read.frames == 7


def test_a_still_photograph_passes_no_challenge_and_another_person_is_seen(seen: dict[str, object]) -> None:
    assert live(seen, "still").shown == (False, False)
    assert not live(seen, "not me").same_face


def test_what_is_kept_of_a_photograph_is_a_plain_jpeg(seen: dict[str, object]) -> None:
    with Image.open(io.BytesIO(face(seen, "me").kept_jpeg)) as kept:
        assert kept.format == "JPEG"
        assert not kept.getexif()
