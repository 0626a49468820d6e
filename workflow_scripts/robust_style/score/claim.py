"""Claims as data: statement, source, and the comparison that tests it.

PyYAML and jsonschema only: the Snakefile imports this module.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from robust_style.errors import ConfigError
from robust_style.score.columns import ACCURACIES, MEASURES, RATED
from robust_style.workflow.schema import CONFIG

SCHEMA = CONFIG / "claims_schema.yaml"
DERIVED = ("log2_worst_rise", "failed", "distance_to_ideal")
_MEASURES = (*MEASURES, *RATED, *ACCURACIES, *DERIVED)
_SIGNS = {"more": 1, "less": -1}


@dataclass(frozen=True)
class Claim:
    """A statement and the comparison that tests it (`score.comparisons`).

    `networks` are two roles or names of networks (or one, and a `constant`), `recipes` two sets of settings; with both,
    the differences between the networks are compared between the recipes. The difference is first minus second
    and has the sign `right_sign` if the statement is right. `over_ratios` compares two networks over a grid of ratios
    of content to style. `across` is a quantity of networks; the measure is correlated with it over all of them.
    `better` (1 more, -1 less) is the measure's better direction. `of_recipes` are settings that a recipe must have.
    """

    slug: str
    statement: str
    source: str
    networks: tuple[str, ...]
    constant: float | None
    recipes: tuple[Mapping[str, Any], ...]
    otherwise_equal: bool
    across: str | None
    over_ratios: str | None
    measure: str
    summary: str
    better: int
    right_sign: int
    of_recipes: Mapping[str, Any]


def read_claim_blocks(paths: Iterable[Path]) -> list[Claim]:
    """Read the claims in the YAML files `paths`, in order; a later claim replaces an earlier one of the same name.

    Raises ConfigError listing every fault of the first faulty file.
    """
    claims = {claim.slug: claim for path in paths for claim in _claims_of(path)}
    return list(claims.values())


def _claims_of(path: Path) -> list[Claim]:
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    try:
        blocks = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"claims: expected a file at {path}, found {error.strerror}; correct the path") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: expected YAML, found {' '.join(str(error).split())}; correct it") from None
    errors = jsonschema.Draft202012Validator(schema).iter_errors(blocks)
    faults = [f"{'.'.join(map(str, error.absolute_path)) or 'the file'}: {error.message}" for error in errors]
    faults = faults or [fault for slug, block in blocks.items() for fault in _contradictions(slug, block)]
    if faults:
        raise ConfigError(f"{path} does not fit claims_schema.yaml:\n" + "\n".join(f"  {fault}" for fault in faults))
    return [_claim(slug, block) for slug, block in blocks.items()]


def _contradictions(slug: str, block: Mapping[str, Any]) -> list[str]:
    compare, faults = block["compare"], []
    two_networks = len(compare.get("networks", ())) == 2
    if not {"networks", "recipes", "across"} & set(compare):
        faults.append(f"{slug}.compare: expected networks, recipes or across")
    if "across" in compare and len(compare) > 1:
        faults.append(f"{slug}.compare: expected across alone, it takes every trained network")
    if "networks" in compare and two_networks == ("constant" in compare):
        faults.append(f"{slug}.compare: expected two networks, or one and a constant")
    if "recipes" in compare and "networks" in compare and not two_networks:
        faults.append(f"{slug}.compare: expected two networks beside two recipes")
    if "over_ratios" in compare and (not two_networks or "recipes" in compare or block["summary"] != "last"):
        faults.append(f"{slug}.compare.over_ratios: expected two networks, no recipes, and summary last")
    if block["measure"] not in _MEASURES:
        faults.append(f"{slug}.measure: expected one of {', '.join(_MEASURES)}, found {block['measure']!r}")
    if (block["summary"] == "late_fall") != ("better" in block):
        faults.append(f"{slug}.better: expected it with summary late_fall, and only there")
    return faults


def _claim(slug: str, block: Mapping[str, Any]) -> Claim:
    compare = block["compare"]
    return Claim(
        slug=slug,
        statement=block["statement"],
        source=block["source"],
        networks=tuple(compare.get("networks", ())),
        constant=compare.get("constant"),
        recipes=tuple(compare.get("recipes", ())),
        otherwise_equal=compare.get("otherwise_equal", False),
        across=compare.get("across"),
        over_ratios=compare.get("over_ratios"),
        measure=block["measure"],
        summary=block["summary"],
        better=_SIGNS[block.get("better", "more")],
        right_sign=_SIGNS[block["supported_by"]],
        of_recipes=block.get("recipes", {}),
    )
