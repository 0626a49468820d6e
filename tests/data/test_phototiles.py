import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from robust_style.data import phototiles
from robust_style.data.photographs import PHOTOGRAPHS, photograph
from robust_style.data.phototiles import make_phototiles, reserved_for_testing, tiles_of
from robust_style.errors import DatasetError

LUMINANCE = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def small():
    return make_phototiles(200, 100)


def test_classes_are_balanced_in_every_prefix_of_whole_rounds(small):
    for labels in (small.train_labels, small.test_labels):
        np.testing.assert_array_equal(labels.reshape(-1, 10), np.tile(np.arange(10), (len(labels) // 10, 1)))


def test_equal_calls_give_equal_tiles_and_a_smaller_set_is_the_beginning_of_a_larger(small):
    less = make_phototiles(50, 30)
    np.testing.assert_array_equal(less.train_images, small.train_images[:50])
    np.testing.assert_array_equal(less.test_images, small.test_images[:30])


def test_no_two_tiles_are_equal(small):
    tiles = np.concatenate([small.train_images, small.test_images]).reshape(300, -1)
    assert len(np.unique(tiles, axis=0)) == 300


@pytest.mark.parametrize(
    ("train", "test", "key"), [(15, 10, "train"), (10, 7, "test"), (0, 10, "train"), (10, -10, "test")]
)
def test_a_size_that_cannot_be_balanced_is_refused(train, test, key):
    with pytest.raises(DatasetError, match=rf"dataset\.{key}_size is .* must be a positive multiple of 10"):
        make_phototiles(train, test)


@pytest.mark.parametrize("name", ["coffee", "retina"])
def test_crops_of_training_and_testing_share_no_pixel_and_keep_the_guard(name):
    height, width = photograph(name).shape[:2]
    region = reserved_for_testing(height, width)
    seen = {}
    for is_test in (False, True):
        random = np.random.default_rng(5)
        seen[is_test] = np.zeros((height, width), bool)
        for _ in range(300):
            top, left, side = phototiles._crop(region, is_test=is_test, random=random)
            assert 0 <= top <= height - side
            assert 0 <= left <= width - side
            seen[is_test][top : top + side, left : left + side] = True
    assert not (seen[True] & seen[False]).any()
    guarded = ndimage.maximum_filter(seen[True], size=2 * 16 + 1)
    assert not (guarded & seen[False]).any()
    # Both regions are really used, not a corner of them.
    assert seen[True].sum() > 0.5 * region.sum()
    assert seen[False].mean() > 0.3


@pytest.mark.parametrize("is_test", [False, True])
def test_pixels_of_the_other_split_change_no_tile(is_test):
    picture = photograph("coffee")
    region = reserved_for_testing(*picture.shape[:2])
    other = ~region if is_test else region
    noise = np.random.default_rng(0).integers(0, 256, picture.shape, dtype=np.uint8)
    spoilt = np.where(other[..., None], noise, picture)
    streams = [tiles_of(each, is_test=is_test, random=np.random.default_rng(3)) for each in (picture, spoilt)]
    for _ in range(100):
        np.testing.assert_array_equal(next(streams[0]), next(streams[1]))


@settings(max_examples=30, deadline=None)
@given(height=st.integers(200, 700), width=st.integers(200, 700))
def test_the_test_region_is_a_seventh_and_in_every_row_and_column(height, width):
    region = reserved_for_testing(height, width)
    assert region.mean() == pytest.approx(1 / 7, abs=0.01)
    assert region.any(axis=0).all()
    assert region.any(axis=1).all()
    _, count = ndimage.label(region, np.ones((3, 3)))
    assert count == 7  # none touches another, not even at a corner


def test_crops_have_several_scales_alike_in_both_splits():
    region = reserved_for_testing(512, 512)
    sides = {
        is_test: [
            phototiles._crop(region, is_test=is_test, random=np.random.default_rng(seed))[2] for seed in range(200)
        ]
        for is_test in (False, True)
    }
    assert sides[True] == sides[False]
    assert max(sides[True]) / min(sides[True]) > 1.25


def test_a_featureless_area_gives_no_tile():
    picture = np.zeros((360, 360, 3), np.uint8)
    picture[:, :180] = photograph("gravel")[:360, :180]
    for tile, _ in zip(tiles_of(picture, is_test=False, random=np.random.default_rng(0)), range(80), strict=False):
        assert (tile @ LUMINANCE).std() > 5


def test_brightness_does_not_tell_the_photograph(small):
    """The best threshold classifier on mean luminance stays near chance; on the bare photographs it does not."""
    tiles = small.train_images.transpose(0, 2, 3, 1) @ LUMINANCE
    relit = tiles.mean(axis=(1, 2))
    between = np.array([relit[small.train_labels == label].mean() for label in range(10)]).std()
    within = np.mean([relit[small.train_labels == label].std() for label in range(10)])
    assert between < within
    bare = [np.asarray(Image.fromarray(photograph(name)).convert("L")).mean() for name in PHOTOGRAPHS]
    assert np.std(bare) > 3 * between
