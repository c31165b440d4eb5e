"""The reader of text: rapidocr with the models of its own wheel. The only module that sees it, and it is imported with the first document.

Nothing is fetched: the three models are files of the package, given by their paths.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from identity.reading.lines import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_LINES: Final = 200
"""Lines kept of one page; a form has some 30."""
SHORT_SIDE: Final = 720
"""Pixels that the shorter side is enlarged to (twice at most): smaller print is otherwise blurred when the lines are cut out."""
LONG_SIDE: Final = 1600
"""Pixels of the longer side that is read at most: what finding lines costs grows with the square."""


@cache
def _engine() -> Callable[[NDArray[np.uint8]], Any]:
    """The engine, made once for a process: one thread, models from the package's own folder."""
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.model_root_dir": str(models),
            "Rec.rec_batch_num": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def usual_scale(image: NDArray[np.uint8]) -> float:
    """How much an image is enlarged before it is read."""
    return min(2.0, max(1.0, SHORT_SIDE / int(min(image.shape[:2]))))


def other_scale(image: NDArray[np.uint8]) -> float:
    """How much it is enlarged for a second look: the reader errs differently on print of another size."""
    return 1.5 if usual_scale(image) > 1.7 else 2.0


def lines_of(image: NDArray[np.uint8], *, enlarge: float | None = None) -> list[Line]:
    """The lines of text on an RGB image, with corners in its own pixels; at most 200. `enlarge` overrides how much it is enlarged."""
    import cv2

    scale = min(usual_scale(image) if enlarge is None else enlarge, LONG_SIDE / max(image.shape[:2]))
    page: Any = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if scale != 1:
        page = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    found = _engine()(page)
    if found.txts is None or found.boxes is None:
        return []
    lines = []
    for text, score, box in list(zip(found.txts, found.scores, found.boxes, strict=True))[:MOST_LINES]:
        a, b, c, d = ((float(x) / scale, float(y) / scale) for x, y in box)
        lines.append(Line(str(text), float(score), (a, b, c, d)))
    return lines
