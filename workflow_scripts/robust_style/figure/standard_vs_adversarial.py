"""The project's main figure: what each network paints, down its training."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.grid import Grid, Pair, read_grid
from robust_style.figure.palette import looks
from robust_style.figure.pictures import read_picture
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import (
    NORMAL_PT,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    save,
    save_preview,
    visual_language,
)
from robust_style.figure.words import accuracy_words, epoch_words, spoken

# More pairs side by side would be stamps.
MOST_PAIRS = 4
# Longest side of a source image as drawn: 300 dots per inch on 40 mm.
THUMBNAIL_PX = 480

LABEL_MM = 17.0
GAP_MM = 1.2
GROUP_GAP_MM = 5.0
SOURCES_MM = 19.0
HEADS_MM = 6.0
CAPTION_MM = 3.6
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
    preview: Path,
) -> None:
    """Draws one pair and one recipe: rows are training epochs, `columns` the networks, accuracies under each picture.

    `contents` and `styles` map names to the prepared images; `preview` is a small JPEG of the same. Raises
    ResultError for traces of several pairs.
    """
    grid = read_grid(traces, evaluations, columns)
    if len(grid.pairs) > 1:
        raise ResultError(f"{figure}: expected stylisations of one pair, found {len(grid.pairs)}; use the overview")
    with visual_language():
        drawn = _drawn(grid, contents, styles, captions=True).figure
        save(drawn, figure)
        save_preview(drawn, preview)


def draw_overview(
    *,
    traces: list[Path],
    evaluations: list[Path],
    contents: Mapping[str, Path],
    styles: Mapping[str, Path],
    columns: list[str],
    figure: Path,
) -> None:
    """Draws up to four pairs of one recipe side by side; within each pair a column per network, rows are epochs."""
    grid = read_grid(traces, evaluations, columns)
    if len(grid.pairs) > MOST_PAIRS:
        raise ResultError(f"{figure}: expected at most {MOST_PAIRS} pairs, found {len(grid.pairs)}; choose fewer")
    with visual_language():
        save(_drawn(grid, contents, styles, captions=False).figure, figure)


def _drawn(grid: Grid, contents: Mapping[str, Path], styles: Mapping[str, Path], *, captions: bool) -> Sheet:
    """`captions` puts the accuracies under each picture; without, they stand once, beside each row."""
    caption = CAPTION_MM if captions else 0.0
    label = LABEL_MM if captions else LABEL_MM + 12.0
    shapes = {pair: _shape(grid, pair) for pair in grid.pairs}
    height = _picture_height(grid, list(shapes.values()), label, caption)
    groups = {pair: len(grid.networks) * (height * shape + GAP_MM) - GAP_MM for pair, shape in shapes.items()}
    top = SOURCES_MM + HEADS_MM + 2.0
    row = height + caption + GAP_MM
    sheet = Sheet.of_size(
        label + sum(groups.values()) + (len(groups) - 1) * GROUP_GAP_MM, top + len(grid.epochs) * row + 4.5
    )
    left = label
    for pair, group in groups.items():
        width = height * shapes[pair]
        _draw_sources(sheet, pair, contents, styles, left, group)
        _draw_heads(sheet, grid, left, width)
        for index, epoch in enumerate(grid.epochs):
            _draw_row(sheet, grid, pair, epoch, left, top + index * row, width, height, captions)
        left += group + GROUP_GAP_MM
    for index, epoch in enumerate(grid.epochs):
        _draw_label(sheet, grid, epoch, top + index * row, height, accuracies=not captions)
    sheet.text(_footnote(grid), 0.0, sheet.height_mm - 3.6, size=SMALL_PT, colour=QUIET)
    return sheet


def _draw_sources(
    sheet: Sheet, pair: Pair, contents: Mapping[str, Path], styles: Mapping[str, Path], left: float, group: float
) -> None:
    side = min(SOURCES_MM - 4.0, (group - 4.0) / 2)
    for name, role, files, at in (
        (pair.content, "content", contents, left),
        (pair.style, "in the style of", styles, left + group / 2),
    ):
        sheet.text(role, at, 0.3, size=SMALL_PT, colour=QUIET)
        sheet.text(spoken(name), at, 3.0, size=SMALL_PT + 0.5, bold=True)
        picture = read_picture(_known(files, name), THUMBNAIL_PX)
        shown = min(side - 2.8, (group / 2 - 2.0) * picture.shape[0] / picture.shape[1])
        sheet.picture(picture, at, 6.6, shown * picture.shape[1] / picture.shape[0], shown)


def _draw_heads(sheet: Sheet, grid: Grid, left: float, width: float) -> None:
    of_network = looks(grid.regimes)
    for column, network in enumerate(grid.networks):
        at = left + column * (width + GAP_MM)
        colour = of_network[network].colour
        sheet.text(
            spoken(network),
            at,
            SOURCES_MM + 2.2,
            size=NORMAL_PT + 0.5,
            colour=colour,
            bold=True,
        )
        sheet.rule(at, SOURCES_MM + HEADS_MM + 0.9, at + width, colour=colour, width_pt=1.4)


def _draw_row(
    sheet: Sheet,
    grid: Grid,
    pair: Pair,
    epoch: int,
    left: float,
    top: float,
    width: float,
    height: float,
    captions: bool,
) -> None:
    if grid.shares_start(pair, epoch):
        # One picture in the middle says better than the same one twice that both start from one network.
        group = len(grid.networks) * (width + GAP_MM) - GAP_MM
        sheet.picture(read_picture(grid.traces[pair, grid.networks[0], epoch].picture), left, top, group, height)
        if captions:
            sheet.text(
                "the same network for all",
                left + group / 2,
                top + height + 0.4,
                size=SMALL_PT,
                colour=QUIET,
                align="center",
            )
        return
    for column, network in enumerate(grid.networks):
        at = left + column * (width + GAP_MM)
        trace = grid.traces.get((pair, network, epoch))
        if trace is None:
            sheet.text("–", at + width / 2, top + height / 2, size=SMALL_PT, colour=QUIET, align="center")
            continue
        sheet.picture(read_picture(trace.picture), at, top, width, height)
        if captions:
            words = accuracy_words(grid.evaluations.get((network, epoch)))
            sheet.text(words, at, top + height + 0.4, size=SMALL_PT, colour=QUIET)


def _draw_label(sheet: Sheet, grid: Grid, epoch: int, top: float, height: float, *, accuracies: bool) -> None:
    sheet.text(epoch_words(epoch), 0.0, top + 0.2, bold=True)
    if not accuracies:
        return
    if any(grid.shares_start(pair, epoch) for pair in grid.pairs):
        sheet.text("one network for all:\nequal initial weights", 0.0, top + 4.6, size=SMALL_PT, colour=QUIET)
        return
    of_network = looks(grid.regimes)
    for line, network in enumerate(name for name in grid.networks if (name, epoch) in grid.evaluations):
        words = f"{spoken(network)}\n{accuracy_words(grid.evaluations[network, epoch])}"
        at = top + 4.6 + line * 7.2
        if at + 6.5 < top + height + 2:
            sheet.text(words, 0.0, at, size=SMALL_PT, colour=of_network[network].colour)


def _footnote(grid: Grid) -> str:
    words = f"Rows: training epochs of the network. Recipe {spoken(grid.recipe)}, training seed {grid.seed}."
    every = {(pair, network, epoch) for pair in grid.pairs for network in grid.networks for epoch in grid.epochs}
    return words + (" –: no checkpoint." if every - set(grid.traces) else "")


def _picture_height(grid: Grid, shapes: Sequence[float], label: float, caption: float) -> float:
    """The greatest height that all pictures can share on one page; `shapes` are widths over heights."""
    columns = len(shapes) * len(grid.networks)
    gaps = columns * GAP_MM + (len(shapes) - 1) * (GROUP_GAP_MM - GAP_MM)
    across = (PAGE_WIDTH_MM - label - gaps) / (len(grid.networks) * sum(shapes))
    rows = len(grid.epochs)
    down = (PAGE_HEIGHT_MM - SOURCES_MM - HEADS_MM - 7 - rows * (caption + GAP_MM)) / rows
    return min(across, down, WIDEST_MM / max(shapes))


def _shape(grid: Grid, pair: Pair) -> float:
    """Width over height of the pair's pictures."""
    return next(trace.width_px / trace.height_px for (own, _, _), trace in grid.traces.items() if own == pair)


def _known(files: Mapping[str, Path], name: str) -> Path:
    if name not in files:
        raise ResultError(f"expected a prepared image called {name}, found {', '.join(sorted(files))}; pass it too")
    return files[name]
