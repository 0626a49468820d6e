"""Read, merge and check the configuration. Everything else of the workflow uses the result of `check_configuration`.

Standard library, PyYAML and jsonschema only: the Snakefile imports it, and its process need not have torch.
"""

from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from robust_style.errors import ConfigError
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.plausibility import configuration_errors
from robust_style.workflow.schema import built_in_recipes, complete, schema_errors

# Keys that list tables, beside `sources`, which is one table.
_TABLES = ("images", "claims", "ratings")


def check_configuration(config: dict[str, Any], schema_path: Path) -> dict[str, Any]:
    """The complete configuration: defaults filled in, blocks of null removed, paths valid in the working directory.

    `recipes.yaml` and `layers.yaml` lie beside the schema, the repository one folder higher. The argument is not
    changed. Raises ConfigError with every error: those of the schema or, if there are none, contradictory values.
    """
    if not config:
        raise ConfigError("the configuration is empty; start from config/config.yaml")
    schema = yaml.safe_load(schema_path.read_text(encoding="utf-8"))
    completed = complete(config, schema, built_in_recipes(schema_path.with_name("recipes.yaml")))
    stand_ins = read_stand_ins(schema_path.with_name("layers.yaml"))
    errors = schema_errors(completed, schema) or dict.fromkeys(configuration_errors(completed, stand_ins))
    if errors:
        raise ConfigError("\n  ".join(["the configuration does not fit config/schema.yaml:", *errors]))
    return _with_tables(_with_home_folders(_with_shown_first(completed)), config, schema_path.parents[1])


def refuse_duplicate_keys(paths: Iterable[Path]) -> None:
    """Raise ConfigError if a YAML file is unreadable or gives a key twice (Snakemake keeps the last value)."""
    for path in paths:
        try:
            yaml.load(path.read_text(encoding="utf-8-sig"), _StrictLoader)  # noqa: S506 (derived from SafeLoader)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None
        except OSError as error:
            raise ConfigError(f"{path}: cannot read the configuration ({error.strerror}). Correct its name.") from None
        # ValueError: bytes that are not UTF-8, a 13th month, a number of thousands of digits.
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise ConfigError(
                f"{path}: not YAML in UTF-8 ({' '.join(str(error).split())}). Correct the file."
            ) from None


def with_nested_values(config: dict[str, Any], command_line: dict[str, Any]) -> dict[str, Any]:
    """`config` in which the lists and blocks given by `--config` (here `command_line`) are read as in a file.

    Snakemake leaves every number, boolean and null in them as text.
    """
    nested = {key: _read_text(value) for key, value in command_line.items() if isinstance(value, dict | list)}
    return merge(config, nested)


def on_top_of_published(config: dict[str, Any], project: Path) -> dict[str, Any]:
    """`config` merged into config/config.yaml of the folder `project`.

    For a module of another workflow: Snakemake reads no configuration file of a module that is given a configuration.
    Path variables are left out, because Snakemake knows those of a module before any rule is read.
    """
    published: dict[str, Any] = yaml.safe_load((project / "config" / "config.yaml").read_text(encoding="utf-8"))
    del published["pathvars"]
    return merge(published, config)


def short_edition(project: Path) -> dict[str, Any]:
    """The complete configuration of config/short.yaml, on top of config/config.yaml, of the folder `project`."""
    folder = project / "config"
    short = yaml.safe_load((folder / "short.yaml").read_text(encoding="utf-8"))
    return check_configuration(on_top_of_published(short, project), folder / "schema.yaml")


def merge(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """A copy of `lower` with the values of `upper`; blocks are merged, as Snakemake merges configuration files."""
    return lower | {
        key: merge(lower[key], value) if isinstance(value, dict) and isinstance(lower.get(key), dict) else value
        for key, value in upper.items()
    }


def normalise_path(path: str) -> str:
    """A path variable for Snakemake: `~` expanded, without `//`, `./` and a slash at the end. URLs are unchanged.

    Raises ConfigError for the home folder of an unknown user, and for a path that is a file or lies below a file.
    """
    if "://" in path:
        return path
    try:
        folder = Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"pathvars: {path}: there is no such user. Write the folder without ~.") from None
    for part in (folder, *folder.parents):
        if part.is_file():
            raise ConfigError(f"pathvars: {path}: {part} is a file, not a folder. Move it, or name another folder.")
    return str(folder)


def _with_shown_first(config: dict[str, Any]) -> dict[str, Any]:
    """`config` with the networks of the overview before the others."""
    networks = config["networks"]
    return config | {"networks": {name: networks[name] for name in [*config["figure"]["networks"], *networks]}}


def _with_tables(config: dict[str, Any], given: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """`config` with paths of tables that are valid in the working directory.

    A table that is not in `given` (the configuration before defaults) is that of `project`. A relative path is looked
    for in the working directory, then in `project`.
    """
    if Path.cwd().resolve() == project.resolve():
        return config

    def located(key: str, path: str) -> str:
        in_project = project / path
        is_published = key not in given or (in_project.exists() and not Path(path).exists())
        return str(in_project.absolute()) if is_published else path

    tables = {key: [located(key, path) for path in config[key]] for key in _TABLES}
    return config | tables | {"sources": located("sources", config["sources"])}


def _with_home_folders(config: dict[str, Any]) -> dict[str, Any]:
    """`config` with `~` expanded at the start of every path of a user's file, as a shell expands it."""

    def expanded(path: str | None) -> str | None:
        try:
            return str(Path(path).expanduser()) if path and path.startswith("~") else path
        except RuntimeError:  # an unknown user: a shell leaves the name unchanged
            return path

    def with_paths(block: dict[str, Any], *keys: str) -> dict[str, Any]:
        return block | {key: expanded(block[key]) for key in keys if key in block}

    squeezenet = config["raters"]["squeezenet"]
    return (
        with_paths(config, "sources")
        | {key: [expanded(path) for path in config[key]] for key in _TABLES}
        | {
            "dataset": with_paths(config["dataset"], "archive", "path"),
            "networks": {name: with_paths(block, "source") for name, block in config["networks"].items()},
            "raters": config["raters"] | {"squeezenet": squeezenet and with_paths(squeezenet, "source")},
        }
    )


def _read_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _read_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_read_text(inner) for inner in value]
    try:
        scalar = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        return value
    return scalar if scalar is None or isinstance(scalar, bool | int | float) else value


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue  # the block's own keys may override those that `<<` merges
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # refused by the loader itself
            if key in keys:
                raise ConfigError(f"line {key_node.start_mark.line + 1}: key {key!r} is given twice; keep one of them")
            keys.add(key)
        return super().construct_mapping(node, deep)
