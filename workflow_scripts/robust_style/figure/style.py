"""The common look of all figures: sizes on A4, typography, line widths, and files that are the same bytes each time."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path
from PIL import Image

from robust_style.figure.palette import Look
from robust_style.figure.pictures import with_jpegs
from robust_style.figure.words import LONGEST, plain, spoken
from robust_style.files.atomic import whole_file

# A4 with margins of 20 mm, and space for a caption.
PAGE_WIDTH_MM = 167.0
PAGE_HEIGHT_MM = 240.0
MARGIN_MM = 1.5
MM_PER_INCH = 25.4
MM_PER_POINT = MM_PER_INCH / 72.0
# Offset printing does not resolve more of a photograph.
DOTS_PER_INCH = 300
# For the screen. MEASURED (Snakemake's report of the demo, which contains the previews): 9.5 MB; with 150 dots and
# quality 88 it has 15 MB. Text of 6.5 pt stays legible.
PREVIEW_DOTS_PER_INCH = 120
PREVIEW_QUALITY = 70
# Anti-aliased lines and text of a figure without pictures need no more; its PNG has a third of the bytes.
COLOURS = 64

FONT = "DejaVu Sans"
# Smaller type is not legible on paper.
SMALLEST_PT = 4.5
SMALL_PT = 6.5
NORMAL_PT = 7.5
LARGE_PT = 9.0
NOTE_LINE_MM = 3.0
HAIRLINE_PT = 0.4
LINE_PT = 1.2
# Fraction of the axis between two labelled epochs: closer labels of three digits touch on half a page.
TICK_GAP = 0.06

INK = "#1a1a1a"
QUIET = "#5f6368"
FAINT = "#d5d7da"

_STYLE: dict[Any, Any] = {
    # matplotlib's own copy of DejaVu comes first in its font list, so that the machine's fonts do not matter.
    "font.family": "sans-serif",
    "font.sans-serif": [FONT],
    "font.size": NORMAL_PT,
    "text.color": INK,
    # Names and claims may contain a dollar sign.
    "text.parse_math": False,
    "axes.titlesize": NORMAL_PT,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": NORMAL_PT,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.linewidth": HAIRLINE_PT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.labelsize": NORMAL_PT,
    "grid.color": FAINT,
    "grid.linewidth": HAIRLINE_PT,
    # One image element for each picture in an SVG.
    "image.composite_image": False,
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
    # Text stays text in SVG: it can be searched and restyled. Ids are derived from the salt, not from random numbers.
    "svg.fonttype": "none",
    "svg.hashsalt": "robust-style",
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Inside the block, figures are drawn and saved in the project's style."""
    with matplotlib.rc_context(_STYLE):
        yield


def new_figure(width_mm: float, height_mm: float, **settings: Any) -> Figure:
    """An empty white figure of that size; `settings` are matplotlib's."""
    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), facecolor="white", **settings)


def save(figure: Figure, *paths: Path) -> None:
    """Write the figure to each path, cropped to its content and a small margin; the same bytes each time.

    The suffix is the format: .png for print, .svg with pictures as JPEG, .jpg as a small preview for the screen.
    A PNG without pictures has a palette.
    """
    figure.draw_without_rendering()  # computes the layout and the crop once, for all files
    figure.set_layout_engine(None)
    crop = figure.get_tightbbox().padded(MARGIN_MM / MM_PER_INCH)
    for path in paths:
        with whole_file(path) as unfinished:
            if path.suffix == ".svg":
                figure.savefig(
                    unfinished, dpi=DOTS_PER_INCH, metadata={"Date": None, "Creator": None}, bbox_inches=crop
                )
                svg = unfinished.read_text(encoding="utf-8")
                unfinished.write_text(with_jpegs(svg), encoding="utf-8")
            else:
                metadata = {"Software": None}
                figure.savefig(unfinished, dpi=DOTS_PER_INCH, metadata=metadata, format="png", bbox_inches=crop)
                _convert(unfinished, is_preview=path.suffix == ".jpg", has_pictures=bool(figure.findobj(AxesImage)))


def _convert(path: Path, *, is_preview: bool, has_pictures: bool) -> None:
    """Make the PNG at `path` a small JPEG, or give it a palette; in place."""
    if has_pictures and not is_preview:
        return
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if is_preview:
        # Filtered from the printed pixels: drawing at the lower resolution drops pixels, which makes moiré patterns.
        scale = PREVIEW_DOTS_PER_INCH / DOTS_PER_INCH
        size = (max(1, round(scale * picture.width)), max(1, round(scale * picture.height)))
        small = picture.resize(size, Image.Resampling.LANCZOS)
        small.save(path, "JPEG", quality=PREVIEW_QUALITY, optimize=True, progressive=True)
    else:
        palette = picture.quantize(COLOURS, dither=Image.Dither.NONE)
        palette.save(path, "PNG", optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))


