"""Each claim of the question, its evidence, and the verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from robust_style.score import paired
from robust_style.score.paired import Differences
from robust_style.score.table import read_table, write_table
from robust_style.score.verdict import judge


@dataclass(frozen=True)
class Claim:
    """A statement and the sign its estimate has where the statement is right."""

    claim: str
    source: str
    measure: str
    right_sign: int
    subject: str
    differences: Callable[[pd.DataFrame], Differences]


ORIGINAL = "Shatz, improved-neural-algorithm-of-artistic-style"

PER_RECIPE = (
    Claim(
        "The adversarial network captures the style faster",
        ORIGINAL,
        "style_colour_distance, mean over training epochs",
        -1,
        "adversarial minus standard",
        lambda rows: paired.between_regimes(paired.mean_over_epochs(rows, "style_colour_distance")),
    ),
    Claim(
        "The adversarial network captures the style better",
        "Nakano 2019",
        "style_colour_distance, last checkpoint",
        -1,
        "adversarial minus standard",
        lambda rows: paired.between_regimes(paired.at_last_epoch(rows, "style_colour_distance")),
    ),
    Claim(
        "The standard network falls apart late in training: it loses the content",
        ORIGINAL,
        "content_ssim, best earlier checkpoint minus last",
        1,
        "standard minus adversarial",
        lambda rows: -paired.between_regimes(paired.late_fall(rows, "content_ssim", better=1)),
    ),
    Claim(
        "The standard network falls apart late in training: it loses the style",
        ORIGINAL,
        "style_colour_distance, last checkpoint minus best earlier",
        1,
        "standard minus adversarial",
        lambda rows: -paired.between_regimes(paired.late_fall(rows, "style_colour_distance", better=-1)),
    ),
)

FROM_NOISE = Claim(
    "Started from noise, the adversarial network keeps the content legible",
    "pilot of this project",
    "content_ssim, last checkpoint",
    1,
    "adversarial minus standard",
    lambda rows: paired.between_regimes(paired.at_last_epoch(rows, "content_ssim")),
)


def judge_claims(
    *,
    table: Path,
    claims: Path,
    noise_recipes: Sequence[str],
    unguarded_recipes: Sequence[str],
    guarded_recipes: Sequence[str],
) -> None:
    """Writes `claims`: one row per claim and recipe, with estimate, interval over training seeds, and verdict.

    Compared are the network of regime `standard` and the one of regime `adversarial` with the most checkpoints (among
    equals the first by name). `noise_recipes` start from noise; `unguarded_recipes` and `guarded_recipes` start from
    the content, without and with a line search; the first of each are compared.
    A claim whose networks, recipes or checkpoints are absent gets the verdict "not tested".
    """
    rows = read_table(table)
    judged = [_row(claim, recipe, rows[rows["recipe"] == recipe]) for claim in PER_RECIPE for recipe in _recipes(rows)]
    judged += [_row(FROM_NOISE, recipe, rows[rows["recipe"] == recipe]) for recipe in noise_recipes]
    for unguarded, guarded in zip(unguarded_recipes[:1], guarded_recipes[:1], strict=False):
        judged.append(_row(_collapse(unguarded, guarded), f"{unguarded} and {guarded}", rows))
    write_table(claims, pd.DataFrame(judged))


def _collapse(unguarded: str, guarded: str) -> Claim:
    return Claim(
        "The collapse follows the optimiser, not the training",
        "pilot of this project",
        "log2 of worst_rise, all checkpoints",
        1,
        f"{unguarded} minus {guarded}",
        lambda rows: paired.between_recipes(rows, "worst_rise", unguarded, guarded),
    )


def _recipes(rows: pd.DataFrame) -> list[str]:
    return sorted(set(rows["recipe"]))


def _row(claim: Claim, recipe: str, rows: pd.DataFrame) -> dict[str, object]:
    judgement = judge(claim.differences(rows), claim.right_sign, claim.subject)
    return {
        "claim": claim.claim,
        "source": claim.source,
        "recipe": recipe,
        "measure": claim.measure,
        "estimate": judgement.estimate,
        "interval_low": judgement.interval_low,
        "interval_high": judgement.interval_high,
        "seeds": judgement.seeds,
        "pairs": judgement.pairs,
        "verdict": judgement.verdict,
        "reading": judgement.reading,
    }
