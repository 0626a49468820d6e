"""Text for messages: values and foreign text made printable, the nearest known name, durations.

Standard library only.
"""

import difflib
import re
from collections.abc import Iterable

# Characters that a terminal interprets (colours, cursor, text direction) and lone surrogates, which no file can store.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """`text` with control characters, except tabs and line feeds, replaced by U+FFFD."""
    return _CONTROL.sub("\ufffd", text)


def quoted(value: object, longest: int = 120) -> str:
    """`value` as Python writes it, in one line, cut after `longest` characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= longest else f"{text[:longest]}…"


def escaped(value: object, longest: int = 100) -> str:
    """Foreign text, or an error about it, as one line of ASCII, cut after `longest` characters.

    For other objects, the name of the type.
    """
    text = str(value) if isinstance(value, str | Exception) else type(value).__name__
    return ascii(" ".join(text.split()) or type(value).__name__)[1:-1][:longest]


def nearest_name(name: object, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that is most similar to `name` (`difflib` ratio of `cutoff` or more), or None."""
    matches = difflib.get_close_matches(str(name), list(known), 1, cutoff)
    return matches[0] if matches else None


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`; did you mean NEAREST?`, or an empty text if no known name is similar."""
    nearest = nearest_name(name, known)
    return f"; did you mean {nearest}?" if nearest else ""


def format_duration(seconds: float) -> str:
    """A duration in s, min or h and min: 48 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
