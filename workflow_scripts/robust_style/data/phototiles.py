"""A dataset that needs no download: which of ten photographs does this 32 px tile come from?"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from PIL import Image

from robust_style.data.dataset import Dataset
from robust_style.data.photographs import PHOTOGRAPHS, photograph
from robust_style.errors import DatasetError

TILE_PX = 32
DEFAULT_TRAIN_SIZE = 5000
DEFAULT_TEST_SIZE = 1000

# The constants of the robustness library's CIFAR: a network of ours then loads there with the right normalisation,
# and phototiles and CIFAR-10 share every later setting. Normalisation needs no more than the rough scale.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2023, 0.1994, 0.2010)

# Each photograph is a chessboard of 7 x 7 blocks; the test blocks stand as seven queens that do not attack one another
# (column per row): every row and every column gives one, and no two touch, so both splits see all of the scene.
_TEST_COLUMN_OF_ROW = (1, 3, 5, 0, 2, 4, 6)
# No training crop comes nearer to a test block than one 16 px unit of a JPEG with halved chroma:
# three photographs are JPEGs, where the pixels of one unit depend on one another.
_GUARD_PX = 16
# Sides of the crops as fractions of the photograph's shorter side. The largest still fits into a block (1/7) with
# room to move; below a tenth the smallest photograph (300 px) would be enlarged.
_SMALLEST_SIDE, _LARGEST_SIDE = 0.1, 0.13
# A crop without at least this contrast (standard deviation of luminance, [0, 1]) is empty sky, a bare wall or black:
# made as contrasty as the others it would show the noise of the camera.
_LEAST_CONTRAST = 0.04

# What a tile looks like once relit, in [0, 1]: about half the contrast of a CIFAR image, so that a perturbation of L2
# norm 0.5 weighs twice as much; else these easy classes would be told apart robustly without any adversary.
# MEASURED (CPU, quarter-width VGG19, 500 test tiles, n = 1): a standard network keeps 24 % under PGD-10; an earlier
# layout of the tiles with contrasts of 0.18 to 0.28 left it 53 %.
_BRIGHTNESS, _CONTRAST, _SATURATION = (0.47, 0.53), (0.1, 0.14), (0.7, 1.1)
_LUMINANCE = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def make_phototiles(train_size: int | None, test_size: int | None) -> Dataset:
    """Ten classes, the photographs in the order of `PHOTOGRAPHS`; tile i has label i mod 10.

    A smaller size gives the first tiles of a larger one. None gives 5000 for training and 1000 for testing.
    Training and test tiles share no pixel. Raises DatasetError unless both sizes are positive multiples of ten.

    Best trained without `crop_padding`: the tiles are random crops already, and a black border, with many times their
    contrast, takes over the statistics of batch norm. MEASURED (quarter-width VGG19, 6 epochs, batch 64, n = 1):
    48 % training accuracy with 4 px of padding, 79 % without.
    """
    train_images, train_labels = _split("train", DEFAULT_TRAIN_SIZE if train_size is None else train_size)
    test_images, test_labels = _split("test", DEFAULT_TEST_SIZE if test_size is None else test_size)
    return Dataset(
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        class_names=PHOTOGRAPHS,
        mean=MEAN,
        std=STD,
    )


def _split(split: str, size: int) -> tuple[UInt8[np.ndarray, "{size} 3 32 32"], Int64[np.ndarray, " {size}"]]:
    classes = len(PHOTOGRAPHS)
    if size <= 0 or size % classes:
        raise DatasetError(
            f"dataset.{split}_size: expected a positive multiple of {classes} (phototiles has {classes} classes), "
            f"found {size}; choose for instance {max(1, size // classes) * classes}"
        )
    images = np.empty((size, 3, TILE_PX, TILE_PX), np.uint8)
    for label, name in enumerate(PHOTOGRAPHS):
        # One stream of randomness per class and split: neither size nor the other classes change a tile.
        random = np.random.default_rng([label, split == "test"])
        tiles = tiles_of(photograph(name), is_test=split == "test", random=random)
        for position in range(label, size, classes):
            images[position] = next(tiles).transpose(2, 0, 1)
    return images, np.arange(size, dtype=np.int64) % classes


def tiles_of(
    picture: UInt8[np.ndarray, "height width 3"], *, is_test: bool, random: np.random.Generator
) -> Iterator[UInt8[np.ndarray, "32 32 3"]]:
    """Endless tiles of `picture` from its test region or from its training region, at random places and scales.

    Each is a square crop reduced to 32 px, mirrored or not, in a light of its own (`_relight`). Crops with next to
    no contrast (`_LEAST_CONTRAST`) are left out.
    """
    region = reserved_for_testing(picture.shape[0], picture.shape[1])
    while True:
        top, left, side = _crop(region, is_test=is_test, random=random)
        crop = Image.fromarray(picture[top : top + side, left : left + side])
        tile = np.asarray(crop.resize((TILE_PX, TILE_PX), Image.Resampling.BOX), np.float64) / 255
        if random.random() < 0.5:
            tile = tile[:, ::-1]
        if (tile @ _LUMINANCE).std() >= _LEAST_CONTRAST:
            yield _relight(tile, random)


def reserved_for_testing(height_px: int, width_px: int) -> Bool[np.ndarray, "{height_px} {width_px}"]:
    """True where a pixel is seen in testing only: seven blocks of 49, none touching another."""
    region = np.zeros((height_px, width_px), bool)
    blocks = len(_TEST_COLUMN_OF_ROW)
    for row, column in enumerate(_TEST_COLUMN_OF_ROW):
        rows = slice(row * height_px // blocks, (row + 1) * height_px // blocks)
        columns = slice(column * width_px // blocks, (column + 1) * width_px // blocks)
        region[rows, columns] = True
    return region


def _crop(
    region: Bool[np.ndarray, "height width"], *, is_test: bool, random: np.random.Generator
) -> tuple[int, int, int]:
    """Top, left and side of a square wholly inside the test region, or at a guard's distance outside it."""
    height, width = region.shape
    shorter = min(height, width)
    # The side is drawn before the place, else rejection would favour small crops, and more so in testing.
    side = int(random.integers(round(shorter * _SMALLEST_SIDE), round(shorter * _LARGEST_SIDE) + 1))
    while True:
        top, left = int(random.integers(0, height - side + 1)), int(random.integers(0, width - side + 1))
        if is_test and region[top : top + side, left : left + side].all():
            return top, left, side
        near = region[
            max(0, top - _GUARD_PX) : top + side + _GUARD_PX, max(0, left - _GUARD_PX) : left + side + _GUARD_PX
        ]
        if not is_test and not near.any():
            return top, left, side


def _relight(
    tile: Float[np.ndarray, "height width 3"], random: np.random.Generator
) -> UInt8[np.ndarray, "height width 3"]:
    """The tile with brightness, contrast and saturation drawn anew, so that none of them tells the photograph.

    Without this, colour alone would tell nearly all classes apart, with margins so wide that no small
    perturbation could fool even a network trained without adversaries.
    """
    luminance = (tile @ _LUMINANCE)[..., None]
    contrast = random.uniform(*_CONTRAST) / luminance.std()
    relit = (luminance - luminance.mean()) * contrast + random.uniform(*_BRIGHTNESS)
    relit = relit + (tile - luminance) * random.uniform(*_SATURATION)
    return np.asarray((relit.clip(0, 1) * 255).round(), np.uint8)
