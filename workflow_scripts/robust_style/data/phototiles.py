"""A dataset without a download: 32 px tiles of ten photographs, classified by photograph."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from PIL import Image

from robust_style.data.cifar10 import CIFAR10_MEAN, CIFAR10_STD
from robust_style.data.dataset import Dataset
from robust_style.data.photographs import PHOTOGRAPHS, photograph
from robust_style.errors import DatasetError

TILE_PX = 32
DEFAULT_TRAIN_SIZE = 5000
DEFAULT_TEST_SIZE = 1000

# Each photograph is divided into 7 x 7 blocks. The test blocks (column per row) are placed like seven queens that do
# not attack each other: one in every row and column, none touching another, so that both splits cover the whole scene.
_TEST_COLUMN_OF_ROW = (1, 3, 5, 0, 2, 4, 6)
# Minimum distance of a training crop from a test block: one 16 px unit of a JPEG with halved chroma, because three
# photographs are JPEGs and the pixels of a unit depend on one another.
_GUARD_PX = 16
# Sides of the crops as fractions of the photograph's shorter side. The largest is smaller than a block (1/7); below a
# tenth the smallest photograph (300 px) would be enlarged.
_SMALLEST_SIDE, _LARGEST_SIDE = 0.1, 0.13
# Minimum contrast of a crop (standard deviation of luminance, [0, 1]). Below it the crop is sky, a wall or black, and
# normalising its contrast would amplify camera noise.
_MIN_CONTRAST = 0.04

# Ranges after relighting, in [0, 1]. The contrast is about half that of a CIFAR image, so that a perturbation of L2
# norm 0.5 has twice the effect; otherwise standard training would be robust on these easy classes.
# MEASURED (CPU, quarter-width VGG19, 500 test tiles, n = 1): a standard network has 24 % accuracy under PGD-10; with
# contrasts of 0.18 to 0.28 (an earlier layout) 53 %.
_BRIGHTNESS, _CONTRAST, _SATURATION = (0.47, 0.53), (0.1, 0.14), (0.7, 1.1)
_LUMINANCE = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def make_phototiles(train_size: int | None, test_size: int | None) -> Dataset:
    """Ten classes in the order of `PHOTOGRAPHS`; tile i has label i mod 10.

    A smaller dataset is the beginning of a larger one. None gives 5000 training and 1000 test tiles, which share no
    pixel. Mean and std are CIFAR-10's, so that the robustness library loads the networks with the right normalisation.
    Raises DatasetError unless both sizes are positive multiples of ten.

    Train without `crop_padding`: the tiles are random crops already, and a black border dominates the statistics of
    batch norm. MEASURED (quarter-width VGG19, 6 epochs, batch 64, n = 1): 48 % training accuracy with 4 px of padding,
    79 % without.
    """
    train_images, train_labels = _split("train", DEFAULT_TRAIN_SIZE if train_size is None else train_size)
    test_images, test_labels = _split("test", DEFAULT_TEST_SIZE if test_size is None else test_size)
    return Dataset(
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        class_names=PHOTOGRAPHS,
        mean=CIFAR10_MEAN,
        std=CIFAR10_STD,
    )


def _split(split: str, size: int) -> tuple[UInt8[np.ndarray, "{size} 3 32 32"], Int64[np.ndarray, " {size}"]]:
    classes = len(PHOTOGRAPHS)
    if size <= 0 or size % classes:
        raise DatasetError(
            f"dataset.{split}_size is {size}. It must be a positive multiple of {classes}, the number of classes of "
            f"phototiles, for instance {max(1, size // classes) * classes}."
        )
    images = np.empty((size, 3, TILE_PX, TILE_PX), np.uint8)
    for label, name in enumerate(PHOTOGRAPHS):
        # One random stream per class and split: a tile does not depend on the size or on other classes.
        random = np.random.default_rng([label, split == "test"])
        tiles = tiles_of(photograph(name), is_test=split == "test", random=random)
        for position in range(label, size, classes):
            images[position] = next(tiles).transpose(2, 0, 1)
    return images, np.arange(size, dtype=np.int64) % classes


def tiles_of(
    picture: UInt8[np.ndarray, "height width 3"], *, is_test: bool, random: np.random.Generator
) -> Iterator[UInt8[np.ndarray, "32 32 3"]]:
    """Endless tiles from the test or training region of `picture`, at random positions and scales.

    Each is a square crop, resized to 32 px, mirrored at random and relit (`_relight`). Crops with a contrast below
    `_MIN_CONTRAST` are skipped.
    """
    region = reserved_for_testing(picture.shape[0], picture.shape[1])
    while True:
        top, left, side = _crop(region, is_test=is_test, random=random)
        crop = Image.fromarray(picture[top : top + side, left : left + side])
        tile = np.asarray(crop.resize((TILE_PX, TILE_PX), Image.Resampling.BOX), np.float64) / 255
        if random.random() < 0.5:
            tile = tile[:, ::-1]
        if (tile @ _LUMINANCE).std() >= _MIN_CONTRAST:
            yield _relight(tile, random)


def reserved_for_testing(height_px: int, width_px: int) -> Bool[np.ndarray, "{height_px} {width_px}"]:
    """True for pixels used in testing only: seven blocks of 49, none touching another."""
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
    """Top, left and side of a square inside the test region, or outside it at a distance of `_GUARD_PX` or more."""
    height, width = region.shape
    shorter = min(height, width)
    # The side is drawn first: rejecting side and position together would favour small crops, mostly in testing.
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
    """The tile with random brightness, contrast and saturation, so that they do not identify the photograph.

    Otherwise colour alone separates nearly all classes, with margins that a small perturbation cannot cross even for a
    network with standard training.
    """
    luminance = (tile @ _LUMINANCE)[..., None]
    contrast = random.uniform(*_CONTRAST) / luminance.std()
    relit = (luminance - luminance.mean()) * contrast + random.uniform(*_BRIGHTNESS)
    relit = relit + (tile - luminance) * random.uniform(*_SATURATION)
    return np.asarray((relit.clip(0, 1) * 255).round(), np.uint8)
