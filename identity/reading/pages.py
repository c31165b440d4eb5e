"""One page read: text found, fields made of it, looked at again where it was not clear, turned where it lay on its side."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

from identity.model import DocumentReading, ReadField
from identity.reading.copies import copy_score, screen_score
from identity.reading.digits import credit_valid, resident_valid
from identity.reading.document import BUSINESS_LICENCE, PASSPORT, RESIDENT_ID, document_fields
from identity.reading.lines import Corners, Line
from identity.reading.ocr import lines_of, other_scale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXPECTED: Final = {
    RESIDENT_ID: ("name", "sex", "ethnicity", "born_on", "address", "number"),
    BUSINESS_LICENCE: ("name", "legal_representative", "address", "established_on", "scope", "number"),
    PASSPORT: ("mrz",),
}
MOST_LINES: Final = 80
"""A page with more lines is none of the documents that are known, and is not looked at again."""
LEGIBLE: Final = 0.93
UNSURE: Final = 0.9
"""Confidence below which a field is read a second time."""

Fields = dict[str, ReadField]


def read_page(image: NDArray[np.uint8]) -> DocumentReading:
    """What an upright or turned RGB image of one side of a document says, with the hints that it is a screen or a copy."""
    lines = _turned(image)
    kind, fields = document_fields(lines[0])
    if kind is not None and _unclear(kind, fields):
        again_kind, again = document_fields(_view(image, lines[1], again=True))
        if again_kind == kind:
            fields = _better(fields, again)
    return DocumentReading(kind, fields, screen_score(image), copy_score(image))


def _turned(image: NDArray[np.uint8]) -> tuple[list[Line], int]:
    """The lines of the way up in which the page makes sense, and the quarter turns to it; those of the page as it lies when none does."""
    lines = _view(image, 0)
    if document_fields(lines)[0] is not None or not lines or len(lines) > MOST_LINES or _is_legible(lines):
        return lines, 0
    standing = sum(_is_tall(line) for line in lines) * 2 > len(lines)
    for quarters in (1, 3) if standing else (2,):
        turned = _view(image, quarters)
        if document_fields(turned)[0] is not None:
            return turned, quarters
    return lines, 0


def _is_legible(lines: list[Line]) -> bool:
    """Whether a page that is none of the known documents reads well as it lies: turned, its characters would be doubtful."""
    return statistics.fmean(line.confidence for line in lines) > LEGIBLE


def _is_tall(line: Line) -> bool:
    (x0, y0), (x1, y1) = line.corners[0], line.corners[2]
    return abs(y1 - y0) > 1.5 * abs(x1 - x0)


def _view(image: NDArray[np.uint8], quarters: int, *, again: bool = False) -> list[Line]:
    """The lines of the image turned by quarters of a circle, counter-clockwise; corners are of the image as it lies."""
    import numpy as np

    turned = np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image
    found = lines_of(turned, enlarge=other_scale(turned) if again else None)
    height, width = image.shape[:2]
    return [Line(line.text, line.confidence, _back(line.corners, quarters, width, height)) for line in found] if quarters else found


def _back(corners: Corners, quarters: int, width: int, height: int) -> Corners:
    """Corners on a turned image as they are on the image of that width and height."""

    def point(x: float, y: float) -> tuple[float, float]:
        return {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[quarters]

    a, b, c, d = (point(x, y) for x, y in corners)
    return a, b, c, d


def _unclear(kind: str, fields: Fields) -> bool:
    """Whether a second look is worth its time: something is missing, doubtful, or a number does not prove itself. Backs have no number."""
    if kind == RESIDENT_ID and "issuer" in fields:
        return "valid_until" not in fields
    expected = EXPECTED[kind]
    return any(name not in fields or fields[name].confidence < UNSURE for name in expected) or not _proven(fields)


def _proven(fields: Fields) -> bool:
    number = fields.get("number")
    return number is None or resident_valid(number.text) or credit_valid(number.text)


def _better(first: Fields, second: Fields) -> Fields:
    """Of two readings each field's more certain one; a number that proves itself before one that does not."""
    kept = dict(first)
    for name, field in second.items():
        old = kept.get(name)
        proof = name == "number" and old is not None and _proven({name: field}) != _proven({name: old})
        if old is None or (_proven({name: field}) if proof else field.confidence > old.confidence):
            kept[name] = field
    return kept
