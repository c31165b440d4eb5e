"""Faces found and made into templates: dlib's HOG detector, 5-point alignment and the network that face_recognition ships.

The only module that sees dlib and the models. Nothing here is shared between threads: a worker process does one image at a time.
The 5-point model serves for everything but the lids. The 68-point model, whose training data is said to exclude commercial use, is loaded
only when a challenge asks for a blink: an operator to whom that matters asks for turns alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from identity.faces.eyes import openness
from identity.faces.liveness import FrameFace, nose_place
from identity.model import Box, FaceReading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHIP: Final = 150
"""Side in pixels of the aligned face that the network was trained on."""
PADDINGS: Final = (0.2, 0.25, 0.3)
"""Margins around the face, in its own size; the network was trained at .25, and the mean over its neighbours is steadier."""
DETECTION_SIDE: Final = 800
"""Pixels of the longest side at which faces are sought; twice this for small ones."""
MOST_FACES: Final = 20
CERTAIN: Final = 0.7
"""Confidence of the network from which on it is believed."""
NUDGES: Final = ((0.05, 0, 0), (-0.05, 0, 0), (0, 0.05, 0), (0, -0.05, 0), (0, 0, 0.05), (0, 0, -0.05))
"""How the box is moved to the right, down, and let grow, in its own widths, while landmarks are averaged."""


@dataclass(frozen=True, slots=True)
class Found:
    """A face: its box, and the five points (corners of the eyes, right eye of the person first, then below the nose), in pixels."""

    box: Box
    points: tuple[tuple[float, float], ...]
    shape: Any
    image: Any
    """The image, perhaps turned or enlarged, on which dlib's `shape` stands."""


@cache
def _models() -> tuple[Any, Any, Any]:
    """Detector, 5-point landmarks and network, made once for a process."""
    import dlib
    import face_recognition_models as models

    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(models.pose_predictor_five_point_model_location()),
        dlib.face_recognition_model_v1(models.face_recognition_model_location()),
    )


@cache
def _slow_detector() -> tuple[Any]:
    """The network that finds what the detector of gradients misses; some ten times slower."""
    import dlib
    import face_recognition_models as models

    return (dlib.cnn_face_detection_model_v1(models.cnn_face_detector_model_location()),)


@cache
def _lids() -> tuple[Any]:
    """68 landmarks, the lids among them."""
    import dlib
    import face_recognition_models as models

    return (dlib.shape_predictor(models.pose_predictor_model_location()),)


def faces_on(image: NDArray[np.uint8], *, fallback: bool = True) -> list[Found]:
    """The faces on an RGB image, the largest first, at most 20. With `fallback` an image without one is looked at longer: enlarged, turned
    by quarters, and by the network."""
    found = _found(image, 0)
    if found or not fallback:
        return found
    for quarters in (1, 3, 2):
        found = _found(image, quarters)
        if found:
            return found
    return _found_slowly(image)


