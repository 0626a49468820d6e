"""Recipes that differ in nothing but their ratio of content to style: a series, whatever their names."""

import json
from typing import Any

_WEIGHTS = ("style_weight", "content_weight")


def ratio_series(recipes: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Names of recipes by the title of their series, least weight on the style first; alone there is no series.

    `recipes` are complete blocks of the configuration. Example: {"ratio 30 to 300": ["gentle", "fair"]}.
    """
    alike: dict[str, list[str]] = {}
    for name, block in recipes.items():
        rest = {key: value for key, value in block.items() if key not in _WEIGHTS}
        alike.setdefault(json.dumps(rest, sort_keys=True), []).append(name)
    found: dict[str, list[str]] = {}
    for names in alike.values():
        ordered = sorted(names, key=lambda name: (_ratio(recipes[name]), name))
        ratios = [_ratio(recipes[name]) for name in ordered]
        if len(set(ratios)) > 1:
            title = f"ratio {ratios[0]:.3g} to {ratios[-1]:.3g}"
            # Two series may have equal ends.
            found[title if title not in found else f"{title}, {ordered[0]}"] = ordered
    return found


def _ratio(block: dict[str, Any]) -> float:
    """Weight of the style over that of the content; infinite without content."""
    style, content = (float(block[key]) for key in _WEIGHTS)
    return style / content if content else float("inf")
