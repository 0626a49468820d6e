"""From the scores of pictures to one number per training seed (or architecture) for a contrast."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import stats

from robust_style.claims.formula import ARCHITECTURES, PAIRED_REGIMES, Cell, Contrast, Term
from robust_style.score.columns import CONTROL_REGIME, ITERATION
from robust_style.score.failure import failures

Settings: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[str, str]
PerPicture: TypeAlias = Float[np.ndarray, "seeds pairs"]
Curves: TypeAlias = Float[np.ndarray, "times seeds pairs"]

# Measures of which less is better; of the others more is.
_LESS_IS_BETTER = ("distance", "excess", "failed", "rise", "loss")
# A larger rise, as that of a picture that diverged, counts as this one: it would decide any mean alone.
LARGEST_RISE = 2.0**20
_SHARE_REACHED = 0.9
_FEWEST_NETWORKS = 3


class Untestable(Exception):
    """The tables have nothing that the contrast asks for; the message says what."""


class Incomplete(Exception):
    """Pictures that the contrast needs are missing; the message names them."""


@dataclass(frozen=True)
class Design:
    """Which pictures a contrast needs: each of `pairs` for each of `seeds`.

    `beside` are pairs outside the crossed ones, which are reported and decide nothing; `left_out` those of which some
    picture missed the content target of its recipe. `last` is the last epoch.
    """

    seeds: tuple[int, ...]
    pairs: tuple[Pair, ...]
    beside: tuple[Pair, ...]
    left_out: tuple[Pair, ...]
    last: int


@dataclass(frozen=True)
class Values:
    """A contrast's numbers: per training seed, per picture, and per pair beside the crossed ones.

    A speed is NaN where it is censored: the network never improves, or never gets there. `per_seed` of a speed is that
    of the mean curve over the pairs, of everything else the mean over the pairs.
    """

    design: Design
    per_seed: Float[np.ndarray, " seeds"]
    per_picture: PerPicture
    beside: Mapping[Pair, float]


class Evidence:
    """The tables of scores, and what the names in formulas stand for.

    `rows` has a row per finished picture, `by_iteration` one per snapshot. `networks` maps roles and names to names of
    networks, `recipes` names to complete settings, `epsilons` networks to the epsilon of their training.
    `architectures` maps architectures to the network of each paired regime, of which there is one training.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        by_iteration: pd.DataFrame,
        networks: Mapping[str, str],
        recipes: Mapping[str, Settings],
        epsilons: Mapping[str, float],
        architectures: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self._tables = rows, by_iteration
        self._architectures = architectures
        # Of rows relabelled by architecture: the name of each unit, and the labels (network, seed, epoch) in the files.
        self._unit_names: dict[int, str] = {}
        self._labels: dict[tuple[str, int], tuple[str, int, int]] = {}
        failed = [
            bool(failures(recipes.get(name, {}), rise, luma))
            for name, rise, luma in zip(rows["recipe"], rows["worst_rise"], rows["luma_correlation"], strict=True)
        ]
        derived = rows.assign(
            failed=np.array(failed, "float64"),
            log2_worst_rise=np.log2(rows["worst_rise"].clip(upper=LARGEST_RISE)),
            epsilon=rows["network"].map(dict(epsilons)).astype("float64"),
        )
        is_control = derived["regime"] == CONTROL_REGIME
        self._painted = dict(iter(derived[~is_control].groupby(["network", "recipe"])))
        self._epochs_of = {name: set(map(int, group["epoch"])) for name, group in derived.groupby("network")}
        self._controls = dict(iter(derived[is_control].groupby("network")))
        self._snapshots = dict(iter(by_iteration.groupby(["network", "recipe", "epoch"])))
        self._networks = networks
        self._recipes = recipes
        self._table = cache(self._uncached_table)

    def for_unit(self, unit: str) -> "Evidence":
        """The evidence with this unit of replication. Raises Untestable if there is none of it."""
        if unit != ARCHITECTURES:
            return self
        if not self._architectures:
            raise Untestable(f"no architecture with a network for each of {', '.join(PAIRED_REGIMES)}")
        return self._by_architecture

    def unit_name(self, seed: int) -> str:
        """The seed, or the architecture that was relabelled as this seed."""
        return self._unit_names.get(seed, str(seed))

    def labels(self, network: str, seed: int, epoch: int) -> tuple[str, int, int]:
        """Network, seed and epoch of these pictures in the names of files."""
        return self._labels.get((network, seed), (network, seed, epoch))

    @cached_property
    def _by_architecture(self) -> "Evidence":
        """The same pictures relabelled: the regime in place of the network, the architecture's number as the seed.

        Of each network only the last checkpoint is kept; controls stay. The rest of the judgement is the same.
        """
        rows, by_iteration = self._tables
        last = rows.groupby("network")["epoch"].max()
        seeds = rows.groupby("network")["seed"].min()
        names = dict(enumerate(sorted(self._architectures)))
        relabelled = {
            network: (regime, number)
            for number, name in names.items()
            for regime, network in self._architectures[name].items()
        }

        def relabel(table: pd.DataFrame) -> pd.DataFrame:
            is_last = table["epoch"] == table["network"].map(last)
            chosen = table[table["network"].isin(relabelled) & is_last]
            regimes, numbers = ({network: pair[part] for network, pair in relabelled.items()} for part in (0, 1))
            changed = chosen.assign(
                network=chosen["network"].map(regimes), seed=chosen["network"].map(numbers), epoch=int(last.max())
            )
            return pd.concat([changed, table[table["regime"] == CONTROL_REGIME]], ignore_index=True)

        roles = {regime: regime for regime in PAIRED_REGIMES}
        evidence = Evidence(relabel(rows), relabel(by_iteration), roles, self._recipes, {})
        evidence._unit_names = names
        evidence._labels = {
            pair: (network, int(seeds.get(network, 0)), int(last.get(network, 0)))
            for network, pair in relabelled.items()
        }
        return evidence

    def recipes_with(self, settings: Settings) -> list[str]:
        """Names of the recipes that have all of these settings."""
        return [name for name, block in self._recipes.items() if settings.items() <= block.items()]

    def cells(self, contrast: Contrast, recipe: str) -> list[Cell]:
        """The contrast's cells with names of networks in place of roles, and `recipe` where none is named.

        Raises Untestable for a network or recipe that there is not.
        """
        return [self._resolved(cell, recipe) for term in contrast.terms if term.paints for cell in term.cells]

    def values(self, contrast: Contrast, measure: str, recipe: str) -> Values:
        """The contrast's numbers by `measure`; `recipe` is that of cells which name none.

        Raises Untestable or Incomplete.
        """
        design = self._design(contrast, recipe)
        per_seed, per_picture = self._sum(contrast, measure, recipe, design)
        beside = {}
        if design.beside:
            others = Design(design.seeds, design.beside, (), (), design.last)
            means = self._sum(contrast, measure, recipe, others)[1].mean(axis=0)
            beside = dict(zip(design.beside, map(float, means), strict=True))
        return Values(design, per_seed, per_picture, beside)

    def _sum(
        self, contrast: Contrast, measure: str, recipe: str, design: Design
    ) -> tuple[Float[np.ndarray, " seeds"], PerPicture]:
        parts = [(term.sign, self._term(term, measure, recipe, design)) for term in contrast.terms]
        per_seed = sum((sign * part[0] for sign, part in parts), np.zeros(len(design.seeds)))
        per_picture = sum((sign * part[1] for sign, part in parts), np.zeros((len(design.seeds), len(design.pairs))))
        return per_seed, per_picture

    def _resolved(self, cell: Cell, recipe: str) -> Cell:
        recipe = cell.recipe or recipe
        if cell.network not in self._networks:
            raise Untestable(f"no network {cell.network}")
        if recipe not in self._recipes:
            raise Untestable(f"no recipe {recipe}")
        network = self._networks[cell.network]
        if (network, recipe) not in self._painted:
            raise Untestable(f"no picture of {network} with recipe {recipe}")
        return Cell(network, recipe, cell.checkpoint)

    def _design(self, contrast: Contrast, recipe: str) -> Design:
        groups = [self._painted[cell.network, str(cell.recipe)] for cell in self.cells(contrast, recipe)]
        if any(term.function == "rank_correlation" for term in contrast.terms):
            groups += [group for (_, painted_with), group in self._painted.items() if painted_with == recipe]
        if not groups:
            raise Untestable("no pictures")
        # A network trained elsewhere has one checkpoint, perhaps of one seed: the seeds that it shares are compared.
        trained = [group for group in groups if len(self._epochs_of[group["network"].iloc[0]]) > 1] or groups
        seeds = set.union(*(set(group["seed"]) for group in trained))
        for group in groups:
            if len(self._epochs_of[group["network"].iloc[0]]) == 1:
                seeds &= set(group["seed"])
        # An architecture whose pictures are missing is named as incomplete.
        seeds = set(self._unit_names) or seeds
        missed = set.union(*(_pairs(group[group["content_target_reached"] == 0]) for group in groups))
        pairs = set.union(*map(_pairs, groups)) - missed
        if not pairs:
            raise Untestable("every pair has a picture that missed its content target")
        crossed = crossed_pairs(pairs)
        last = max(int(group["epoch"].max()) for group in trained)
        beside = tuple(sorted(pairs - set(crossed)))
        return Design(tuple(sorted(seeds)), crossed, beside, tuple(sorted(missed)), last)

    def _term(
        self, term: Term, measure: str, recipe: str, design: Design
    ) -> tuple[Float[np.ndarray, " seeds"], PerPicture]:
        """The term's numbers per seed and per picture."""
        if term.function == "control":
            per_picture = self._control(term.cells[0].network, measure, design)
        elif term.function == "rank_correlation":
            return self._rank_correlation(term.cells[0].network, measure, recipe, design)
        else:
            cells = [self._resolved(cell, recipe) for cell in term.cells]
            if term.function is None:
                per_picture = self._at(cells[0], self._epoch(cells[0], design), measure, design)
            elif term.function == "mean":
                trained = [epoch for epoch in self._epochs(cells[0], design) if epoch > 0] or [0]
                per_picture = np.mean([self._at(cells[0], epoch, measure, design) for epoch in trained], axis=0)
            else:
                return self._speed(term.function, cells, measure, design)
        return per_picture.mean(axis=1), per_picture

    def _speed(
        self, function: str, cells: Sequence[Cell], measure: str, design: Design
    ) -> tuple[Float[np.ndarray, " seeds"], PerPicture]:
        better = -1 if any(word in measure for word in _LESS_IS_BETTER) else 1
        over = self._over_epochs if function.startswith("epochs") else self._over_iterations
        results = [over(cell, measure, design) for cell in cells]
        times, curves = results[0][0], [better * curves for _, curves in results]
        means = [curve.mean(axis=2, keepdims=True) for curve in curves]
        return _first_times(times, means)[:, 0], _first_times(times, curves)

    def _epochs(self, cell: Cell, design: Design) -> list[int]:
        """The checkpoints of the cell's network, up to the last one of all that are compared."""
        epochs = sorted(set(self._painted[cell.network, str(cell.recipe)]["epoch"]))
        return epochs if len(epochs) == 1 else sorted({*epochs, design.last})

    def _epoch(self, cell: Cell, design: Design) -> int:
        epochs = self._epochs(cell, design)
        if cell.checkpoint == "last":
            return epochs[-1]
        if cell.checkpoint in ("half", "first"):
            # Of all that the network has: a recipe may paint with some of them only.
            every = self._epochs_of[cell.network]
            between = sorted(epoch for epoch in every if 0 < epoch < design.last)
            if not between:
                raise Untestable(f"no checkpoint of {cell.network} before the last")
            half = design.last / 2
            epoch = between[0] if cell.checkpoint == "first" else min(between, key=lambda epoch: abs(epoch - half))
        else:
            epoch = 0 if cell.checkpoint == "untrained" else int(cell.checkpoint)
        if epoch not in epochs:
            raise Untestable(f"no epoch {epoch} of {cell.network} with recipe {cell.recipe}")
        return epoch

    def _uncached_table(self, network: str, recipe: str, epoch: int, measure: str) -> dict[tuple[int, str, str], float]:
        group = self._painted[network, recipe]
        at = group[group["epoch"] == epoch]
        return dict(zip(zip(at["seed"], at["content"], at["style"], strict=True), at[measure], strict=True))

    def _at(self, cell: Cell, epoch: int, measure: str, design: Design) -> PerPicture:
        """The measure of the cell's pictures at one epoch. Raises Incomplete where one is missing or has no number."""
        values = self._table(cell.network, str(cell.recipe), epoch, measure)
        if values and np.isnan(list(values.values())).all():
            raise Untestable(f"no {measure}")
        return _complete(values, design, self._folder(cell, epoch))

    def _folder(self, cell: Cell, epoch: int) -> Callable[[int], str]:
        """The folder of the cell's pictures of a seed, as in the names of files."""

        def folder(seed: int) -> str:
            network, own_seed, own_epoch = self.labels(cell.network, seed, epoch)
            return f"{cell.recipe}/{network}/seed_{own_seed}/epoch_{own_epoch:03d}"

        return folder

    def _over_epochs(self, cell: Cell, measure: str, design: Design) -> tuple[Float[np.ndarray, " times"], Curves]:
        epochs = self._epochs(cell, design)
        return np.array(epochs, float), np.stack([self._at(cell, epoch, measure, design) for epoch in epochs])

    def _over_iterations(self, cell: Cell, measure: str, design: Design) -> tuple[Float[np.ndarray, " times"], Curves]:
        """The measure of the cell's pictures at the snapshots that most of them have.

        Between a picture's own snapshots are straight lines; of one that stopped early, its last state is carried on.
        """
        epoch = self._epoch(cell, design)
        snapshots = self._snapshots.get((cell.network, cell.recipe, epoch))
        if snapshots is None or measure not in snapshots:
            raise Untestable(f"no {measure} of snapshots with recipe {cell.recipe}")
        counts = snapshots[ITERATION].value_counts()
        times = np.sort(counts.index[counts > counts.max() / 2].to_numpy(np.float64))
        curves = {
            at: np.interp(times, *rows.groupby(ITERATION)[measure].last().pipe(lambda one: (one.index, one.to_numpy())))
            for at, rows in snapshots.groupby(["seed", "content", "style"])
        }
        where = self._folder(cell, epoch)
        steps = range(len(times))
        return times, np.stack([_complete({at: c[step] for at, c in curves.items()}, design, where) for step in steps])

    def _control(self, name: str, measure: str, design: Design) -> PerPicture:
        """The measure of a control's pictures, the same for every seed."""
        if name not in self._controls:
            raise Untestable(f"no control {name}")
        rows = self._controls[name]
        by_pair = dict(zip(zip(rows["content"], rows["style"], strict=True), rows[measure], strict=True))
        values = {(seed, *pair): value for seed in design.seeds for pair, value in by_pair.items()}
        return _complete(values, design, lambda seed: f"control/{name}")

    def _rank_correlation(
        self, quantity: str, measure: str, recipe: str, design: Design
    ) -> tuple[Float[np.ndarray, " seeds"], PerPicture]:
        """Spearman's rank correlation of a quantity of the trained networks with their mean measure, per seed.

        A network counts if it has the quantity for every seed. Raises Untestable for fewer than three.
        """
        measures, quantities = [], []
        for (network, painted_with), group in self._painted.items():
            last = group[group["epoch"] == group["epoch"].max()]
            if painted_with != recipe or not group["epoch"].max() or quantity not in group:
                continue
            of_seed = last.groupby("seed")[quantity].first().reindex(list(design.seeds)).to_numpy(np.float64)
            if not np.isnan(of_seed).any():
                quantities.append(of_seed)
                measures.append(self._at(Cell(network, recipe), int(group["epoch"].max()), measure, design))
        if len(measures) < _FEWEST_NETWORKS:
            raise Untestable(f"{len(measures)} networks with {quantity}, three are the least")
        x, y = np.array(quantities), np.array(measures)
        seeds, pairs = range(len(design.seeds)), range(len(design.pairs))
        per_seed = np.array([_spearman(x[:, seed], y[:, seed].mean(axis=1)) for seed in seeds])
        return per_seed, np.array([[_spearman(x[:, seed], y[:, seed, pair]) for pair in pairs] for seed in seeds])


