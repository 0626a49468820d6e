"""Every key of config/schema.yaml, values of every kind, and which of them the schema allows, without a library."""

import copy
import datetime
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from merged_config import CONFIG, merged

# What somebody may write where something else belongs.
KINDS: dict[str, Any] = {
    "text": "many",
    "no text": "",
    "a number as text": "1e-3",
    "a number": 3.7,
    "a whole number with a point": 64.0,
    "negative": -1,
    "zero": 0,
    "huge": 10**400,
    "huge, with a point": 1e300,
    "not a number": math.nan,
    "infinite": math.inf,
    "true": True,
    "null": None,
    "a date": datetime.date(2026, 1, 1),
    "a list": ["x"],
    "an empty list": [],
    "a list of nothing": [None],
    "lists in lists": [[["x"]]],
    "a block": {"x": 1},
    "an empty block": {},
    "a block with a number for a key": {1: 2},
    "characters that no name has": "a\0b",
}
# The names that our configuration gives to blocks whose names are the user's.
NAMES = {
    "networks": "standard", "recipes": "mine", "blends": "both", "expected": "standard", "layers_of": "vgg",
    "classes": "dog",
}  # fmt: skip
_KINDS_OF_PYTHON = {
    "string": str, "boolean": bool, "array": list, "object": dict, "null": type(None),
    "integer": int, "number": (int, float),
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    """A place in the configuration: names of keys, 0 for the first of a list."""

    place: tuple[str | int, ...]
    schema: dict[str, Any]

    def __str__(self) -> str:
        return ".".join(map(str, self.place))

    @property
    def can_be_taken_away(self) -> bool:
        """Whether null there takes away what an earlier file named."""
        return self.place[:-1] in (("networks",), ("transfer", "recipes"))


@cache
def schema() -> dict[str, Any]:
    """The schema as it stands in the file."""
    found: dict[str, Any] = yaml.safe_load((CONFIG / "schema.yaml").read_text(encoding="utf-8"))
    return found


def keys(part: dict[str, Any] | None = None, place: tuple[str | int, ...] = ()) -> Iterator[Key]:
    """Every key, blocks and lists too, in the order of the schema."""
    part = _resolved(schema() if part is None else part)
    if place:
        yield Key(place, part)
    for name, inner in part.get("properties", {}).items():
        yield from keys(inner, (*place, name))
    if isinstance(part.get("additionalProperties"), dict):
        yield from keys(part["additionalProperties"], (*place, NAMES[str(place[-1])]))
    if isinstance(part.get("items"), dict):
        yield from keys(part["items"], (*place, 0))


@cache
def _configuration() -> dict[str, Any]:
    config = merged("config")
    recipes = yaml.safe_load((CONFIG / "recipes.yaml").read_text(encoding="utf-8"))
    # Two are enough: one built in, one all of whose keys stand there.
    config["transfer"]["recipes"] = {"fair": {}, "mine": recipes["fair"]}
    config["transfer"]["blends"] = {"both": [{"image": "the_scream"}]}
    config["raters"]["squeezenet"] = {"source": "weights.pth", "sha256": "0" * 64}
    return config


def configuration() -> dict[str, Any]:
    """The published configuration with something in every block, and few recipes."""
    return copy.deepcopy(_configuration())


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The configuration with this value at that place."""
    config = configuration()
    block: Any = config
    for number, name in enumerate(place[:-1]):
        empty: Any = [] if place[number + 1] == 0 else {}
        if isinstance(block, list):
            block.extend([empty] if not block else [])
        elif block.get(name) is None:
            block[name] = empty
        block = block[name]  # type: ignore[index]
    if place[-1] == 0:
        block[:1] = [copy.deepcopy(value)]
    else:
        block[place[-1]] = copy.deepcopy(value)
    return config


def fits(value: Any, part: dict[str, Any]) -> bool:
    """Whether a value is what a part of the schema allows; a whole number is one without a point, all are finite."""
    part = _resolved(part)
    if "anyOf" in part:
        return any(fits(value, option) for option in part["anyOf"])
    if "enum" in part:
        return value in part["enum"] and not isinstance(value, bool)
    kinds = [part["type"]] if isinstance(part["type"], str) else part["type"]
    if isinstance(value, str) and "number" in kinds and "string" not in kinds:
        # as YAML 1.2 reads it
        value = float(value) if re.fullmatch(r"[0-9]e-[0-9]", value) else value
    if not any(_is_kind(value, kind) for kind in kinds):
        return False
    if isinstance(value, str):
        return _text_fits(value, part)
    if isinstance(value, dict):
        return _block_fits(value, part)
    if isinstance(value, list):
        return len(value) >= part.get("minItems", 0) and all(fits(item, part["items"]) for item in value)
    return value is None or isinstance(value, bool) or _number_fits(value, part)


def _is_kind(value: Any, kind: str) -> bool:
    return isinstance(value, _KINDS_OF_PYTHON[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _text_fits(value: str, part: dict[str, Any]) -> bool:
    pattern = part.get("pattern", "")
    return value.isprintable() and len(value) >= part.get("minLength", 0) and re.search(pattern, value) is not None


def _number_fits(value: float, part: dict[str, Any]) -> bool:
    return (
        abs(value) < 1.7e308
        and part.get("minimum", -math.inf) <= value <= part.get("maximum", math.inf)
        and part.get("exclusiveMinimum", -math.inf) < value < part.get("exclusiveMaximum", math.inf)
        and value % part.get("multipleOf", 1) in (0, value % 1)
    )


def _block_fits(value: dict[Any, Any], part: dict[str, Any]) -> bool:
    if set(part.get("required", [])) - set(value) or len(value) < part.get("minProperties", 0):
        return False
    known, others = part.get("properties", {}), part["additionalProperties"]
    return all(
        fits(inner, known[key]) if key in known else isinstance(others, dict) and fits(inner, others)
        for key, inner in value.items()
    )


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").removeprefix("#/$defs/")
    return {**_resolved(schema()["$defs"][name]), **part} if name else part
