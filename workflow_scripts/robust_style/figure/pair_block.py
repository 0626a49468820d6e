"""The pictures of one pair: content and style above, a column per network, a row per training epoch."""

from dataclasses import dataclass
from pathlib import Path

from robust_style.figure.fitting import fitted, fitted_alike
from robust_style.figure.grid import Grid, Pair, Row
from robust_style.figure.palette import looks
from robust_style.figure.pictures import read_picture
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import NORMAL_PT, QUIET, SMALL_PT
from robust_style.figure.words import accuracy_words, epoch_words, spoken

LABEL_MM = 17.0
GAP_MM = 1.2
HEADS_MM = 9.6
CAPTION_MM = 3.6
# Narrower pictures have their accuracies in fewer words.
SHORT_MM = 24.0
# Of the strip above the pictures; lower ones have the names beside the images instead of above.
NAMES_BESIDE_MM = 15.0
NAME_MM = 34.0


@dataclass(frozen=True)
class Place:
    """Where a block stands: its upper left corner, the height of the strip above its pictures, and their size; mm."""

    left: float
    top: float
    sources: float
    width: float
    height: float

    def group(self, columns: int) -> float:
        """Width of that many pictures with their gaps."""
        return columns * (self.width + GAP_MM) - GAP_MM

    def row(self, number: int) -> float:
        """Upper edge of the pictures of a row."""
        return self.top + self.sources + HEADS_MM + number * (self.height + CAPTION_MM + GAP_MM)

    def column(self, number: int) -> float:
        """Left edge of the pictures of a column."""
        return self.left + number * (self.width + GAP_MM)


def is_short(width: float) -> bool:
    """Whether pictures of that width have their accuracies in few words, to be explained once."""
    return width < SHORT_MM


def labels_mm(grid: Grid) -> float:
    """Room for the labels at the left of a band; none where no row has one."""
    return LABEL_MM if any(row.label for row in grid.rows) else 0.0


def draw_labels(sheet: Sheet, grid: Grid, top: float, height: float) -> None:
    """The epochs, at the left of a band whose pictures begin at `top`."""
    for number, row in enumerate(grid.rows):
        sheet.text(row.label, 0.0, top + number * (height + CAPTION_MM + GAP_MM) + 0.2, bold=True)


def draw_block(sheet: Sheet, grid: Grid, pair: Pair, files: tuple[Path, Path], place: Place) -> None:
    """Draws all of it; `files` are the prepared content and style. Where there is no picture stands a dash."""
    if place.sources < NAMES_BESIDE_MM:
        draw_sources_in_line(
            sheet, pair, files, place.left, place.top, place.sources - 1.8, place.group(len(grid.networks))
        )
    else:
        _draw_sources(sheet, pair, files, place, place.group(len(grid.networks)))
    _draw_heads(sheet, grid, place)
    for number, row in enumerate(grid.rows):
        if grid.shares_start(pair, row):
            _draw_shared(sheet, grid, pair, row, place, place.row(number))
        else:
            _draw_row(sheet, grid, pair, row, place, place.row(number))


def draw_sources_in_line(
    sheet: Sheet, pair: Pair, files: tuple[Path, Path], left: float, top: float, height: float, room: float
) -> None:
    """Content and style, small, each with its name beside it, both together no wider than `room`."""
    for role, name, path in (("content", pair.content, files[0]), ("in the style of", pair.style, files[1])):
        picture = read_picture(path)
        width = height * picture.shape[1] / picture.shape[0]
        sheet.picture(picture, left, top, width, height)
        space = min(NAME_MM, room / 2 - width - 3.0)
        words, size = fitted(spoken(name), space, NORMAL_PT, bold=True)
        sheet.text(role, left + width + 1.5, top + 1.2, size=SMALL_PT, colour=QUIET)
        sheet.text(words, left + width + 1.5, top + 4.2, size=size, bold=True)
        left += width + space + 3.0


def _draw_sources(sheet: Sheet, pair: Pair, files: tuple[Path, Path], place: Place, group: float) -> None:
    for role, name, path, left in (
        ("content", pair.content, files[0], place.left),
        ("in the style of", pair.style, files[1], place.left + group / 2),
    ):
        room = group / 2 - 2.0
        sheet.text(role, left, place.top + 0.3, size=SMALL_PT, colour=QUIET)
        words, size = fitted(spoken(name), room, SMALL_PT + 0.5, bold=True)
        sheet.text(words, left, place.top + 3.0, size=size, bold=True)
        picture = read_picture(path)
        height = min(place.sources - 8.2, room * picture.shape[0] / picture.shape[1])
        sheet.picture(picture, left, place.top + 6.6, height * picture.shape[1] / picture.shape[0], height)


def _draw_heads(sheet: Sheet, grid: Grid, place: Place) -> None:
    of_network = looks(grid.regimes)
    line = place.row(0) - 1.1
    names, size = fitted_alike(
        [spoken(network) for network in grid.networks], place.width, NORMAL_PT + 0.5, bold=True, lines=2
    )
    for column, (network, words) in enumerate(zip(grid.networks, names, strict=True)):
        left, colour = place.column(column), of_network[network].colour
        height = 3.6 * (1 + words.count("\n")) * size / (NORMAL_PT + 0.5)
        sheet.text(words, left, line - 0.7 - height, size=size, colour=colour, bold=True)
        sheet.rule(left, line, left + place.width, colour=colour, width_pt=1.4)


def _draw_shared(sheet: Sheet, grid: Grid, pair: Pair, row: Row, place: Place, top: float) -> None:
    """One picture in the middle says better than the same one many times that all start from one network."""
    group = place.group(len(grid.networks))
    first = grid.networks[0]
    picture = read_picture(grid.traces[pair, first, row.epochs[first]].picture)
    sheet.picture(picture, place.left, top, group, place.height)
    below, middle = top + place.height + 0.4, place.left + group / 2
    words, size = fitted("the same network for all", group, SMALL_PT)
    sheet.text(words, middle, below, size=size, colour=QUIET, align="center")


def _draw_row(sheet: Sheet, grid: Grid, pair: Pair, row: Row, place: Place, top: float) -> None:
    for column, network in enumerate(grid.networks):
        left = place.column(column)
        trace = grid.trace(pair, network, row)
        if trace is None:
            sheet.text("–", left + place.width / 2, top + place.height / 2, size=SMALL_PT, colour=QUIET, align="center")
            continue
        sheet.picture(read_picture(trace.picture), left, top, place.width, place.height)
        epoch = row.epochs[network]
        accuracy = accuracy_words(grid.evaluations.get((network, epoch)), short=is_short(place.width))
        words = " · ".join(filter(None, ["" if row.label else epoch_words(epoch), accuracy]))
        words, size = fitted(words, place.width, SMALL_PT)
        sheet.text(words, left, top + place.height + 0.4, size=size, colour=QUIET)