def whole_epochs(axes: Axes, epochs: Sequence[int]) -> None:
    """Label at most six existing epochs, with the first and the last among them, and none too close to another."""
    ordered = sorted(set(epochs))
    step = max(1, -(-(len(ordered) - 1) // 5))
    gap = TICK_GAP * (ordered[-1] - ordered[0])
    ticks = ordered[-1:]
    for epoch in ordered[::-step][1:]:
        if ticks[-1] - epoch >= gap and epoch - ordered[0] >= gap:
            ticks.append(epoch)
    axes.set_xticks(sorted({*ticks, ordered[0]}))


def add_legend(figure: Figure, looks: Mapping[str, Look]) -> None:
    """A legend above the axes of a figure with constrained layout: the networks, then every artist with a label."""
    handles: list[Artist] = [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle=look.dashes, label=spoken(name))
        for name, look in looks.items()
    ]
    labelled = [axes.get_legend_handles_labels() for axes in figure.axes]
    handles += {label: handle for found in labelled for handle, label in zip(*found, strict=True)}.values()
    widest = max(width_of(str(handle.get_label()), NORMAL_PT) for handle in handles) + 13.0  # with sample and gap
    columns = max(1, int(PAGE_WIDTH_MM / widest))
    figure.legend(handles=handles, loc="outside upper left", ncols=min(columns, len(handles)), borderpad=0)


def add_note(figure: Figure, lines: Sequence[str]) -> None:
    """Grey lines of text below the figure."""
    y = -2.0 / MM_PER_INCH / figure.get_figheight()
    figure.text(0, y, "\n".join(lines), va="top", fontsize=SMALL_PT, color=QUIET)


def fit(words: str, width_mm: float, size_pt: float, *, bold: bool = False, lines: int = 1) -> tuple[str, float]:
    """The words in at most `lines` lines, and the largest size up to `size_pt` at which they fit the width.

    Text that does not fit at SMALLEST_PT is cut, with an ellipsis.
    """
    words = plain(words)
    if len(words) > LONGEST * lines:
        words = words[: LONGEST * lines - 1] + "…"
    texts = [words, *(_balanced(words, count) for count in range(2, lines + 1))]
    widths = [max(width_of(line, size_pt, bold=bold) for line in text.split("\n")) for text in texts]
    sizes = [size_pt * min(1.0, width_mm / max(width, 1e-6)) for width in widths]
    size = max(sizes)
    if size >= SMALLEST_PT:
        return texts[sizes.index(size)], size
    letters = int(len(words) * width_mm / width_of(words, SMALLEST_PT, bold=bold))
    return words[: max(1, letters - 1)].rstrip() + "…", SMALLEST_PT


def fit_alike(
    names: Sequence[str], width_mm: float, size_pt: float, *, bold: bool = False, lines: int = 1
) -> tuple[list[str], float]:
    """Several texts as `fit` returns them, and the smallest of their sizes."""
    texts = [fit(name, width_mm, size_pt, bold=bold, lines=lines) for name in names]
    return [text for text, _ in texts], min((size for _, size in texts), default=size_pt)


def wrap(words: str, width_mm: float, size_pt: float, *, bold: bool = False) -> list[str]:
    """The words as lines of about that width; a longer word is broken."""
    words = plain(words)
    letter = width_of(words, size_pt, bold=bold) / max(1, len(words))
    return textwrap.wrap(words, max(1, int(0.95 * width_mm / letter))) if letter else []


def width_of(words: str, size_pt: float, *, bold: bool = False) -> float:
    """Width of one line of text in mm."""
    return size_pt / NORMAL_PT * _width_at_normal_size(words, bold)


@cache
def _width_at_normal_size(words: str, bold: bool) -> float:
    if not words.strip():
        return 0.0
    font = FontProperties(family=FONT, weight="bold" if bold else "normal", size=NORMAL_PT)
    points, _, _ = text_to_path.get_text_width_height_descent(plain(words), font, False)
    return 1.02 * float(points) * MM_PER_POINT  # hinted text is slightly wider than its outline


def _balanced(words: str, lines: int) -> str:
    """The words in at most `lines` lines of about equal length."""
    for letters in range(-(-len(words) // lines), len(words)):
        text = textwrap.wrap(words, letters, break_long_words=False)
        if len(text) <= lines:
            return "\n".join(text)
    return words
