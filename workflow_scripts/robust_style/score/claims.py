"""Each claim of the question, its evidence, and the verdict."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from robust_style.score import paired
from robust_style.score.by_evaluation import EVALUATION, read_by_evaluation
from robust_style.score.claim import Claim, read_claim_blocks
from robust_style.score.claims_table import COLUMNS
from robust_style.score.exhibit import Exhibit
from robust_style.score.paired import Values
from robust_style.score.table import read_table, write_table
from robust_style.score.verdict import judge

# A loss that rose above ten times its best has lost the picture's way; below 0 light and dark are swapped.
FAILED_RISE = 10.0

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class _Evidence:
    """The scores, and what the configuration says of networks and recipes."""

    rows: pd.DataFrame
    by_evaluation: pd.DataFrame
    networks: Mapping[str, str]
    recipes: Mapping[str, Settings]


def judge_claims(
    *,
    table: Path,
    by_evaluation: Path,
    blocks: Sequence[Path],
    networks: Mapping[str, str],
    recipes: Mapping[str, Settings],
    claims: Path,
) -> None:
    """Writes `claims`: a row per claim of the files `blocks` and recipe, with estimate, interval, verdict and exhibits.

    `networks` maps roles and names to names (`workflow.roles`), `recipes` names to complete settings. A claim whose
    networks, recipes or checkpoints are absent gets the verdict "not tested". Raises ConfigError for a faulty file of
    claims, ResultError for tables that are none.
    """
    rows = read_table(table)
    rows["log2_worst_rise"] = np.log2(rows["worst_rise"])
    rows["failed"] = ((rows["worst_rise"] > FAILED_RISE) | (rows["luma_correlation"] < 0)).astype("float64")
    evidence = _Evidence(rows, read_by_evaluation(by_evaluation), networks, recipes)
    judged = [row for claim in read_claim_blocks(blocks) for row in _rows_of(claim, evidence)]
    write_table(claims, pd.DataFrame(judged, columns=list(COLUMNS)))


def _rows_of(claim: Claim, evidence: _Evidence) -> list[dict[str, object]]:
    if claim.recipes:
        return [_of_recipes(claim, evidence)]
    chosen = [name for name, settings in evidence.recipes.items() if _has(settings, claim.of_recipes)]
    rows = [_of_networks(claim, recipe, evidence) for recipe in chosen]
    # What no recipe can tell is said once.
    return [row for row in rows if row["pairs"]] or [_row(claim, "", _subject(claim), _nothing(), [], [], 0)]


def _of_networks(claim: Claim, recipe: str, evidence: _Evidence) -> dict[str, object]:
    sides = [_network(role, recipe, evidence) for role in claim.networks]
    names = [evidence.networks.get(role, role) for role in claim.networks]
    # The untrained network has an epoch of its own; two trained ones are compared at equal epochs.
    if len(sides) == 2 and "untrained" not in claim.networks:
        shared = set(sides[0]["epoch"]) & set(sides[1]["epoch"])
        sides = [side[side["epoch"].isin(shared)] for side in sides]
    values = [_summary(claim, side, evidence) for side in sides]
    found = values[0] - claim.constant if claim.constant is not None else paired.difference(*values)
    return _row(claim, recipe, _subject(claim), found, [recipe], names, _last_epoch(sides))


def _subject(claim: Claim) -> str:
    return f"{claim.networks[0]} - {claim.constant if claim.constant is not None else claim.networks[1]}"


def _of_recipes(claim: Claim, evidence: _Evidence) -> dict[str, object]:
    """Both recipes in the standard and the adversarial network, whose values are averaged."""
    names = _two_recipes(claim, evidence.recipes)
    subject = " - ".join(names) or "two recipes"
    if not names:
        return _row(claim, "", subject, _nothing(), [], [], 0)
    roles = [role for role in ("standard", "adversarial") if role in evidence.networks]
    found, sides = [], []
    for role in roles:
        both = [_network(role, name, evidence) for name in names]
        found.append(paired.difference(*(_summary(claim, side, evidence) for side in both)))
        sides += both
    together = pd.concat(found).groupby(level=paired.PAIR).mean() if found else _nothing()
    networks = [evidence.networks[role] for role in roles[:1]]
    return _row(claim, " and ".join(names), subject, together, names, networks, _last_epoch(sides))


def _two_recipes(claim: Claim, recipes: Mapping[str, Settings]) -> list[str]:
    """The first two recipes that have the claim's settings, and where it asks for it no other difference."""
    first, second = claim.recipes
    for one, other in product(recipes, recipes):
        if one == other or not (_has(recipes[one], first) and _has(recipes[other], second)):
            continue
        asked = {*first, *second}
        differing = {key for key in recipes[one] if recipes[one][key] != recipes[other].get(key)}
        if not claim.otherwise_equal or differing <= asked:
            return [one, other]
    return []


