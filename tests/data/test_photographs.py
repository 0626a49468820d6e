import socket

import numpy as np
import pytest
import skimage.data

from robust_style.data.photographs import PHOTOGRAPHS, photograph
from robust_style.errors import ImageError


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a photograph used the network")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_is_what_scikit_image_gives_under_that_name(name):
    expected = getattr(skimage.data, name)()
    expected = expected if expected.ndim == 3 else np.repeat(expected[..., None], 3, axis=2)
    np.testing.assert_array_equal(photograph(name), expected)


def test_an_unknown_name_is_refused():
    with pytest.raises(ImageError, match=r"photograph:camera: .*astronaut.*gravel.*images\.tsv"):
        photograph("camera")
