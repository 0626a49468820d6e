"""Do the intervals and verdicts hold what they say? Planted effects in a crossed model of seeds, contents and styles.

python -m robust_style.benchmark.simulate_statistics --help
"""

import argparse
import sys
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from robust_style.score.verdict import CONFIDENCE, crossed_interval, t_interval

# Standard deviations of a paired difference: of a whole training, of an image over all trainings, of a training on one
# image, and of one picture. Rounded from the pilot's scatter of texture distances; images differ most.
SEED, IMAGE, INTERACTION, RESIDUAL = 0.03, 0.06, 0.03, 0.04
EFFECT = 0.08
SEEDS = (3, 4, 5, 6, 8, 10)
IMAGES = ((3, 3), (4, 4))

Table: TypeAlias = Float[np.ndarray, "seeds contents styles"]


@dataclass(frozen=True)
class Outcome:
    """Shares of the simulated studies, in [0, 1], with `seeds` trainings of either regime and `images` pairs."""

    seeds: int
    images: int
    coverage: float
    false_verdicts: float
    power: float
    crossed_coverage: float
    bootstrap_coverage: float


def simulate(
    seeds: int, images: tuple[int, int], *, studies: int, resamples: int, random: np.random.Generator
) -> Outcome:
    """`studies` studies with a planted effect and as many without, judged as `score.verdict` judges them.

    The true value that the interval over seeds must cover is the effect on these images; that of the crossed interval,
    and of a crossed percentile bootstrap (Owen 2007) with `resamples` resamples, the effect on all images.
    """
    covered = false = detected = crossed = boot = 0
    for _ in range(studies):
        table, truth = planted(EFFECT, seeds, images, random)
        null, nothing = planted(0.0, seeds, images, random)
        covered += _covers(t_interval(table.mean((1, 2))), truth)
        detected += not _covers(t_interval(table.mean((1, 2))), 0.0) and table.mean() > 0
        false += not _covers(t_interval((null - nothing).mean((1, 2))), 0.0)
        crossed += _covers(crossed_interval(table), EFFECT)
        boot += _covers(bootstrap_interval(table, resamples, random), EFFECT)
    counts = (covered, false, detected, crossed, boot)
    return Outcome(seeds, images[0] * images[1], *(count / studies for count in counts))


def planted(effect: float, seeds: int, images: tuple[int, int], random: np.random.Generator) -> tuple[Table, float]:
    """Paired differences of one study, and the effect on its images that is the truth about them."""
    contents, styles = images
    of_image = random.normal(0, IMAGE, (1, contents, 1)) + random.normal(0, IMAGE, (1, 1, styles))
    training = random.normal(0, SEED, (seeds, 1, 1))
    on_image = random.normal(0, INTERACTION, (seeds, contents, 1)) + random.normal(0, INTERACTION, (seeds, 1, styles))
    noise = random.normal(0, RESIDUAL, (seeds, contents, styles))
    return effect + of_image + training + on_image + noise, effect + float(of_image.mean())


def bootstrap_interval(table: Table, resamples: int, random: np.random.Generator) -> tuple[float, float]:
    """The percentile interval of the mean with seeds, contents and styles each drawn anew. Source: Owen 2007."""
    weights = [random.multinomial(count, np.full(count, 1 / count), resamples) / count for count in table.shape]
    means = np.einsum("abc,ra,rb,rc->r", table, *weights, optimize=True)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _covers(interval: tuple[float | None, float | None], truth: float) -> bool:
    low, high = interval
    if low is None or high is None:
        raise ValueError("expected at least three seeds, two contents and two styles, found fewer")
    return low <= truth <= high


def main(arguments: list[str]) -> int:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description="Coverage, false verdicts and power of the statistics."
    )
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--resamples", type=int, default=200)
    options = parser.parse_args(arguments)
    random = np.random.default_rng(0)
    print(f"{options.studies} studies each, planted effect {EFFECT}; in percent")
    print("               on these images                       on all images: coverage")
    print("seeds  pairs   coverage  false verdicts  power       interval  bootstrap")
    for images in IMAGES:
        for seeds in SEEDS:
            o = simulate(seeds, images, studies=options.studies, resamples=options.resamples, random=random)
            print(
                f"{o.seeds:5d} {o.images:6d} {o.coverage:10.1%} {o.false_verdicts:15.1%} {o.power:6.1%} "
                f"{o.crossed_coverage:14.1%} {o.bootstrap_coverage:10.1%}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
