"""Documentation from the schema: the page config/README.md, and the descriptions of the keys.

python -m robust_style.workflow.schema_page config/schema.yaml config/README.md
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

INTRODUCTION = """\
# The configuration, key by key

Made from [schema.yaml](schema.yaml) by `make docs`; do not edit. [config.yaml](config.yaml) is the published
experiment, [demo.yaml](demo.yaml) the one that takes minutes, [miniature.yaml](miniature.yaml) the tests'. A file of
your own on top (`--configfile mine.yaml`) names only what it changes: blocks are merged, lists replaced, and a network
or recipe set to `null` is taken away. Images are listed in [images.tsv](images.tsv).

| key | values | default | meaning |
|---|---|---|---|
"""


def schema_page(schema: dict[str, Any]) -> str:
    """The page as Markdown: one row per key, in the order of the schema."""
    rows = ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in _rows("", schema, schema))
    return INTRODUCTION + "\n".join(rows) + "\n"


def descriptions(schema_path: Path) -> dict[str, str]:
    """Descriptions by key: `training.epochs` or, below names of the user's, `networks.*.width`; backticks mark code."""
    schema = yaml.safe_load(schema_path.read_text(encoding="utf-8"))
    return dict(_described(schema, ""))


def _described(part: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for key, inner in part.get("properties", {}).items():
        if "description" in inner:
            yield f"{place}{key}", " ".join(str(inner["description"]).split())
        yield from _described(inner, f"{place}{key}.")
        if isinstance(inner.get("additionalProperties"), dict):
            yield from _described(inner["additionalProperties"], f"{place}{key}.*.")


def _rows(place: str, part: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for key, inner in part.get("properties", {}).items():
        name = f"{place}{key}"
        resolved = _resolved(inner, schema)
        default = f"`{_plain(inner['default'])}`" if "default" in inner else ""
        yield f"`{name}`", _values(resolved, schema), default, inner["description"]
        yield from _rows(f"{name}.", resolved, schema)
        if isinstance(resolved.get("additionalProperties"), dict):
            yield from _rows(f"{name}.*.", resolved["additionalProperties"], schema)
        if isinstance(resolved.get("items"), dict):
            yield from _rows(f"{name}[].", resolved["items"], schema)


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").removeprefix("#/$defs/")
    return {**schema["$defs"][name], **part} if name else part


def _values(part: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if "anyOf" in part:
        return " or ".join(_values(_resolved(option, schema), schema) for option in part["anyOf"])
    types = [part["type"]] if isinstance(part.get("type"), str) else part.get("type", [])
    if "array" in types:
        return f"list of {_values(_resolved(part['items'], schema), schema)}"
    limits = [
        f"{sign} {_plain_number(part[key])}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if key in part
    ]
    words = {"object": "block", "string": "text"}
    return ", ".join([" or ".join(words.get(kind, kind) for kind in types), *limits])


def _plain_number(value: int | float) -> str:
    """1e+12 instead of 1000000000000.0."""
    return f"{value:g}" if isinstance(value, float) and abs(value) >= 1e6 else str(value)


def _plain(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True).strip().removesuffix("...").strip()


if __name__ == "__main__":
    source, target = sys.argv[1:]
    Path(target).write_text(schema_page(yaml.safe_load(Path(source).read_text(encoding="utf-8"))), encoding="utf-8")
