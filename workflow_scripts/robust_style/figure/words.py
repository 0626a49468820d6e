"""The words under and beside pictures."""

import math

from robust_style.score.evaluation import Evaluation


def spoken(name: str) -> str:
    """A name from the configuration as a reader meets it."""
    return name.replace("_", " ")


def epoch_words(epoch: int) -> str:
    """A row's label on the axis of training epochs."""
    return "untrained" if epoch == 0 else f"epoch {epoch}"


def percent(fraction: float | None) -> str:
    """A fraction as whole per cent, a half rounded up as on the page; a dash where it was not measured."""
    return "–" if fraction is None else str(math.floor(100 * fraction + 0.5))


def accuracy_words(evaluation: Evaluation | None) -> str:
    """Clean and robust accuracy in few words; nothing where the checkpoint was not evaluated."""
    if evaluation is None:
        return ""
    return f"clean {percent(evaluation.clean_accuracy)} · robust {percent(evaluation.robust_accuracy)} %"
