"""A bay at sunset in dots of pure colour: each area is mixed in the eye, out of its neighbours and its complement.

Source: Sparavigna and Marazzato 2009, Non-photorealistic image processing: an impressionist rendering (dots of random
place and size, coloured by the image under them). Differs from it: the image is a colour sketch of our own, a share of
the dots takes the complementary colour (Seurat after Chevreul), and dots become smaller layer by layer.
"""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from skimage.color import hsv2rgb, rgb2hsv

from robust_style.data.paintings.canvas import DESIGN_PX, blend, canvas_px, reduced, smooth_noise, unit_px

_GRID = 256
_CANVAS = (236, 222, 190)  # primed canvas, which shows between the dots
_ZENITH, _SKY, _DAWN, _SUN = (70, 112, 190), (150, 170, 214), (250, 176, 128), (255, 232, 130)
_SEA, _DEEP, _FAR, _NEAR = (84, 140, 184), (30, 66, 128), (126, 104, 168), (52, 74, 128)
_MEADOW, _SHADE, _TRUNK = (132, 168, 58), (28, 84, 66), (88, 44, 62)


def paint_pointillism(random: np.random.Generator, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """Dots of three sizes, large ones first, over a sketch of sky, sun, hills, sea and meadow."""
    sketch = _sketch(random)
    canvas = Image.new("RGB", (canvas_px(size_px), canvas_px(size_px)), _CANVAS)
    draw = ImageDraw.Draw(canvas)
    # (dots, radius in design pixels): enough to cover the canvas about twice, then accents.
    for count, radius in ((6500, 5.2), (8500, 3.9), (7000, 2.8)):
        _dot_layer(draw, sketch, random, count, radius, unit_px(size_px))
    return reduced(canvas, size_px)


def _dot_layer(
    draw: ImageDraw.ImageDraw,
    sketch: Float[np.ndarray, "side side 3"],
    random: np.random.Generator,
    count: int,
    radius: float,
    unit: float,
) -> None:
    places = random.random((count, 2))
    column, row = (places * _GRID).astype(int).T
    colours = _divided(sketch[row, column], random)
    radii = radius * random.uniform(0.75, 1.25, count) * unit
    for (x, y), r, colour in zip((places * unit * DESIGN_PX).tolist(), radii.tolist(), colours.tolist(), strict=True):
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(colour))


def _divided(colours: Float[np.ndarray, "count 3"], random: np.random.Generator) -> UInt8[np.ndarray, "count 3"]:
    """Each colour taken apart: purer, of a neighbouring hue, and one dot in nine of the complementary hue."""
    hue, saturation, value = rgb2hsv(colours[:, None] / 255)[:, 0].T
    count = len(hue)
    hue = hue + random.normal(0, 0.03, count) + 0.5 * (random.random(count) < 1 / 9)
    saturation = saturation * random.uniform(0.8, 1.3, count) + 0.04
    value = value * random.uniform(0.86, 1.14, count)
    pure = np.stack([hue % 1, saturation.clip(0, 1), value.clip(0, 1)], axis=1)
    return np.asarray((hsv2rgb(pure[:, None])[:, 0] * 255).round(), np.uint8)


def _sketch(random: np.random.Generator) -> Float[np.ndarray, "side side 3"]:
    rows, columns = np.mgrid[:_GRID, :_GRID] / _GRID
    horizon, sun_x = random.uniform(0.46, 0.54), random.uniform(0.25, 0.75)
    sun_y = horizon - random.uniform(0.08, 0.15)
    clouds = smooth_noise(random, _GRID, 5.0)
    height = (rows / horizon).clip(0, 1) + 0.10 * clouds
    sky = np.where((height < 0.5)[..., None], blend(_ZENITH, _SKY, (height * 2).clip(0, 1)), 0.0)
    sky = np.where((height < 0.5)[..., None], sky, blend(_SKY, _DAWN, (height * 2 - 1).clip(0, 1)))
    glow = np.exp(-((np.hypot(columns - sun_x, rows - sun_y) / 0.13) ** 2))
    sky = sky + glow[..., None] * (np.asarray(_SUN) - sky)
    sky[np.hypot(columns - sun_x, rows - sun_y) < 0.055] = (255, 246, 186)
    depth = ((rows - horizon) / (1 - horizon)).clip(0, 1)
    sea = blend(_SEA, _DEEP, (depth * 1.3 + 0.12 * np.sin(rows * 150)).clip(0, 1))
    glitter = np.exp(-(((columns - sun_x) / (0.05 + 0.2 * depth)) ** 2)) * (0.6 + 0.4 * np.sin(rows * 190))
    sea = sea + (glitter * 0.95 * (1 - depth * 0.5))[..., None] * (np.asarray(_SUN) - sea)
    picture = np.where((rows > horizon)[..., None], sea, sky)
    for colour, base, rise in ((_FAR, 0.035, 0.05), (_NEAR, 0.0, 0.06)):
        ridge = horizon - base - rise * smooth_noise(random, _GRID, 4.0)[0]
        picture[(rows > ridge) & (rows < horizon)] = colour
    shore = random.uniform(0.76, 0.82) + 0.05 * np.sin(2 * np.pi * (columns * 0.8 + random.random()))
    light = (0.5 + 0.45 * smooth_noise(random, _GRID, 9.0) - (rows - shore)).clip(0, 1)
    picture = np.where((rows > shore)[..., None], blend(_SHADE, _MEADOW, light), picture)
    return _with_tree(picture, random, rows, columns, is_left=sun_x > 0.5)


def _with_tree(
    picture: Float[np.ndarray, "side side 3"],
    random: np.random.Generator,
    rows: Float[np.ndarray, "side side"],
    columns: Float[np.ndarray, "side side"],
    *,
    is_left: bool,
) -> Float[np.ndarray, "side side 3"]:
    """A tree away from the sun: it frames the view, and its crown is built of clumps lit from one side."""
    foot = random.uniform(0.13, 0.2) if is_left else random.uniform(0.8, 0.87)
    lean = foot + 0.04 * np.sin(rows * 5)
    picture[(np.abs(columns - lean) < 0.014 + 0.012 * rows) & (rows > 0.3) & (rows < 0.9)] = _TRUNK
    for _ in range(26):
        x, y = foot + random.uniform(-0.12, 0.12), 0.25 + random.uniform(-0.13, 0.13)
        radius = random.uniform(0.04, 0.07)
        inside = np.hypot(columns - x, rows - y) < radius
        lit = (0.5 + (columns - x if is_left else x - columns) / radius * 0.4 - (rows - y) / radius * 0.4).clip(0, 1)
        picture = np.where(inside[..., None], blend(_SHADE, _MEADOW, lit), picture)
    return picture
