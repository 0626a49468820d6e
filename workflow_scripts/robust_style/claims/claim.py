"""Claims as data: a sentence, who says it, and the contrasts that hold if it is right.

Standard library, PyYAML and jsonschema only: the Snakefile reads it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from robust_style.claims.formula import ARCHITECTURES, PAIRED_REGIMES, SEEDS, Contrast, parse_contrast
from robust_style.errors import ConfigError
from robust_style.score.columns import ACCURACIES, MEASURES, RATED
from robust_style.workflow.schema import CONFIG

SCHEMA = CONFIG / "claims_schema.yaml"
DERIVED = ("log2_worst_rise", "failed")
MOST_PRIMARY = 4
# Of the unit `architectures`; the other functions need several checkpoints, or compare over networks themselves.
_FUNCTIONS_OF_ARCHITECTURES = (None, "control", "iterations_to_90", "iterations_to_common")
_MEASURES = (*MEASURES, *RATED, *ACCURACIES, *DERIVED)
# Keys of the first edition, and what to write now.
_OLD_KEYS = {
    "compare": "holds_if: [adversarial < standard]",
    "summary": "holds_if: [adversarial@half < standard@half]",
    "supported_by": "holds_if: [adversarial < standard]",
    "better": "holds_if: [standard@half > standard]",
}


@dataclass(frozen=True)
class Condition:
    """A contrast that holds if the claim is right; `smallest_effect` is in units of `measure`, or of the contrast."""

    contrast: Contrast
    measure: str
    smallest_effect: float


@dataclass(frozen=True)
class Claim:
    """A sentence, its source, and the conditions that must all hold.

    `recipe` is the recipe that it is judged with; if None, it is judged with every recipe that has the settings
    `recipes`, each in a row of its own. A primary claim names one recipe. `unit` is the unit of replication, `seeds` or
    `architectures`.
    """

    slug: str
    statement: str
    source: str
    quote: str
    primary: bool
    unit: str
    recipe: str | None
    recipes: Mapping[str, Any]
    conditions: tuple[Condition, ...]


def read_claim_blocks(paths: Iterable[Path]) -> list[Claim]:
    """The claims in the YAML files `paths`, in their order; one of the same name in a later file replaces the earlier.

    Smallest effects of a later file replace those of earlier ones. Raises ConfigError that lists every fault of the
    first faulty file.
    """
    effects: dict[str, float] = {}
    blocks: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path in paths:
        content = _content(path)
        effects |= content.get("smallest_effects", {})
        blocks |= {slug: (path, block) for slug, block in content["claims"].items()}
    claims = [_claim(slug, block, effects, path) for slug, (path, block) in blocks.items()]
    primary = [claim.slug for claim in claims if claim.primary]
    if len(primary) > MOST_PRIMARY:
        raise ConfigError(
            f"claims: expected at most {MOST_PRIMARY} primary claims, found {len(primary)} ({', '.join(primary)}); "
            "set primary: false for the others"
        )
    return claims


def _content(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"claims: expected a file at {path}, found {error.strerror}; correct the path") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: expected YAML, found {' '.join(str(error).split())}; correct it") from None
    if faults := _old_keys(content):
        raise ConfigError(f"{path} is a claims file of the first edition:\n" + "\n".join(f"  {one}" for one in faults))
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(content)
    if faults := [f"{'.'.join(map(str, error.absolute_path)) or 'the file'}: {error.message}" for error in errors]:
        raise ConfigError(f"{path} does not fit claims_schema.yaml:\n" + "\n".join(f"  {one}" for one in faults))
    return dict(content)


def _old_keys(content: Any) -> list[str]:
    if not isinstance(content, dict):
        return []
    blocks = content.get("claims", content)
    named = blocks.items() if isinstance(blocks, dict) else ()
    return [
        f"{slug}.{key}: write {hint}"
        for slug, block in named
        if isinstance(block, dict)
        for key, hint in _OLD_KEYS.items()
        if key in block
    ]


def _claim(slug: str, block: Mapping[str, Any], effects: Mapping[str, float], path: Path) -> Claim:
    where = f"{path}: {slug}"
    primary = block.get("primary", False)
    if primary and "recipe" not in block:
        raise ConfigError(f"{where}: expected a primary claim to name its recipe, found none; write recipe: fair")
    conditions = [
        _condition(f"{where}.holds_if", {"formula": entry} if isinstance(entry, str) else entry, block, effects)
        for entry in block["holds_if"]
    ]
    unit = block.get("unit", SEEDS)
    if unit == ARCHITECTURES:
        _check_pairing(where, conditions)
    return Claim(
        slug=slug,
        statement=block["statement"],
        source=block["source"],
        quote=block.get("quote", ""),
        primary=primary,
        unit=unit,
        recipe=block.get("recipe"),
        recipes=block.get("recipes", {}),
        conditions=tuple(conditions),
    )


def _check_pairing(where: str, conditions: Iterable[Condition]) -> None:
    """Raise ConfigError unless the formulas compare the last checkpoints of the two paired regimes."""
    for contrast in (condition.contrast for condition in conditions):
        for term in contrast.terms:
            cells = term.cells if term.paints else ()
            strays = [cell.network for cell in cells if cell.network not in PAIRED_REGIMES]
            strays += [f"@{cell.checkpoint}" for cell in cells if cell.checkpoint != "last"]
            if term.function not in _FUNCTIONS_OF_ARCHITECTURES:
                strays.append(str(term.function))
            if strays:
                raise ConfigError(
                    f"{where}: unit architectures compares the last checkpoints of {' and '.join(PAIRED_REGIMES)}, "
                    f"found {strays[0]} in {contrast.text!r}; correct it, or take unit: seeds"
                )


def _condition(
    where: str, entry: Mapping[str, Any], block: Mapping[str, Any], effects: Mapping[str, float]
) -> Condition:
    measure = entry.get("measure", block["measure"])
    if measure not in _MEASURES:
        raise ConfigError(f"{where}: expected a measure among {', '.join(_MEASURES)}, found {measure!r}; correct it")
    try:
        contrast = parse_contrast(entry["formula"])
    except ConfigError as problem:
        raise ConfigError(f"{where}: {problem}; correct it") from None
    smallest = entry.get("smallest_effect", block.get("smallest_effect", effects.get(contrast.unit or measure)))
    if smallest is None:
        raise ConfigError(
            f"{where}: expected a smallest effect of {contrast.unit or measure}, found none; "
            "name it under smallest_effects"
        )
    return Condition(contrast, measure, float(smallest))
