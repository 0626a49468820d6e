"""What lies in the repository: the published configuration, and the tables that a configuration names.

Standard library and PyYAML only: the Snakefile reads it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from robust_style.errors import ConfigError

# Keys with lists of tables, beside `sources`, which is one.
TABLES = ("images", "claims")


def on_top_of_published(config: dict[str, Any], project: Path) -> dict[str, Any]:
    """`config` on top of config/config.yaml of the folder `project`, as Snakemake merges one file with another.

    For a module of another workflow: Snakemake reads no configuration file of a module that is given a configuration.
    Path variables are left out: Snakemake knows those of a module before any rule is read.
    """
    published: dict[str, Any] = yaml.safe_load((project / "config" / "config.yaml").read_text(encoding="utf-8"))
    del published["pathvars"]
    return merged(published, config)


def merged(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """`upper` on top of `lower`: blocks are merged, the rest is replaced. Both stay as they are."""
    return lower | {
        key: merged(lower[key], value) if isinstance(value, dict) and isinstance(lower.get(key), dict) else value
        for key, value in upper.items()
    }


def with_tables(config: dict[str, Any], named: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """`config` with paths of its tables that are valid in the working directory, whatever folder that is.

    `config` has all defaults, `named` holds the keys that the user or the published configuration name. A table that
    is not named is the one of the folder `project`. A relative path is looked for in the working directory, then in
    `project`. Where those are the same folder, paths stay as they are.
    """
    if Path.cwd().resolve() == project.resolve():
        return config

    def located(key: str, path: str) -> str:
        ours = project / path
        is_ours = key not in named or (ours.exists() and not Path(path).exists())
        return str(ours.absolute()) if is_ours else path

    tables = {key: [located(key, path) for path in config[key]] for key in TABLES}
    return config | tables | {"sources": located("sources", config["sources"])}


def with_home_folders(config: dict[str, Any]) -> dict[str, Any]:
    """A checked `config` with `~` expanded at the start of every path of a user's file, as a shell expands it."""

    def expanded(path: str | None) -> str | None:
        try:
            return str(Path(path).expanduser()) if path and path.startswith("~") else path
        except RuntimeError:  # no such user: the name stays as it is, as in a shell
            return path

    def with_paths(block: dict[str, Any], *keys: str) -> dict[str, Any]:
        return block | {key: expanded(block[key]) for key in keys if key in block}

    squeezenet = config["raters"]["squeezenet"]
    return (
        with_paths(config, "sources")
        | {key: [expanded(path) for path in config[key]] for key in TABLES}
        | {
            "dataset": with_paths(config["dataset"], "archive", "path"),
            "networks": {name: with_paths(block, "source") for name, block in config["networks"].items()},
            "raters": config["raters"] | {"squeezenet": squeezenet and with_paths(squeezenet, "source")},
        }
    )


def normalised_path(path: str) -> str:
    """A path variable as Snakemake is to use it: `~` expanded, no `//`, `./` or slash at the end. A URL stays.

    Raises ConfigError for the home folder of a user whom this machine does not know, and for a path that is a file or
    lies below a file.
    """
    if "://" in path:
        return path
    try:
        folder = Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"pathvars: {path}: this machine knows no such user; write the folder out") from None
    for place in (folder, *folder.parents):
        if place.is_file():
            raise ConfigError(f"pathvars: {path}: {place} is a file, not a folder; move it away or name another folder")
    return str(folder)