def _pairs(rows: pd.DataFrame) -> set[Pair]:
    return set(zip(rows["content"], rows["style"], strict=True))


def crossed_pairs(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """The largest set of pairs in which every content meets every style, at least two of each; else all pairs.

    Only a crossed set lets contents and styles be told apart; a pair outside it is reported and decides nothing.
    """
    everything = sorted(set(pairs))
    styles_of: dict[str, set[str]] = {}
    for content, style in everything:
        styles_of.setdefault(content, set()).add(style)
    best: list[Pair] = []
    for styles in styles_of.values():
        contents = [content for content, others in styles_of.items() if styles <= others]
        grid = sorted(product(contents, styles))
        if min(len(contents), len(styles)) >= 2 and len(grid) > len(best):
            best = grid
    # A small block in a loose list of pairs is no design.
    return tuple(best if 2 * len(best) > len(everything) else everything)


def _first_times(times: Float[np.ndarray, " times"], curves: Sequence[Curves]) -> PerPicture:
    """Of one table of curves: the time to 90 % of each one's improvement; of two: to the level that both reach."""
    first = curves[0]
    if len(curves) == 1:
        levels = first[0] + _SHARE_REACHED * (first[-1] - first[0])
        levels = np.where(first[-1] > first[0], levels, np.inf)
    else:
        levels = np.minimum(first[-1], curves[1][-1])
    return np.array(
        [
            [_first_time(times, first[:, seed, pair], levels[seed, pair]) for pair in range(first.shape[2])]
            for seed in range(first.shape[1])
        ]
    )


def _first_time(times: Float[np.ndarray, " times"], values: Float[np.ndarray, " times"], level: float) -> float:
    """When straight lines through the points first reach `level`; NaN where they never do."""
    reached = np.flatnonzero(values >= level)
    if not len(reached):
        return float("nan")
    after = int(reached[0])
    if after == 0:
        return float(times[0])
    share = (level - values[after - 1]) / (values[after] - values[after - 1])
    return float(times[after - 1] + share * (times[after] - times[after - 1]))


def _complete(values: Mapping[tuple[int, str, str], float], design: Design, where: Callable[[int], str]) -> PerPicture:
    """`values` of the pictures that the design asks for. Raises Incomplete that names those without a number."""
    table = np.array([[values.get((seed, *pair), np.nan) for pair in design.pairs] for seed in design.seeds])
    if np.isnan(table).any():
        gaps = [
            f"{where(design.seeds[seed])}/{'--'.join(design.pairs[pair])}"
            for seed, pair in np.argwhere(np.isnan(table))
        ]
        more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
        raise Incomplete(f"missing {', '.join(gaps[:3])}{more}")
    return table


def _spearman(x: Float[np.ndarray, " networks"], y: NDArray[np.float64]) -> float:
    """NaN where all are tied."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(stats.spearmanr(x, y).statistic)
