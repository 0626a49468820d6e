"""Configurations merged as Snakemake merges files: blocks merged, the rest replaced."""

from pathlib import Path
from typing import Any

import yaml

CONFIG = Path(__file__).resolve().parents[1] / "config"


def merged(*names: str) -> dict[str, Any]:
    """config/NAME.yaml of each name, on top of one another."""
    config: dict[str, Any] = {}
    for name in names:
        merge(config, yaml.safe_load((CONFIG / f"{name}.yaml").read_text(encoding="utf-8")))
    return config


def merge(target: dict[str, Any], addition: dict[str, Any]) -> None:
    for key, value in addition.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value


def changed(changes: dict[str, Any], *names: str) -> dict[str, Any]:
    """The published configuration, or that of `names`, with values by key (`training.epochs`)."""
    config = merged(*(names or ("config",)))
    for key, value in changes.items():
        *blocks, last = key.split(".")
        block = config
        for name in blocks:
            block = block.setdefault(name, {})
        block[last] = value
    return config
