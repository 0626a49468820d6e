"""The original work's figure beside its correction: iterations of the optimiser, and training epochs."""

from collections.abc import Sequence
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.palette import looks
from robust_style.figure.picture_grid import MISSING, Block, Cell, Label, PictureGrid, source_pair
from robust_style.figure.pictures import snapshot_tiles
from robust_style.figure.standard_vs_adversarial import MOST_ROWS
from robust_style.figure.style import figure_style, save
from robust_style.figure.stylizations import Stylizations, are_one_picture, read_stylizations
from robust_style.figure.words import epoch_words, spoken


def draw_original_layout(
    *, traces: list[Path], content: Path, style: Path, networks: list[str], figure: Path, vector: Path, preview: Path
) -> None:
    """Draw one pair and one recipe twice; columns are the first standard and the first adversarial of `networks`.

    Left, as published: rows are the snapshots of the optimisation with each network's last checkpoint. Right, as the
    published rows were read: the finished pictures, rows are training epochs. Of several seeds one is drawn. `preview`
    is a small JPEG.
    Raises ResultError for traces of several pairs or recipes, or of none of the networks.
    """
    stylizations = read_stylizations(traces, networks)
    if len(stylizations.pairs) > 1:
        raise ResultError(
            f"{figure}: expected stylizations of one pair, found {len(stylizations.pairs)}; pass those of one"
        )
    pair, drawn = stylizations.pairs[0], _two_networks(stylizations)
    blocks = [_as_published(stylizations, drawn), _corrected(stylizations, drawn)]
    note = (
        "The original work labels its rows run [0], [50], [100], which were read as stages of training; they count "
        "iterations of the loss while one picture is painted (left). Right: what stages of training look like. "
        f"Recipe {spoken(stylizations.recipe)}, training seed {stylizations.seed}."
    )
    sources = source_pair(spoken(pair.content), spoken(pair.style), (content, style))
    with figure_style():
        save(PictureGrid(blocks, note, sources=sources, wide_enough=10.0).draw(), figure, vector, preview)


def _two_networks(stylizations: Stylizations) -> list[str]:
    """The first network of each of the two regimes, or the first two networks."""
    regimes = stylizations.regimes
    firsts = [next((n for n in regimes if regimes[n] == regime), None) for regime in ("standard", "adversarial")]
    return [name for name in firsts if name] if all(firsts) else stylizations.networks[:2]


def _as_published(stylizations: Stylizations, networks: Sequence[str]) -> Block:
    pair = stylizations.pairs[0]
    last = {network: stylizations.last_epoch(network) for network in networks}
    tiles = {network: snapshot_tiles(stylizations.traces[pair, network, last[network]]) for network in networks}
    pictures = {(network, tile.iteration): tile.picture for network in networks for tile in tiles[network]}
    iterations = sorted({iteration for _, iteration in pictures})
    epochs = set(last.values())
    epoch = f"training epoch {epochs.pop()}" if len(epochs) == 1 else "the last training epoch"
    return Block(
        columns=_heads(stylizations, networks),
        rows=[Label(f"{iteration} iterations") for iteration in iterations],
        cells=[
            [Cell(pictures[network, at]) if (network, at) in pictures else MISSING for network in networks]
            for at in iterations
        ],
        aspect=stylizations.aspect(pair),
        title="As published",
        subtitle=f"rows: iterations of the optimiser, all of {epoch}",
    )


def _corrected(stylizations: Stylizations, networks: Sequence[str]) -> Block:
    pair = stylizations.pairs[0]
    rows = []
    for epoch in stylizations.epochs(MOST_ROWS):
        traces = [stylizations.traces.get((pair, network, epoch)) for network in networks]
        cells = [Cell(trace.picture) if trace else MISSING for trace in traces]
        if are_one_picture(traces):
            cells = cells[:1]
        if any(traces):
            rows.append((Label(epoch_words(epoch)), cells))
    return Block(
        columns=_heads(stylizations, networks),
        rows=[label for label, _ in rows],
        cells=[cells for _, cells in rows],
        aspect=stylizations.aspect(pair),
        title="Corrected",
        subtitle="rows: training epochs, every picture finished",
    )


def _heads(stylizations: Stylizations, networks: Sequence[str]) -> list[Label]:
    colours = looks({network: stylizations.regimes[network] for network in networks})
    return [Label(spoken(network), colour=colours[network].colour) for network in networks]