def _scaled(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """The image with its longest side brought down to `side`, and by how much; small images are enlarged twice at most."""
    import cv2
    import numpy as np

    scale = min(2.0, side / max(image.shape[:2]))
    if abs(scale - 1) < 0.02:
        return np.ascontiguousarray(image), 1.0
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized: Any = cv2.resize(image, None, fx=scale, fy=scale, interpolation=way)
    return resized, scale


def _found(image: NDArray[np.uint8], quarters: int) -> list[Found]:
    """Faces by gradients on the image turned by quarters: first at the usual size, then enlarged for small faces."""
    import numpy as np

    turned = np.ascontiguousarray(np.rot90(image, quarters)) if quarters else np.ascontiguousarray(image)
    for side in (DETECTION_SIDE, 2 * DETECTION_SIDE):
        sought, scale = _scaled(turned, side)
        boxes = list(_models()[0](sought, 0))
        if boxes:
            return _described(image, turned, (sought, scale), quarters, boxes)
        if scale == 2.0:
            break
    return []


def _found_slowly(image: NDArray[np.uint8]) -> list[Found]:
    """Faces by the network, at a size that keeps it within a second or two."""
    import numpy as np

    whole = np.ascontiguousarray(image)
    sought, scale = _scaled(whole, 640)
    return _described(image, whole, (sought, scale), 0, [hit.rect for hit in _slow_detector()[0](sought, 0) if hit.confidence > CERTAIN])


def _described(
    image: NDArray[np.uint8], turned: NDArray[np.uint8], seen: tuple[NDArray[np.uint8], float], quarters: int, boxes: list[Any]
) -> list[Found]:
    """The points of each box, and the box on the image as it lies. `seen` is the turned image at the scale at which boxes were found."""
    import dlib

    sought, scale = seen
    # Landmarks are whole pixels: a small face is measured on its enlargement, a large one on all the pixels there are.
    ground, grow = (sought, 1.0) if scale > 1 else (turned, 1 / scale)
    found = []
    for box in sorted(boxes, key=lambda box: -box.area())[:MOST_FACES]:
        edges = [edge * grow for edge in (box.left(), box.top(), box.right(), box.bottom())]
        shape = _steady_shape(ground, dlib.rectangle(*map(round, edges)))
        points = tuple((float(point.x), float(point.y)) for point in shape.parts())
        left, top, right, bottom = (edge / (scale * grow) for edge in edges)
        found.append(Found(_box_as_it_lies((left, top, right, bottom), quarters, image.shape[1], image.shape[0]), points, shape, ground))
    return found


def _steady_shape(image: NDArray[np.uint8], box: Any) -> Any:  # noqa: ANN401  # dlib's own types
    """The five points, as the mean over slightly moved and resized boxes and the mirror image: one box alone puts them a little off."""
    import dlib
    import numpy as np

    predict, width, last = _models()[1], box.width(), image.shape[1] - 1

    def points(ground: NDArray[np.uint8], where: Any) -> NDArray[np.float64]:  # noqa: ANN401  # likewise
        return np.array([(point.x, point.y) for point in predict(ground, where).parts()], dtype=np.float64)

    seen = [points(image, box)]
    for right, down, larger in NUDGES:
        a, b = round(right * width), round(down * width)
        c = round(larger * width)
        seen.append(points(image, dlib.rectangle(box.left() + a - c, box.top() + b - c, box.right() + a + c, box.bottom() + b + c)))
    mirror = np.ascontiguousarray(image[:, ::-1])
    mirrored = points(mirror, dlib.rectangle(last - box.right(), box.top(), last - box.left(), box.bottom()))[[2, 3, 0, 1, 4]]
    mirrored[:, 0] = last - mirrored[:, 0]
    mean = np.mean([*seen, mirrored], axis=0)
    return dlib.full_object_detection(box, dlib.points([dlib.point(round(x), round(y)) for x, y in mean.tolist()]))


def _box_as_it_lies(box: tuple[float, float, float, float], quarters: int, width: int, height: int) -> Box:
    """A box on an image turned counter-clockwise by quarters, as it stands on the image itself, inside its edges."""
    left, top, right, bottom = box
    left, top, right, bottom = {
        0: (left, top, right, bottom),
        1: (width - bottom, left, width - top, right),
        2: (width - right, height - bottom, width - left, height - top),
        3: (top, height - right, bottom, height - left),
    }[quarters]
    x, y = max(0, round(left)), max(0, round(top))
    return Box(x, y, max(1, min(width, round(right)) - x), max(1, min(height, round(bottom)) - y))


def template_of(face: Found, paddings: tuple[float, ...] = PADDINGS) -> tuple[float, ...]:
    """The face's template: the mean of the network's 128 numbers over the face and its mirror image at several margins."""
    import dlib
    import numpy as np

    chips = [dlib.get_face_chip(face.image, face.shape, CHIP, padding) for padding in paddings]
    views = chips + [np.ascontiguousarray(chip[:, ::-1]) for chip in chips]
    vectors = np.array([np.asarray(_models()[2].compute_face_descriptor(view)) for view in views])
    return tuple(float(value) for value in vectors.mean(axis=0))


def read_faces(image: NDArray[np.uint8], *, patient: bool = True) -> FaceReading:
    """How many faces an RGB image shows, and the template of the largest; `patient` looks longer where none is seen at once."""
    found = faces_on(image, fallback=patient)
    if not found:
        return FaceReading(0)
    return FaceReading(len(found), template_of(found[0]), found[0].box)


def frame_face(image: NDArray[np.uint8], *, lids: bool) -> FrameFace | None:
    """The largest face of one frame of a challenge, with a quick template, the nose's place and, when `lids` are asked for, the openness of
    the eyes (else 1); None without a face."""
    found = faces_on(image, fallback=False)
    if not found:
        return None
    face = found[0]
    opened = 1.0
    if lids:
        opened = openness([(float(point.x), float(point.y)) for point in _lids()[0](face.image, face.shape.rect).parts()])
    return FrameFace(template_of(face, (0.25,)), opened, nose_place(face.points))
