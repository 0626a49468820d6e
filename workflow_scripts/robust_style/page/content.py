"""What the page knows, as plain data for its script."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.figure.palette import looks
from robust_style.figure.words import plain, spoken
from robust_style.files.trace import Trace
from robust_style.page.axes import axes_of
from robust_style.page.claims import shown_claims
from robust_style.page.images import ImageShelf
from robust_style.page.measures import shown_failures, words_of
from robust_style.page.opening import opening
from robust_style.page.picture import shown_picture
from robust_style.page.scores import read_scores
from robust_style.page.training import shown_training

# Twice the width at which the page shows content and style, for screens of high density.
THUMBNAIL_PX = 320


def page_content(
    *,
    traces: Sequence[Path],
    evaluations: Sequence[Path],
    table: Path,
    by_iteration: Path | None,
    claims: Path | None,
    images: Mapping[str, Path],
    title: str,
    shelf: ImageShelf,
) -> dict[str, Any]:
    """Everything the page shows, images as numbers on the shelf.

    Pictures refer to recipes, networks, seeds, epochs, contents and styles by number: that keeps the page small, and no
    name can be mistaken for a key. Raises ResultError.
    """
    courses = [Trace.load(path) for path in traces]
    if not courses:
        raise ResultError("expected at least one stylization for the page, found none; paint some pictures first")
    axes = axes_of([course.labels for course in courses])
    scores = read_scores(table, by_iteration)
    return {
        "title": plain(title),
        "opening": opening(scores.rows, axes.recipes, axes.networks),
        "recipes": [
            {"name": spoken(name), "slug": name, "words": _recipe_words(courses, name)} for name in axes.recipes
        ],
        "networks": _networks(courses, axes.networks),
        "seeds": list(axes.seeds),
        "epochs": list(axes.epochs),
        "contents": _images(axes.contents, images, shelf),
        "styles": _images(axes.styles, images, shelf),
        "measures": [words_of(name) for name in scores.measures],
        "onTheWay": [scores.measures.index(name) for name in scores.measures_on_the_way],
        "failures": shown_failures(scores.measures),
        "pictures": [shown_picture(course, axes, shelf, scores) for course in courses],
        "training": shown_training(evaluations, axes),
        "claims": shown_claims(claims, axes) if claims else [],
    }


def _networks(courses: Sequence[Trace], names: Sequence[str]) -> list[dict[str, str]]:
    regimes = {course.labels.network: course.labels.regime for course in courses}
    of_network = looks({name: regimes[name] for name in names})
    return [
        {"name": spoken(name), "slug": name, "regime": spoken(regimes[name]), **asdict(of_network[name])}
        for name in names
    ]


def _images(names: Sequence[str], files: Mapping[str, Path], shelf: ImageShelf) -> list[dict[str, Any]]:
    return [
        {"name": spoken(name), "slug": name, "image": shelf.add_thumbnail(_known(files, name), THUMBNAIL_PX)}
        for name in names
    ]


def _recipe_words(courses: Sequence[Trace], recipe: str) -> str:
    settings = next(course.recipe for course in courses if course.labels.recipe == recipe)
    starts = {"content": "starts from the content image", "noise": "starts from noise"}
    optimisers = {
        "lbfgs": "L-BFGS with a line search",
        "lbfgs_unguarded": "L-BFGS without a line search, pixels clamped inside, as in the original notebook",
        "adam": "Adam",
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
