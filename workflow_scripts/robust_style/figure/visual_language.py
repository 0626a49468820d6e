"""How every figure looks: sizes in millimetres on A4, type, line widths, and files that never vary."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robust_style.figure.embedded import with_jpegs
from robust_style.files.atomic import whole_file

# Inside an A4 page with margins of 20 mm, a caption left room for.
PAGE_WIDTH_MM = 167.0
PAGE_HEIGHT_MM = 240.0
MM_PER_INCH = 25.4
# Offset printing resolves no more of a photograph.
DOTS_PER_INCH = 300
# For the screen: half of print, and JPEG as dense as the previews of the pictures themselves.
PREVIEW_DOTS_PER_INCH = 150
PREVIEW_QUALITY = 88

FONT = "DejaVu Sans"
SMALL_PT = 6.5
NORMAL_PT = 7.5
LARGE_PT = 9.0
HAIRLINE_PT = 0.4
LINE_PT = 1.2
# Of an axis of training epochs: closer, two labels of three digits touch on half a page.
TICK_GAP = 0.06

INK = "#1a1a1a"
QUIET = "#5f6368"
FAINT = "#d5d7da"

_STYLE: dict[Any, Any] = {
    # matplotlib's own copy of DejaVu comes first in its font list, so no machine's fonts change a figure.
    "font.family": "sans-serif",
    "font.sans-serif": [FONT],
    "font.size": NORMAL_PT,
    "text.color": INK,
    "axes.titlesize": NORMAL_PT,
    "axes.labelsize": NORMAL_PT,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.linewidth": HAIRLINE_PT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": HAIRLINE_PT,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.width": HAIRLINE_PT,
    "ytick.major.width": HAIRLINE_PT,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "legend.frameon": False,
    "legend.fontsize": NORMAL_PT,
    "lines.linewidth": LINE_PT,
    "lines.markersize": 3.5,
    # Text stays text in SVG: it can be searched and restyled. Ids come from the salt, not from chance.
    "svg.fonttype": "none",
    "svg.hashsalt": "robust-style",
}


@contextmanager
def visual_language() -> Iterator[None]:
    """Inside the block every figure is drawn and saved in this project's look."""
    with matplotlib.rc_context(_STYLE):
        yield


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """An empty white figure of that size."""
    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), facecolor="white")


def save(figure: Figure, *paths: Path) -> None:
    """Writes the figure to each path, the same bytes each time.

    The ending says what: .png for print, .svg with photographs as JPEG, .jpg as a small preview for the screen.
    """
    for path in paths:
        with whole_file(path) as unfinished:
            if path.suffix == ".jpg":
                figure.savefig(unfinished, dpi=PREVIEW_DOTS_PER_INCH, pil_kwargs={"quality": PREVIEW_QUALITY})
            elif path.suffix == ".svg":
                figure.savefig(unfinished, dpi=DOTS_PER_INCH, metadata={"Date": None, "Creator": None})
                svg = unfinished.read_text(encoding="utf-8")
                unfinished.write_text(with_jpegs(svg), encoding="utf-8")
            else:
                figure.savefig(unfinished, dpi=DOTS_PER_INCH, metadata={"Software": None})


def whole_epochs(axes: Axes, epochs: Sequence[int]) -> None:
    """Ticks only at epochs that exist: at most six of them, the first and the last among them, none too close."""
    ordered = sorted(set(epochs))
    step = max(1, -(-(len(ordered) - 1) // 5))
    gap = TICK_GAP * (ordered[-1] - ordered[0])
    ticks = ordered[-1:]
    for epoch in ordered[::-step][1:]:
        if ticks[-1] - epoch >= gap and epoch - ordered[0] >= gap:
            ticks.append(epoch)
    axes.set_xticks(sorted({*ticks, ordered[0]}))
