"""The gallery of the documentation, in small."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robust_style.figure import gallery


def test_photos_below_each_other_and_a_column_for_each_painter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painted = []

    def paint(photo, painting, painter, *, size_px):
        painted.append((painter.name, photo.size, painting.size, size_px))
        return Image.new("RGB", (size_px, size_px), "red")

    monkeypatch.setattr(gallery, "paint", paint)
    gallery.draw_gallery(tmp_path / "gallery.jpg", 32)
    count = len(gallery.PHOTOS) * len(gallery.STYLES)
    assert sorted(painted) == sorted(
        [(name, (512, 512), (512, 512), 32) for name in ("standard", "adversarial")] * count
    )
    with Image.open(tmp_path / "gallery.jpg") as drawn:
        pixels = np.asarray(drawn.convert("RGB"))
    assert pixels.shape[1] == 1600
    assert ((pixels[..., 0] > 200) & (pixels[..., 1] < 60)).mean() > 0.15
