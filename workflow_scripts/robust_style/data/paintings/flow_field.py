"""A starry night in bristled brush strokes that follow a flow field.

Sources: Haeberli 1990 (a painting is an ordered list of strokes, each with the colour of the image under it, here of a
sketch of our own); Hertzmann 1998 (curved strokes, painted from coarse to fine).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from PIL import Image, ImageDraw

from robust_style.data.paintings.canvas import DESIGN_PX, Colour, canvas_px, reduced, smooth_noise, unit_px

# Strokes are some twenty design pixels long, so a scene of half the design's resolution is fine enough.
_SCENE_PX = 256

_Map = Float[np.ndarray, "side side"]
_ColourMap = Float[np.ndarray, "side side 3"]

# From deep to light, the pigments of The Starry Night (1889) by eye: Prussian blue, ultramarine, cobalt, zinc white;
# emerald and black; zinc and Indian yellow.
_SKY: tuple[Colour, ...] = ((14, 22, 62), (24, 48, 112), (44, 92, 160), (104, 158, 196), (186, 212, 204))
_HILLS: tuple[Colour, ...] = ((10, 20, 34), (20, 48, 62), (34, 82, 84), (84, 122, 92))
_LIGHTS: tuple[Colour, ...] = ((255, 246, 190), (250, 214, 92), (226, 158, 44))
_CYPRESS: tuple[Colour, ...] = ((8, 14, 22), (18, 40, 36), (44, 72, 40), (96, 84, 44))
# Radius (share of the canvas) and light of each vortex: two dark swirls, the moon, stars.
_VORTICES = ((0.21, 0.25), (0.16, 0.2), (0.13, 1.3), *((0.075, 1.1),) * 8)


@dataclass(frozen=True)
class _Scene:
    """On a grid of `_SCENE_PX`: the direction of strokes (radians, clockwise from the right) and colour (0 to 255)."""

    angle: _Map
    sketch: _ColourMap


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
    scene = _starry_night(random)
    # The ground is the sketch itself, a little darker, so that no gap between strokes shows as a hole.
    ground = Image.fromarray((scene.sketch - 12).clip(0, 255).astype(np.uint8))
    canvas = ground.resize((canvas_px(size_px), canvas_px(size_px)), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(canvas)
    for layer in _LAYERS:
        _paint_layer(draw, scene, layer, random, unit_px(size_px))
    return reduced(canvas, size_px)


def _paint_layer(
    draw: ImageDraw.ImageDraw, scene: _Scene, layer: _Layer, random: np.random.Generator, unit: float
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
    scene: _Scene, middles: Float[np.ndarray, "strokes 2"], length: float
) -> Float[np.ndarray, "strokes points 2"]:
    """Points (x, y) of each stroke, walked along the field from its middle both ways; shares of the canvas."""
    step = length / (_POINTS - 1)
    forward, backward = [middles], [middles]
    for _ in range(_POINTS // 2):
        forward.append(forward[-1] + step * _directions(scene, forward[-1]))
        backward.append(backward[-1] - step * _directions(scene, backward[-1]))
    return np.stack([*backward[:0:-1], *forward], axis=1)


def _directions(scene: _Scene, places: Float[np.ndarray, "strokes 2"]) -> Float[np.ndarray, "strokes 2"]:
    angle = scene.angle[_cells(places)]
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _cells(
    places: Float[np.ndarray, "strokes 2"],
) -> tuple[Int64[np.ndarray, " strokes"], Int64[np.ndarray, " strokes"]]:
    """Row and column of the scene under each place; the nearest for a place outside."""
    column, row = (places * _SCENE_PX).astype(np.int64).clip(0, _SCENE_PX - 1).T
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


def _starry_night(random: np.random.Generator) -> _Scene:
    """A sky of swirls and stars over rolling hills, with a cypress before it, laid out anew by each generator."""
    rows, columns = np.mgrid[:_SCENE_PX, :_SCENE_PX] / _SCENE_PX
    sky_angle, rings, glow = _sky(random, rows, columns)
    horizon = (
        0.72
        + 0.07 * np.sin(2 * np.pi * (columns * 0.9 + random.random()))
        + 0.03 * np.sin(2 * np.pi * (columns * 2.3 + random.random()))
    )
    wander = smooth_noise(random, _SCENE_PX, 5.0)
    sky_tone = 1.6 + 0.8 * smooth_noise(random, _SCENE_PX, 6.0) + 1.1 * rings + 1.4 * (rows - 0.3)
    hill_tone = 1.2 + 0.9 * np.sin((rows - horizon) * 46) + 0.6 * smooth_noise(random, _SCENE_PX, 8.0)
    lights = _palette(_LIGHTS, (1.05 - glow) * 3.2)
    is_lit = ((glow - 0.22) * 4).clip(0, 1)[..., None]
    sky = _palette(_SKY, sky_tone)
    is_hill = rows > horizon
    sketch = np.where(is_hill[..., None], _palette(_HILLS, hill_tone), sky + is_lit * (lights - sky))
    hill_angle = np.arctan(np.gradient(horizon, 1 / _SCENE_PX, axis=1))
    angle = np.where(is_hill, hill_angle + 0.25 * wander, sky_angle + 0.22 * wander)
    is_cypress, lean = _cypress(random, rows, columns)
    bark = _palette(_CYPRESS, 1.2 + 1.1 * np.sin(columns * 120 + lean * 3))
    return _Scene(
        angle=np.where(is_cypress, np.pi / 2 + lean, angle), sketch=np.where(is_cypress[..., None], bark, sketch)
    )


def _sky(random: np.random.Generator, rows: _Map, columns: _Map) -> tuple[_Map, _Map, _Map]:
    """The wind's direction, the rings it draws (about -1 to 1) and the glow of the lights (0 dark, 1 a star)."""
    wind_x, wind_y = np.ones_like(rows), 0.35 * np.sin(2 * np.pi * (columns * 1.3 + random.random()))
    rings, glow = np.zeros_like(rows), np.zeros_like(rows)
    for x, y, radius, light in _vortices(random):
        offset_x, offset_y = columns - x, rows - y
        distance = np.hypot(offset_x, offset_y) + 1e-6  # no direction at the very centre
        reach = np.exp(-((distance / radius) ** 2))
        # A quarter turn from the radius: strokes run round the centre, and near it the wind is gone.
        wind_x = wind_x * (1 - reach) - 2.6 * reach * offset_y / distance
        wind_y = wind_y * (1 - reach) + 2.6 * reach * offset_x / distance
        glow = np.maximum(glow, light * np.exp(-((distance / (0.55 * radius)) ** 2)))
        rings = rings + reach * np.cos(distance / radius * 9)
    return np.arctan2(wind_y, wind_x), rings, glow


