"""Text of figures and pages: names, sentences and numbers as they are displayed."""

import math
import re

from robust_style.files.evaluation import Evaluation

# Line breaks of every kind; characters that are invisible or not allowed in XML; characters that change the direction
# of reading, with which a text looks like another (Boucher and Anderson 2021).
_BREAKS = re.compile(r"\r\n|[\t-\r\x1c-\x1f\x85\u2028\u2029]")
_UNSHOWN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Letters of a title or a sentence; more would fill a figure.
LONGEST = 300


def plain(words: object) -> str:
    """The text in one line, with a � for every character that would be displayed as something else."""
    return _UNSHOWN.sub("�", _BREAKS.sub(" ", str(words)))


def shortened(words: str) -> str:
    """The text, cut with an ellipsis after LONGEST letters."""
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def spoken(name: str) -> str:
    """A name from the configuration as it is displayed: with spaces instead of underscores."""
    return plain(name.replace("_", " "))


def epoch_words(epoch: int) -> str:
    """The label of a training epoch."""
    return "untrained" if epoch == 0 else f"epoch {epoch}"


def percent(fraction: float | None) -> str:
    """A fraction as whole per cent, a half rounded up as on the page; a dash where it was not measured."""
    return "–" if fraction is None else str(math.floor(100 * fraction + 0.5))


def accuracy_words(evaluation: Evaluation | None, *, short: bool = False) -> str:
    """Clean and robust accuracy in few words, or in fewer; nothing where neither was measured."""
    if evaluation is None or evaluation.clean_accuracy is evaluation.robust_accuracy is None:
        return ""
    clean, robust = percent(evaluation.clean_accuracy), percent(evaluation.robust_accuracy)
    return f"{clean} / {robust} %" if short else f"clean {clean} · robust {robust} %"


def share_missing(share: float, least: float = 0.01) -> str:
    """A share of 0 or more as per cent, its sign left out: two digits, down to `least` per cent."""
    hundredths = 100 * share
    if hundredths >= 9.95:
        return f"{hundredths:.0f}"
    if hundredths < 0.95 * least:
        return "0" if hundredths == 0 else f"<{least:g}"
    return f"{max(hundredths, least):.2g}"
