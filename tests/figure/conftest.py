"""Figures are drawn without rendering: layout, texts and data are checked on matplotlib's objects, which is fast."""

import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text
from PIL import Image

A4_MM = (210, 297)
MARGINS_MM = (38, 48)


@dataclass(frozen=True)
class Drawing:
    """A figure after its layout."""

    figure: Figure

    @property
    def texts(self) -> list[str]:
        return [text.get_text() for text in self._visible_texts()]

    @property
    def words(self) -> str:
        """All texts in one line."""
        return " ".join(" ".join(self.texts).split())

    @property
    def pictures(self) -> int:
        return len(self.figure.findobj(AxesImage))

    def panel(self, title: str, column: int = 0):
        """The axes of the panel below this title; `column` counts downwards."""
        top = next(axes for axes in self.figure.axes if axes.get_title(loc="left") == title)
        below = [axes for axes in self.figure.axes if axes.get_position().x0 == top.get_position().x0]
        return below[column]

    def assert_fits(self) -> None:
        """The figure fits A4, and no text lies on another."""
        box = self.figure.get_tightbbox()
        assert 25.4 * box.width <= A4_MM[0] - MARGINS_MM[0]
        assert 25.4 * box.height <= A4_MM[1] - MARGINS_MM[1]
        boxes = [(text.get_text(), text.get_window_extent()) for text in self._visible_texts()]
        for (first, a), (second, b) in itertools.combinations(boxes, 2):
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            # Boxes include the space for letters with descenders.
            assert across <= 1 or down <= 0.2 * min(a.height, b.height), (first, second)

    def _visible_texts(self) -> list[Text]:
        texts = self.figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
        hidden = {id(label) for axes in self.figure.axes for label in _labels_outside(axes)}
        return [text for text in texts if text.get_text().strip() and id(text) not in hidden]


def _labels_outside(axes: Axes) -> Iterator[Text]:
    """Labels of ticks outside the limits, which matplotlib keeps but does not draw."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not low <= tick.get_loc() <= high or not axes.axison:
                yield from (tick.label1, tick.label2)


@pytest.fixture
def draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that calls a figure's function, checks that the figure fits, and returns it as a `Drawing`."""
    figures: list[Figure] = []

    def record(figure: Figure, path: Path, **settings: object) -> None:
        figures.append(figure)
        if settings.get("format") == "png":
            Image.new("RGB", (4, 4)).save(path, "PNG")
        else:
            path.write_text("<svg/>")

    def drawn(function, **given) -> Drawing:
        monkeypatch.setattr(Figure, "savefig", record)
        if "preview" in inspect.signature(function).parameters:
            given.setdefault("preview", tmp_path / "preview.jpg")
        function(**given, figure=tmp_path / "figure.png", vector=tmp_path / "figure.svg")
        drawing = Drawing(figures[-1])
        drawing.assert_fits()
        return drawing

    return drawn
