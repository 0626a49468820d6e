"""Do the verdicts hold their word? Whole studies with a known truth, judged as a run is judged.

python -m robust_style.benchmark.simulate_statistics --help
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from robust_style.claims.claim import Claim, read_claim_blocks
from robust_style.claims.evidence import Evidence
from robust_style.claims.judge import judge
from robust_style.claims.statistics import crossed_interval, t_interval
from robust_style.score.columns import ACCURACIES, MEASURES, RATED, TARGET

# Standard deviations of a picture's measure: of a whole training, of an image over all trainings, of a training on one
# image, and of one picture. Rounded from the pilot's texture distances; images differ most, and cancel in differences.
SEED, IMAGE, INTERACTION, RESIDUAL = 0.03, 0.06, 0.03, 0.04
EFFECT = 0.1
SEEDS = (3, 6, 10)
KINDS = ("gaussian", "log-normal", "bernoulli")
CONTENTS, STYLES = ("a", "b", "c", "d"), ("s", "t", "u", "v")
EPOCHS = (0, 25, 50, 75, 100)
NETWORKS = ("standard", "adversarial")


@dataclass(frozen=True)
class Outcome:
    """Of studies without any effect: the share with a false verdict among the primary claims and in any one row.

    Of studies with an effect on each primary claim: the share of these claims found to be supported. And how often the
    95 % intervals over seeds, and over seeds and images, cover the true mean.
    """

    false_verdict: float
    power: float
    coverage: float
    crossed_coverage: float


def study(
    seeds: int, kind: str, shared: float, effect: float, recipes: Sequence[str], random: np.random.Generator
) -> Evidence:
    """The score table of one study: every network, recipe, seed, checkpoint and pair.

    `shared` is the share of the training's variance that all recipes have in common: of correlated claims. `effect` is
    planted where the primary claims look for it.
    """
    shape = (len(NETWORKS), len(recipes), seeds, len(EPOCHS), len(CONTENTS), len(STYLES))
    common = random.normal(0, np.sqrt(shared), (shape[0], 1, *shape[2:4], 1, 1))
    own = random.normal(0, np.sqrt(1 - shared), (*shape[:4], 1, 1))
    table = SEED * (common + own) + random.normal(0, IMAGE, (1, 1, 1, 1, *shape[4:]))
    table = table + random.normal(0, INTERACTION, (*shape[:3], 1, *shape[4:])) + random.normal(0, RESIDUAL, shape)
    values = _of_kind(table, kind)
    keys = list(product(NETWORKS, recipes, range(seeds), EPOCHS, CONTENTS, STYLES))
    rows = pd.DataFrame(keys, columns=["network", "recipe", "seed", "epoch", "content", "style"])
    rows = rows.assign(regime=rows["network"], **dict.fromkeys((*MEASURES, *RATED, *ACCURACIES, *TARGET), 0.5))
    falling = np.interp(rows["epoch"], EPOCHS, (1.0, 0.7, 0.6, 0.55, 0.5))
    rows["style_texture_distance"] = falling + values.ravel()
    rows["content_ssim"] = 0.5 + values[:, ::-1].ravel()
    rows["worst_rise"] = np.exp2(2 + 5 * values.ravel())
    if effect:
        adversarial, last = rows["network"] == "adversarial", rows["epoch"] == 100
        rows.loc[adversarial & (rows["recipe"] == "matched"), "style_texture_distance"] -= effect
        rows.loc[adversarial & (rows["epoch"] > 0) & ~last & (rows["recipe"] == "fair"), "style_texture_distance"] -= (
            0.2
        )
        rows.loc[~adversarial & last, "content_ssim"] -= effect
        rows.loc[rows["recipe"] == "original", "worst_rise"] *= np.exp2(20 * effect)
    settings = {name: {"initialisation": "content"} for name in recipes}
    snapshots = pd.DataFrame(columns=["recipe", "network", "epoch", "seed", "content", "style", "iteration"])
    return Evidence(rows, snapshots, {name: name for name in NETWORKS}, settings, {})


def _of_kind(table: Float[np.ndarray, "..."], kind: str) -> Float[np.ndarray, "..."]:
    """The same means, spread as `kind` is: symmetric, skewed, or of zeros and ones."""
    if kind == "log-normal":
        variance = SEED**2 + IMAGE**2 + INTERACTION**2 + RESIDUAL**2
        return np.asarray(0.1 * (np.exp(table / 0.1) - np.exp(variance / 0.02)))
    return 0.2 * ((table > 0) - 0.5) if kind == "bernoulli" else table


def simulate(
    claims: Sequence[Claim], seeds: int, kind: str, shared: float, *, studies: int, random: np.random.Generator
) -> Outcome:
    """`studies` studies without an effect and as many with one, judged by the primary claims of `claims`."""
    primary = [claim for claim in claims if claim.primary]
    recipes = sorted({str(claim.recipe) for claim in primary} | {"original_no_clamp_line_search"})
    false, found, covered, crossed = 0, Counter[str](), 0, 0
    for _ in range(studies):
        null = judge(primary, study(seeds, kind, shared, 0.0, recipes, random))
        # Nothing differs: no claim is right, and none is turned round. A rise of the loss that is absent is refuted.
        false += any(_false(row.verdict, row.interval_low, row.interval_high, row.threshold) for row in null)
        found.update(row.claim for row in judge(primary, study(seeds, kind, shared, EFFECT, recipes, random))
                     if row.verdict == "supported")  # fmt: skip
        table, truth = planted(EFFECT, seeds, random)
        covered += _covers(t_interval(table.mean((1, 2))), truth)
        crossed += _covers(crossed_interval(table), EFFECT)
    power = sum(found.values()) / studies / len(primary)
    return Outcome(false / studies, power, covered / studies, crossed / studies)


def planted(
    effect: float, seeds: int, random: np.random.Generator
) -> tuple[Float[np.ndarray, "seeds contents styles"], float]:
    """Paired differences of one study, and the effect on its images that is the truth about them."""
    contents, styles = len(CONTENTS), len(STYLES)
    of_image = random.normal(0, IMAGE, (1, contents, 1)) + random.normal(0, IMAGE, (1, 1, styles))
    training = random.normal(0, SEED, (seeds, 1, 1))
    on_image = random.normal(0, INTERACTION, (seeds, contents, 1)) + random.normal(0, INTERACTION, (seeds, 1, styles))
    noise = random.normal(0, RESIDUAL, (seeds, contents, styles))
    return effect + of_image + training + on_image + noise, effect + float(of_image.mean())


def _false(verdict: str, low: float | None, high: float | None, threshold: float | None) -> bool:
    """Of a claim without any effect: supported, or refuted because the opposite seems to be right."""
    if verdict == "supported":
        return True
    return verdict == "refuted" and threshold == 0.0 and low is not None and high is not None and not low <= 0.0 <= high


def _covers(interval: tuple[float, float] | None, truth: float) -> bool:
    return interval is not None and interval[0] <= truth <= interval[1]


def main(arguments: list[str]) -> int:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description="False verdicts, power and coverage of the statistics, on simulated studies."
    )
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--claims", type=Path, default=Path("config/claims.yaml"))
    options = parser.parse_args(arguments)
    claims, random = read_claim_blocks([options.claims]), np.random.default_rng(0)
    print(f"{options.studies} studies each; in percent")
    print("seeds  data        shared  false verdict  power  coverage  coverage of other images", flush=True)
    for seeds, kind, shared in product(SEEDS, KINDS, (0.0, 0.8)):
        o = simulate(claims, seeds, kind, shared, studies=options.studies, random=random)
        print(
            f"{seeds:5d}  {kind:10s} {shared:7.1f} {o.false_verdict:14.1%} {o.power:6.1%} {o.coverage:9.1%} "
            f"{o.crossed_coverage:25.1%}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
