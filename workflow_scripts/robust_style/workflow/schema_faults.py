"""What in a configuration does not fit its schema: a sentence for each fault, beginning with the key.

Standard library and jsonschema only, as for `settings`.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import jsonschema

from robust_style.compute.device_names import device_fault
from robust_style.model.architectures import did_you_mean
from robust_style.workflow.defaults import nearest

# What stands after `found` is to remind of the value, not to print a screen of it.
_LONGEST_SHOWN = 120
# The types of JSON schema as a person who writes YAML calls them.
_TYPES = {
    "object": "a block of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_PATTERNS = {"^[a-z0-9_]+$": "a name of lower-case letters, digits and _"}
# Keys of version 0.1, as patterns of their paths, and what to do instead.
_OLD_KEYS = {
    r"training\.processes": (
        "this key was removed; delete it. To use several GPUs, train several networks or seeds in parallel "
        "on a cluster, where each job has a GPU of its own (docs/cluster.md)"
    ),
    r"(transfer\.recipes\..+|reconstruction)\.evaluations": "this key is called iterations now",
    r"judges": "this block is called raters now",
}


def _is_whole(_: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# JSON schema lets 4.0 pass as an integer, which `range` and a file's name do not.
_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)


def schema_faults(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Every fault once: in the order of the keys those that the schema finds, then what no schema can say."""
    of_values = list(_faults_of_values(config, ""))
    try:
        repr(config)
    except ValueError:  # jsonschema writes out what it refuses, and cannot write a number of so many digits
        return of_values
    return list(dict.fromkeys([*_faults(config, schema), *of_values]))


def shown(value: object) -> str:
    """A value as a message shows it: as Python would write it, in one line, not long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # a number of more digits than Python is willing to write
        return "a number of very many digits"
    return shown_text(text)


def shown_text(text: str) -> str:
    """The beginning of a text that may be long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def old_key(path: str) -> str | None:
    """What became of a key of version 0.1, None for any other; `path` has dots between the keys."""
    return next((change for pattern, change in _OLD_KEYS.items() if re.fullmatch(pattern, path)), None)


def _faults(config: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    for error in sorted(_Validator(schema).iter_errors(config), key=lambda e: [str(p) for p in e.absolute_path]):
        place = ".".join(str(part) for part in error.absolute_path)
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = error.schema.get("properties", {})
            for key in sorted(str(k) for k in error.instance.keys() - known.keys()):
                path = f"{place}.{key}" if place else key
                yield f"{path}: {old_key(path) or 'no such key' + nearest(key, known)}"
        elif error.validator == "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            yield f"{place or 'configuration'}: expected the key {', '.join(missing)}, found none"
        elif place == "device" and isinstance(error.instance, str):
            yield f"device: {shown_text(device_fault(error.instance) or error.message)}"
        else:
            yield f"{place}: {_expected(error)}, found {shown(error.instance)}{_hint(error)}"


def _expected(error: jsonschema.ValidationError) -> str:
    value = error.validator_value
    match error.validator:
        case "type":
            return f"expected {' or '.join(_TYPES[name] for name in ([value] if isinstance(value, str) else value))}"
        case "enum":
            return f"expected one of {', '.join(map(str, value))}"
        case "minimum":
            return f"expected at least {value}"
        case "maximum":
            return f"expected at most {f'{value:g}' if isinstance(value, float) else value}"
        case "exclusiveMinimum":
            return f"expected more than {value}"
        case "exclusiveMaximum":
            return f"expected less than {value}"
        case "multipleOf":
            return f"expected a multiple of {value}"
        case "pattern" if value in _PATTERNS:
            return f"expected {_PATTERNS[value]}"
        case "pattern":
            return f"expected text of the form {value}"
        case "uniqueItems":
            return "expected each item once"
        case "minItems" | "maxItems" | "minProperties" | "minLength" | "maxLength":
            bound = "at least" if error.validator.startswith("min") else "at most"
            items = "character" if error.validator.endswith("Length") else "item"
            return f"expected {bound} {value} {items}{'' if value == 1 else 's'}"
        case _:
            return "expected a name or a list of names" if error.validator == "anyOf" else error.message


def _hint(error: jsonschema.ValidationError) -> str:
    """What a value of the wrong kind was probably meant to be."""
    found = error.instance
    if error.validator == "enum":
        return did_you_mean(found, [str(value) for value in error.validator_value]) if isinstance(found, str) else ""
    if error.validator == "type" and isinstance(found, float) and found.is_integer():
        return " (write whole numbers without a decimal point)"
    return ""


def _faults_of_values(value: Any, place: str) -> Iterator[str]:
    """JSON schema lets NaN and infinity pass as numbers, whole ones beyond any float, and text that names no file."""
    if isinstance(value, int | float) and not _is_finite(value):
        yield f"{place}: expected a finite number, found {shown(value)}"
    if isinstance(value, str) and any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        yield f"{place}: expected text without control characters, found {shown(value)}"
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _faults_of_values(inner, f"{place}.{key}".lstrip("."))


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
