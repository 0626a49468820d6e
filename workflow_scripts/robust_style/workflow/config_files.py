"""Configuration files read the strict way: a key given twice is an error, not the last one's silent victory."""

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml

from robust_style.errors import ConfigError


def refuse_duplicate_keys(paths: Iterable[Path]) -> None:
    """Raises ConfigError if a YAML file names one key twice in one place; Snakemake's own reader keeps the last."""
    for path in paths:
        try:
            _StrictLoader(path.read_text(encoding="utf-8-sig")).get_single_data()
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: expected YAML, found: {' '.join(str(error).split())}") from None


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue  # `<<`: what it brings in, the block's own keys may override
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise ConfigError(f"line {key_node.start_mark.line + 1}: key {key!r} is given twice; keep one of them")
            seen.add(key)
        return super().construct_mapping(node, deep)
