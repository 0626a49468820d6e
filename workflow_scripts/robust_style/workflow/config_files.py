"""What Snakemake reads too loosely: keys given twice in a file, values within lists and blocks of `--config`."""

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml

from robust_style.errors import ConfigError
from robust_style.workflow.published import merged

# Our own files have some hundred values. Aliases (`*name`) can make some hundred bytes into more than any memory holds.
_MOST_VALUES = 20_000


def refuse_duplicate_keys(paths: Iterable[Path]) -> None:
    """Raises ConfigError if a YAML file names one key twice in one place; Snakemake's own reader keeps the last.

    Also for a file that is no YAML, and for aliases that unfold without end or beyond measure.
    """
    for path in paths:
        try:
            loader = _StrictLoader(path.read_text(encoding="utf-8-sig"))
            content = loader.get_single_node()
            if content is not None:
                _count(content, {})
                loader.construct_document(content)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None
        except OSError as error:
            raise ConfigError(
                f"{path}: expected a configuration file, found {error.strerror}; correct its name"
            ) from None
        # Bytes that are not UTF-8, a 13th month, a number of thousands of digits; a thousand lists in one another.
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise ConfigError(
                f"{path}: expected YAML in UTF-8, found: {' '.join(str(error).split())}; correct the file"
            ) from None


def with_nested_values(config: dict[str, Any], command_line: dict[str, Any]) -> dict[str, Any]:
    """`config` with the lists and blocks of `--config`, here `command_line`, read as in a file.

    Snakemake leaves every number, boolean and null within them as text.
    """
    nested = {key: _read_text(value) for key, value in command_line.items() if isinstance(value, dict | list)}
    return merged(config, nested)


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


def _count(node: yaml.Node, counted: dict[int, int]) -> int:
    """How many values a node is, those behind aliases again for each. `counted` is 0 for a node being counted."""
    where = f"line {node.start_mark.line + 1}"
    if counted.get(id(node)) == 0:
        raise ConfigError(f"{where}: expected values, found an alias (*name) within what it stands for; write it out")
    if id(node) not in counted:
        counted[id(node)] = 0
        parts = (
            [part for pair in node.value for part in pair]
            if isinstance(node, yaml.MappingNode)
            else (node.value if isinstance(node, yaml.SequenceNode) else [])
        )
        counted[id(node)] = 1 + sum(_count(part, counted) for part in parts)
    if counted[id(node)] > _MOST_VALUES:
        raise ConfigError(f"{where}: expected at most {_MOST_VALUES} values, found more behind aliases (*name)")
    return counted[id(node)]


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue  # `<<`: what it brings in, the block's own keys may override
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # the reader itself refuses it
            if key in seen:
                raise ConfigError(f"line {key_node.start_mark.line + 1}: key {key!r} is given twice; keep one of them")
            seen.add(key)
        return super().construct_mapping(node, deep)
