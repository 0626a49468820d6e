"""The configuration of another workflow that uses this one as a module: what it says, on top of the published one."""

from pathlib import Path
from typing import Any

import yaml


def on_top_of_published(config: dict[str, Any], project: Path) -> dict[str, Any]:
    """`config` on top of config/config.yaml of the folder `project`, as Snakemake lays one file on another.

    Snakemake reads no configuration file of a module that is given a configuration. Blocks are merged, the rest is
    replaced. The tables that config.yaml names are `project`'s own; relative paths in `config` are relative to where
    Snakemake runs. Path variables are the module's: Snakemake knows them before any rule is read.
    """
    published: dict[str, Any] = yaml.safe_load((project / "config" / "config.yaml").read_text(encoding="utf-8"))
    del published["pathvars"]
    for key in ("images", "claims"):
        published[key] = [str(project / path) for path in published[key]]
    published["sources"] = str(project / published["sources"])
    return _merged(published, config)


def _merged(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """`upper` on top of `lower`; both stay as they are."""
    return lower | {
        key: _merged(lower[key], value) if isinstance(value, dict) and isinstance(lower.get(key), dict) else value
        for key, value in upper.items()
    }
