"""Values of a recipe as they must be: each reader takes a key and what was found there, and gives what it means."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from robust_style.errors import ConfigError

Reader = Callable[[str, Any], Any]


def layers(key: str, value: Any) -> tuple[str, ...]:
    """Names of different layers, at least one."""
    names = _sequence(key, value)
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise _fault(key, "a list of different layers such as relu4_2, at least one", value)
    return tuple(names)


def weight(key: str, value: Any) -> float:
    """A finite number of 0 or more."""
    return _number(key, value, "a finite number of 0 or more", lambda number: number >= 0)


def above_zero(key: str, value: Any) -> float:
    """A finite number above 0."""
    return _number(key, value, "a finite number above 0", lambda number: number > 0)


def fraction(key: str, value: Any) -> float:
    """A number of 0 to 1."""
    return _number(key, value, "a number of 0 to 1", lambda number: 0 <= number <= 1)


def weights_or_none(key: str, value: Any) -> tuple[float, ...] | None:
    """A list of finite numbers of 0 or more, or None."""
    return None if value is None else tuple(weight(key, entry) for entry in _sequence(key, value))


def switch(key: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise _fault(key, "true or false", value)
    return value


def choice(choices: Any) -> Reader:
    """One of the words of a Literal."""
    words = get_args(choices)

    def read(key: str, value: Any) -> str:
        if value not in words:
            raise _fault(key, " or ".join(words), value)
        return str(value)

    return read


def count(*, least: int) -> Reader:
    """A whole number, `least` or more."""

    def read(key: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise _fault(key, f"a whole number of {least} or more", value)
        return value

    return read


def counts(*, least: int) -> Reader:
    """A list of whole numbers, at least one."""
    one = count(least=least)

    def read(key: str, value: Any) -> tuple[int, ...]:
        entries = _sequence(key, value)
        if not entries:
            raise _fault(key, "a list with at least one entry", value)
        return tuple(one(key, entry) for entry in entries)

    return read


def blocks(make: Callable[..., Any], readers: Mapping[str, Reader]) -> Reader:
    """A list of blocks with exactly the keys of `readers`; each becomes `make(**values)`."""

    def read(key: str, value: Any) -> tuple[Any, ...]:
        found = _sequence(key, value)
        for entry in found:
            if not isinstance(entry, Mapping) or set(entry) != set(readers):
                raise _fault(key, f"blocks of {', '.join(readers)}", entry)
        return tuple(
            make(**{name: reader(f"{key}.{name}", entry[name]) for name, reader in readers.items()}) for entry in found
        )

    return read


def _sequence(key: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _fault(key, "a list", value)
    return value


def _number(key: str, value: Any, expected: str, fits: Callable[[float], bool]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not fits(value):
        raise _fault(key, expected, value)
    return float(value)


def _fault(key: str, expected: str, found: object) -> ConfigError:
    hint = "; write powers of ten as 4.0e+6 (YAML reads 4e6 as text)" if isinstance(found, str) else "; correct it"
    return ConfigError(f"transfer recipe: expected {key} to be {expected}, found {found!r}{hint}")
