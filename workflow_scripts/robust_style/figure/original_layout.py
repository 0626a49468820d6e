"""The original work's figure and its correction, side by side: iterations of the optimiser, and training epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.fitting import fitted, paragraph
from robust_style.figure.grid import Grid, Pair, read_grid
from robust_style.figure.pair_block import draw_sources_in_line
from robust_style.figure.palette import looks
from robust_style.figure.pictures import Picture, read_picture, snapshot_tiles
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import (
    LARGE_PT,
    NORMAL_PT,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    save,
    visual_language,
)
from robust_style.figure.words import epoch_words, spoken

SOURCES_MM = 14.0
LABEL_MM = 15.0
GAP_MM = 1.2
BLOCK_GAP_MM = 6.0
# Title, what the rows are, the networks' names.
HEADS_MM = 17.0
NOTE_LINE_MM = 3.0
WIDEST_MM = 40.0


@dataclass(frozen=True)
class _Block:
    """One of the two: rows are label and picture per network, None where there is none."""

    title: str
    rows_are: str
    rows: list[tuple[str, list[Picture | None]]]


def draw_original_layout(
    *,
    traces: list[Path],
    contents: Mapping[str, Path],
    styles: Mapping[str, Path],
    columns: list[str],
    figure: Path,
    vector: Path,
) -> None:
    """Draws one pair and one recipe twice, columns the first standard and the first adversarial of `columns`.

    Left as published: rows are the snapshots of the optimisation with each network's last checkpoint. Right as the
    published rows were read: the finished pictures, rows are training epochs. Of several seeds one is shown.
    Raises ResultError for traces of several pairs or recipes, or of none of the networks.
    """
    grid = read_grid(traces, [], columns)
    if len(grid.pairs) > 1:
        raise ResultError(f"{figure}: expected stylizations of one pair, found {len(grid.pairs)}; pass those of one")
    pair, networks = grid.pairs[0], _two(grid)
    blocks = [_as_published(grid, pair, networks), _corrected(grid, pair, networks)]
    with visual_language():
        sheet = _drawn(grid, networks, blocks, (contents[pair.content], styles[pair.style]))
        save(sheet.figure, figure, vector)


def _two(grid: Grid) -> list[str]:
    """The first network of each of the two regimes, or whatever two there are."""
    firsts = [next((n for n in grid.networks if grid.regimes[n] == own), None) for own in ("standard", "adversarial")]
    return [name for name in firsts if name] if all(firsts) else list(grid.networks[:2])


def _as_published(grid: Grid, pair: Pair, networks: Sequence[str]) -> _Block:
    tiles: dict[str, dict[int, Picture]] = {}
    for network in networks:
        last = max(epoch for own, name, epoch in grid.traces if (own, name) == (pair, network))
        found = snapshot_tiles(grid.traces[pair, network, last])
        tiles[network] = {tile.iteration: tile.picture for tile in found}
    iterations = sorted({iteration for found in tiles.values() for iteration in found})
    rows: list[tuple[str, list[Picture | None]]] = [
        (f"iteration\n{iteration}", [tiles[network].get(iteration) for network in networks]) for iteration in iterations
    ]
    return _Block("As published", f"rows: iterations of the optimiser, {_when(grid, pair, networks)}", rows)


def _when(grid: Grid, pair: Pair, networks: Sequence[str]) -> str:
    last = {max(epoch for own, name, epoch in grid.traces if (own, name) == (pair, network)) for network in networks}
    return f"all of training epoch {last.pop()}" if len(last) == 1 else "all of the last training epoch"


def _corrected(grid: Grid, pair: Pair, networks: Sequence[str]) -> _Block:
    rows: list[tuple[str, list[Picture | None]]] = []
    for epoch in grid.epochs:
        found = [grid.traces.get((pair, network, epoch)) for network in networks]
        if any(found):
            rows.append((epoch_words(epoch), [read_picture(trace.picture) if trace else None for trace in found]))
    return _Block("Corrected", "rows: training epochs, every picture finished", rows)


def _drawn(grid: Grid, networks: Sequence[str], blocks: Sequence[_Block], files: tuple[Path, Path]) -> Sheet:
    one = next(iter(grid.traces.values()))
    shape, count = one.height_px / one.width_px, max(len(block.rows) for block in blocks)
    columns = len(networks)
    across = (PAGE_WIDTH_MM - 2 * LABEL_MM - BLOCK_GAP_MM - 2 * (columns - 1) * GAP_MM) / (2 * columns)
    room = PAGE_HEIGHT_MM - SOURCES_MM - HEADS_MM - 3 * NOTE_LINE_MM
    width = min(across, (room / count - GAP_MM) / shape, WIDEST_MM)
    group = columns * (width + GAP_MM) - GAP_MM
    step = LABEL_MM + group + BLOCK_GAP_MM
    across = 2 * step - BLOCK_GAP_MM
    note = paragraph(_note(grid), across, SMALL_PT)
    top = SOURCES_MM + HEADS_MM
    below = top + count * (width * shape + GAP_MM) + 1.0
    sheet = Sheet.of_size(across, below + len(note) * NOTE_LINE_MM)
    draw_sources_in_line(sheet, grid.pairs[0], files, 0.0, 0.0, SOURCES_MM - 4.0, across)
    of_network = looks({network: grid.regimes[network] for network in networks})
    for number, block in enumerate(blocks):
        left = number * step
        sheet.text(block.title, left, SOURCES_MM, size=LARGE_PT, bold=True)
        words, size = fitted(block.rows_are, LABEL_MM + group, NORMAL_PT)
        sheet.text(words, left, SOURCES_MM + 5.2, size=size)
        for column, network in enumerate(networks):
            at, colour = left + LABEL_MM + column * (width + GAP_MM), of_network[network].colour
            words, size = fitted(spoken(network), width, NORMAL_PT, bold=True)
            sheet.text(words, at, top - 5.4, size=size, colour=colour, bold=True)
            sheet.rule(at, top - 1.1, at + width, colour=colour, width_pt=1.4)
        for row, (label, pictures) in enumerate(block.rows):
            upper = top + row * (width * shape + GAP_MM)
            sheet.text(label, left, upper + 0.2, size=SMALL_PT, bold=True)
            for column, picture in enumerate(pictures):
                at = left + LABEL_MM + column * (width + GAP_MM)
                if picture is None:
                    middle = upper + width * shape / 2
                    sheet.text("–", at + width / 2, middle, size=SMALL_PT, colour=QUIET, align="center")
                else:
                    sheet.picture(picture, at, upper, width, width * shape)
    sheet.lines(note, 0.0, below, NOTE_LINE_MM, size=SMALL_PT, colour=QUIET)
    return sheet


def _note(grid: Grid) -> str:
    return (
        "The original work labels its rows run [0], [50], [100], which were read as stages of training; they count "
        "iterations of the loss while one picture is painted (left). Right: what stages of training look like. "
        f"Recipe {spoken(grid.recipe)}, training seed {grid.seed}."
    )
