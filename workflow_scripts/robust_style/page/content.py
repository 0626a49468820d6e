"""What the page knows, as plain data for its script."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.figure.palette import looks
from robust_style.figure.words import spoken
from robust_style.page.images import ImageShelf
from robust_style.score.evaluation import read_evaluation
from robust_style.score.table import read_table
from robust_style.score.trace import Trace, read_trace

# Twice the width at which the page shows content and style, for screens of high density.
THUMBNAIL_PX = 320
# As many as a reader compares at a glance; the table holds them all.
MEASURES = ("content_ssim", "style_colour_distance", "high_frequency_excess", "worst_rise")
KEY = ["recipe", "network", "seed", "epoch", "content", "style"]


def page_content(
    traces: Sequence[Path],
    evaluations: Sequence[Path],
    table: Path,
    contents: Mapping[str, Path],
    styles: Mapping[str, Path],
    title: str,
) -> dict[str, Any]:
    """Lists of recipes, networks, seeds, epochs and pairs, and pictures that refer to them by number.

    Numbers instead of names keep the page small, and no name can be mistaken for a key. Raises ResultError.
    """
    courses = [read_trace(path) for path in traces]
    if not courses:
        raise ResultError("expected at least one stylisation for the page, found none; paint some pictures first")
    shelf = ImageShelf()
    axes = _axes(courses)
    measured = _scores(table)
    pairs = [
        {
            "content": spoken(content),
            "style": spoken(style),
            "slug": f"{content}--{style}",
            "contentImage": shelf.add_thumbnail(_known(contents, content), THUMBNAIL_PX),
            "styleImage": shelf.add_thumbnail(_known(styles, style), THUMBNAIL_PX),
        }
        for content, style in axes["pairs"]
    ]
    return {
        "title": title,
        "recipes": [
            {"name": spoken(name), "slug": name, "words": _recipe_words(courses, name)} for name in axes["recipes"]
        ],
        "networks": _networks(courses, axes["networks"]),
        "seeds": axes["seeds"],
        "epochs": axes["epochs"],
        "pairs": pairs,
        "pictures": [_picture(course, axes, shelf, measured, table) for course in courses],
        "accuracies": _accuracies(evaluations, axes),
        "images": shelf.uris,
    }


def _axes(courses: Sequence[Trace]) -> dict[str, list[Any]]:
    labels = [course.labels for course in courses]
    return {
        # In the order given, which is the configuration's: the original pair and the standard network come first.
        "recipes": list(dict.fromkeys(label.recipe for label in labels)),
        "networks": list(dict.fromkeys(label.network for label in labels)),
        "pairs": list(dict.fromkeys((label.content, label.style) for label in labels)),
        "seeds": sorted({label.seed for label in labels}),
        "epochs": sorted({label.epoch for label in labels}),
    }


def _networks(courses: Sequence[Trace], names: Sequence[str]) -> list[dict[str, str]]:
    regimes = {course.labels.network: course.labels.regime for course in courses}
    of_network = looks({name: regimes[name] for name in names})
    return [
        {"name": spoken(name), "slug": name, "regime": spoken(regimes[name]), "colour": of_network[name].colour}
        for name in names
    ]


def _picture(
    course: Trace,
    axes: Mapping[str, list[Any]],
    shelf: ImageShelf,
    measured: Mapping[tuple[Any, ...], list[float]],
    table: Path,
) -> dict[str, Any]:
    labels = course.labels
    key = tuple(getattr(labels, name) for name in KEY)
    if key not in measured:
        raise ResultError(f"{table}: expected scores of {course.path}, found none; collect the scores again")
    return {
        "at": [
            axes["recipes"].index(labels.recipe),
            axes["networks"].index(labels.network),
            axes["seeds"].index(labels.seed),
            axes["epochs"].index(labels.epoch),
            axes["pairs"].index((labels.content, labels.style)),
        ],
        "image": shelf.add_jpeg(course.preview),
        "width": course.width_px,
        "height": course.height_px,
        "scores": measured[key],
        # Four digits draw the same curve and halve the page.
        "loss": [float(f"{loss:.4g}") for loss in course.total_loss],
    }


def _scores(table: Path) -> dict[tuple[Any, ...], list[float]]:
    rows = read_table(table)
    keys = zip(*(rows[name].tolist() for name in KEY), strict=True)
    return dict(zip(keys, rows[list(MEASURES)].to_numpy().tolist(), strict=True))


def _accuracies(paths: Sequence[Path], axes: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    shown = [
        found
        for found in map(read_evaluation, paths)
        if found.network in axes["networks"] and found.seed in axes["seeds"] and found.epoch in axes["epochs"]
    ]
    return [
        {
            "at": [
                axes["networks"].index(found.network),
                axes["seeds"].index(found.seed),
                axes["epochs"].index(found.epoch),
            ],
            "clean": found.clean_accuracy,
            "robust": found.robust_accuracy,
        }
        for found in shown
    ]


def _recipe_words(courses: Sequence[Trace], recipe: str) -> str:
    settings = next(course.settings for course in courses if course.labels.recipe == recipe)
    starts = {"content": "starts from the content image", "noise": "starts from noise"}
    optimisers = {
        "lbfgs": "L-BFGS with a line search",
        "lbfgs_unguarded": "L-BFGS without a line search, pixels clamped inside, as in the original notebook",
    }
    words = [
        starts.get(settings.get("initialisation", "")),
        optimisers.get(settings.get("optimiser", "")),
        f"style weight {settings['style_weight']:,.10g}" if "style_weight" in settings else None,
    ]
    return ", ".join(word for word in words if word)


def _known(files: Mapping[str, Path], name: str) -> Path:
    if name not in files:
        raise ResultError(f"expected a prepared image called {name}, found {', '.join(sorted(files))}; pass it too")
    return files[name]
