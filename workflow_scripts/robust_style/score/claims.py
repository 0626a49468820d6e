"""Each claim of the question, its evidence, and the verdict."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.score import paired
from robust_style.score.across import correlated
from robust_style.score.by_iteration import read_by_iteration
from robust_style.score.claim import Claim, read_claim_blocks
from robust_style.score.claims_table import COLUMNS
from robust_style.score.evidence import Evidence, Settings, has, last_epoch, nothing, with_derived
from robust_style.score.exhibit import Exhibit
from robust_style.score.own_ratio import equal_content, own_best
from robust_style.score.paired import Values
from robust_style.score.table import read_table, write_table
from robust_style.score.verdict import Judgement, judge, judge_correlations

Row = dict[str, object]
# The pictures of a seed and pair, as one line of text.
Shown = Callable[[Any], str]


def judge_claims(
    *,
    table: Path,
    by_iteration: Path,
    blocks: Sequence[Path],
    networks: Mapping[str, str],
    recipes: Mapping[str, Settings],
    epsilons: Mapping[str, float],
    ratios: Mapping[str, Sequence[str]],
    claims: Path,
) -> None:
    """Writes `claims`: a row per claim of the files `blocks` and recipe, with estimate, interval, verdict and exhibits.

    `networks` maps roles and names to names (`workflow.roles`), `recipes` names to complete settings, `epsilons`
    networks to the epsilon of their training, `ratios` titles to recipes of one grid. A claim whose networks, recipes
    or checkpoints are absent gets the verdict "not tested". Raises ConfigError for a faulty file of claims,
    ResultError for tables that are none.
    """
    rows = with_derived(read_table(table))
    evidence = Evidence(rows, read_by_iteration(by_iteration), networks, recipes, epsilons, ratios)
    judged = [row for claim in read_claim_blocks(blocks) for row in _rows_of(claim, evidence)]
    write_table(claims, pd.DataFrame(judged, columns=list(COLUMNS)))


def _rows_of(claim: Claim, evidence: Evidence) -> list[Row]:
    if claim.recipes:
        return [_of_recipes(claim, evidence)]
    chosen = [name for name, settings in evidence.recipes.items() if has(settings, claim.of_recipes)]
    if claim.over_ratios:
        grids = [series for series in evidence.ratios.values() if set(series) <= set(chosen)]
        rows = [_of_ratios(claim, series, evidence) for series in grids]
    else:
        of_one = _of_all_networks if claim.across else _of_networks
        rows = [of_one(claim, recipe, evidence) for recipe in chosen]
    # What no recipe can tell is said once.
    return [row for row in rows if row["pairs"]] or [_untested(claim, _subject(claim))]


def _of_networks(claim: Claim, recipe: str, evidence: Evidence) -> Row:
    sides = evidence.of_both(claim, recipe)
    values = [evidence.summary(claim, side) for side in sides]
    found = values[0] - claim.constant if claim.constant is not None else paired.difference(*values)
    names = [evidence.networks.get(role, role) for role in claim.networks]
    if len(set(names)) < len(names) and "untrained" not in claim.networks:
        found = nothing()  # a role and a name of one network
    return _row(claim, recipe, _subject(claim), found, _exhibits([recipe], names, last_epoch(sides)))


def _of_ratios(claim: Claim, series: Sequence[str], evidence: Evidence) -> Row:
    """Over one grid of ratios. The pictures to look at are each network's own best."""
    found, chosen = own_best(claim, series, evidence)
    grid, kind = f"{series[0]} to {series[-1]}", "best of"
    if claim.over_ratios == "equal_content":
        found, kind = equal_content(claim, series, evidence), "equal content,"
    names = [evidence.networks.get(role, role) for role in claim.networks]
    epoch = last_epoch([side for recipe in series for side in evidence.of_both(claim, recipe)])

    def exhibit(at: Any) -> str:
        # Both with one recipe, or each with its own.
        recipes = tuple(dict.fromkeys(str(chosen.loc[at, role]) for role in claim.networks))
        return _exhibits(recipes, names, epoch)(at)

    return _row(claim, f"{kind} {grid}", _subject(claim), found, exhibit)


