"""Words that fit a width: broken between words, then set smaller."""

import textwrap
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from robust_style.figure.visual_language import FONT, MM_PER_INCH
from robust_style.figure.words import plain

POINTS_PER_INCH = 72.0
# Smaller type is not read on paper.
SMALLEST_PT = 4.5
_STEP_PT = 0.5
# Hinting sets a line a little wider than its outlines are.
_HINTING = 1.02
# More of no letter fit, however narrow and small it is.
_LETTERS_PER_MM = 8


def fitted(words: str, width_mm: float, size_pt: float, *, bold: bool = False, lines: int = 1) -> tuple[str, float]:
    """The words in at most so many lines, and the greatest size up to `size_pt` at which they fit the width.

    Words that would have to be smaller than SMALLEST_PT are cut, with an ellipsis.
    """
    if len(words) <= width_mm * lines * _LETTERS_PER_MM:
        choices = [_broken(words, count) for count in range(1, lines + 1)]
        size = size_pt
        while size >= SMALLEST_PT:
            for broken in choices:
                if all(width_of(line, size, bold=bold) <= width_mm for line in broken.split("\n")):
                    return broken, size
            size -= _STEP_PT
    kept = words[: _letters_that_fit(words, width_mm, SMALLEST_PT, bold=bold, end="…")]
    return kept.rstrip() + "…", SMALLEST_PT


def fitted_alike(
    names: Sequence[str], width_mm: float, size_pt: float, *, bold: bool = False, lines: int = 1
) -> tuple[list[str], float]:
    """Several names, each as by `fitted`, all of the size of the smallest."""
    size = min((fitted(name, width_mm, size_pt, bold=bold, lines=lines)[1] for name in names), default=size_pt)
    return [fitted(name, width_mm, size, bold=bold, lines=lines)[0] for name in names], size


def paragraph(words: str, width_mm: float, size_pt: float) -> list[str]:
    """The words as lines of at most that width; a word that is wider is broken."""
    lines: list[str] = []
    for word in (piece for one in words.split() for piece in _pieces(one, width_mm, size_pt)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size_pt) <= width_mm:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def width_of(words: str, size_pt: float, *, bold: bool = False) -> float:
    """How wide one line of words is set, in millimetres."""
    if not words.strip():
        return 0.0
    font = FontProperties(family=FONT, weight="bold" if bold else "normal")
    points = TextPath((0, 0), plain(words).replace("$", r"\$"), size=size_pt, prop=font).get_extents().x1
    return float(_HINTING * points / POINTS_PER_INCH * MM_PER_INCH)


def _broken(words: str, lines: int) -> str:
    """The words in that many lines, or fewer, the longest as short as can be."""
    widths = range(1, len(words) + 1)
    at = bisect_left(widths, True, key=lambda width: len(_wrapped(words, width)) <= lines)
    return "\n".join(_wrapped(words, widths[at])) if at < len(widths) else words


def _wrapped(words: str, width: int) -> list[str]:
    return textwrap.wrap(words, width, break_long_words=False)


def _pieces(word: str, width_mm: float, size_pt: float) -> list[str]:
    pieces = []
    while len(word) > width_mm * _LETTERS_PER_MM or (len(word) > 1 and width_of(word, size_pt) > width_mm):
        count = _letters_that_fit(word, width_mm, size_pt)
        pieces.append(word[:count])
        word = word[count:]
    return [*pieces, word]


def _letters_that_fit(words: str, width_mm: float, size_pt: float, *, bold: bool = False, end: str = "") -> int:
    """How many letters of the words, with `end` behind them, are no wider than that; at least one."""
    counts = range(1, min(len(words), int(width_mm * _LETTERS_PER_MM)) + 1)
    return max(1, bisect_right(counts, width_mm, key=lambda count: width_of(words[:count] + end, size_pt, bold=bold)))
