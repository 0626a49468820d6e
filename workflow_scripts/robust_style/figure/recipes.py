"""Every recipe at a glance: one pair, recipes across, networks down."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from robust_style.figure.palette import looks
from robust_style.figure.picture_grid import EMPTY, GAP, Block, Cell, Label, PictureGrid, source_pair
from robust_style.figure.style import figure_style, save
from robust_style.figure.stylizations import pair_of, read_last_of_pair
from robust_style.figure.words import epoch_words, spoken
from robust_style.files.trace import Trace


def draw_recipes(
    *,
    traces: list[Path],
    content: Path,
    style: Path,
    networks: list[str],
    recipes: list[str],
    figure: Path,
    vector: Path,
    preview: Path,
) -> None:
    """Draw one pair: a column for each recipe, a row for each of `networks`, each with its last checkpoint.

    Of several seeds one is drawn; `preview` is a small JPEG. Raises ResultError for traces of several pairs, or
    of none of networks and recipes.
    """
    last = read_last_of_pair(traces, networks, recipes)
    first = next(iter(last.values()))
    regimes = {network: trace.labels.regime for (_, network), trace in last.items()}
    regimes = {network: regimes[network] for network in networks if network in regimes}
    colours = {network: look.colour for network, look in looks(regimes).items()}
    blocks = []
    for recipe in dict.fromkeys(recipe for recipe, _ in last):
        of_recipe = {network: last.get((recipe, network)) for network in regimes}
        settings = next(trace.recipe for trace in of_recipe.values() if trace)
        blocks.append(
            Block(
                columns=[Label(spoken(recipe), _details(settings))],
                rows=[Label(spoken(network), colour=colours[network]) for network in regimes],
                cells=[[Cell(trace.picture) if trace else EMPTY] for trace in of_recipe.values()],
                aspect=first.width_px / first.height_px,
            )
        )
    pair = pair_of(first)
    sources = source_pair(spoken(pair.content), spoken(pair.style), (content, style))
    with figure_style():
        save(
            PictureGrid(blocks, _note(last, list(regimes)), sources=sources, block_gap=GAP).draw(),
            figure,
            vector,
            preview,
        )


def _note(last: Mapping[tuple[str, str], Trace], networks: Sequence[str]) -> str:
    epochs = {network: trace.labels.epoch for (_, network), trace in last.items()}
    if len(set(epochs.values())) == 1:
        when = epoch_words(next(iter(epochs.values())))
    else:  # an imported or an untrained network has an epoch of its own
        when = ", ".join(f"{spoken(network)}: {epoch_words(epochs[network])}" for network in networks)
    seed = next(iter(last.values())).labels.seed
    return (
        f"Each network with its last checkpoint ({when}); training seed {seed}. "
        "Ratio: weight of the style over weight of the content."
    )


def _details(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What a recipe does, in up to three short lines."""
    lines = []
    if "initialisation" in settings:
        lines.append(f"from {spoken(str(settings['initialisation']))}")
    if "optimiser" in settings:
        lines.append(spoken(str(settings["optimiser"])))
    style, content = settings.get("style_weight"), settings.get("content_weight", 1.0)
    if isinstance(style, int | float) and isinstance(content, int | float) and style and content:
        lines.append(f"ratio {style / content:.3g}".replace("e+0", "e"))
    return tuple(lines)