def _of_all_networks(claim: Claim, recipe: str, evidence: Evidence) -> Row:
    """The pictures to look at are those of the networks with the most and the least of the quantity."""
    across = correlated(claim, recipe, evidence)
    ends = [across.networks[-1], across.networks[0]] if across.networks else []
    epoch = last_epoch([evidence.rows[evidence.rows["network"].isin(ends) & (evidence.rows["recipe"] == recipe)]])
    judgement = judge_correlations(
        across.correlations, claim.right_sign, _subject(claim), len(across.networks), across.p_value
    )
    exhibit = _exhibits([recipe], ends, epoch)
    return _row(claim, recipe, _subject(claim), across.correlations, exhibit, judgement)


def _subject(claim: Claim) -> str:
    if claim.across:
        return f"rank correlation with {claim.across.replace('_', ' ')}"
    return f"{claim.networks[0]} - {claim.constant if claim.constant is not None else claim.networks[1]}"


def _of_recipes(claim: Claim, evidence: Evidence) -> Row:
    """Two recipes in the standard and the adversarial network, whose values are averaged.

    Of a claim that names two networks: how much more the first one has than the second with the first recipe than with
    the second.
    """
    names = _two_recipes(claim, evidence.recipes)
    subject = " - ".join(names) or "two recipes"
    if claim.networks:
        subject = f"({_subject(claim)}), {subject}"
    if not names:
        return _untested(claim, subject)
    roles = claim.networks or tuple(role for role in ("standard", "adversarial") if role in evidence.networks)
    found, sides = [], []
    for role in roles:
        both = [evidence.of_network(role, name) for name in names]
        found.append(paired.difference(*(evidence.summary(claim, side) for side in both)))
        sides += both
    networks = [evidence.networks.get(role, role) for role in roles[: len(claim.networks) or 1]]
    if claim.networks:
        together = paired.difference(found[0], found[1])
    else:
        together = pd.concat(found).groupby(level=paired.PAIR).mean() if found else nothing()
    return _row(claim, " and ".join(names), subject, together, _exhibits(names, networks, last_epoch(sides)))


def _two_recipes(claim: Claim, recipes: Mapping[str, Settings]) -> list[str]:
    """The first two recipes that have the claim's settings, and where it asks for it no other difference."""
    first, second = claim.recipes
    for one, other in product(recipes, recipes):
        if one == other or not (has(recipes[one], first) and has(recipes[other], second)):
            continue
        asked = {*first, *second}
        differing = {key for key in recipes[one] if recipes[one][key] != recipes[other].get(key)}
        if not claim.otherwise_equal or differing <= asked:
            return [one, other]
    return []


def _exhibits(recipes: Sequence[str], networks: Sequence[str], epoch: int) -> Shown:
    """A function that names the pictures of a seed and pair."""

    def exhibit(at: Any) -> str:
        seed, content, style = at
        return str(Exhibit(tuple(recipes), tuple(networks), int(seed), epoch, content, style))

    return exhibit


def _untested(claim: Claim, subject: str) -> Row:
    return _row(claim, "", subject, nothing(), str)


def _row(
    claim: Claim, recipe: str, subject: str, found: Values, exhibit: Shown, judgement: Judgement | None = None
) -> Row:
    """A row of the table; `exhibit` names the pictures of a seed and pair, `judgement` is that of differences."""
    judgement = judgement or judge(found, claim.right_sign, subject)
    towards = claim.right_sign * found
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
        "strongest_for": "" if found.empty else exhibit(towards.idxmax()),
        "strongest_against": "" if found.empty else exhibit(towards.idxmin()),
    }
