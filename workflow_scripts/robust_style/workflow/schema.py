"""The JSON schema of the configuration (config/schema.yaml) applied: numbers in text, defaults, and errors by key.

Standard library, PyYAML and jsonschema only: the Snakefile imports it, and its process need not have torch.
"""

import copy
import math
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from robust_style.errors import ConfigError
from robust_style.messages import did_you_mean, nearest_name, quoted
from robust_style.model.painters import is_painter, painter_settings

# Schemas and tables of the package; the files are links to config/.
CONFIG = Path(__file__).resolve().parents[1] / "config"

_DECIMAL = r"[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}"
_NUMBER = re.compile(rf"([-+]?(?:{_DECIMAL})(?:[eE][-+]?[0-9]{{1,3}})?)(?:\s*/\s*({_DECIMAL}))?")
_DEVICE = re.compile(r"auto|cpu|cuda(:[0-9]{1,3})?")
# Names of devices in other programs.
_DEVICE_SYNONYMS = {"gpu": "cuda", "nvidia": "cuda", "cuda0": "cuda:0"}
# Names of the types in messages, in the words of YAML.
_TYPES = {
    "object": "a block of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
    "null": "null",
}
_PATTERNS = {
    "^[a-z0-9_]+$": "a name of lower-case letters, digits and _",
    "^(?!none$)[a-z0-9_]+$": "a name of lower-case letters, digits and _ other than none",
}
# Keys and names of version 0.1 (patterns of paths), and what to do instead.
_OLD_KEYS = {
    r"training\.processes": (
        "this key was removed; delete it. To use several GPUs, train several networks or seeds in parallel "
        "on a cluster, where each job has a GPU of its own (docs/cluster.md)"
    ),
    r"(transfer\.recipes\..+|reconstruction)\.evaluations": "this key is called iterations now",
    r"judges": "this block is called raters now",
}
_OLD_RECIPE = "seed"


