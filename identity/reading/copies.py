"""Hints that an image shows a screen or a photocopy instead of the document. Hints only: people look, nothing is refused by them.

Screen: the grids of two pixel rasters beat against each other, which stands in the spectrum as sharp, isolated peaks away from the axes.
Photocopy: no colour is left where a card, a seal or a photograph has some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TILE: Final = 512
"""Side in pixels of the piece whose spectrum is taken."""
PEAK_FLOOR: Final = 4.7
"""Peak over its surroundings (in logarithmic standard deviations) at which a screen begins to be likely."""
PEAK_CERTAIN: Final = 6.2
COLOURLESS: Final = 0.12
"""Saturation (0 to 1) of the most colourful twentieth of the pixels, below which a copy becomes likely."""


def screen_score(image: NDArray[np.uint8]) -> float:
    """How much an RGB image looks like a photographed screen, 0 to 1; 0 for what is too small to tell."""
    import numpy as np

    grey = image.mean(axis=2)
    side = min(TILE, *grey.shape)
    if side < 128:
        return 0.0
    top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
    window = np.hanning(side)
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2((grey[top : top + side, left : left + side] - grey.mean()) * np.outer(window, window))))
    level = np.log1p(spectrum)
    centre = side // 2
    rows, columns = np.ogrid[:side, :side]
    radius = np.hypot(rows - centre, columns - centre) / centre
    # Lines of print and edges lie on the axes; what is coarse is the picture itself.
    off_axes = (np.abs(rows - centre) > 4) & (np.abs(columns - centre) > 4) & (radius > 0.2) & (radius < 0.95)
    ring = (radius * 20).astype(int)
    excess = np.zeros_like(level)
    for number in range(4, 19):
        here = off_axes & (ring == number)
        middle = np.median(level[here])
        excess[here] = (level[here] - middle) / (1.4826 * np.median(np.abs(level[here] - middle)) + 1e-6)
    peak = float(np.sort(excess[off_axes])[-4:].mean())
    return float(np.clip((peak - PEAK_FLOOR) / (PEAK_CERTAIN - PEAK_FLOOR), 0.0, 1.0))


def copy_score(image: NDArray[np.uint8]) -> float:
    """How much an RGB image looks like a black and white copy, 0 to 1."""
    import numpy as np

    pixels = image[::2, ::2].astype(np.float32)
    highest, lowest = pixels.max(axis=2), pixels.min(axis=2)
    # Near black, rounding alone makes saturation.
    bright = highest > 40
    if not bright.any():
        return 0.0
    saturation = float(np.quantile((highest[bright] - lowest[bright]) / highest[bright], 0.95))
    return float(np.clip(1.0 - saturation / COLOURLESS, 0.0, 1.0))
