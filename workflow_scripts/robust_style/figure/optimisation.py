"""The optimisation of one pair: pictures after 0, 50, 100 iterations of the loss, and the loss below them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from matplotlib.axes import Axes

from robust_style.figure.palette import Look, looks
from robust_style.figure.panels import set_log_ticks
from robust_style.figure.picture_grid import EMPTY, Block, Cell, Label, PictureGrid
from robust_style.figure.pictures import snapshot_tiles
from robust_style.figure.style import FAINT, HAIRLINE_PT, SMALL_PT, figure_style, save
from robust_style.figure.stylizations import read_last_of_pair
from robust_style.figure.words import epoch_words, spoken
from robust_style.files.trace import Trace

# As many recipes stand beside each other as leave pictures of this width (mm).
WIDE_ENOUGH_MM = 11.5


def draw_optimisation(
    *, traces: list[Path], networks: list[str], recipes: list[str], figure: Path, vector: Path, preview: Path
) -> None:
    """Draw one pair: rows are iterations of the optimiser, columns `networks`, a block for each recipe.

    Below each block stands the total loss over the iterations. Of several seeds one is drawn, of several epochs each
    network's last; `preview` is a small JPEG of the same.
    Raises ResultError if the traces are of several pairs, or of none of the networks and recipes.
    """
    last = read_last_of_pair(traces, networks, recipes)
    regimes = {network: trace.labels.regime for (_, network), trace in last.items()}
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    blocks = [_block(recipe, last, of_network) for recipe in dict.fromkeys(recipe for recipe, _ in last)]
    with figure_style():
        save(PictureGrid(blocks, _note(last), wide_enough=WIDE_ENOUGH_MM).draw(), figure, vector, preview)


def _block(recipe: str, last: Mapping[tuple[str, str], Trace], of_network: Mapping[str, Look]) -> Block:
    traces = {network: last[recipe, network] for network in of_network if (recipe, network) in last}
    first = next(iter(traces.values()))
    tiles = {
        (network, tile.iteration): tile.picture for network, trace in traces.items() for tile in snapshot_tiles(trace)
    }
    iterations = sorted({iteration for _, iteration in tiles})
    return Block(
        columns=[Label(spoken(network), colour=look.colour) for network, look in of_network.items()],
        rows=[Label(f"{iteration} iterations") for iteration in iterations],
        cells=[
            [Cell(tiles[network, at]) if (network, at) in tiles else EMPTY for network in of_network]
            for at in iterations
        ],
        aspect=first.width_px / first.height_px,
        title=f"recipe {spoken(recipe)}",
        curve=_curve(traces, of_network),
    )


def _curve(traces: Mapping[str, Trace], of_network: Mapping[str, Look]) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        for network, trace in traces.items():
            look = of_network[network]
            # Markers at the snapshots: the pictures above, and what distinguishes the lines without colour.
            marked = [place for place, iteration in enumerate(trace.iteration) if iteration in trace.snapshots]
            axes.plot(
                trace.iteration, trace.total_loss, look.dashes, color=look.colour, marker=look.marker,
                markevery=marked, clip_on=False,
            )  # fmt: skip
        for iteration in next(iter(traces.values())).snapshots:
            axes.axvline(iteration, color=FAINT, linewidth=HAIRLINE_PT, zorder=0)
        axes.set_yscale("log")
        set_log_ticks(axes)
        axes.margins(x=0.02)
        axes.set_xlabel("iterations of the loss", fontsize=SMALL_PT, labelpad=2)
        axes.set_ylabel("total loss", fontsize=SMALL_PT, labelpad=2)
        axes.grid(axis="y")

    return draw


def _note(last: Mapping[tuple[str, str], Trace]) -> str:
    labels = next(iter(last.values())).labels
    epochs = {network: trace.labels.epoch for (_, network), trace in last.items()}
    if len(set(epochs.values())) == 1:
        when = f"after {labels.epoch} training epochs"
    else:  # an imported network has an epoch of its own
        when = ", ".join(f"{spoken(network)}: {epoch_words(epoch)}" for network, epoch in epochs.items())
    return (
        f"{spoken(labels.content)} in the style of {spoken(labels.style)}, {when}. "
        "Rows and curves: iterations of the loss by the optimiser, not training epochs."
    )
