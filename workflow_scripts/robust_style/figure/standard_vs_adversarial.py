"""The project's main figure: what each network paints, down its training."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.fitting import paragraph
from robust_style.figure.grid import MOST_ROWS, Grid, Pair, read_grid
from robust_style.figure.pair_block import (
    CAPTION_MM,
    GAP_MM,
    HEADS_MM,
    Place,
    draw_block,
    draw_labels,
    is_short,
    labels_mm,
)
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import (
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    save,
    visual_language,
)
from robust_style.figure.words import spoken

# More pairs on one page would be stamps.
MOST_PAIRS = 4
# Below this width of a picture rows are left out, down to so few.
NARROW_MM = 16.0
FEWEST_ROWS = 3

GROUP_GAP_MM = 5.0
BAND_GAP_MM = 3.0
# Above the pictures of a pair stand its content and style: large, or small where pairs stand under each other.
SOURCES_MM = 19.0
SMALL_SOURCES_MM = 12.0
NOTE_LINE_MM = 3.0
# Two pictures beside each other on a full page; wider ones would not fit four rows on A4.
WIDEST_MM = 62.0


def draw_standard_vs_adversarial(
    *,
    traces: list[Path],
    evaluations: list[Path],
    contents: Mapping[str, Path],
    styles: Mapping[str, Path],
    columns: list[str],
    figure: Path,
    vector: Path,
    preview: Path,
) -> None:
    """Draws one pair and one recipe: rows are training epochs, `columns` the networks, accuracies under each picture.

    `contents` and `styles` map names to the prepared images; `vector` is the same as SVG, `preview` as a small JPEG.
    Raises ResultError for traces of several pairs.
    """
    grid = read_grid(traces, evaluations, columns)
    if len(grid.pairs) > 1:
        raise ResultError(f"{figure}: expected stylizations of one pair, found {len(grid.pairs)}; use the overview")
    with visual_language():
        save(_drawn(grid, contents, styles, _arranged(grid, 1)).figure, figure, vector, preview)


def draw_overview(
    *,
    traces: list[Path],
    evaluations: list[Path],
    contents: Mapping[str, Path],
    styles: Mapping[str, Path],
    columns: list[str],
    figure: Path,
    vector: Path,
) -> None:
    """Draws up to four pairs of one recipe; within each pair a column per network, rows are epochs.

    Pairs stand beside each other or under each other, whichever leaves larger pictures; where these would still be
    narrow, some epochs between the first and the last are left out.
    """
    grid = read_grid(traces, evaluations, columns)
    if len(grid.pairs) > MOST_PAIRS:
        raise ResultError(f"{figure}: expected at most {MOST_PAIRS} pairs, found {len(grid.pairs)}; choose fewer")
    for rows in range(MOST_ROWS, FEWEST_ROWS - 1, -1):
        fewer = grid.of_rows(rows)
        arrangement = max((_arranged(fewer, beside) for beside in range(1, len(grid.pairs) + 1)), key=_picture_height)
        if arrangement.narrowest >= NARROW_MM:
            break
    with visual_language():
        save(_drawn(fewer, contents, styles, arrangement).figure, figure, vector)


@dataclass(frozen=True)
class _Arrangement:
    """Bands of pairs under each other, the pairs of a band beside each other; sizes in mm."""

    bands: tuple[tuple[Pair, ...], ...]
    shapes: dict[Pair, float]
    height: float
    sources: float
    rows: int

    @property
    def narrowest(self) -> float:
        """Width of the narrowest picture."""
        return self.height * min(self.shapes.values())

    @property
    def band_height(self) -> float:
        return self.sources + HEADS_MM + self.rows * (self.height + CAPTION_MM + GAP_MM)


def _picture_height(arrangement: _Arrangement) -> float:
    return arrangement.height


def _arranged(grid: Grid, beside: int) -> _Arrangement:
    """So many pairs beside each other, all pictures of the greatest height that the page allows."""
    bands = tuple(grid.pairs[first : first + beside] for first in range(0, len(grid.pairs), beside))
    shapes = {pair: _shape(grid, pair) for pair in grid.pairs}
    sources = SOURCES_MM if len(bands) == 1 else SMALL_SOURCES_MM
    columns, rows = len(grid.networks), len(grid.rows)
    across = min(
        (PAGE_WIDTH_MM - labels_mm(grid) - len(band) * (columns - 1) * GAP_MM - (len(band) - 1) * GROUP_GAP_MM)
        / (columns * sum(shapes[pair] for pair in band))
        for band in bands
    )
    room = (PAGE_HEIGHT_MM - 3 * NOTE_LINE_MM + BAND_GAP_MM) / len(bands) - BAND_GAP_MM - sources - HEADS_MM
    height = min(across, room / rows - CAPTION_MM - GAP_MM, WIDEST_MM / max(shapes.values()))
    return _Arrangement(bands, shapes, height, sources, rows)


def _drawn(grid: Grid, contents: Mapping[str, Path], styles: Mapping[str, Path], arrangement: _Arrangement) -> Sheet:
    groups = {
        pair: len(grid.networks) * (arrangement.height * shape + GAP_MM) - GAP_MM
        for pair, shape in arrangement.shapes.items()
    }
    width = labels_mm(grid) + max(sum(groups[pair] + GROUP_GAP_MM for pair in band) for band in arrangement.bands)
    note = paragraph(_note(grid, arrangement), width - GROUP_GAP_MM, SMALL_PT)
    bands = len(arrangement.bands) * (arrangement.band_height + BAND_GAP_MM) - BAND_GAP_MM
    sheet = Sheet.of_size(width - GROUP_GAP_MM, bands + 1.0 + len(note) * NOTE_LINE_MM)
    for number, band in enumerate(arrangement.bands):
        top, left = number * (arrangement.band_height + BAND_GAP_MM), labels_mm(grid)
        draw_labels(sheet, grid, top + arrangement.sources + HEADS_MM, arrangement.height)
        for pair in band:
            picture_width = arrangement.height * arrangement.shapes[pair]
            place = Place(left, top, arrangement.sources, picture_width, arrangement.height)
            files = (_known(contents, pair.content), _known(styles, pair.style))
            draw_block(sheet, grid, pair, files, place)
            left += groups[pair] + GROUP_GAP_MM
    sheet.lines(note, 0.0, sheet.height_mm - len(note) * NOTE_LINE_MM, NOTE_LINE_MM, size=SMALL_PT, colour=QUIET)
    return sheet


def _note(grid: Grid, arrangement: _Arrangement) -> str:
    rows = (
        "Each network's only checkpoint." if grid.is_of_single_checkpoints else "Rows: training epochs of the network."
    )
    words = f"{rows} Recipe {spoken(grid.recipe)}, training seed {grid.seed}."
    if any(is_short(arrangement.height * shape) for shape in arrangement.shapes.values()):
        words += " Under each picture: clean / robust accuracy of its network."
    every = product(grid.pairs, grid.networks, grid.rows)
    return words + ("" if all(grid.trace(*place) for place in every) else " –: no checkpoint.")


def _shape(grid: Grid, pair: Pair) -> float:
    """Width over height of the pair's pictures."""
    return next(trace.width_px / trace.height_px for (own, _, _), trace in grid.traces.items() if own == pair)


def _known(files: Mapping[str, Path], name: str) -> Path:
    if name not in files:
        raise ResultError(f"expected a prepared image called {name}, found {', '.join(sorted(files))}; pass it too")
    return files[name]
