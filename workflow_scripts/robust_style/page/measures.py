"""What the page calls each score, which way is better, and when a picture has failed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from robust_style.figure.words import spoken
from robust_style.score.columns import ACCURACIES, MEASURES, RATED


@dataclass(frozen=True)
class Words:
    """A score as a reader meets it. `better`: 1 more, -1 less, 0 neither; `is_first`: shown without being asked for."""

    group: str
    words: str
    note: str
    better: int = 0
    is_first: bool = False
    is_fraction: bool = False


_OF_MEASURE = {
    "content_ssim": Words("Content", "Structure kept", "SSIM, 1 = the content", 1, is_first=True),
    "content_edge_ssim": Words("Content", "Edges kept", "SSIM of the edges, 1 = the content", 1),
    "luma_correlation": Words("Content", "Light and dark kept", "1 = as in the content, below 0 = swapped", 1),
    "content_perceptual_distance": Words("Content", "Perceptual distance", "0 = the content", -1),
    "style_colour_distance": Words("Style", "Colour distance", "0 = style, 1 = content", -1, is_first=True),
    "style_texture_distance": Words("Style", "Texture distance", "0 = style, 1 = content", -1, is_first=True),
    "style_gram_distance": Words("Style", "Gram distance", "seen by an ImageNet network, 0 = the style", -1),
    "rater_standard_style_distance": Words("Style", "To a standard rater", "a network kept apart, 0 = the style", -1),
    "rater_adversarial_style_distance": Words("Style", "To a robust rater", "a network kept apart, 0 = the style", -1),
    "high_frequency_excess": Words("Artefacts", "Fine ripples", "above 0 = artefacts", -1, is_first=True),
    "checkerboard_excess": Words("Artefacts", "Checkerboard", "above 0 = artefacts", -1),
    "out_of_range_fraction": Words("Artefacts", "Out of range", "values beyond black or white", -1, is_fraction=True),
    "worst_rise": Words("Painting", "Loss rise", "over its best, 1 = calm", -1, is_first=True),
    "final_over_best": Words("Painting", "End over best", "1 = it ended at its best", -1),
    # Each network has its own unit of loss: neither is better.
    "final_content_loss": Words("Painting", "Content loss", "at the end, in the network’s own unit"),
    "final_style_loss": Words("Painting", "Style loss", "at the end, in the network’s own unit"),
    "clean_accuracy": Words("Network", "Clean accuracy", "photographs recognised", is_first=True, is_fraction=True),
    "robust_accuracy": Words("Network", "Robust accuracy", "the same, under attack", is_first=True, is_fraction=True),
}
# The first that was measured decides where the page opens.
STYLE_DISTANCES = ("style_texture_distance", "style_colour_distance")
# A rise of ten is far beyond what a line search lets pass; below 0 the tower is dark where the sky was.
FAILURES = (
    {"measure": "worst_rise", "above": 10.0, "words": "Loss exploded", "detail": "rose to {} times its best"},
    {"measure": "luma_correlation", "below": 0.0, "words": "Light and dark swapped", "detail": "correlation {}"},
)


def shown_measures(columns: Collection[str]) -> list[str]:
    """The scores among these columns of the table, in the order of the words; any that has no words yet comes last."""
    known = [name for name in _OF_MEASURE if name in columns]
    return known + [name for name in (*MEASURES, *RATED, *ACCURACIES) if name in columns and name not in _OF_MEASURE]


def words_of(name: str) -> dict[str, Any]:
    """A score's words, as plain data for the page's script."""
    words = _OF_MEASURE.get(name) or Words("Further", spoken(name).capitalize(), "")
    return {
        "name": name,
        "group": words.group,
        "words": words.words,
        "note": words.note,
        "better": words.better,
        "first": words.is_first,
        "fraction": words.is_fraction,
    }


def shown_failures(measures: Collection[str]) -> list[dict[str, Any]]:
    """The failures that can be told from these scores."""
    return [failure for failure in FAILURES if failure["measure"] in measures]
