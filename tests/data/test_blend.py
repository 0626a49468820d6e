import numpy as np
import pytest
from PIL import Image

from robust_style.data.blend import prepare_blend
from robust_style.errors import ImageError


def test_each_part_is_as_wide_as_its_weight(tmp_path):
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        Image.new("RGB", (70, 90), colour).save(tmp_path / f"{name}.png")
    parts = [tmp_path / "red.png", tmp_path / "blue.png"]
    prepare_blend(parts=parts, weights=[3.0, 1.0], image=tmp_path / "out.png")
    pixels = np.asarray(Image.open(tmp_path / "out.png"))
    assert pixels.shape == (512, 1024, 3)
    assert (pixels[:, :768] == (255, 0, 0)).all()
    assert (pixels[:, 768:] == (0, 0, 255)).all()


def test_a_part_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"a\.png: not a prepared image"):
        prepare_blend(parts=[tmp_path / "a.png"], weights=[1.0], image=tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()
