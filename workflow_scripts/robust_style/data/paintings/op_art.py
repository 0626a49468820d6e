"""Stripes that bend, swell and tighten until the flat canvas seems to move, warm and cool woven into black and white.

In the spirit of Riley (Fall, 1963; Cataract 3, 1967).
"""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from robust_style.data.paintings.canvas import blend, canvas_px, reduced

_BLACK, _WHITE = (16, 15, 20), (248, 244, 234)
# By way of violet, since vermilion and teal mixed directly are mud.
_WARM, _BETWEEN, _COOL = (226, 64, 40), (122, 62, 132), (0, 128, 142)
_STRIPES = 24  # pairs down the canvas: about 10 design pixels a stripe, where the waves do not squeeze them


def paint_op_art(random: np.random.Generator, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """Waving stripes, every second pair coloured, from warm to cool across the canvas."""
    side = canvas_px(size_px)
    down, across = (np.mgrid[:side, :side] + 0.5) / side
    phase = _phase(random, across, down)
    stripe = np.floor(phase * 2).astype(int) % 4
    tint = 0.5 + 0.5 * np.sin(2 * np.pi * (0.55 * across + 0.5 * down + random.random()))
    # Long stretches of pure colour with short passages between them.
    share = (tint * 2 - 0.5).clip(0, 1)[..., None]
    coloured = blend(_WARM, _BETWEEN, (share[..., 0] * 2).clip(0, 1))
    coloured = coloured + (share * 2 - 1).clip(0, 1) * (np.asarray(_COOL) - coloured)
    picture = np.where((stripe == 0)[..., None], np.asarray(_BLACK, float), np.asarray(_WHITE, float))
    picture = np.where((stripe == 2)[..., None], coloured, picture)
    return reduced(Image.fromarray(picture.round().astype(np.uint8)), size_px)


def _phase(
    random: np.random.Generator, across: Float[np.ndarray, "side side"], down: Float[np.ndarray, "side side"]
) -> Float[np.ndarray, "side side"]:
    """Number of stripe pairs above each point: rows, bent by waves whose height and length change, by a swelling."""
    begin = random.uniform(0, 2 * np.pi, 4)
    # The wave's own phase drifts with height, so that crests lean, and its length shrinks towards one side.
    stretched = across + 0.09 * np.sin(2 * np.pi * across + begin[0])
    height = 0.042 * (1 + 0.55 * np.sin(2 * np.pi * 0.8 * down + begin[1]))
    wave = height * np.sin(2 * np.pi * 2.1 * stretched + 1.7 * np.sin(2 * np.pi * 0.7 * down + begin[2]))
    squeeze = 0.035 * np.sin(2 * np.pi * 1.5 * down + begin[3])
    x, y = random.uniform(0.3, 0.7, 2)
    distance = np.hypot(across - x, down - y) / 0.3
    # Inside the lens the rows spread, as on a ball that comes out of the canvas.
    swelling = -0.42 * (down - y) * (1 - distance**2).clip(0) ** 2
    # Only the phase modulo two matters; 100 keeps it positive.
    bent: Float[np.ndarray, "side side"] = _STRIPES * (down + wave + squeeze + swelling) + 100
    return bent
