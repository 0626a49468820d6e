"""Panels of curves: one for each score and recipe, with shared axes; means and intervals over training seeds."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray
from scipy.special import stdtrit

from robust_style.errors import ResultError
from robust_style.figure.palette import Look, looks
from robust_style.figure.style import (
    INK,
    NORMAL_PT,
    NOTE_LINE_MM,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    add_legend,
    add_note,
    figure_style,
    fit_alike,
    new_figure,
    save,
    wrap,
)
from robust_style.figure.words import spoken
from robust_style.score.score_tables import is_control, read_score_table

# With more recipes, recipes are rows and scores are columns.
MOST_ACROSS = 4
ROW_MM = 41.5
# Title, legend, tick labels and label of the last axes.
FRAME_MM = 19.0
# A narrower column is not widened: a single panel would be a banner.
WIDEST_MM = 75.0
LEFT_MM = 18.0
# Ratio of largest to smallest value up to which a logarithmic axis has ticks at 1, 2, 5 of each decade.
FEW_DECADES = 200.0
# With two seeds a t-interval is wider than any effect: every seed is drawn instead, as thin lines.
FEWEST_SEEDS = 3
CONFIDENCE = 0.95
BAND_OPACITY = 0.16
# The means of single pairs lie behind the mean over all.
PAIR_PT, PAIR_OPACITY = 0.5, 0.3


@dataclass(frozen=True)
class Measure:
    """A column of a table as a reader meets it: name, meaning of its direction, a value to compare with, scale."""

    column: str
    name: str
    direction: str
    reference: float | None = None
    scale: str = "linear"


STRUCTURE = Measure("content_ssim", "structure kept (SSIM)", "higher = more content", 0.0)
# Pictures of a failed optimisation lie ten times farther from the style than good ones: only a logarithmic axis shows
# both.
COLOUR = Measure("style_colour_distance", "colour distance to style", "lower = closer to the style", 1.0, "log")
TEXTURE = Measure("style_texture_distance", "texture distance to style", "lower = closer to the style", 1.0, "log")
RIPPLES = Measure("high_frequency_excess", "fine ripples (log2)", "above 0 = artefacts", 0.0)
CHECKERBOARD = Measure("checkerboard_excess", "checkerboard (log2)", "above 0 = artefacts", 0.0)


def read_scores(table: Path, networks: Sequence[str], recipes: Sequence[str]) -> pd.DataFrame:
    """The rows of these networks and recipes in the table of scores. Raises ResultError if there are none."""
    rows = read_score_table(table)
    rows = rows[~is_control(rows) & rows["network"].isin(networks) & rows["recipe"].isin(recipes)]
    if rows.empty:
        raise ResultError(f"{table}: expected scores of {', '.join(networks)}, found none; check the networks' names")
    return rows


def read_control(table: Path, name: str) -> pd.DataFrame:
    """The rows of one control (`score.columns.CONTROLS`) in the table of scores, perhaps none."""
    rows = read_score_table(table)
    return rows[is_control(rows) & (rows["network"] == name)]


def draw_level(axes: Axes, value: float, words: str) -> None:
    """Draw a thin dotted line across the panel at `value`, which may be NaN; the legend names it `words`."""
    if np.isfinite(value):
        axes.axhline(value, color=QUIET, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=1, label=words)


def share_untrained(starts: Mapping[str, tuple[float, ...]]) -> set[str]:
    """The networks that are one network before training, given each network's scores at epoch 0.

    Networks of one architecture and seed begin with the same weights, so that they paint the same pictures.
    """
    counts = Counter(starts.values())
    return {network for network, scores in starts.items() if counts[scores] > 1}


def draw_untrained(axes: Axes, x: float, y: float) -> None:
    """Draw the untrained network that several networks share; it has no network's colour."""
    axes.plot(
        [x], [y], "o", color=INK, markerfacecolor="white", markersize=4.2, markeredgewidth=1.0, clip_on=False,
        zorder=5, label="untrained",
    )  # fmt: skip


def present(names: Sequence[str], column: "pd.Series[str]") -> list[str]:
    """Those of the names that the column has, in their order."""
    return [name for name in names if (column == name).any()]


def looks_of(rows: pd.DataFrame, networks: Sequence[str]) -> dict[str, Look]:
    """The look of each of `networks` that has rows, in their order."""
    regimes = dict(zip(rows["network"], rows["regime"], strict=True))
    return looks({network: regimes[network] for network in networks if network in regimes})


