"""Overlapping fans of waves under a red sun, as printed from wood: flat inks, clean contours, a graded sky.

After the seigaiha pattern and the colours of Hokusai's Great Wave (about 1831).
"""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from robust_style.data.paintings.canvas import DESIGN_PX, Colour, blend, canvas_px, reduced, smooth_noise, unit_px

_PAPER, _PRUSSIAN, _INDIGO, _PALE, _FOAM = (
    (238, 224, 192),
    (22, 52, 98),
    (44, 92, 140),
    (138, 176, 186),
    (248, 240, 218),
)
_VERMILION, _KEY = (206, 58, 40), (16, 24, 44)


def paint_woodblock_waves(random: np.random.Generator, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """A graded sky with a sun, then rows of fans, far ones small and pale, near ones large and dark."""
    side, unit = canvas_px(size_px), unit_px(size_px)
    canvas = Image.fromarray(_sky(random, side).round().astype(np.uint8))
    draw = ImageDraw.Draw(canvas)
    _sun(draw, random, unit)
    top = random.uniform(0.36, 0.44) * DESIGN_PX
    radius = 20.0
    row = 0
    swell = random.uniform(0, 2 * np.pi, 2)
    while top < DESIGN_PX + radius:
        # Counted from the middle, every second row shifted by half a fan: the bond of the seigaiha.
        reach = int(DESIGN_PX / 2 / radius) // 2 + 2
        for place in range(-reach, reach + 1):
            x = DESIGN_PX / 2 + radius * (2 * place + row % 2)
            lift = 14 * np.sin(x / 75 + swell[0]) + 8 * np.sin(x / 41 + swell[1] + row * 0.35)
            _fan(draw, (x, top + lift), radius * 1.06, unit)
        top += radius * 0.6
        radius *= 1.055
        row += 1
    return reduced(Image.fromarray(_printed(np.asarray(canvas, np.float64), random)), size_px)


def _sky(random: np.random.Generator, side: int) -> Float[np.ndarray, "{side} {side} 3"]:
    """Bokashi: ink wiped off the block towards the horizon."""
    down = (np.mgrid[:side, :side][0] + 0.5) / side
    ink = (1 - down / 0.3).clip(0, 1) ** 1.3
    return blend(_PAPER, _INDIGO, ink)


def _sun(draw: ImageDraw.ImageDraw, random: np.random.Generator, unit: float) -> None:
    x, y, radius = random.uniform(120, 392) * unit, random.uniform(120, 160) * unit, random.uniform(58, 74) * unit
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_VERMILION)


def _fan(draw: ImageDraw.ImageDraw, place: tuple[float, float], radius: float, unit: float) -> None:
    """One wave: rings of ink from the contour inwards."""
    inks: tuple[Colour, ...] = (_KEY, _FOAM, _PRUSSIAN, _FOAM, _INDIGO, _PALE, _PRUSSIAN, _FOAM)
    # Shares of the radius at which each ink begins; the contour and the foam are thinner than the bands of blue.
    shares = (1.0, 0.95, 0.84, 0.66, 0.6, 0.42, 0.34, 0.14)
    for ink, share in zip(inks, shares, strict=True):
        r = radius * share * unit
        x, y = place[0] * unit, place[1] * unit
        draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)


def _printed(
    picture: Float[np.ndarray, "side side 3"], random: np.random.Generator
) -> UInt8[np.ndarray, "side side 3"]:
    """The grain of the wood: faint, long, horizontal streaks in the ink."""
    side = len(picture)
    wander = smooth_noise(random, side, 3.0)
    rows = np.mgrid[:side, :side][0] / side
    grain = np.sin(2 * np.pi * (rows * 60 + 1.2 * wander)) + np.sin(2 * np.pi * (rows * 23 + 0.8 * wander))
    return np.asarray((picture + 4.5 * grain[..., None]).clip(0, 255).round(), np.uint8)