def _network(role: str, recipe: str, evidence: _Evidence) -> pd.DataFrame:
    rows = evidence.rows
    chosen = rows[(rows["recipe"] == recipe) & (rows["network"] == evidence.networks.get(role))]
    return chosen[chosen["epoch"] == 0] if role == "untrained" else chosen


def _summary(claim: Claim, rows: pd.DataFrame, evidence: _Evidence) -> Values:
    if claim.summary == "mean_over_evaluations":
        at_last = rows[rows["epoch"] == rows["epoch"].max()]
        keys = ["recipe", "network", "epoch", *paired.PAIR]
        moments = evidence.by_evaluation.merge(at_last[keys], on=keys)
        return paired.mean_over_time(paired.by_moment(moments, claim.measure, EVALUATION))
    wide = paired.by_moment(rows, claim.measure, "epoch")
    summaries: dict[str, Callable[[pd.DataFrame], Values]] = {
        "last": paired.last,
        "mean_over_epochs": paired.mean_over_time,
        "mean_over_checkpoints": paired.mean_over_checkpoints,
        "late_fall": partial(paired.late_fall, better=claim.better),
    }
    return summaries[claim.summary](wide)


def _row(
    claim: Claim, recipe: str, subject: str, found: Values, recipes: list[str], networks: list[str], epoch: int
) -> dict[str, object]:
    judgement = judge(found, claim.right_sign, subject)
    towards = claim.right_sign * found

    def exhibit(at: Any) -> str:
        seed, content, style = at
        return str(Exhibit(tuple(recipes), tuple(networks), int(seed), epoch, content, style))

    return {
        "claim": claim.slug,
        "statement": claim.statement,
        "source": claim.source,
        "recipe": recipe,
        "contrast": subject,
        "measure": f"{claim.measure}, {claim.summary.replace('_', ' ')}",
        "estimate": judgement.estimate,
        "interval_low": judgement.interval_low,
        "interval_high": judgement.interval_high,
        "crossed_low": judgement.crossed_low,
        "crossed_high": judgement.crossed_high,
        "effect_size": judgement.effect_size,
        "p_value": judgement.p_value,
        "seeds": judgement.seeds,
        "pairs": judgement.pairs,
        "verdict": judgement.verdict,
        "reading": judgement.reading,
        "shows_best": "" if found.empty else exhibit(towards.idxmax()),
        "shows_worst": "" if found.empty else exhibit(towards.idxmin()),
    }


def _last_epoch(sides: list[pd.DataFrame]) -> int:
    return max((int(side["epoch"].max()) for side in sides if len(side)), default=0)


def _has(settings: Settings, wanted: Settings) -> bool:
    return all(settings.get(key) == value for key, value in wanted.items())


def _nothing() -> Values:
    index = pd.MultiIndex.from_tuples([], names=paired.PAIR)
    return pd.Series([], index=index, dtype="float64")