def with_values(measures: Sequence[Measure], rows: pd.DataFrame) -> list[Measure]:
    """The measures that any of the rows has."""
    return [measure for measure in measures if rows[measure.column].notna().any()]


@dataclass(frozen=True)
class Curve:
    """Mean over training seeds at each x, its interval (NaN with few seeds), and the means of each seed and pair."""

    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    by_seed: pd.DataFrame
    by_pair: pd.DataFrame

    @property
    def last_error(self) -> list[float] | None:
        """Half of the last point's interval, as matplotlib's `errorbar` takes it; None without an interval."""
        error = float((self.high - self.mean)[-1])
        return None if np.isnan(error) else [error]


def curve_of(rows: pd.DataFrame, x: str, y: str) -> Curve:
    """The curve of `y` over `x`: mean over the pairs of a seed, then over seeds, with a 95 % t-interval over seeds.

    `rows` has the columns seed, content, style, `x` and `y`; rows without `y` are left out. The seed is the unit of
    replication: many pairs painted with one network are one observation of training.
    """
    measured = rows.dropna(subset=[y])
    by_seed = measured.groupby([x, "seed"])[y].mean().unstack("seed")  # noqa: PD010
    mean = by_seed.mean(axis=1).to_numpy(dtype=np.float64)
    seeds = by_seed.count(axis=1).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = by_seed.std(axis=1, ddof=1).to_numpy(dtype=np.float64)
        error = stdtrit(np.maximum(seeds - 1, 1), (1 + CONFIDENCE) / 2) * deviation / np.sqrt(seeds)
    error = np.where(seeds >= FEWEST_SEEDS, error, np.nan)
    by_pair = measured.groupby([x, "content", "style"])[y].mean().unstack(["content", "style"])  # noqa: PD010
    return Curve(by_seed.index.to_numpy(dtype=np.float64), mean, mean - error, mean + error, by_seed, by_pair)


def draw_curve(axes: Axes, curve: Curve, look: Look, *, first_marker: int = 0, markevery: int = 1) -> None:
    """Draw single pairs behind mean and interval, or mean and single seeds; a marker at every so many points."""
    if len(curve.by_pair.columns) > 1:
        for _, pair in curve.by_pair.items():
            line = pair.dropna()
            axes.plot(line.index, line, "-", color=look.colour, linewidth=PAIR_PT, alpha=PAIR_OPACITY, zorder=1.5)
    if np.isfinite(curve.low).any():
        axes.fill_between(curve.x, curve.low, curve.high, color=look.colour, alpha=BAND_OPACITY, linewidth=0, zorder=2)
    elif len(curve.by_seed.columns) > 1:
        for _, seed in curve.by_seed.items():
            axes.plot(seed.index, seed, look.dashes, color=look.colour, linewidth=0.5, alpha=0.5, zorder=2)
    axes.plot(
        curve.x, curve.mean, look.dashes, marker=look.marker, markevery=(first_marker, markevery), color=look.colour,
        zorder=3,
    )  # fmt: skip


def pairs_and_seeds(rows: pd.DataFrame) -> str:
    """How many pairs and training seeds the means of a figure are over, without a full stop."""
    pairs = len(rows[["content", "style"]].drop_duplicates())
    seeds = rows.groupby("network")["seed"].nunique()
    most, least = int(seeds.max()), int(seeds.min())
    counted = f"{pairs} image pair{'' if pairs == 1 else 's'} and {'' if most == least else 'up to '}{most}"
    words = f"Mean over {counted} training seed{'' if most == 1 else 's'}"
    return f"{words}: one training, no interval" if most == 1 else words


def has_intervals(rows: pd.DataFrame) -> bool:
    """Whether any network has enough seeds for an interval."""
    return bool(rows.groupby("network")["seed"].nunique().max() >= FEWEST_SEEDS)


def curves_note(rows: pd.DataFrame) -> str:
    """What mean, band, thin and faint lines of a figure of curves are."""
    words = pairs_and_seeds(rows)
    if has_intervals(rows):
        words += "; band: 95 % t-interval over seeds"
    elif not bool((rows["seed"] == rows["seed"].iloc[0]).all()):
        words += "; thin: single seeds"
    has_pairs = len(rows[["content", "style"]].drop_duplicates()) > 1
    return f"{words}; faint: single pairs." if has_pairs else f"{words}."


