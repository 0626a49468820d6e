"""Which stylizations a figure shows: pairs, networks, epochs and the training seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.files.digest import sha256_of_file
from robust_style.files.trace import Trace


@dataclass(frozen=True)
class Pair:
    """A content image and a style image."""

    content: str
    style: str


@dataclass(frozen=True)
class Stylizations:
    """The pictures of one recipe and one training seed, by pair, network and epoch.

    A network need not have every epoch: an imported one has a single checkpoint.
    """

    recipe: str
    seed: int
    pairs: tuple[Pair, ...]
    regimes: dict[str, str]
    traces: dict[tuple[Pair, str, int], Trace]

    @property
    def networks(self) -> list[str]:
        """The networks in the order of columns."""
        return list(self.regimes)

    def last_epoch(self, network: str) -> int:
        """The epoch of the network's last checkpoint."""
        return max(epoch for _, name, epoch in self.traces if name == network)

    def epochs(self, most: int) -> list[int]:
        """At most so many epochs; see `thinned`."""
        every = sorted({epoch for _, _, epoch in self.traces})
        return thinned(every, {self.last_epoch(network) for network in self.networks}, most)

    def single_checkpoints(self) -> dict[str, int]:
        """The epoch of each network if every network has one checkpoint and these are of several epochs, else empty."""
        epochs = {name: {epoch for _, network, epoch in self.traces if network == name} for name in self.networks}
        if any(len(of_network) > 1 for of_network in epochs.values()) or len(set.union(*epochs.values())) == 1:
            return {}
        return {name: min(of_network) for name, of_network in epochs.items()}

    def aspect(self, pair: Pair) -> float:
        """Width over height of the pair's pictures."""
        return next(t.width_px / t.height_px for (other, _, _), t in self.traces.items() if other == pair)


def read_stylizations(paths: Sequence[Path], networks: Sequence[str]) -> Stylizations:
    """The stylizations of `networks`; they must share a recipe. Pairs keep their order; of several seeds one is kept.

    Raises ResultError if nothing is left or recipes are mixed.
    """
    traces = [trace for trace in map(Trace.load, paths) if trace.labels.network in networks]
    if not traces:
        raise ResultError(f"expected stylizations of {', '.join(networks)}, found none; add traces of these networks")
    recipes = sorted({trace.labels.recipe for trace in traces})
    if len(recipes) > 1:
        raise ResultError(f"expected stylizations of one recipe, found {', '.join(recipes)}; draw one figure for each")
    seed = common_seed((trace.labels.network, trace.labels.seed) for trace in traces)
    traces = [trace for trace in traces if trace.labels.seed == seed]
    regimes = {trace.labels.network: trace.labels.regime for trace in traces}
    return Stylizations(
        recipe=recipes[0],
        seed=seed,
        pairs=tuple(dict.fromkeys(pair_of(trace) for trace in traces)),
        regimes={network: regimes[network] for network in networks if network in regimes},
        traces={(pair_of(trace), trace.labels.network, trace.labels.epoch): trace for trace in traces},
    )


def read_last_of_pair(
    paths: Sequence[Path], networks: Sequence[str], recipes: Sequence[str]
) -> dict[tuple[str, str], Trace]:
    """(recipe, network) -> its stylization with the last checkpoint; of several seeds one is kept.

    Recipes and networks have the order given. Raises ResultError if the traces are of several pairs, or of none of
    `networks` and `recipes`.
    """
    traces = [trace for trace in map(Trace.load, paths) if trace.labels.network in networks]
    traces = [trace for trace in traces if trace.labels.recipe in recipes]
    if not traces:
        raise ResultError(
            f"expected stylizations of {', '.join(networks)} by {', '.join(recipes)}, found none; add them"
        )
    pairs = {pair_of(trace) for trace in traces}
    if len(pairs) > 1:
        raise ResultError(f"expected stylizations of one pair, found {len(pairs)}; draw one figure for each")
    seed = common_seed((trace.labels.network, trace.labels.seed) for trace in traces)
    traces = sorted((trace for trace in traces if trace.labels.seed == seed), key=lambda trace: trace.labels.epoch)
    last = {(trace.labels.recipe, trace.labels.network): trace for trace in traces}
    keys = [(recipe, network) for recipe in recipes for network in networks]
    return {key: last[key] for key in keys if key in last}


def pair_of(trace: Trace) -> Pair:
    """The pair of a stylization."""
    return Pair(trace.labels.content, trace.labels.style)


def are_one_picture(traces: Sequence[Trace | None]) -> bool:
    """Whether all of several networks painted the very same picture: untrained, they are one network."""
    hashes = {sha256_of_file(trace.picture) if trace else "" for trace in traces}
    return len(traces) > 1 and len(hashes) == 1 and "" not in hashes


def common_seed(trained: Iterable[tuple[str, int]]) -> int:
    """The training seed of a figure of one seed: the lowest that all networks have, or else the lowest.

    `trained`: network and seed of everything that could be drawn. An imported network has one seed only, which need
    not be the lowest.
    """
    seeds: dict[str, set[int]] = {}
    for network, seed in trained:
        seeds.setdefault(network, set()).add(seed)
    return min(set.intersection(*seeds.values()) or set.union(*seeds.values()))


def thinned(epochs: Sequence[int], last: set[int], most: int) -> list[int]:
    """At most so many of the epochs; more only where more networks have a last epoch of their own.

    The first epoch is kept, and each network's last one (`last`). The others are evenly spread, so that no stage of
    training is favoured.
    """
    if len(epochs) <= most:
        return list(epochs)
    kept = last | {epochs[0]}
    others = [epoch for epoch in epochs if epoch not in kept]
    rows = max(most - len(kept), 0)
    spread = {others[round((row + 1) * (len(others) + 1) / (rows + 1)) - 1] for row in range(rows)}
    return sorted(kept | spread)
