"""Numbers written as text: in scientific notation, which YAML 1.1 reads as text, and as fractions. Standard library."""

import math
import re
from typing import Any

_DECIMAL = r"[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}"
_NUMBER = re.compile(rf"([-+]?(?:{_DECIMAL})(?:[eE][-+]?[0-9]{{1,3}})?)(?:\s*/\s*({_DECIMAL}))?")


def number_in(text: str) -> int | float | None:
    """The finite number that `text` spells: `300`, `1e-3`, `1.5E+2` or a fraction such as `8/255`; None for other text.

    Values without a point, an exponent and a division are int. `inf`, `nan`, hexadecimal and grouped digits are not
    accepted.
    """
    matched = _NUMBER.fullmatch(text.strip())
    if matched is None:
        return None
    numerator, denominator = matched.groups()
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
    """A copy of `value` in which text is a number wherever `part` of the JSON `schema` allows numbers and no text.

    Text that spells no number of that kind is left for the schema to refuse.
    """
    part = {**schema["$defs"][part["$ref"].removeprefix("#/$defs/")], **part} if "$ref" in part else part
    if isinstance(value, dict):
        known, others = part.get("properties", {}), part.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {key: with_numbers(inner, known.get(key, others), schema) for key, inner in value.items()}
    if isinstance(value, list):
        items = part.get("items")
        return [with_numbers(inner, items if isinstance(items, dict) else {}, schema) for inner in value]
    kinds = [part["type"]] if isinstance(part.get("type"), str) else part.get("type", [])
    if not isinstance(value, str) or "string" in kinds:
        return value
    number = number_in(value) if "number" in kinds else whole_number_in(value) if "integer" in kinds else None
    return value if number is None else number