@contextmanager
def saved_panels(
    measures: Sequence[Measure],
    recipes: Sequence[str],
    of_network: Mapping[str, Look],
    x_label: str,
    note: str,
    *paths: Path,
    titles: Mapping[str, str] | None = None,
) -> Iterator[dict[tuple[str, str], Axes]]:
    """Empty axes by measure's column and recipe, to be drawn into inside the block; at its end the figure is saved.

    A legend of the networks and of labelled artists is above and `note` below. A measure has one scale over all
    recipes. `titles` maps further panels to their titles.
    """
    titles = {recipe: f"recipe {spoken(recipe)}" for recipe in recipes} | dict(titles or {})
    transposed = len(titles) > MOST_ACROSS
    names = list(titles)
    rows, columns = (len(names), len(measures)) if transposed else (len(measures), len(names))
    lines = wrap(note, PAGE_WIDTH_MM, SMALL_PT)
    width = min(PAGE_WIDTH_MM, LEFT_MM + columns * WIDEST_MM)
    height = min(rows * ROW_MM + FRAME_MM, PAGE_HEIGHT_MM - len(lines) * NOTE_LINE_MM - 2.0)
    with figure_style():
        figure = new_figure(width, height, layout="constrained")
        grid = figure.subplots(rows, columns, sharex=True, sharey="col" if transposed else "row", squeeze=False)
        panel_width, panel_height = (width - LEFT_MM) / columns - 3.0, (height - FRAME_MM) / rows - 3.5
        across = (
            [f"{measure.name}\n{measure.direction}" for measure in measures] if transposed else list(titles.values())
        )
        down = list(titles.values()) if transposed else [f"{measure.name}\n{measure.direction}" for measure in measures]
        heads, head_pt = _fit_lines(across, panel_width, bold=True)
        labels, label_pt = _fit_lines(down, panel_height)
        axes = {}
        for number, measure in enumerate(measures):
            for place, name in enumerate(names):
                row, column = (place, number) if transposed else (number, place)
                panel = axes[measure.column, name] = grid[row, column]
                _prepare(panel, measure)
                if row == 0:
                    panel.set_title(heads[column], fontsize=head_pt)
                if column == 0:
                    panel.set_ylabel(labels[row], fontsize=label_pt)
        figure.align_ylabels()
        figure.supxlabel(x_label)
        add_note(figure, lines)
        yield axes
        add_legend(figure, of_network)
        for panel in axes.values():
            if panel.get_yscale() == "log":
                set_log_ticks(panel)
        save(figure, *paths)


def set_log_ticks(axes: Axes) -> None:
    """Set ticks of a logarithmic axis. Over few decades they are dense: powers of ten alone would leave none."""
    low, high = axes.get_ylim()
    if high < FEW_DECADES * low:
        between = (2.0, 5.0) if high > 10 * low else (2.0, 3.0, 5.0, 7.0)
        decade = 10.0 ** np.floor(np.log10(low))
        ticks = [scale * digit * decade for scale in (1.0, 10.0) for digit in (1.0, *between)]
        # A range with a single such tick could not be read.
        is_narrow = sum(low <= tick <= high for tick in ticks) < 2
        axes.yaxis.set_major_locator(MaxNLocator(4) if is_narrow else LogLocator(subs=(1.0, *between)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    else:
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
        axes.yaxis.set_major_formatter(FuncFormatter(_power_of_ten))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", which="minor", length=0)


def _power_of_ten(value: float, position: int) -> str:
    return "10" + f"{np.log10(value):.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _fit_lines(texts: Sequence[str], width_mm: float, *, bold: bool = False) -> tuple[list[str], float]:
    """Each line of the texts in up to two lines, and the size at which all of them fit."""
    lines = [fit_alike(text.split("\n"), width_mm, NORMAL_PT, bold=bold, lines=2) for text in texts]
    return ["\n".join(fitted) for fitted, _ in lines], min(size for _, size in lines)


def _prepare(axes: Axes, measure: Measure) -> None:
    axes.set_yscale(measure.scale)
    if measure.scale == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y")
    if measure.reference is not None:
        axes.axhline(measure.reference, color=QUIET, linewidth=0.6, zorder=1)
