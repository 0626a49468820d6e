"""Which pictures stand in which row and column of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from robust_style.artefact.digest import sha256_of_file
from robust_style.errors import ResultError
from robust_style.score.evaluation import Evaluation, read_evaluation
from robust_style.score.trace import Trace, read_trace

# On one A4 page more rows would make the pictures too small to judge.
MOST_ROWS = 6


@dataclass(frozen=True)
class Pair:
    """A content image and a style image."""

    content: str
    style: str


@dataclass(frozen=True)
class Grid:
    """The pictures of one recipe and one training seed: rows are epochs, columns networks, one sheet per pair."""

    recipe: str
    seed: int
    pairs: tuple[Pair, ...]
    networks: tuple[str, ...]
    regimes: dict[str, str]
    epochs: tuple[int, ...]
    traces: dict[tuple[Pair, str, int], Trace]
    evaluations: dict[tuple[str, int], Evaluation]

    def shares_start(self, pair: Pair, epoch: int) -> bool:
        """Whether all networks painted the very same picture: untrained, they are one network."""
        found = [self.traces.get((pair, network, epoch)) for network in self.networks]
        return len(found) > 1 and len({sha256_of_file(trace.picture) if trace else "" for trace in found}) == 1


def read_grid(traces: Sequence[Path], evaluations: Sequence[Path], columns: Sequence[str]) -> Grid:
    """The grid of `traces`, which must share a recipe; pairs keep their order, of several seeds the first is shown.

    Networks that are not among `columns` are left out. Raises ResultError if nothing is left or recipes are mixed.
    """
    found = [trace for trace in map(read_trace, traces) if trace.labels.network in columns]
    if not found:
        raise ResultError(f"expected stylisations of {', '.join(columns)}, found none; add traces of these networks")
    recipes = sorted({trace.labels.recipe for trace in found})
    if len(recipes) > 1:
        raise ResultError(f"expected stylisations of one recipe, found {', '.join(recipes)}; draw one figure for each")
    seed = min(trace.labels.seed for trace in found)
    found = [trace for trace in found if trace.labels.seed == seed]
    epochs = sorted({trace.labels.epoch for trace in found})
    known = [evaluation for evaluation in map(read_evaluation, evaluations) if evaluation.seed == seed]
    regimes = {trace.labels.network: trace.labels.regime for trace in found}
    return Grid(
        recipe=recipes[0],
        seed=seed,
        pairs=tuple(dict.fromkeys(pair_of(trace) for trace in found)),
        networks=tuple(network for network in columns if network in regimes),
        regimes={network: regimes[network] for network in columns if network in regimes},
        epochs=tuple(_thinned(epochs)),
        traces={(pair_of(trace), trace.labels.network, trace.labels.epoch): trace for trace in found},
        evaluations={(evaluation.network, evaluation.epoch): evaluation for evaluation in known},
    )


def pair_of(trace: Trace) -> Pair:
    """The pair that a stylisation is of."""
    return Pair(trace.labels.content, trace.labels.style)


def _thinned(epochs: Sequence[int]) -> list[int]:
    # Evenly spread, with the first and the last, so that no stage of the training is favoured.
    if len(epochs) <= MOST_ROWS:
        return list(epochs)
    return [epochs[round(row * (len(epochs) - 1) / (MOST_ROWS - 1))] for row in range(MOST_ROWS)]
