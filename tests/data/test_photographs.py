import hashlib
import socket
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from skimage.data._registry import registry

from robust_style.data.photographs import _FILES, PHOTOGRAPHS, photograph
from robust_style.errors import ImageError


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a photograph used the network")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_is_the_file_of_the_wheel_that_scikit_image_itself_lists(name):
    content = (files("skimage") / "data" / _FILES[name]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == registry[f"data/{_FILES[name]}"]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_is_what_scikit_image_gives_under_that_name(name):
    expected = getattr(skimage.data, name)()
    expected = expected if expected.ndim == 3 else np.repeat(expected[..., None], 3, axis=2)
    np.testing.assert_array_equal(photograph(name), expected)


def test_an_unknown_name_is_refused():
    with pytest.raises(ImageError, match=r"photograph:camera: .*astronaut.*gravel.*images\.tsv"):
        photograph("camera")


def test_a_missing_file_is_an_error(monkeypatch, tmp_path: Path):
    monkeypatch.setattr("robust_style.data.photographs.files", lambda package: tmp_path)
    with pytest.raises(ImageError, match=r"the installed scikit-image has no file ihc\.png"):
        photograph("immunohistochemistry")