def complete(config: dict[str, Any], schema: dict[str, Any], recipes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A copy of `config` with defaults filled in, built-in `recipes` expanded, and blocks set to null removed.

    Text that spells a number (`1e-3`, `8/255`) becomes a number where the schema requires one. The values are not
    checked. Raises ConfigError for a recipe that is based on an unknown one.
    """
    config = with_numbers(copy.deepcopy(config), schema, schema)
    _remove_nulls(config)
    _expand_recipes(config, recipes)
    for network in _block(config, "networks").values():
        if isinstance(network, dict) and is_painter(network.get("source")):
            network |= painter_settings(network["source"]) | network
        # A default of one kind of network only, which JSON schema cannot state.
        if isinstance(network, dict) and network.get("regime") == "adversarial" and "source" not in network:
            network.setdefault("random_start", False)
    fill_defaults(config, schema)
    return config


def built_in_recipes(path: Path) -> dict[str, dict[str, Any]]:
    """The recipes of config/recipes.yaml by name, each with the keys listed there only."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def fill_defaults(value: Any, schema: dict[str, Any]) -> None:
    """Set every missing key to its default in `schema`, in place."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            fill_defaults(item, schema["items"])
    if not isinstance(value, dict):
        return
    properties = schema.get("properties", {})
    for key, part in properties.items():
        if "default" in part and key not in value:
            value[key] = copy.deepcopy(part["default"])
        if key in value:
            fill_defaults(value[key], part)
    if isinstance(schema.get("additionalProperties"), dict):
        for key in value.keys() - properties.keys():
            fill_defaults(value[key], schema["additionalProperties"])


def number_in(text: str) -> int | float | None:
    """The finite number that `text` spells: `300`, `1e-3`, `1.5E+2` or a fraction such as `8/255`; None for other text.

    Values without a point, an exponent and a division are int. `inf`, `nan`, hexadecimal and grouped digits are not
    accepted.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    numerator, denominator = match.groups()
    if denominator is None and re.fullmatch(r"[-+]?[0-9]+", numerator):
        return int(numerator)
    divisor = float(denominator or 1)
    value = float(numerator) / divisor if divisor else math.inf
    return value if math.isfinite(value) else None


def whole_number_in(text: str) -> int | None:
    """The whole number that `text` spells, also in scientific notation (`1e3`); None for other text."""
    value = number_in(text)
    return int(value) if value is not None and "/" not in text and value == int(value) else None


def with_numbers(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A copy of `value` in which text becomes a number wherever `part` of the JSON `schema` allows numbers and no text.

    Text that does not spell a number of that kind is left for the schema to refuse.
    """
    part = {**schema["$defs"][part["$ref"].removeprefix("#/$defs/")], **part} if "$ref" in part else part
    if isinstance(value, dict):
        known, others = part.get("properties", {}), part.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {key: with_numbers(inner, known.get(key, others), schema) for key, inner in value.items()}
    if isinstance(value, list):
        items = part.get("items")
        return [with_numbers(inner, items if isinstance(items, dict) else {}, schema) for inner in value]
    types = [part["type"]] if isinstance(part.get("type"), str) else part.get("type", [])
    if not isinstance(value, str) or "string" in types:
        return value
    number = number_in(value) if "number" in types else whole_number_in(value) if "integer" in types else None
    return value if number is None else number


def schema_errors(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """A sentence for each violation of `schema`, in the order of the keys. Each begins with the path of the key."""
    errors = sorted(_Validator(schema).iter_errors(config), key=lambda error: [str(p) for p in error.absolute_path])
    return list(dict.fromkeys(sentence for error in errors for sentence in _sentences(error)))


def device_error(name: str) -> str | None:
    """What is wrong with the name of a device (auto, cpu, cuda or cuda:N); None if it is valid."""
    if _DEVICE.fullmatch(name):
        return None
    if name.partition(":")[0] == "mps":
        return "mps (Apple's GPU) only paints photos, with robust-style paint; use cpu"
    # A higher cutoff than usual: tpu is not a misspelt cpu.
    meant = _DEVICE_SYNONYMS.get(name.lower()) or nearest_name(name, ("auto", "cpu", "cuda", "cuda:0"), cutoff=0.7)
    return f"expected auto, cpu, cuda or cuda:N, found {quoted(name)}{f'; did you mean {meant}?' if meant else ''}"


def unknown_key(path: str, known: dict[str, Any]) -> str:
    """What is wrong with the key at `path` (dots between keys), which is not one of `known`."""
    change = next((change for pattern, change in _OLD_KEYS.items() if re.fullmatch(pattern, path)), None)
    return change or "no such key" + nearest(path.rpartition(".")[2], known)


def nearest(name: str, known: dict[str, Any]) -> str:
    """The nearest of the known names, or all of them, as a phrase that follows an error."""
    names = f"; known here: {', '.join(known)}" if known else "; names consist of a-z, 0-9 and _"
    return did_you_mean(name, known) or names


def _remove_nulls(config: dict[str, Any]) -> None:
    """Remove networks and recipes that are null: a later file removes in this way what an earlier file defines."""
    networks, recipes = _block(config, "networks"), _block(config, "transfer", "recipes")
    for name in [name for name, network in networks.items() if network is None]:
        del networks[name]
        _block(config, "expected").pop(name, None)
    for name in [name for name, recipe in recipes.items() if recipe is None and name != _OLD_RECIPE]:
        del recipes[name]


def _expand_recipes(config: dict[str, Any], built_in: dict[str, dict[str, Any]]) -> None:
    """Complete each recipe with the built-in recipe that it is based on or named after."""
    recipes = _block(config, "transfer", "recipes")
    for name, recipe in recipes.items():
        base = None
        if isinstance(recipe, dict) and isinstance(recipe.get("based_on"), str):
            base = recipe.pop("based_on")
        if _OLD_RECIPE in (name, base):
            raise ConfigError(f"transfer.recipes.{name}: the recipe seed is called original now; write original")
        if base is not None and base not in built_in:
            error = f"{quoted(base)} is no built-in recipe{nearest(str(base), built_in)}"
            raise ConfigError(f"transfer.recipes.{name}.based_on: {error}")
        if isinstance(recipe, dict):
            recipes[name] = copy.deepcopy(built_in.get(base or name, {})) | recipe


def _block(config: dict[str, Any], *keys: str) -> dict[Any, Any]:
    """The block at that place; an empty one if there is none, or a value of another type."""
    block: Any = config
    for key in keys:
        block = block.get(key) if isinstance(block, dict) else None
    return block if isinstance(block, dict) else {}


def _sentences(error: jsonschema.ValidationError) -> Iterator[str]:
    place = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        for key in sorted(str(key) for key in error.instance.keys() - known.keys()):
            path = f"{place}.{key}" if place else key
            yield f"{path}: {unknown_key(path, known)}"
    elif error.validator == "required":
        missing = ", ".join(key for key in error.validator_value if key not in error.instance)
        yield f"{place or 'configuration'}: the key {missing} is missing"
    elif place == "device" and isinstance(error.instance, str):
        yield f"device: {device_error(error.instance) or error.message}"
    else:
        yield f"{place}: expected {_requirement(error)}, found {quoted(error.instance)}{_hint(error)}"


def _requirement(error: jsonschema.ValidationError) -> str:
    value = error.validator_value
    match error.validator:
        case "type":
            types = [value] if isinstance(value, str) else value
            if "string" in types and isinstance(error.instance, str):
                return "text without control characters"
            return " or ".join(_TYPES[name] for name in types)
        case "enum":
            return f"one of {', '.join(map(str, value))}"
        case "minimum":
            return f"at least {value}"
        case "maximum":
            return f"at most {f'{value:g}' if isinstance(value, float) else value}"
        case "exclusiveMinimum":
            return f"more than {value}"
        case "exclusiveMaximum":
            return f"less than {value}"
        case "multipleOf":
            return f"a multiple of {value}"
        case "pattern":
            return _PATTERNS.get(value, f"text of the form {value}")
        case "uniqueItems":
            return "each item once"
        case "anyOf":
            return "a name or a list of names"
        case str() as rule if re.fullmatch("(min|max)(Items|Properties|Length)", rule):
            items = "character" if rule.endswith("Length") else "item"
            return f"at {'least' if rule.startswith('min') else 'most'} {value} {items}{'' if value == 1 else 's'}"
    return f"another value ({error.message})"


def _hint(error: jsonschema.ValidationError) -> str:
    value = error.instance
    if error.validator == "enum" and isinstance(value, str):
        return did_you_mean(value, [str(allowed) for allowed in error.validator_value])
    if error.validator == "type" and isinstance(value, float) and value.is_integer():
        return " (write whole numbers without a decimal point)"
    return ""


def _is_integer(_: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_number(_: object, value: object) -> bool:
    return _is_integer(_, value) or (isinstance(value, float) and math.isfinite(value))


def _is_text(_: object, value: object) -> bool:
    return isinstance(value, str) and not any(unicodedata.category(character) in ("Cc", "Cs") for character in value)


# Differs from JSON schema: 4.0 is no integer (`range` and file names need an int), numbers are finite, and text has no
# control characters.
_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number, "string": _is_text}
    ),
)
