"""What each key of the configuration means, as the schema says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def meanings(schema_path: Path) -> dict[str, str]:
    """Descriptions by key, `training.epochs` or, below names of one's own, `networks.*.width`; backticks are code."""
    schema = yaml.safe_load(schema_path.read_text(encoding="utf-8"))
    return dict(_described(schema, ""))


def _described(part: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for key, inner in part.get("properties", {}).items():
        if "description" in inner:
            yield f"{place}{key}", " ".join(str(inner["description"]).split())
        yield from _described(inner, f"{place}{key}.")
        further = inner.get("additionalProperties")
        if isinstance(further, dict):
            yield from _described(further, f"{place}{key}.*.")
