"""Each claim of a study, its evidence and its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from robust_style.claims.claim import Claim, Condition, read_claim_blocks
from robust_style.claims.evidence import Evidence, Incomplete, Settings, Untestable, Values
from robust_style.claims.statistics import (
    ALPHA,
    FEWEST_SEEDS,
    crossed_interval,
    false_discovery_q,
    holm_adjusted,
    holm_levels,
    seeds_needed,
    t_interval,
    t_test_p,
)
from robust_style.claims.table import ClaimRow, Exhibit, write_claims
from robust_style.score.score_tables import read_iteration_table, read_score_table


def judge_claims(
    *,
    table: Path,
    by_iteration: Path,
    blocks: Sequence[Path],
    networks: Mapping[str, str],
    recipes: Mapping[str, Settings],
    epsilons: Mapping[str, float],
    architectures: Mapping[str, Mapping[str, str]],
    claims: Path,
) -> None:
    """Writes `claims`: a row per claim of the files `blocks` and recipe, the primary ones first.

    `networks` maps roles and names to names (`workflow.roles`), `recipes` names to complete settings, `epsilons`
    networks to the epsilon of their training, `architectures` architectures to their network of each paired regime
    (`workflow.experiment.networks_by_architecture`). Raises ConfigError for a faulty file of claims, ResultError for
    tables that are none.
    """
    tables = read_score_table(table), read_iteration_table(by_iteration)
    evidence = Evidence(*tables, networks, recipes, epsilons, architectures)
    write_claims(claims, judge(read_claim_blocks(blocks), evidence))


def judge(claims: Sequence[Claim], evidence: Evidence) -> list[ClaimRow]:
    """A row per claim and recipe: primary claims first, both families in the claims' order.

    Primary claims: t-tests over the claim's unit (training seeds or architectures), corrected by Holm; "supported"
    where every condition's interval lies beyond its threshold on the claimed side; "refuted" where one lies on the
    other side, or wholly below the smallest effect; else "undecided". The other claims are exploratory: each has a 95 %
    interval and a q-value (Benjamini and Hochberg), and "points to", "points against" or "unclear".
    """
    primary = [_tested(claim, str(claim.recipe), evidence) for claim in claims if claim.primary]
    p_values = [tested.p_value for tested in primary]
    levels, adjusted = holm_levels(p_values), holm_adjusted(p_values)
    rows = [_row(*both, evidence) for both in zip(primary, levels, adjusted, strict=True)]
    exploratory = [tested for claim in claims if not claim.primary for tested in _of_recipes(claim, evidence)]
    known = [place for place, tested in enumerate(exploratory) if tested.p_value < 1]
    q_values = dict(zip(known, false_discovery_q([exploratory[place].p_value for place in known]), strict=True))
    rows += [_row(tested, 1 - ALPHA, q_values.get(place, 1.0), evidence) for place, tested in enumerate(exploratory)]
    return rows


@dataclass(frozen=True)
class _Part:
    """One condition of a claim with its numbers; `p_value` None where there is no test."""

    condition: Condition
    unit: str
    values: Values
    p_value: float | None

    @property
    def per_seed(self) -> Float[np.ndarray, " seeds"]:
        return self.values.per_seed

    def verdict(self, level: float) -> str:
        """Supported, refuted or undecided at the confidence `level`, with the reason where there is no interval."""
        seeds, contrast = self.per_seed, self.condition.contrast
        if np.isnan(seeds).any():
            return f"undecided (censored in {np.isnan(seeds).sum()} of {len(seeds)} {self.unit})"
        if len(seeds) < FEWEST_SEEDS:
            return f"undecided (n = {len(seeds)} {self.unit.removesuffix('s') if len(seeds) == 1 else self.unit})"
        interval = t_interval(seeds, level)
        if interval is None:
            return f"undecided (no variation over {self.unit})"
        # Turned so that the claimed side is the positive one.
        low, high = sorted(contrast.direction * (bound - contrast.threshold) for bound in interval)
        if high < 0 or (contrast.threshold == 0 and high < self.condition.smallest_effect):
            return "refuted"
        return "supported" if low > 0 else "undecided"


@dataclass(frozen=True)
class _Tested:
    """A claim judged with one recipe; `reason` is the verdict where its conditions cannot be computed."""

    claim: Claim
    recipe: str
    parts: tuple[_Part, ...] = ()
    reason: str = ""

    @property
    def p_value(self) -> float:
        """All conditions must hold, so the largest p is that of the claim (Berger 1982); 1 where one has none."""
        values = [part.p_value for part in self.parts]
        return 1.0 if not values or None in values else max(p for p in values if p is not None)


def _of_recipes(claim: Claim, evidence: Evidence) -> list[_Tested]:
    """What no recipe can tell is said once."""
    names = [claim.recipe] if claim.recipe else evidence.recipes_with(claim.recipes)
    results = [_tested(claim, name, evidence) for name in names]
    testable = [tested for tested in results if not tested.reason.startswith("not tested")]
    reasons = list(dict.fromkeys(tested.reason for tested in results)) or ["not tested (no recipe has what it asks)"]
    return testable or [_Tested(claim, claim.recipe or "", reason=reasons[0])]


def _tested(claim: Claim, recipe: str, evidence: Evidence) -> _Tested:
    parts = []
    for condition in claim.conditions:
        try:
            values = evidence.for_unit(claim.unit).values(condition.contrast, condition.measure, recipe)
        except Untestable as problem:
            return _Tested(claim, recipe, reason=f"not tested ({problem})")
        except Incomplete as problem:
            return _Tested(claim, recipe, reason=f"incomplete ({problem})")
        seeds = values.per_seed
        p_value = None if np.isnan(seeds).any() else t_test_p(seeds, condition.contrast.threshold)
        parts.append(_Part(condition, claim.unit, values, p_value))
    return _Tested(claim, recipe, tuple(parts))


_EXPLORATORY = {"supported": "points to", "refuted": "points against"}


def _row(tested: _Tested, level: float, adjusted_p: float, evidence: Evidence) -> ClaimRow:
    """The row of the condition that decides: the first that is not supported, of several the refuted one."""
    claim = tested.claim
    row = ClaimRow(
        claim=claim.slug,
        statement=claim.statement,
        source=claim.source,
        quote=claim.quote,
        family="primary" if claim.primary else "exploratory",
        unit=claim.unit,
        recipe=tested.recipe,
        contrast=" and ".join(condition.contrast.text for condition in claim.conditions),
        measure=" and ".join(dict.fromkeys(condition.measure for condition in claim.conditions)),
        verdict=tested.reason,
    )
    if not tested.parts:
        return row
    evidence = evidence.for_unit(claim.unit)
    verdicts = [part.verdict(level) for part in tested.parts]
    order = sorted(
        range(len(verdicts)), key=lambda place: (verdicts[place] == "supported", verdicts[place] != "refuted")
    )
    part, verdict = tested.parts[order[0]], verdicts[order[0]]
    seeds, contrast = part.per_seed, part.condition.contrast
    if not claim.primary:
        verdict = _EXPLORATORY.get(verdict, verdict.replace("undecided", "unclear"))
        verdict = "unclear" if verdict == "points to" and adjusted_p > ALPHA else verdict
    interval = None if np.isnan(seeds).any() else t_interval(seeds, level)
    crossed = _crossed(part.values, level)
    towards = contrast.direction * (part.values.per_picture - contrast.threshold)
    return replace(
        row,
        verdict=verdict,
        estimate=None if np.isnan(seeds).all() else float(np.nanmean(seeds)),
        threshold=contrast.threshold,
        claimed_side="above" if contrast.direction > 0 else "below",
        smallest_effect=part.condition.smallest_effect,
        interval_low=interval and interval[0],
        interval_high=interval and interval[1],
        confidence=level,
        crossed_low=crossed and crossed[0],
        crossed_high=crossed and crossed[1],
        p_value=part.p_value,
        adjusted_p=adjusted_p if part.p_value is not None else None,
        seeds=len(seeds),
        pairs=len(part.values.design.pairs),
        per_seed=" ".join(
            f"{evidence.unit_name(seed)}:{value:+.4g}"
            for seed, value in zip(part.values.design.seeds, seeds, strict=True)
        ),
        seeds_needed=None if np.isnan(seeds).any() else seeds_needed(seeds, contrast.threshold, level),
        reading=_reading(tested, verdicts, part, towards),
        strongest_for=_exhibit(towards, part, tested.recipe, evidence, best=True),
        strongest_against=_exhibit(towards, part, tested.recipe, evidence, best=False),
    )


def _reading(tested: _Tested, verdicts: Sequence[str], part: _Part, towards: Float[np.ndarray, "seeds pairs"]) -> str:
    """What the numbers say, in words; of a claim of several conditions each one's own result."""
    unit = part.condition.contrast.unit or part.condition.measure
    known = towards[~np.isnan(towards)]
    said = []
    if len(known):
        said.append(f"{int((known > 0).sum())} of {len(known)} pictures have the sign of the claim.")
    if not np.isnan(part.per_seed).all():
        said.insert(0, f"Left side less right side: {np.nanmean(part.per_seed):+.3g} ({unit.replace('_', ' ')}).")
    if len(verdicts) > 1:
        each = (
            f"{one.condition.contrast.text}: {verdict}" for one, verdict in zip(tested.parts, verdicts, strict=True)
        )
        said.append(f"{'; '.join(each)}.")
    if left_out := part.values.design.left_out:
        said.append(f"Pairs left out because a picture missed its content target: {len(left_out)}.")
    if part.values.beside:
        pairs = ", ".join(f"{content}--{style} {value:+.3g}" for (content, style), value in part.values.beside.items())
        said.append(f"Beside the crossed pairs: {pairs}.")
    return " ".join(said)


