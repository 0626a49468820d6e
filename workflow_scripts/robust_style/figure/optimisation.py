"""The original figure's layout: what each network paints after 0, 50, 100 evaluations of the loss."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from robust_style.errors import ResultError
from robust_style.figure.grid import pair_of, shown_seed
from robust_style.figure.palette import Look, looks
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
    save_preview,
    visual_language,
)
from robust_style.figure.words import epoch_words, spoken
from robust_style.score.trace import Trace, read_trace

# Room on the left for the ticks and the label of the loss axes.
LABEL_MM = 11.0
GAP_MM = 1.2
CAPTION_MM = 3.6
# Room for the tick labels of the next loss axes.
GROUP_GAP_MM = 10.0
HEADS_MM = 12.0
CURVES_MM = 34.0
UNDER_CURVES_MM = 12.0
WIDEST_MM = 40.0
# Of the note at the foot; a little more than the mean width of its characters.
NOTE_LINE_MM = 3.0
NOTE_CHARACTER_MM = 1.27
# Ratio of largest to smallest loss up to which the axis has ticks at 1, 2, 5 of each decade.
FEW_DECADES = 200.0


def draw_optimisation(
    *, traces: list[Path], columns: list[str], recipes: list[str], figure: Path, preview: Path
) -> None:
    """Draws one pair: rows are optimiser evaluations, groups `recipes`, `columns` networks.

    Below stands the total loss over the evaluations. Of several seeds one is shown, of several epochs each network's
    last; `preview` is a small JPEG of the same.
    Raises ResultError if the traces are of several pairs or of none of the networks and recipes.
    """
    courses = _chosen(traces, columns, recipes)
    groups = [recipe for recipe in recipes if any(found == recipe for found, _ in courses)]
    networks = [network for network in columns if any(found == network for _, found in courses)]
    regimes = {network: trace.labels.regime for (_, network), trace in courses.items()}
    tiles = {key: snapshot_tiles(trace) for key, trace in courses.items()}
    with visual_language():
        layout = _Layout(groups, networks, tiles, _note(list(courses.values()), networks))
        of_network = looks({network: regimes[network] for network in networks})
        _draw_pictures(layout, tiles, of_network)
        _draw_curves(layout, courses, of_network)
        foot = layout.sheet.height_mm - 0.4 - len(layout.note) * NOTE_LINE_MM
        for line, words in enumerate(layout.note):
            layout.sheet.text(words, 0.0, foot + line * NOTE_LINE_MM, size=SMALL_PT, colour=QUIET)
        save(layout.sheet.figure, figure)
        save_preview(layout.sheet.figure, preview)


def _note(courses: Sequence[Trace], networks: Sequence[str]) -> str:
    labels = courses[0].labels
    last = {course.labels.network: course.labels.epoch for course in courses}
    if len(set(last.values())) == 1:
        when = f"after {labels.epoch} training epochs"
    else:  # an imported network has its own
        when = ", ".join(f"{spoken(network)}: {epoch_words(last[network])}" for network in networks)
    return (
        f"{spoken(labels.content)} in the style of {spoken(labels.style)}, {when}. "
        "Rows and curves: evaluations of the loss by the optimiser, not training epochs."
    )


class _Layout:
    """Where each thing stands."""

    def __init__(
        self, groups: Sequence[str], networks: Sequence[str], tiles: dict[tuple[str, str], list[Tile]], note: str
    ) -> None:
        self.groups, self.networks = groups, networks
        self.rows = max(len(found) for found in tiles.values())
        shape: float = max(tile.picture.shape[0] / tile.picture.shape[1] for found in tiles.values() for tile in found)
        columns = len(groups) * len(networks)
        gaps = columns * GAP_MM + (len(groups) - 1) * (GROUP_GAP_MM - GAP_MM)
        across = (PAGE_WIDTH_MM - LABEL_MM - gaps) / columns
        room = PAGE_HEIGHT_MM - HEADS_MM - CURVES_MM - UNDER_CURVES_MM - self.rows * (CAPTION_MM + GAP_MM)
        self.width: float = min(across, room / self.rows / shape, WIDEST_MM)
        self.height = self.width * shape
        self.group_width = len(networks) * (self.width + GAP_MM) - GAP_MM
        self.curves_top = HEADS_MM + self.rows * (self.height + CAPTION_MM + GAP_MM) + 5
        width = LABEL_MM + len(groups) * (self.group_width + GROUP_GAP_MM) - GROUP_GAP_MM + 1
        self.note = textwrap.wrap(note, int(width / NOTE_CHARACTER_MM))
        below = UNDER_CURVES_MM + (len(self.note) - 1) * NOTE_LINE_MM
        self.sheet = Sheet.of_size(width, self.curves_top + CURVES_MM + below)

    def left_of_group(self, recipe: str) -> float:
        return LABEL_MM + self.groups.index(recipe) * (self.group_width + GROUP_GAP_MM)

    def left_of_column(self, recipe: str, network: str) -> float:
        return self.left_of_group(recipe) + self.networks.index(network) * (self.width + GAP_MM)

    def top_of_row(self, row: int) -> float:
        return HEADS_MM + CAPTION_MM + row * (self.height + CAPTION_MM + GAP_MM)


def _draw_pictures(layout: _Layout, tiles: dict[tuple[str, str], list[Tile]], of_network: dict[str, Look]) -> None:
    for recipe in layout.groups:
        left = layout.left_of_group(recipe)
        layout.sheet.text(f"recipe {spoken(recipe)}", left, 0.5, size=LARGE_PT, bold=True)
        for network in layout.networks:
            at, colour = layout.left_of_column(recipe, network), of_network[network].colour
            layout.sheet.text(spoken(network), at, 6.6, size=SMALL_PT + 0.5, colour=colour, bold=True)
            layout.sheet.rule(at, HEADS_MM - 1.4, at + layout.width, colour=colour, width_pt=1.4)
            for row, tile in enumerate(tiles.get((recipe, network), [])):
                top = layout.top_of_row(row)
                unit = " evaluations" if network == layout.networks[0] else ""
                layout.sheet.text(f"{tile.evaluation}{unit}", at, top - CAPTION_MM + 0.6, size=SMALL_PT, colour=QUIET)
                layout.sheet.picture(tile.picture, at, top, layout.width, layout.height)


def _draw_curves(layout: _Layout, courses: dict[tuple[str, str], Trace], of_network: dict[str, Look]) -> None:
    for recipe in layout.groups:
        axes = layout.sheet.axes(layout.left_of_group(recipe), layout.curves_top, layout.group_width, CURVES_MM)
        for network in layout.networks:
            if (recipe, network) in courses:
                course, look = courses[recipe, network], of_network[network]
                # Markers at the snapshots: the pictures above, and what tells the lines apart in grey.
                marked = [place for place, at in enumerate(course.evaluation) if at in course.snapshots]
                axes.plot(
                    course.evaluation,
                    course.total_loss,
                    look.dashes,
                    color=look.colour,
                    marker=look.marker,
                    markevery=marked,
                    clip_on=False,
                )
        for evaluation in next(trace for (found, _), trace in courses.items() if found == recipe).snapshots:
            axes.axvline(evaluation, color=FAINT, linewidth=HAIRLINE_PT, zorder=0)
        _dress(axes)
    layout.sheet.text("total loss", 0.0, layout.curves_top - 3.4, size=SMALL_PT, colour=QUIET)


def _dress(axes: Axes) -> None:
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < FEW_DECADES * low:
        # Powers of ten alone would leave one tick or none.
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    else:
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.margins(x=0.02)
    axes.set_xlabel("evaluations of the loss", fontsize=SMALL_PT, labelpad=2)
    axes.grid(axis="y")


def _chosen(traces: Sequence[Path], columns: Sequence[str], recipes: Sequence[str]) -> dict[tuple[str, str], Trace]:
    found = [trace for trace in map(read_trace, traces) if trace.labels.network in columns]
    found = [trace for trace in found if trace.labels.recipe in recipes]
    if not found:
        raise ResultError(
            f"expected stylisations of {', '.join(columns)} by {', '.join(recipes)}, found none; add them"
        )
    pairs = {pair_of(trace) for trace in found}
    if len(pairs) > 1:
        raise ResultError(f"expected stylisations of one pair, found {len(pairs)}; draw one figure for each")
    seed = shown_seed(found)
    found = sorted((trace for trace in found if trace.labels.seed == seed), key=lambda trace: trace.labels.epoch)
    # Of each network and recipe the last wins.
    return {(trace.labels.recipe, trace.labels.network): trace for trace in found}
