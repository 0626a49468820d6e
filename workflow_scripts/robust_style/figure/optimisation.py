"""The original figure's layout: what each network paints after 0, 50, 100 iterations of the loss."""

from collections.abc import Sequence
from pathlib import Path

from robust_style.figure.fitting import fitted, fitted_alike, paragraph, width_of
from robust_style.figure.last_stylizations import last_of_one_pair
from robust_style.figure.legend import LEGEND_LINE_MM, draw_legend, legend_lines
from robust_style.figure.palette import Look, looks
from robust_style.figure.panels import dress_log
from robust_style.figure.pictures import Tile, snapshot_tiles
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import (
    FAINT,
    HAIRLINE_PT,
    LARGE_PT,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    save,
    visual_language,
)
from robust_style.figure.words import epoch_words, spoken
from robust_style.files.trace import Trace

# Room on the left for the ticks and the label of the loss axes.
LABEL_MM = 11.0
GAP_MM = 1.2
CAPTION_MM = 3.6
# Room for the tick labels of the next loss axes.
GROUP_GAP_MM = 10.0
HEADS_MM = 13.5
CURVES_MM = 34.0
UNDER_CURVES_MM = 12.0
WIDEST_MM = 40.0
# Groups stand in bands under each other where their pictures would be narrower.
NARROW_MM = 14.0
LEAST_NAME_PT = 5.0
NOTE_LINE_MM = 3.0


def draw_optimisation(
    *, traces: list[Path], columns: list[str], recipes: list[str], figure: Path, vector: Path, preview: Path
) -> None:
    """Draws one pair: rows are optimiser iterations, groups `recipes`, `columns` networks.

    Below stands the total loss over the iterations. Of several seeds one is shown, of several epochs each network's
    last; `preview` is a small JPEG of the same.
    Raises ResultError if the traces are of several pairs or of none of the networks and recipes.
    """
    courses = last_of_one_pair(traces, columns, recipes)
    groups = [recipe for recipe in recipes if any(found == recipe for found, _ in courses)]
    networks = [network for network in columns if any(found == network for _, found in courses)]
    regimes = {network: trace.labels.regime for (_, network), trace in courses.items()}
    tiles = {key: snapshot_tiles(trace) for key, trace in courses.items()}
    with visual_language():
        layout = _Layout(groups, networks, tiles, _note(list(courses.values()), networks))
        of_network = looks({network: regimes[network] for network in networks})
        draw_legend(layout.sheet, layout.legend, of_network, LABEL_MM)
        _draw_pictures(layout, tiles, of_network)
        _draw_curves(layout, courses, of_network)
        foot = layout.sheet.height_mm - 0.4 - len(layout.note) * NOTE_LINE_MM
        layout.sheet.lines(layout.note, 0.0, foot, NOTE_LINE_MM, size=SMALL_PT, colour=QUIET)
        save(layout.sheet.figure, figure, vector, preview)


def _note(courses: Sequence[Trace], networks: Sequence[str]) -> str:
    labels = courses[0].labels
    last = {course.labels.network: course.labels.epoch for course in courses}
    if len(set(last.values())) == 1:
        when = f"after {labels.epoch} training epochs"
    else:  # an imported network has its own
        when = ", ".join(f"{spoken(network)}: {epoch_words(last[network])}" for network in networks)
    return (
        f"{spoken(labels.content)} in the style of {spoken(labels.style)}, {when}. "
        "Rows and curves: iterations of the loss by the optimiser, not training epochs."
    )