def _exhibit(
    towards: Float[np.ndarray, "seeds pairs"], part: _Part, recipe: str, evidence: Evidence, *, best: bool
) -> str:
    """The pictures that support the claim most (`best`) or contradict it most; empty where none does."""
    cells, design = evidence.cells(part.condition.contrast, recipe), part.values.design
    if np.isnan(towards).all() or not cells:
        return ""
    place = np.nanargmax(towards) if best else np.nanargmin(towards)
    if not (towards.flat[place] > 0 if best else towards.flat[place] < 0):
        return ""
    seed, pair = np.unravel_index(place, towards.shape)
    recipes = tuple(dict.fromkeys(str(cell.recipe) for cell in cells))[:2]
    labels = [evidence.labels(cell.network, design.seeds[seed], design.last) for cell in cells]
    networks = tuple(dict.fromkeys(network for network, _, _ in labels))[:2]
    _, first_seed, epoch = labels[0]
    return str(Exhibit(recipes, networks, first_seed, epoch, *design.pairs[pair]))


def _crossed(values: Values, level: float) -> tuple[float, float] | None:
    """The interval of other images, too; None where the pairs are not crossed."""
    contents, styles = ({pair[side] for pair in values.design.pairs} for side in (0, 1))
    if np.isnan(values.per_picture).any() or len(values.design.pairs) != len(contents) * len(styles):
        return None
    # The pairs are sorted by content, then style.
    return crossed_interval(values.per_picture.reshape(-1, len(contents), len(styles)), level)
