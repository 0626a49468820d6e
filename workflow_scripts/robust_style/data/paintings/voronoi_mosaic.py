"""A glass and stone mosaic: rows of tesserae round medallions, each stone a Voronoi cell in dark grout.

Source: Hausner 2001, Simulating decorative mosaics: Lloyd relaxation of sites whose stones follow a direction field.
Differs from it: sites are laid along the courses directly and then jittered.
"""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy.spatial import cKDTree

from robust_style.data.paintings.canvas import canvas_px, reduced, smooth_noise, unit_px

_GROUT = (46, 38, 36)
# Byzantine smalti: lapis and turquoise grounds, gold, cinnabar, ivory.
_GROUND = ((18, 40, 104), (24, 64, 140), (30, 96, 152), (38, 132, 150), (94, 172, 160))
_RINGS = ((232, 178, 52), (196, 62, 38), (246, 234, 202), (28, 52, 116), (232, 178, 52), (60, 140, 120), (150, 34, 40))
_STONE = 11.0  # design pixels from stone to stone
_JOINT = 1.5  # design pixels of grout


def paint_voronoi_mosaic(random: np.random.Generator, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """Concentric courses round medallions, wavy courses between, one colour a stone with a light of its own."""
    centres, radii = _medallions(random)
    sites, is_ring = _sites(random, centres, radii)
    colours = _colours(random, sites, is_ring, centres, radii)
    side, unit = canvas_px(size_px), unit_px(size_px)
    rows, columns = np.mgrid[:side, :side]
    places = np.stack([columns.ravel(), rows.ravel()], axis=1) / unit
    distance, nearest = cKDTree(sites).query(places, k=2)
    # Distance to the bisector of the two nearest sites, the edge of the cell.
    apart = np.hypot(*(sites[nearest[:, 0]] - sites[nearest[:, 1]]).T)
    edge = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * apart)
    # Each stone is a little tilted, so light falls off across it, and its rim is rounded.
    tilt = random.normal(0, 1, (len(sites), 2))
    offset = places - sites[nearest[:, 0]]
    light = 2.0 * (tilt[nearest[:, 0]] * offset).sum(axis=1) - 26 * np.exp(-(edge - _JOINT / 2).clip(0) / 0.9)
    picture = colours[nearest[:, 0]] + light[:, None]
    picture[edge < _JOINT / 2] = _GROUT
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8).reshape(side, side, 3))
    return reduced(image, size_px)


def _medallions(random: np.random.Generator) -> tuple[Float[np.ndarray, "count 2"], Float[np.ndarray, " count"]]:
    """Centres and radii in design pixels: one great medallion, then smaller ones wherever they fit."""
    centres, radii = [random.uniform(170, 342, 2)], [random.uniform(125, 150)]
    for radius in (92, 74, 60, 60, 44, 44, 44, 33, 33, 33):
        for _ in range(80):
            centre = random.uniform(-10, 522, 2)
            if all(np.hypot(*(centre - c)) > radius + r + 1.5 * _STONE for c, r in zip(centres, radii, strict=True)):
                centres.append(centre)
                radii.append(float(radius))
                break
    return np.array(centres), np.array(radii)


def _sites(
    random: np.random.Generator, centres: Float[np.ndarray, "count 2"], radii: Float[np.ndarray, " count"]
) -> tuple[Float[np.ndarray, "sites 2"], np.ndarray]:
    """Middle of each stone in design pixels, and the medallion it belongs to (-1: the ground)."""
    found, owners = [], []
    for owner, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        for ring in np.arange(0, radius + _STONE / 2, _STONE):
            count = max(1, round(2 * np.pi * ring / _STONE))
            turn = (np.arange(count) / count + random.random()) * 2 * np.pi
            found.append(centre + ring * np.stack([np.cos(turn), np.sin(turn)], axis=1))
            owners.append(np.full(count, owner))
    across, down = np.meshgrid(np.arange(-20, 540, _STONE), np.arange(-60, 580, _STONE))
    down = down + 16 * np.sin(across / 81 + random.uniform(0, 6)) + 8 * np.sin(across / 37 + random.uniform(0, 6))
    across = across + _STONE / 2 * (np.arange(across.shape[0]) % 2)[:, None]  # courses are laid in bond
    ground = np.stack([across.ravel(), down.ravel()], axis=1)
    gap = np.hypot(*(ground[:, None] - centres).transpose(2, 0, 1)) - radii
    ground = ground[gap.min(axis=1) > _STONE * 0.85]
    sites = np.concatenate([*found, ground])
    return sites + random.normal(0, _STONE * 0.1, sites.shape), np.concatenate([*owners, np.full(len(ground), -1)])


def _colours(
    random: np.random.Generator,
    sites: Float[np.ndarray, "sites 2"],
    owner: np.ndarray,
    centres: Float[np.ndarray, "count 2"],
    radii: Float[np.ndarray, " count"],
) -> Float[np.ndarray, "sites 3"]:
    waves = smooth_noise(random, 128, 5.0)
    column, row = (sites / 512 * 128).astype(int).clip(0, 127).T
    tone = 1.8 + 1.1 * waves[row, column] + 0.9 * np.sin(sites[:, 1] / 29) + random.normal(0, 0.45, len(sites))
    colours = np.array(_GROUND, float)[tone.round().clip(0, len(_GROUND) - 1).astype(int)]
    rings = np.array(_RINGS, float)
    for index, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        mine = owner == index
        offset = sites[mine] - centre
        ring = ((radius - np.hypot(*offset.T)) / _STONE).round().astype(int).clip(0)
        petals = np.cos(np.arctan2(offset[:, 1], offset[:, 0]) * random.integers(5, 9) + random.uniform(0, 6)) > 0
        start = int(random.integers(1, len(rings)))
        # A gold rim, then two courses a colour; petals alternate with the next colour inwards.
        step = np.where(ring == 0, 0, start + (ring - 1) // 2 + (petals & (ring > 2)))
        colours[mine] = rings[step % len(rings)]
    # No two smalti from one melt are equal: they differ in value more than in hue.
    return np.asarray(colours + random.normal(0, 13, (len(sites), 1)) + random.normal(0, 6, colours.shape))
