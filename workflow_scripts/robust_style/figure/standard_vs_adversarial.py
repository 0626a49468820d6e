"""The main figure: networks across, training epochs down. `draw_overview` does this for several pairs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.palette import looks
from robust_style.figure.picture_grid import MISSING, Block, Cell, Label, PictureGrid, source_pair
from robust_style.figure.style import figure_style, save
from robust_style.figure.stylizations import Pair, Stylizations, are_one_picture, read_stylizations
from robust_style.figure.words import accuracy_words, epoch_words, spoken
from robust_style.files.evaluation import Evaluation

# With more pairs on a page, pictures would be too small to be judged.
MOST_PAIRS = 4
MOST_ROWS = 6
# If pictures would be narrower (mm), the overview leaves out rows, down to this number.
NARROW_MM = 16.0
FEWEST_ROWS = 3
# Captions of narrower pictures are short, and the note explains them.
SHORT_MM = 24.0


def draw_standard_vs_adversarial(
    *,
    traces: list[Path],
    evaluations: list[Path],
    content: Path,
    style: Path,
    networks: list[str],
    figure: Path,
    vector: Path,
    preview: Path,
) -> None:
    """Draw one pair and one recipe: rows are training epochs, columns `networks`, accuracies below each picture.

    `content` and `style` are the prepared images; `vector` is the same figure as SVG, `preview` as a small JPEG.
    Raises ResultError for traces of several pairs.
    """
    stylizations = read_stylizations(traces, networks)
    if len(stylizations.pairs) > 1:
        raise ResultError(
            f"{figure}: expected stylizations of one pair, found {len(stylizations.pairs)}; use the overview"
        )
    pair = stylizations.pairs[0]
    images = {pair.content: content, pair.style: style}
    with figure_style():
        save(_grid(stylizations, _read(evaluations), images, MOST_ROWS).draw(), figure, vector, preview)


def draw_overview(
    *,
    traces: list[Path],
    evaluations: list[Path],
    images: Mapping[str, Path],
    networks: list[str],
    figure: Path,
    vector: Path,
    preview: Path,
) -> None:
    """Draw up to four pairs of one recipe, each as `draw_standard_vs_adversarial` does.

    `images` maps the names of contents and styles to the prepared images; `preview` is a small JPEG. Where
    pictures would be narrow, some epochs between the first and the last are left out. Raises ResultError for more
    pairs or several recipes.
    """
    stylizations = read_stylizations(traces, networks)
    if len(stylizations.pairs) > MOST_PAIRS:
        raise ResultError(
            f"{figure}: expected at most {MOST_PAIRS} pairs, found {len(stylizations.pairs)}; choose fewer"
        )
    measured = _read(evaluations)
    with figure_style():
        for rows in range(MOST_ROWS, FEWEST_ROWS - 1, -1):
            grid = _grid(stylizations, measured, images, rows)
            if grid.narrowest >= NARROW_MM:
                break
        save(grid.draw(), figure, vector, preview)


def _read(evaluations: Sequence[Path]) -> dict[tuple[str, int, int], Evaluation]:
    """Evaluations by network, seed and epoch."""
    read = map(Evaluation.load, evaluations)
    return {(evaluation.network, evaluation.seed, evaluation.epoch): evaluation for evaluation in read}


def _grid(
    stylizations: Stylizations,
    evaluations: Mapping[tuple[str, int, int], Evaluation],
    images: Mapping[str, Path],
    most_rows: int,
) -> PictureGrid:
    single = stylizations.single_checkpoints()
    epochs = stylizations.epochs(most_rows)
    # The epoch of each network, in each row.
    rows = [single] if single else [dict.fromkeys(stylizations.networks, epoch) for epoch in epochs]
    labels = [Label()] if single else [Label(epoch_words(epoch)) for epoch in epochs]
    colours = {network: look.colour for network, look in looks(stylizations.regimes).items()}
    heads = [Label(spoken(network), colour=colours[network]) for network in stylizations.networks]

    def grid(*, short: bool) -> PictureGrid:
        def captions(network: str, epoch: int) -> str:
            evaluation = evaluations.get((network, stylizations.seed, epoch))
            accuracy = accuracy_words(evaluation, short=short)
            return " · ".join(filter(None, [epoch_words(epoch) if single else "", accuracy]))

        def cells(pair: Pair, row: Mapping[str, int]) -> list[Cell]:
            traces = {network: stylizations.traces.get((pair, network, epoch)) for network, epoch in row.items()}
            if are_one_picture(list(traces.values())):
                return [Cell(next(trace.picture for trace in traces.values() if trace), "the same network for all")]
            return [
                Cell(trace.picture, captions(network, row[network])) if trace else MISSING
                for network, trace in traces.items()
            ]

        blocks = [
            Block(
                columns=heads,
                rows=labels,
                cells=[cells(pair, row) for row in rows],
                aspect=stylizations.aspect(pair),
                sources=source_pair(
                    spoken(pair.content),
                    spoken(pair.style),
                    (_known(images, pair.content), _known(images, pair.style)),
                ),
            )
            for pair in stylizations.pairs
        ]
        missing = any(cell is MISSING for block in blocks for row in block.cells for cell in row)
        return PictureGrid(blocks, _note(stylizations, is_single=bool(single), short=short, missing=missing))

    long = grid(short=False)
    return long if long.narrowest >= SHORT_MM else grid(short=True)


def _note(stylizations: Stylizations, *, is_single: bool, short: bool, missing: bool) -> str:
    words = "Each network's only checkpoint." if is_single else "Rows: training epochs of the network."
    words += f" Recipe {spoken(stylizations.recipe)}, training seed {stylizations.seed}."
    if short:
        words += " Under each picture: clean / robust accuracy of its network."
    return words + (" –: no checkpoint." if missing else "")


def _known(images: Mapping[str, Path], name: str) -> Path:
    if name not in images:
        raise ResultError(f"expected a prepared image called {name}, found {', '.join(sorted(images))}; pass it too")
    return images[name]
