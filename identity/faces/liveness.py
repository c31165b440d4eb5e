"""Liveness by challenge: whether a short sequence of frames shows, in order, what the subject was asked to do, with one face throughout.

A review signal and nothing more: it answers a held-up photograph, not a made-up video, and is not what ISO 30107-3 calls presentation
attack detection. A blink is judged against the person's own open eyes, a turn by where the nose stands between the eyes. Left and right are
the person's own; frames are as the camera sees them, not mirrored.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from identity.faces.matching import distance, threshold_for
from identity.model import LivenessReading

LOOK_AHEAD, BLINK, TURN_LEFT, TURN_RIGHT = "LOOK_AHEAD", "BLINK", "TURN_LEFT", "TURN_RIGHT"

CLOSED: Final = 0.7
"""Openness of the eyes, as a share of the person's own when open, below which they are shut."""
TURNED: Final = 0.12
"""How far the nose moves between the eyes, in distances of the eyes, for a turn: some 12 degrees."""
AHEAD: Final = 0.08
SAME_RATE: Final = 0.001
"""Share of strangers that would pass for the same face from frame to frame, looking ahead."""
TURNED_RATE: Final = 0.01
"""The same while the head is turned: the network sees another side of the face."""


@dataclass(frozen=True, slots=True)
class FrameFace:
    """One frame's face: template, openness of the eyes (only comparable within a person), the nose's place between the eyes (0 is the
    middle, positive towards the image's right, which is the person's left), in distances of the eyes."""

    template: tuple[float, ...]
    openness: float
    nose: float


def nose_place(points: Sequence[tuple[float, float]]) -> float:
    """Where the nose stands along the line of the eyes, from the five points (two of each eye, then the nose)."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy), (nx, ny) = points
    one, other = ((ax + bx) / 2, (ay + by) / 2), ((cx + dx) / 2, (cy + dy) / 2)
    left, right = sorted((one, other))
    across = (right[0] - left[0], right[1] - left[1])
    length = math.hypot(*across) or 1.0
    middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    return ((nx - middle[0]) * across[0] + (ny - middle[1]) * across[1]) / length**2


def read_challenge(frames: Sequence[FrameFace | None], actions: Sequence[str], live: Sequence[float] | None) -> LivenessReading:
    """What frames show of the actions, in order. None is a frame without a face; `live` is the template of the live photograph."""
    faces = [frame for frame in frames if frame is not None]
    if len(faces) < max(3, len(frames) - 2):
        return _none(actions, frames, f"A face was found on {len(faces)} of {len(frames)} frames: send the sequence again, evenly lit.")
    straight = statistics.median_low(sorted((face.nose for face in faces), key=abs)[: max(1, len(faces) // 2)])
    wide = statistics.median(sorted(face.openness for face in faces)[len(faces) // 2 :])
    shown = _in_order(faces, actions, straight, wide)
    same = _same(faces, straight, live)
    return LivenessReading(tuple(actions), shown, len(frames), same, _sentence(actions, shown, same))


def _none(actions: Sequence[str], frames: Sequence[FrameFace | None], sentence: str) -> LivenessReading:
    return LivenessReading(tuple(actions), (False,) * len(actions), len(frames), same_face=False, sentence=sentence)


def _in_order(faces: Sequence[FrameFace], actions: Sequence[str], straight: float, wide: float) -> tuple[bool, ...]:
    """Whether each action is shown in a frame behind the one that showed the action before it."""
    shows: dict[str, Callable[[FrameFace], bool]] = {
        LOOK_AHEAD: lambda face: abs(face.nose - straight) < AHEAD and face.openness >= CLOSED * wide,
        BLINK: lambda face: abs(face.nose - straight) < TURNED and face.openness < CLOSED * wide,
        TURN_LEFT: lambda face: face.nose - straight > TURNED,
        TURN_RIGHT: lambda face: straight - face.nose > TURNED,
    }
    shown, start = [], 0
    for action in actions:
        does = shows.get(action)
        place = next((at for at in range(start, len(faces)) if does is not None and does(faces[at])), None)
        shown.append(place is not None)
        if place is not None:
            start = place + 1
    return tuple(shown)


def _same(faces: Sequence[FrameFace], straight: float, live: Sequence[float] | None) -> bool:
    """Whether every frame is within the calibrated distance of the live photograph, or of the frame that looks most straight ahead."""
    first = min(faces, key=lambda face: abs(face.nose - straight)).template if live is None else live
    return all(
        distance(first, face.template) <= threshold_for(SAME_RATE if abs(face.nose - straight) < TURNED else TURNED_RATE) for face in faces
    )


def _sentence(actions: Sequence[str], shown: Sequence[bool], same: bool) -> str:
    """What staff read."""
    words = {LOOK_AHEAD: "looking ahead", BLINK: "a blink", TURN_LEFT: "a turn to the left", TURN_RIGHT: "a turn to the right"}
    missing = [words.get(action, "an action that is not known") for action, seen in zip(actions, shown, strict=True) if not seen]
    if not same:
        return "The frames do not all show one face, the one of the live photograph."
    if missing:
        return f"Not seen in the frames, in the order asked: {', '.join(missing)}."
    return "Every action was seen in the order asked, with one face throughout."