def _vortices(random: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Centre x, centre y, radius (shares of the canvas) and light of each; a crowded sky leaves a star out."""
    found: list[tuple[float, float, float, float]] = []
    for radius, light in _VORTICES:
        for _ in range(60):
            x, y = random.uniform(0.06, 0.94), random.uniform(0.07, 0.58)
            if all(np.hypot(x - a, y - b) > 0.85 * (radius + c) for a, b, c, _ in found):
                found.append((x, y, radius, light))
                break
    return found


def _cypress(random: np.random.Generator, rows: _Map, columns: _Map) -> tuple[Bool[np.ndarray, "side side"], _Map]:
    """Where a cypress stands, left or right, and how far its strokes lean from the vertical."""
    foot, top = random.uniform(0.1, 0.26) + 0.6 * random.integers(0, 2), random.uniform(0.16, 0.3)
    height = ((rows - top) / (1 - top)).clip(0, 1)
    lean = 0.45 * np.sin(rows * 17 + random.uniform(0, 6))
    middle = foot + 0.02 * np.sin(rows * 11)
    half_width = 0.085 * height**0.8 * (1 + 0.22 * np.sin(rows * 34 + random.uniform(0, 6)))
    return (np.abs(columns - middle) < half_width) & (rows > top), lean


def _palette(colours: tuple[Colour, ...], tone: _Map) -> _ColourMap:
    """The colour at each tone: 0 the first, 1 the second, mixed between, the outermost beyond."""
    steps = np.arange(len(colours))
    return np.stack([np.interp(tone, steps, [colour[channel] for colour in colours]) for channel in range(3)], axis=-1)
