"""A page to lay pictures and words on, measured in millimetres from its top left corner."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from robust_style.figure.pictures import Picture
from robust_style.figure.visual_language import DOTS_PER_INCH, INK, MM_PER_INCH, NORMAL_PT, new_figure
from robust_style.figure.words import plain

# White all around, so that nothing touches what stands beside the figure.
MARGIN_MM = 1.5
POINTS_PER_INCH = 72.0
# Of DejaVu Sans, in parts of the size: height of ascenders over the baseline; from one line to the next.
ASCENT = 0.76
LINE = 1.22


@dataclass(frozen=True)
class Sheet:
    """A figure with a millimetre grid inside its margins; y grows downwards, as one reads."""

    figure: Figure
    width_mm: float
    height_mm: float

    @classmethod
    def of_size(cls, width_mm: float, height_mm: float) -> "Sheet":
        """An empty sheet with that much room inside its margins."""
        return cls(new_figure(width_mm + 2 * MARGIN_MM, height_mm + 2 * MARGIN_MM), width_mm, height_mm)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes in that rectangle."""
        (x, y), (right, above) = self._at(left, top + height), self._at(left + width, top)
        return self.figure.add_axes((x, y, right - x, above - y))

    def picture(self, picture: Picture, left: float, top: float, width: float, height: float) -> None:
        """The picture fitted into that rectangle, in the middle, its shape kept."""
        axes = self.axes(left, top, width, height)
        # Nearest neighbour keeps the pixels that were painted; blur would hide the very ripples to be judged.
        axes.imshow(_fitted(picture, width, height), interpolation="none", aspect="equal")
        axes.set_axis_off()

    def text(
        self,
        words: str,
        left: float,
        top: float,
        *,
        size: float = NORMAL_PT,
        colour: str = INK,
        align: str = "left",
        bold: bool = False,
    ) -> None:
        """Words whose ascenders reach up to `top`; lines follow each other below."""
        em = size / POINTS_PER_INCH * MM_PER_INCH
        for number, line in enumerate(words.split("\n")):
            # On the baseline: aligned by their upper edges, words with and without ascenders would not be level.
            self.figure.text(
                *self._at(left, top + (ASCENT + number * LINE) * em),
                plain(line),
                fontsize=size,
                color=colour,
                ha=align,
                va="baseline",
                fontweight="bold" if bold else "normal",
                parse_math=False,
            )

    def upwards(
        self, words: str, left: float, middle: float, *, size: float, colour: str = INK, bold: bool = False
    ) -> None:
        """Words that are read from below upwards, their middle at `middle`."""
        self.figure.text(
            *self._at(left, middle),
            plain(words),
            fontsize=size,
            color=colour,
            ha="left",
            va="center",
            rotation=90,
            fontweight="bold" if bold else "normal",
            parse_math=False,
        )

    def sample(self, look: Line2D, left: float, middle: float, width: float) -> None:
        """A horizontal line that looks like `look`, its marker in the middle."""
        places = [self._at(left + share * width, middle) for share in (0.0, 0.5, 1.0)]
        line = Line2D(*zip(*places, strict=True), markevery=[1])
        line.update_from(look)
        line.set_markevery([1])
        line.set_transform(self.figure.transFigure)
        self.figure.add_artist(line)

    def lines(
        self,
        words: Sequence[str],
        left: float,
        top: float,
        step: float,
        *,
        size: float,
        colour: str,
        bold: bool = False,
    ) -> None:
        """Lines of words, each `step` below the one before."""
        for number, line in enumerate(words):
            self.text(line, left, top + number * step, size=size, colour=colour, bold=bold)

    def rule(self, left: float, top: float, right: float, *, colour: str, width_pt: float) -> None:
        """A horizontal line."""
        (start, y), (end, _) = self._at(left, top), self._at(right, top)
        self.figure.add_artist(Line2D((start, end), (y, y), color=colour, linewidth=width_pt, solid_capstyle="butt"))

    def _at(self, left: float, top: float) -> tuple[float, float]:
        """Millimetres as matplotlib's fractions of the figure, which count from below."""
        across, down = self.width_mm + 2 * MARGIN_MM, self.height_mm + 2 * MARGIN_MM
        return (left + MARGIN_MM) / across, 1 - (top + MARGIN_MM) / down


def _fitted(picture: Picture, width_mm: float, height_mm: float) -> Picture:
    """Not more pixels than are printed: dropping some of them, as printing would, makes patterns of its own."""
    height, width, _ = picture.shape
    room = min(width_mm / width, height_mm / height) / MM_PER_INCH * DOTS_PER_INCH
    if room >= 1:
        return picture
    size = (max(1, round(width * room)), max(1, round(height * room)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