class _Layout:
    """Where each thing stands: groups beside each other, or in bands where the pictures would be narrow."""

    def __init__(
        self, groups: Sequence[str], networks: Sequence[str], tiles: dict[tuple[str, str], list[Tile]], note: str
    ) -> None:
        self.groups, self.networks = groups, networks
        self.rows = max(len(found) for found in tiles.values())
        shape: float = max(tile.picture.shape[0] / tile.picture.shape[1] for found in tiles.values() for tile in found)
        sizes = {count: self._width(count, shape) for count in range(len(groups), 0, -1)}
        # As many beside each other as are wide enough, or else what is widest.
        enough = [count for count, width in sizes.items() if width >= NARROW_MM]
        self.beside = enough[0] if enough else max(sizes, key=lambda count: sizes[count])
        self.width = sizes[self.beside]
        self.height = self.width * shape
        self.names, self.name_pt = fitted_alike(
            [spoken(network) for network in networks], self.width, SMALL_PT + 0.5, bold=True, lines=2
        )
        # Where names do not fit above the pictures, a legend says whose colour is which.
        self.legend = legend_lines(networks, LABEL_MM) if self.name_pt < LEAST_NAME_PT else []
        self.group_width = len(networks) * (self.width + GAP_MM) - GAP_MM
        width = LABEL_MM + self.beside * (self.group_width + GROUP_GAP_MM) - GROUP_GAP_MM + 1
        self.band = HEADS_MM + self.pictures() + CURVES_MM + UNDER_CURVES_MM
        self.note = paragraph(note, width, SMALL_PT)
        bands = -(-len(groups) // self.beside)
        self.sheet = Sheet.of_size(width, self.top(0) + bands * self.band - 2.0 + len(self.note) * NOTE_LINE_MM)

    def _width(self, beside: int, shape: float) -> float:
        """Of a picture, with so many groups beside each other."""
        columns = beside * len(self.networks)
        gaps = columns * GAP_MM + (beside - 1) * (GROUP_GAP_MM - GAP_MM)
        across = (PAGE_WIDTH_MM - LABEL_MM - gaps) / columns
        room = (PAGE_HEIGHT_MM - 2 * NOTE_LINE_MM - 2 * LEGEND_LINE_MM) / -(-len(self.groups) // beside)
        room -= HEADS_MM + 5 + CURVES_MM + UNDER_CURVES_MM + self.rows * (CAPTION_MM + GAP_MM)
        return min(across, room / self.rows / shape, WIDEST_MM)

    def curves_top(self, number: int) -> float:
        return self.top(number) + HEADS_MM + self.pictures()

    def pictures(self) -> float:
        return self.rows * (self.height + CAPTION_MM + GAP_MM) + 5

    def top(self, number: int) -> float:
        return len(self.legend) * LEGEND_LINE_MM + number // self.beside * self.band

    def left_of_group(self, number: int) -> float:
        return LABEL_MM + number % self.beside * (self.group_width + GROUP_GAP_MM)

    def top_of_row(self, number: int, row: int) -> float:
        return self.top(number) + HEADS_MM + CAPTION_MM + row * (self.height + CAPTION_MM + GAP_MM)


def _draw_pictures(layout: _Layout, tiles: dict[tuple[str, str], list[Tile]], of_network: dict[str, Look]) -> None:
    for number, recipe in enumerate(layout.groups):
        left, top = layout.left_of_group(number), layout.top(number)
        words, size = fitted(f"recipe {spoken(recipe)}", layout.group_width, LARGE_PT, bold=True)
        layout.sheet.text(words, left, top + 0.5, size=size, bold=True)
        for column, network in enumerate(layout.networks):
            at, colour = left + column * (layout.width + GAP_MM), of_network[network].colour
            if not layout.legend:
                words = layout.names[column]
                above = 3.2 * (1 + words.count("\n"))
                layout.sheet.text(
                    words, at, top + HEADS_MM - 2.0 - above, size=layout.name_pt, colour=colour, bold=True
                )
            layout.sheet.rule(at, top + HEADS_MM - 1.4, at + layout.width, colour=colour, width_pt=1.4)
            for row, tile in enumerate(tiles.get((recipe, network), [])):
                upper = layout.top_of_row(number, row)
                words = f"{tile.iteration} iterations" if column == 0 else str(tile.iteration)
                if width_of(words, SMALL_PT) > layout.width:
                    words = str(tile.iteration)
                layout.sheet.text(words, at, upper - CAPTION_MM + 0.6, size=SMALL_PT, colour=QUIET)
                layout.sheet.picture(tile.picture, at, upper, layout.width, layout.height)


def _draw_curves(layout: _Layout, courses: dict[tuple[str, str], Trace], of_network: dict[str, Look]) -> None:
    for number, recipe in enumerate(layout.groups):
        top = layout.curves_top(number)
        axes = layout.sheet.axes(layout.left_of_group(number), top, layout.group_width, CURVES_MM)
        for network in layout.networks:
            if (recipe, network) in courses:
                course, look = courses[recipe, network], of_network[network]
                # Markers at the snapshots: the pictures above, and what tells the lines apart in grey.
                marked = [place for place, at in enumerate(course.iteration) if at in course.snapshots]
                axes.plot(
                    course.iteration,
                    course.total_loss,
                    look.dashes,
                    color=look.colour,
                    marker=look.marker,
                    markevery=marked,
                    clip_on=False,
                )
        for iteration in next(trace for (found, _), trace in courses.items() if found == recipe).snapshots:
            axes.axvline(iteration, color=FAINT, linewidth=HAIRLINE_PT, zorder=0)
        axes.set_yscale("log")
        dress_log(axes)
        axes.margins(x=0.02)
        axes.set_xlabel("iterations of the loss", fontsize=SMALL_PT, labelpad=2)
        axes.grid(axis="y")
        if number % layout.beside == 0:
            layout.sheet.text("total loss", 0.0, top - 3.4, size=SMALL_PT, colour=QUIET)
