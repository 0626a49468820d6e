import hashlib
import io
import socket
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image
from skimage.data._registry import registry

from robust_style.data.photographs import _FILES, PHOTOGRAPHS, photograph
from robust_style.errors import ImageError

SIZES = {
    "astronaut": (512, 512),
    "chelsea": (300, 451),
    "coffee": (400, 600),
    "rocket": (427, 640),
    "hubble_deep_field": (872, 1000),
    "immunohistochemistry": (512, 512),
    "retina": (1411, 1411),
    "brick": (512, 512),
    "grass": (512, 512),
    "gravel": (512, 512),
}


def test_the_ten_are_listed_in_a_fixed_order():
    assert tuple(SIZES) == PHOTOGRAPHS


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_is_the_file_of_the_wheel_that_scikit_image_itself_lists(name):
    content = (files("skimage") / "data" / _FILES[name]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == registry[f"data/{_FILES[name]}"]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_is_what_scikit_image_gives_under_that_name(name):
    expected = getattr(skimage.data, name)()
    expected = expected if expected.ndim == 3 else np.repeat(expected[..., None], 3, axis=2)
    np.testing.assert_array_equal(photograph(name), expected)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_is_full_size_eight_bit_colour_without_a_network(name, monkeypatch):
    def refuse(*arguments, **keywords):
        raise AssertionError("a photograph asked for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    picture = photograph(name)
    assert picture.shape == (*SIZES[name], 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 10


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_a_grey_one_has_three_equal_channels_with_the_values_of_its_file(name):
    picture = photograph(name)
    grey = Image.open(io.BytesIO((files("skimage") / "data" / _FILES[name]).read_bytes()))
    assert grey.mode == "L"
    for channel in range(3):
        np.testing.assert_array_equal(picture[..., channel], np.asarray(grey))


def test_an_unknown_name_is_named_with_the_known_ones():
    with pytest.raises(ImageError, match=r"photograph:camera: .*astronaut.*gravel.*images\.tsv"):
        photograph("camera")


def test_a_wheel_without_the_file_says_so(monkeypatch, tmp_path: Path):
    monkeypatch.setattr("robust_style.data.photographs.files", lambda package: tmp_path)
    with pytest.raises(ImageError, match=r"expected ihc\.png inside the installed scikit-image"):
        photograph("immunohistochemistry")
