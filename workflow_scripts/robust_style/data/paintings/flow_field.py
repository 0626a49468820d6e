"""A starry night in bristled brush strokes that follow a flow field.

Sources: Haeberli 1990 (a painting is an ordered list of strokes, each with the colour of the image under it, here of a
sketch of our own); Hertzmann 1998 (curved strokes, painted from coarse to fine).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64, UInt8
from PIL import Image, ImageDraw

from robust_style.data.paintings.canvas import DESIGN_PX, canvas_px, reduced, unit_px
from robust_style.data.paintings.starry_night import SCENE_PX, Scene, starry_night


@dataclass(frozen=True)
class _Layer:
    """Strokes of one brush: how many, their length and width in design pixels, and how much lighter than the sketch."""

    strokes: int
    length: float
    width: float
    lift: float


# Underpainting, body, accents: each covers the canvas, the finer ones not quite, so that the coarser show through.
_LAYERS = (_Layer(900, 44.0, 15.0, -10.0), _Layer(2600, 32.0, 8.5, 0.0), _Layer(2600, 22.0, 4.5, 14.0))
_POINTS = 9  # of the polyline of a stroke: enough for the tightest swirl
_BRISTLES = 5


def paint_flow_field(random: np.random.Generator, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """Strokes of three sizes, broad ones first, each following the direction field under it."""
    scene = starry_night(random)
    # The ground is the sketch itself, a little darker, so that no gap between strokes shows as a hole.
    ground = Image.fromarray((scene.sketch - 12).clip(0, 255).astype(np.uint8))
    canvas = ground.resize((canvas_px(size_px), canvas_px(size_px)), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(canvas)
    for layer in _LAYERS:
        _paint_layer(draw, scene, layer, random, unit_px(size_px))
    return reduced(canvas, size_px)


def _paint_layer(
    draw: ImageDraw.ImageDraw, scene: Scene, layer: _Layer, random: np.random.Generator, unit: float
) -> None:
    middles = random.random((layer.strokes, 2)) * 1.06 - 0.03  # some begin outside, so that the edges are painted too
    paths = _paths(scene, middles, layer.length / DESIGN_PX) * (unit * DESIGN_PX)
    row, column = _cells(middles)
    # Each stroke is mixed on the palette anew, and each bristle takes its own share: value varies more than hue.
    colours = scene.sketch[row, column] + layer.lift
    colours = colours + random.normal(0, 13, (layer.strokes, 1)) + random.normal(0, 6, (layer.strokes, 3))
    tones = random.normal(0, 11, (layer.strokes, _BRISTLES, 1))
    tones[:, 0] += 6  # light catches the ridge on one side
    inks = (colours[:, None] + tones).clip(0, 255).astype(int).tolist()
    widths = layer.width * unit * random.uniform(0.75, 1.25, layer.strokes)
    # Bristles touch down and lift off at different points, which frays both ends.
    begins, ends = random.integers(0, 3, (2, layer.strokes, _BRISTLES))
    bristles = _bristles(paths, widths)
    for stroke in range(layer.strokes):
        thickness = max(1, round(widths[stroke] / _BRISTLES * 1.5))  # half as wide again as their spacing: no gaps
        for bristle in range(_BRISTLES):
            line = bristles[stroke, bristle, begins[stroke, bristle] : _POINTS - ends[stroke, bristle]]
            draw.line(line.ravel().tolist(), fill=tuple(inks[stroke][bristle]), width=thickness, joint="curve")


def _paths(
    scene: Scene, middles: Float[np.ndarray, "strokes 2"], length: float
) -> Float[np.ndarray, "strokes points 2"]:
    """Points (x, y) of each stroke, walked along the field from its middle both ways; shares of the canvas."""
    step = length / (_POINTS - 1)
    forward, backward = [middles], [middles]
    for _ in range(_POINTS // 2):
        forward.append(forward[-1] + step * _directions(scene, forward[-1]))
        backward.append(backward[-1] - step * _directions(scene, backward[-1]))
    return np.stack([*backward[:0:-1], *forward], axis=1)


def _directions(scene: Scene, places: Float[np.ndarray, "strokes 2"]) -> Float[np.ndarray, "strokes 2"]:
    angle = scene.angle[_cells(places)]
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _cells(
    places: Float[np.ndarray, "strokes 2"],
) -> tuple[Int64[np.ndarray, " strokes"], Int64[np.ndarray, " strokes"]]:
    """Row and column of the scene under each place; the nearest for a place outside."""
    column, row = (places * SCENE_PX).astype(np.int64).clip(0, SCENE_PX - 1).T
    return row, column


def _bristles(
    paths: Float[np.ndarray, "strokes points 2"], widths: Float[np.ndarray, " strokes"]
) -> Float[np.ndarray, "strokes bristles points 2"]:
    """The lines of a stroke's bristles: its path, shifted along its normal."""
    tangent = np.gradient(paths, axis=1)
    normal = np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1)
    normal = normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-9)
    shifts = np.linspace(-0.5, 0.5, _BRISTLES) * widths[:, None]
    return np.asarray(paths[:, None] + shifts[..., None, None] * normal[:, None])
