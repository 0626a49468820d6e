"""Which pictures stand in which row and column of a comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.words import epoch_words
from robust_style.files.digest import sha256_of_file
from robust_style.files.evaluation import Evaluation
from robust_style.files.trace import Trace

# On one A4 page more rows would make the pictures too small to judge.
MOST_ROWS = 6


@dataclass(frozen=True)
class Pair:
    """A content image and a style image."""

    content: str
    style: str


@dataclass(frozen=True)
class Row:
    """Pictures side by side: the epoch that each network has there, and what they share."""

    label: str
    epochs: dict[str, int]


@dataclass(frozen=True)
class Grid:
    """The pictures of one recipe and one training seed: rows are epochs, columns networks, one sheet per pair.

    A network need not have every epoch: an imported one has a single checkpoint. Where that is all that any of them
    has, of several epochs, they stand in one row.
    """

    recipe: str
    seed: int
    pairs: tuple[Pair, ...]
    networks: tuple[str, ...]
    regimes: dict[str, str]
    epochs: tuple[int, ...]
    traces: dict[tuple[Pair, str, int], Trace]
    evaluations: dict[tuple[str, int], Evaluation]

    @property
    def is_of_single_checkpoints(self) -> bool:
        """Whether each network has one checkpoint, of an epoch of its own."""
        return len(self._only) == len(self.networks) and len(set(self._only.values())) > 1

    @property
    def rows(self) -> list[Row]:
        """From the first epoch to the last; without a label where it would not be true of all."""
        if self.is_of_single_checkpoints:
            return [Row("", self._only)]
        return [Row(epoch_words(epoch), dict.fromkeys(self.networks, epoch)) for epoch in self.epochs]

    @property
    def _only(self) -> dict[str, int]:
        found = {own: {epoch for _, network, epoch in self.traces if network == own} for own in self.networks}
        return {network: min(epochs) for network, epochs in found.items() if len(epochs) == 1}

    def trace(self, pair: Pair, network: str, row: Row) -> Trace | None:
        """The stylization that stands there, if there is one."""
        return self.traces.get((pair, network, row.epochs[network]))

    def shares_start(self, pair: Pair, row: Row) -> bool:
        """Whether all networks painted the very same picture: untrained, they are one network."""
        found = [self.trace(pair, network, row) for network in self.networks]
        return len(found) > 1 and len({sha256_of_file(trace.picture) if trace else "" for trace in found}) == 1

    def of_rows(self, most: int) -> "Grid":
        """The same with at most so many rows; see `thinned`."""
        every = sorted({epoch for _, _, epoch in self.traces})
        last = {max(epoch for _, own, epoch in self.traces if own == network) for network in self.networks}
        return replace(self, epochs=tuple(thinned(every, last, most)))


def read_grid(traces: Sequence[Path], evaluations: Sequence[Path], columns: Sequence[str]) -> Grid:
    """The grid of `traces`, which must share a recipe; pairs keep their order, of several seeds one is shown.

    Networks that are not among `columns` are left out. Raises ResultError if nothing is left or recipes are mixed.
    """
    found = [trace for trace in map(Trace.load, traces) if trace.labels.network in columns]
    if not found:
        raise ResultError(f"expected stylizations of {', '.join(columns)}, found none; add traces of these networks")
    recipes = sorted({trace.labels.recipe for trace in found})
    if len(recipes) > 1:
        raise ResultError(f"expected stylizations of one recipe, found {', '.join(recipes)}; draw one figure for each")
    seed = shown_seed((trace.labels.network, trace.labels.seed) for trace in found)
    found = [trace for trace in found if trace.labels.seed == seed]
    epochs = sorted({trace.labels.epoch for trace in found})
    last = {max(trace.labels.epoch for trace in found if trace.labels.network == name) for name in _networks(found)}
    known = [evaluation for evaluation in map(Evaluation.load, evaluations) if evaluation.seed == seed]
    regimes = {trace.labels.network: trace.labels.regime for trace in found}
    return Grid(
        recipe=recipes[0],
        seed=seed,
        pairs=tuple(dict.fromkeys(pair_of(trace) for trace in found)),
        networks=tuple(network for network in columns if network in regimes),
        regimes={network: regimes[network] for network in columns if network in regimes},
        epochs=tuple(thinned(epochs, last, MOST_ROWS)),
        traces={(pair_of(trace), trace.labels.network, trace.labels.epoch): trace for trace in found},
        evaluations={(evaluation.network, evaluation.epoch): evaluation for evaluation in known},
    )


def pair_of(trace: Trace) -> Pair:
    """The pair that a stylization is of."""
    return Pair(trace.labels.content, trace.labels.style)


def shown_seed(trained: Iterable[tuple[str, int]]) -> int:
    """The training seed that a figure of one seed shows: the lowest that all networks have, or else the lowest.

    `trained` are network and seed of everything there is to show. An imported network has one seed only, which need
    not be the lowest.
    """
    of_network: dict[str, set[int]] = {}
    for network, seed in trained:
        of_network.setdefault(network, set()).add(seed)
    return min(set.intersection(*of_network.values()) or set.union(*of_network.values()))


def thinned(epochs: Sequence[int], last: set[int], most: int) -> list[int]:
    """At most so many of the epochs (more only where more networks have a last epoch of their own).

    The first is kept and each network's last, in `last`, which may be its only one; the others are evenly spread, so
    that no stage of the training is favoured.
    """
    if len(epochs) <= most:
        return list(epochs)
    kept = last | {epochs[0]}
    others = [epoch for epoch in epochs if epoch not in kept]
    rows = max(most - len(kept), 0)
    spread = {others[round((row + 1) * (len(others) + 1) / (rows + 1)) - 1] for row in range(rows)}
    return sorted(kept | spread)


def _networks(traces: Iterable[Trace]) -> set[str]:
    return {trace.labels.network for trace in traces}
