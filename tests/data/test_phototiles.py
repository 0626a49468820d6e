import numpy as np
import pytest
from scipy import ndimage

from robust_style.data import phototiles
from robust_style.data.photographs import photograph
from robust_style.data.phototiles import make_phototiles, reserved_for_testing, tiles_of
from robust_style.errors import DatasetError


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
