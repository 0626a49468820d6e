"""Blocks of pictures on a page: columns with heads, rows with labels, a caption under each picture.

A block is a table of pictures, for instance one pair of images: networks across, training epochs down. The grid places
blocks beside and below each other so that the pictures are as large as the page allows. All lengths are in mm.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from robust_style.figure.pictures import Picture, read_picture
from robust_style.figure.style import (
    DOTS_PER_INCH,
    INK,
    LARGE_PT,
    MM_PER_INCH,
    NORMAL_PT,
    NOTE_LINE_MM,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    fit,
    fit_alike,
    new_figure,
    width_of,
    wrap,
)

GAP = 1.2
BLOCK_GAP = 5.0
LABEL = 18.0
TITLE, SUBTITLE = 5.2, 4.2
HEAD_LINE, DETAIL_LINE, RULE = 3.6, 2.9, 1.8
CAPTION_LINE = 3.4
SOURCE_WORDS, SOURCE = 6.4, 9.0
CURVE, CURVE_AXIS = 34.0, 10.5
# Between blocks with curves: tick labels and label of the axis.
CURVE_GAP = 14.0
LARGEST_PICTURE = 62.0
# The note needs some width, even below a narrow picture.
NARROWEST_PAGE = 100.0
# Heads that would be smaller are rotated by 90 degrees.
SMALLEST_HEAD_PT = 5.0


@dataclass(frozen=True)
class Label:
    """Text beside a row or above a column: `words` in bold, `details` in grey lines below."""

    words: str = ""
    details: tuple[str, ...] = ()
    colour: str = INK


@dataclass(frozen=True)
class Cell:
    """A picture, or the file of one, and the caption under it. Without a picture the caption takes its place."""

    picture: Picture | Path | None
    caption: str = ""


MISSING = Cell(None, "–")
EMPTY = Cell(None)


@dataclass(frozen=True)
class Source:
    """A prepared image that a figure's pictures were made from."""

    role: str
    name: str
    path: Path


@dataclass(frozen=True)
class Block:
    """One table of pictures. `aspect` is width over height of each picture.

    `cells` has a list for each row. A list of a single cell is drawn in the middle of the row. A colour in `columns` is
    drawn as a line below the head. `curve` draws into axes below the pictures.
    """

    columns: Sequence[Label]
    rows: Sequence[Label]
    cells: Sequence[Sequence[Cell]]
    aspect: float
    title: str = ""
    subtitle: str = ""
    sources: Sequence[Source] = ()
    curve: Callable[[Axes], None] | None = None

    @property
    def has_labels(self) -> bool:
        """Whether any row has a label."""
        return any(label.words or label.details for label in self.rows)


