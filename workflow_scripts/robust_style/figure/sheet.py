"""A page to lay pictures and words on, measured in millimetres from its top left corner."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from robust_style.figure.pictures import Picture
from robust_style.figure.visual_language import INK, NORMAL_PT, new_figure

# White all around, so that nothing touches what stands beside the figure.
MARGIN_MM = 1.5


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
        axes.imshow(picture, interpolation="nearest", aspect="equal")
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
        """Words whose upper edge lies at `top`."""
        self.figure.text(
            *self._at(left, top),
            words,
            fontsize=size,
            color=colour,
            ha=align,
            va="top",
            fontweight="bold" if bold else "normal",
            linespacing=1.25,
            parse_math=False,
        )

    def rule(self, left: float, top: float, right: float, *, colour: str, width_pt: float) -> None:
        """A horizontal line."""
        (start, y), (end, _) = self._at(left, top), self._at(right, top)
        self.figure.add_artist(Line2D((start, end), (y, y), color=colour, linewidth=width_pt, solid_capstyle="butt"))

    def _at(self, left: float, top: float) -> tuple[float, float]:
        """Millimetres as matplotlib's fractions of the figure, which count from below."""
        across, down = self.width_mm + 2 * MARGIN_MM, self.height_mm + 2 * MARGIN_MM
        return (left + MARGIN_MM) / across, 1 - (top + MARGIN_MM) / down
