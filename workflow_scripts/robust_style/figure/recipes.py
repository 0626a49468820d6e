"""Every recipe at a glance: one pair, recipes across, networks down."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from robust_style.figure.fitting import fitted, paragraph
from robust_style.figure.grid import Pair, pair_of
from robust_style.figure.last_stylizations import last_of_one_pair
from robust_style.figure.pair_block import draw_sources_in_line
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
    visual_language,
)
from robust_style.figure.words import epoch_words, spoken
from robust_style.files.trace import Trace

SOURCES_MM = 14.0
LABEL_MM = 19.0
GAP_MM = 1.2
# The recipe's name in up to two lines and what it does in three.
HEADS_MM = 17.5
BAND_GAP_MM = 4.0
NOTE_LINE_MM = 3.0
WIDEST_MM = 45.0


def draw_recipes(
    *,
    traces: list[Path],
    contents: Mapping[str, Path],
    styles: Mapping[str, Path],
    columns: list[str],
    recipes: list[str],
    figure: Path,
    vector: Path,
) -> None:
    """Draws one pair: a column per recipe, a row per network of `columns`, each with its last checkpoint.

    Many recipes are broken into bands under each other, so that the pictures are as large as the page allows. Of
    several seeds one is shown. Raises ResultError for traces of several pairs or of none of networks and recipes.
    """
    last = last_of_one_pair(traces, columns, recipes)
    pair = pair_of(next(iter(last.values())))
    with visual_language():
        sheet = _drawn(
            last,
            [recipe for recipe in recipes if any(own == recipe for own, _ in last)],
            [network for network in columns if any(own == network for _, own in last)],
            pair,
            (contents[pair.content], styles[pair.style]),
        )
        save(sheet.figure, figure, vector)


def _drawn(
    last: dict[tuple[str, str], Trace],
    recipes: Sequence[str],
    networks: Sequence[str],
    pair: Pair,
    files: tuple[Path, Path],
) -> Sheet:
    one = next(iter(last.values()))
    shape = one.height_px / one.width_px
    of_network = looks({name: next(t for (_, n), t in last.items() if n == name).labels.regime for name in networks})
    per_band, width = max(
        ((per_band, _width(len(recipes), per_band, len(networks), shape)) for per_band in range(len(recipes), 0, -1)),
        key=lambda found: found[1],
    )
    bands = -(-len(recipes) // per_band)
    across = max(LABEL_MM + per_band * (width + GAP_MM) - GAP_MM, 100.0)
    note = paragraph(_note(last, networks), across, SMALL_PT)
    band = HEADS_MM + len(networks) * (width * shape + GAP_MM)
    below = SOURCES_MM + bands * (band + BAND_GAP_MM) - BAND_GAP_MM + 1.0
    sheet = Sheet.of_size(across, below + len(note) * NOTE_LINE_MM)
    draw_sources_in_line(sheet, pair, files, 0.0, 0.0, SOURCES_MM - 4.0, across)
    for number, recipe in enumerate(recipes):
        left = LABEL_MM + number % per_band * (width + GAP_MM)
        top = SOURCES_MM + number // per_band * (band + BAND_GAP_MM)
        settings = next(trace.recipe for (own, _), trace in last.items() if own == recipe)
        _draw_head(sheet, recipe, settings, left, top, width)
        for row, network in enumerate(networks):
            upper = top + HEADS_MM + row * (width * shape + GAP_MM)
            if number % per_band == 0:
                words, size = fitted(spoken(network), LABEL_MM - 1.5, NORMAL_PT, bold=True, lines=2)
                sheet.text(words, 0.0, upper + 0.2, size=size, colour=of_network[network].colour, bold=True)
            if (recipe, network) in last:
                sheet.picture(read_picture(last[recipe, network].picture), left, upper, width, width * shape)
    sheet.lines(note, 0.0, below, NOTE_LINE_MM, size=SMALL_PT, colour=QUIET)
    return sheet


def _note(last: dict[tuple[str, str], Trace], networks: Sequence[str]) -> str:
    epochs = {name: next(trace.labels.epoch for (_, own), trace in last.items() if own == name) for name in networks}
    if len(set(epochs.values())) == 1:
        when = epoch_words(next(iter(epochs.values())))
    else:  # an imported or an untrained network has its own
        when = ", ".join(f"{spoken(name)}: {epoch_words(epoch)}" for name, epoch in epochs.items())
    seed = next(iter(last.values())).labels.seed
    return (
        f"Each network with its last checkpoint ({when}); training seed {seed}. "
        "Ratio: weight of the style over weight of the content."
    )


def _width(recipes: int, per_band: int, networks: int, shape: float) -> float:
    bands = -(-recipes // per_band)
    across = (PAGE_WIDTH_MM - LABEL_MM + GAP_MM) / per_band - GAP_MM
    room = (PAGE_HEIGHT_MM - SOURCES_MM - 3 * NOTE_LINE_MM + BAND_GAP_MM) / bands - BAND_GAP_MM - HEADS_MM
    return min(across, (room / networks - GAP_MM) / shape, WIDEST_MM)


def _draw_head(sheet: Sheet, recipe: str, settings: dict[str, object], left: float, top: float, width: float) -> None:
    words, size = fitted(spoken(recipe), width, NORMAL_PT + 0.5, bold=True, lines=2)
    said = [fitted(line, width, SMALL_PT) for line in _what_it_does(settings)]
    at = top + HEADS_MM - 1.2 - len(said) * 2.9
    sheet.text(words, left, at - 0.6 - 3.5 * (1 + words.count("\n")), size=size, bold=True)
    for line, (what, pt) in enumerate(said):
        sheet.text(what, left, at + line * 2.9, size=pt, colour=QUIET)


def _what_it_does(settings: dict[str, object]) -> list[str]:
    lines = []
    if "initialisation" in settings:
        lines.append(f"from {spoken(str(settings['initialisation']))}")
    if "optimiser" in settings:
        lines.append(spoken(str(settings["optimiser"])))
    weights = settings.get("style_weight"), settings.get("content_weight", 1.0)
    if all(isinstance(weight, int | float) and weight for weight in weights):
        lines.append(f"ratio {weights[0] / weights[1]:.3g}".replace("e+0", "e"))  # type: ignore[operator]
    return lines