class PictureGrid:
    """Blocks on one page, and the note below them.

    As many blocks stand beside each other as leave pictures of at least `wide_enough` mm; without it, or where no
    number does, as many as leave the largest pictures. The rows of a block are labelled unless the block to its left
    has the same labels.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        note: str,
        *,
        sources: Sequence[Source] = (),
        block_gap: float = BLOCK_GAP,
        wide_enough: float = math.inf,
    ) -> None:
        self._blocks, self._note, self._sources = blocks, note, sources
        self._block_gap = max(block_gap, CURVE_GAP if blocks[0].curve else 0.0)
        captions = [cell.caption for block in blocks for row in block.cells if len(row) > 1 for cell in row]
        self._caption_lines = int(any(cell.caption for block in blocks for row in block.cells for cell in row))
        names = [label.words for block in blocks for label in block.columns]
        details = DETAIL_LINE * max(len(label.details) for block in blocks for label in block.columns)
        self._heads = 2 * HEAD_LINE + details + RULE
        self._has_rotated_heads = False
        self._arrange(wide_enough)
        # Heads and captions take as much space as they need beside pictures of this width.
        if all(width_of(name, NORMAL_PT, bold=True) <= self.narrowest for name in names):
            self._heads = HEAD_LINE + details + RULE
        elif fit_alike(names, self.narrowest, NORMAL_PT, bold=True, lines=2)[1] < SMALLEST_HEAD_PT:
            self._has_rotated_heads = True
            self._heads = max(width_of(name, SMALL_PT, bold=True) for name in names) + details + RULE + 1.0
        if any(text.endswith("…") for text, _ in (fit(caption, self.narrowest, SMALL_PT) for caption in captions)):
            self._caption_lines = 2
        self._arrange(wide_enough)

    def _arrange(self, wide_enough: float) -> None:
        heights = {beside: self._picture_height(beside) for beside in range(len(self._blocks), 0, -1)}
        narrow = min(block.aspect for block in self._blocks)
        wide = [beside for beside, height in heights.items() if height * narrow >= wide_enough]
        beside = wide[0] if wide else max(heights, key=lambda number: heights[number])
        self._bands, self._height = self._banded(beside), heights[beside]

    @property
    def narrowest(self) -> float:
        """Width of the narrowest picture."""
        return min(self._width(block) for block in self._blocks)

    def draw(self) -> Figure:
        """The figure."""
        width = max(NARROWEST_PAGE, *(self._band_width(band) for band in self._bands))
        note = wrap(self._note, width, SMALL_PT)
        height = self._sources_height + sum(self._band_height(band) + BLOCK_GAP for band in self._bands)
        figure = new_figure(width, height - BLOCK_GAP + len(note) * NOTE_LINE_MM)
        page = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height - BLOCK_GAP + len(note) * NOTE_LINE_MM, 0))
        page.set_axis_off()
        _draw_sources(page, self._sources, 0.0, 0.0, width)
        top = self._sources_height
        for band in self._bands:
            left = 0.0
            for number, block in enumerate(band):
                if self._is_labelled(band, number):
                    self._draw_labels(page, block, left, top)
                    left += LABEL
                self._draw_block(page, block, left, top)
                left += self._block_width(block) + self._block_gap
            top += self._band_height(band) + BLOCK_GAP
        _text(page, "\n".join(note), 0.0, top - BLOCK_GAP + 0.6, SMALL_PT, QUIET)
        return figure

    def _banded(self, beside: int) -> list[Sequence[Block]]:
        return [self._blocks[first : first + beside] for first in range(0, len(self._blocks), beside)]

    def _picture_height(self, beside: int) -> float:
        """The largest height with so many blocks beside each other."""
        bands = self._banded(beside)
        across = min(
            (PAGE_WIDTH_MM - self._band_width(band, 0.0)) / sum(len(block.columns) * block.aspect for block in band)
            for band in bands
        )
        used = sum(self._band_height(band, 0.0) + BLOCK_GAP for band in bands) - BLOCK_GAP
        used += self._sources_height + 3 * NOTE_LINE_MM
        down = (PAGE_HEIGHT_MM - used) / sum(max(len(block.rows) for block in band) for band in bands)
        return max(1.0, min(across, down, LARGEST_PICTURE / max(block.aspect for block in self._blocks)))

    @property
    def _sources_height(self) -> float:
        return SOURCE_WORDS + SOURCE + 3.0 if self._sources else 0.0

    def _is_labelled(self, band: Sequence[Block], number: int) -> bool:
        return band[number].has_labels and (number == 0 or band[number].rows != band[number - 1].rows)

    def _width(self, block: Block, height: float | None = None) -> float:
        return (self._height if height is None else height) * block.aspect

    def _block_width(self, block: Block, height: float | None = None) -> float:
        return len(block.columns) * (self._width(block, height) + GAP) - GAP

    def _band_width(self, band: Sequence[Block], height: float | None = None) -> float:
        labels = sum(LABEL for number in range(len(band)) if self._is_labelled(band, number))
        blocks = sum(self._block_width(block, height) + self._block_gap for block in band)
        return labels + blocks - self._block_gap

    def _band_height(self, band: Sequence[Block], height: float | None = None) -> float:
        rows = max(len(block.rows) for block in band)
        curve = CURVE + CURVE_AXIS + 3.0 if band[0].curve else 0.0
        return self._head_height(band[0]) + rows * self._step(height) + curve

    def _step(self, height: float | None = None) -> float:
        """From one row of pictures to the next."""
        return (self._height if height is None else height) + self._caption_lines * CAPTION_LINE + GAP

    def _head_height(self, block: Block) -> float:
        return self._names_top(block) + self._heads

    def _names_top(self, block: Block) -> float:
        """From the top of a block to the heads of its columns."""
        height = TITLE * bool(block.title) + SUBTITLE * bool(block.subtitle)
        return height + (SOURCE_WORDS + SOURCE + 1.5 if block.sources else 0.0)

    def _draw_labels(self, page: Axes, block: Block, left: float, top: float) -> None:
        for number, label in enumerate(block.rows):
            y = top + self._head_height(block) + number * self._step()
            lines = 2 if self._step() > 2.5 * HEAD_LINE else 1
            words, size = fit(label.words, LABEL - 1.0, NORMAL_PT, bold=True, lines=lines)
            _text(page, words, left, y, size, label.colour, bold=True)
            y += HEAD_LINE * (1 + words.count("\n")) if words else 0.0
            for line, detail in enumerate(label.details):
                words, size = fit(detail, LABEL - 1.0, SMALL_PT)
                _text(page, words, left, y + line * DETAIL_LINE, size, QUIET)

    def _draw_block(self, page: Axes, block: Block, left: float, top: float) -> None:
        block_width = self._block_width(block)
        # The titles of all blocks have one size, and so have the heads of all columns.
        titles = [fit(each.title, self._block_width(each), LARGE_PT, bold=True) for each in self._blocks]
        words, _ = fit(block.title, block_width, LARGE_PT, bold=True)
        _text(page, words, left, top, min(size for _, size in titles), bold=True)
        words, size = fit(block.subtitle, block_width + self._block_gap / 2, SMALL_PT)
        _text(page, words, left, top + TITLE * bool(block.title), size, QUIET)
        _draw_sources(page, block.sources, left, top + TITLE * bool(block.title), block_width)
        self._draw_heads(page, block, left, top + self._head_height(block))
        width, step = self._width(block) + GAP, self._step()
        captions = [cell.caption for cells in block.cells if len(cells) > 1 for cell in cells]
        _, caption_size = fit_alike(captions, width - GAP, SMALL_PT, lines=self._caption_lines)
        for row, cells in enumerate(block.cells):
            y = top + self._head_height(block) + row * step
            middle = (block_width - width + GAP) / 2 if len(cells) == 1 else 0.0
            for column, cell in enumerate(cells):
                if len(cells) == 1:
                    words, size = fit(cell.caption, block_width, SMALL_PT)
                else:
                    words, size = fit(cell.caption, width - GAP, SMALL_PT, lines=self._caption_lines)[0], caption_size
                x = left + middle + column * width
                if cell.picture is not None:
                    _draw_picture(page, cell.picture, x, y, width - GAP, self._height)
                    y_caption, centred = y + self._height + 0.5, len(cells) == 1
                else:
                    y_caption, centred = y + self._height / 2, True
                x_caption = x + (width - GAP) / 2 if centred else x
                _text(page, words, x_caption, y_caption, size, QUIET, align="center" if centred else "left")
        if block.curve:
            figure = page.figure
            x, y = left, top + self._head_height(block) + len(block.rows) * step + 3.0
            across, down = page.get_xlim()[1], page.get_ylim()[0]
            bounds = (x / across, 1 - (y + CURVE) / down, block_width / across, CURVE / down)
            block.curve(figure.add_axes(bounds))

    def _draw_heads(self, page: Axes, block: Block, left: float, bottom: float) -> None:
        width = self._width(block)
        details = max(len(label.details) for label in block.columns)
        y = bottom - RULE - details * DETAIL_LINE
        names, _ = fit_alike([label.words for label in block.columns], width, NORMAL_PT, bold=True, lines=2)
        size = min(
            fit_alike([label.words for label in each.columns], self._width(each), NORMAL_PT, bold=True, lines=2)[1]
            for each in self._blocks
        )
        for column, (label, words) in enumerate(zip(block.columns, names, strict=True)):
            x = left + column * (width + GAP)
            if self._has_rotated_heads:
                page.text(
                    x + width / 2, y, label.words, fontsize=SMALL_PT, color=label.colour, fontweight="bold",
                    rotation=90, ha="center", va="bottom",
                )  # fmt: skip
            else:
                page.text(x, y, words, fontsize=size, color=label.colour, fontweight="bold", va="bottom")
            for line, detail in enumerate(label.details):
                text, detail_size = fit(detail, width, SMALL_PT)
                _text(page, text, x, y + line * DETAIL_LINE, detail_size, QUIET)
            if label.colour != INK:
                page.plot([x, x + width], [bottom - 1.1] * 2, color=label.colour, solid_capstyle="butt", linewidth=1.4)


def source_pair(content: str, style: str, files: tuple[Path, Path]) -> tuple[Source, Source]:
    """The prepared content and style image of a pair."""
    return Source("content", content, files[0]), Source("in the style of", style, files[1])


def _draw_sources(page: Axes, sources: Sequence[Source], left: float, top: float, width: float) -> None:
    """The images beside each other, with role and name above each."""
    space = min(width / max(1, len(sources)), 45.0)
    for number, source in enumerate(sources):
        x = left + number * space
        picture = read_picture(source.path)
        height, picture_width = picture.shape[:2]
        words, size = fit(source.role, space - 2.0, SMALL_PT)
        _text(page, words, x, top, size, QUIET)
        words, size = fit(source.name, space - 2.0, NORMAL_PT, bold=True)
        _text(page, words, x, top + 2.8, size, bold=True)
        scale = min(SOURCE / height, (space - 2.0) / picture_width)
        _draw_picture(page, picture, x, top + SOURCE_WORDS, scale * picture_width, scale * height)


def _draw_picture(page: Axes, picture: Picture | Path, left: float, top: float, width: float, height: float) -> None:
    """The picture in the middle of that rectangle, its aspect kept."""
    pixels = read_picture(picture) if isinstance(picture, Path) else picture
    rows, columns, _ = pixels.shape
    scale = min(width / columns, height / rows)
    x, y = left + (width - scale * columns) / 2, top + (height - scale * rows) / 2
    extent = (x, x + scale * columns, y + scale * rows, y)
    limits = page.get_xlim(), page.get_ylim()
    # Nearest neighbour keeps the pixels as they are: blur would hide the fine ripples that are to be seen.
    page.imshow(_as_printed(pixels, scale), extent=extent, interpolation="none", aspect="auto")
    page.set(xlim=limits[0], ylim=limits[1])


def _as_printed(pixels: Picture, scale: float) -> Picture:
    """At most the pixels that are printed: dropping some of them, as printing would, makes moiré patterns."""
    height, width, _ = pixels.shape
    printed = scale / MM_PER_INCH * DOTS_PER_INCH
    if printed >= 1:
        return pixels
    size = (max(1, round(width * printed)), max(1, round(height * printed)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def _text(
    page: Axes,
    words: str,
    x: float,
    y: float,
    size: float,
    colour: str = INK,
    *,
    bold: bool = False,
    align: str = "left",
) -> None:
    if words:
        weight = "bold" if bold else "normal"
        page.text(x, y, words, fontsize=size, color=colour, fontweight=weight, ha=align, va="top")
