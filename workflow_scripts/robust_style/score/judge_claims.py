"""Judge each claim by the scores: one row per claim and recipe, with its evidence and verdict."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.score.claim import Claim, read_claim_blocks
from robust_style.score.claims_table import Exhibit, write_claims
from robust_style.score.comparisons import (
    PAIR,
    Evidence,
    Settings,
    Values,
    correlated,
    difference,
    equal_content,
    has,
    last_epoch,
    nothing,
    own_best,
    with_derived,
)
from robust_style.score.score_tables import read_iteration_table, read_score_table
from robust_style.score.verdict import Judgement, judge, judge_correlations

Row = dict[str, object]
# From a seed and pair to the names of their pictures, as one line of text.
ExhibitNamer = Callable[[Any], str]


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
    """Write `claims`: a row per recipe and claim of the files `blocks`, with estimate, interval, verdict and exhibits.

    `networks` maps roles and names to names (`workflow.roles`), `recipes` names to complete settings, `epsilons`
    networks to the epsilon of their training, `ratios` titles to recipes of one grid. A claim whose networks, recipes
    or checkpoints are absent gets the verdict "not tested". Raises ConfigError for a faulty file of claims,
    ResultError for a damaged table.
    """
    rows = with_derived(read_score_table(table))
    evidence = Evidence(rows, read_iteration_table(by_iteration), networks, recipes, epsilons, ratios)
    write_claims(claims, [row for claim in read_claim_blocks(blocks) for row in _rows_of(claim, evidence)])


def _rows_of(claim: Claim, evidence: Evidence) -> list[Row]:
    if claim.recipes:
        return [_of_recipes(claim, evidence)]
    recipes = [name for name, settings in evidence.recipes.items() if has(settings, claim.of_recipes)]
    if claim.over_ratios:
        grids = [series for series in evidence.ratios.values() if set(series) <= set(recipes)]
        rows = [_of_ratios(claim, series, evidence) for series in grids]
    else:
        of_one = _of_all_networks if claim.across else _of_networks
        rows = [of_one(claim, recipe, evidence) for recipe in recipes]
    # A claim that no recipe can test gets a single row.
    return [row for row in rows if row["pairs"]] or [_untested(claim, _subject(claim))]


def _of_networks(claim: Claim, recipe: str, evidence: Evidence) -> Row:
    sides = evidence.of_both(claim, recipe)
    values = [evidence.summary(claim, side) for side in sides]
    differences = values[0] - claim.constant if claim.constant is not None else difference(*values)
    names = [evidence.networks.get(role, role) for role in claim.networks]
    if len(set(names)) < len(names) and "untrained" not in claim.networks:
        differences = nothing()  # a role and a name of the same network
    return _row(claim, recipe, _subject(claim), differences, _exhibits([recipe], names, last_epoch(sides)))


def _of_ratios(claim: Claim, series: Sequence[str], evidence: Evidence) -> Row:
    """Compare two networks over one grid of ratios; the exhibits are the best pictures of each."""
    differences, best_recipes = own_best(claim, series, evidence)
    grid, kind = f"{series[0]} to {series[-1]}", "best of"
    if claim.over_ratios == "equal_content":
        differences, kind = equal_content(claim, series, evidence), "equal content,"
    names = [evidence.networks.get(role, role) for role in claim.networks]
    epoch = last_epoch([side for recipe in series for side in evidence.of_both(claim, recipe)])

    def exhibit(at: Any) -> str:
        recipes = tuple(dict.fromkeys(str(best_recipes.loc[at, role]) for role in claim.networks))
        return _exhibits(recipes, names, epoch)(at)

    return _row(claim, f"{kind} {grid}", _subject(claim), differences, exhibit)


def _of_all_networks(claim: Claim, recipe: str, evidence: Evidence) -> Row:
    """Correlate over all networks; the exhibits are of the networks with the most and the least of the quantity."""
    correlations = correlated(claim, recipe, evidence)
    names = correlations.networks
    ends = [names[-1], names[0]] if names else []
    epoch = last_epoch([evidence.rows[evidence.rows["network"].isin(ends) & (evidence.rows["recipe"] == recipe)]])
    judgement = judge_correlations(
        correlations.values, claim.right_sign, _subject(claim), len(names), correlations.p_value
    )
    exhibit = _exhibits([recipe], ends, epoch)
    return _row(claim, recipe, _subject(claim), correlations.values, exhibit, judgement)


def _subject(claim: Claim) -> str:
    if claim.across:
        return f"rank correlation with {claim.across.replace('_', ' ')}"
    return f"{claim.networks[0]} - {claim.constant if claim.constant is not None else claim.networks[1]}"


def _of_recipes(claim: Claim, evidence: Evidence) -> Row:
    """Compare two recipes, averaged over the standard and the adversarial network.

    For a claim that names two networks: the difference between networks with the first recipe minus that with the
    second.
    """
    names = _two_recipes(claim, evidence.recipes)
    subject = " - ".join(names) or "two recipes"
    if claim.networks:
        subject = f"({_subject(claim)}), {subject}"
    if not names:
        return _untested(claim, subject)
    roles = claim.networks or tuple(role for role in ("standard", "adversarial") if role in evidence.networks)
    differences, sides = [], []
    for role in roles:
        both = [evidence.of_network(role, name) for name in names]
        differences.append(difference(*(evidence.summary(claim, side) for side in both)))
        sides += both
    networks = [evidence.networks.get(role, role) for role in roles[: len(claim.networks) or 1]]
    if claim.networks:
        together = difference(differences[0], differences[1])
    else:
        together = pd.concat(differences).groupby(level=PAIR).mean() if differences else nothing()
    return _row(claim, " and ".join(names), subject, together, _exhibits(names, networks, last_epoch(sides)))


def _two_recipes(claim: Claim, recipes: Mapping[str, Settings]) -> list[str]:
    """Return the first two recipes with the claim's settings, and without another difference if it asks for that."""
    required = claim.recipes
    keys = {*required[0], *required[1]}
    for first, second in product(recipes, recipes):
        if first == second or not (has(recipes[first], required[0]) and has(recipes[second], required[1])):
            continue
        differing = {key for key in recipes[first] if recipes[first][key] != recipes[second].get(key)}
        if not claim.otherwise_equal or differing <= keys:
            return [first, second]
    return []


def _exhibits(recipes: Sequence[str], networks: Sequence[str], epoch: int) -> ExhibitNamer:
    """Return a function that names the pictures of a seed and pair."""

    def exhibit(at: Any) -> str:
        seed, content, style = at
        return str(Exhibit(tuple(recipes), tuple(networks), int(seed), epoch, content, style))

    return exhibit


def _untested(claim: Claim, subject: str) -> Row:
    return _row(claim, "", subject, nothing(), str)


def _row(
    claim: Claim,
    recipe: str,
    subject: str,
    values: Values,
    exhibit: ExhibitNamer,
    judgement: Judgement | None = None,
) -> Row:
    """Return a row of the table; by default `values` are judged as differences."""
    judgement = judgement or judge(values, claim.right_sign, subject)
    towards = claim.right_sign * values
    return {
        "claim": claim.slug,
        "statement": claim.statement,
        "source": claim.source,
        "recipe": recipe,
        "contrast": subject,
        "measure": f"{claim.measure}, {claim.summary.replace('_', ' ')}",
        **vars(judgement),
        "strongest_for": "" if values.empty else exhibit(towards.idxmax()),
        "strongest_against": "" if values.empty else exhibit(towards.idxmin()),
    }
