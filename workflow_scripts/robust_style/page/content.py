"""Everything the page shows, as plain data for its script: pictures, training curves, claims."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.figure.palette import looks
from robust_style.figure.pictures import snapshot_tiles
from robust_style.figure.words import plain, spoken
from robust_style.files.evaluation import Evaluation
from robust_style.files.trace import Trace
from robust_style.page.axes import Axes
from robust_style.page.claims import judged
from robust_style.page.images import ImageStore
from robust_style.page.scores import Scores, finite, opening, read_scores, words_of

# Content and style: twice the width at which the page shows them, for screens of high density.
SOURCE_PX = 320
# A picture in the grid: as wide as a cell.
THUMBNAIL_PX = 160
# A snapshot of the optimisation is shown coarser, or all snapshots would be larger than the pictures.
SNAPSHOT_PX = 256


def page_content(
    *,
    traces: Sequence[Path],
    evaluations: Sequence[Path],
    table: Path,
    by_iteration: Path | None,
    claims: Path | None,
    images: Mapping[str, Path],
    title: str,
    store: ImageStore,
) -> dict[str, Any]:
    """Everything the page shows; images are numbers in the store.

    Pictures refer to recipes, networks, seeds, epochs, contents and styles by number: that keeps the page small, and no
    name can be mistaken for a key. Raises ResultError.
    """
    stylizations = [Trace.load(path) for path in traces]
    if not stylizations:
        raise ResultError("expected at least one stylization for the page, found none; paint some pictures first")
    axes = Axes.of([trace.labels for trace in stylizations])
    scores = read_scores(table, by_iteration)
    start = opening(scores.rows, axes.recipes, axes.networks)
    training = _training(evaluations, axes)
    return {
        "title": plain(title),
        "opening": start,
        "snapshotPx": SNAPSHOT_PX,
        "recipes": [
            {"name": spoken(name), "slug": name, "words": _recipe_words(stylizations, name)} for name in axes.recipes
        ],
        "networks": _networks(stylizations, axes.networks),
        "seeds": list(axes.seeds),
        "epochs": list(axes.epochs),
        "contents": _images(axes.contents, images, store),
        "styles": _images(axes.styles, images, store),
        "measures": [words_of(name) for name in scores.measures],
        "byIteration": [scores.measures.index(name) for name in scores.measures_by_iteration],
        "pictures": [_picture(trace, axes, store, scores) for trace in stylizations],
        "training": training,
        **judged(claims, axes, training),
    }


def _networks(stylizations: Sequence[Trace], names: Sequence[str]) -> list[dict[str, str]]:
    regimes = {trace.labels.network: trace.labels.regime for trace in stylizations}
    of_network = looks({name: regimes[name] for name in names})
    return [
        {"name": spoken(name), "slug": name, "regime": spoken(regimes[name]), **asdict(of_network[name])}
        for name in names
    ]


def _images(names: Sequence[str], files: Mapping[str, Path], store: ImageStore) -> list[dict[str, Any]]:
    if missing := [name for name in names if name not in files]:
        known = ", ".join(sorted(files))
        raise ResultError(f"expected a prepared image called {missing[0]}, found {known}; pass it too")
    return [
        {"name": spoken(name), "slug": name, "image": store.add_thumbnail(files[name], SOURCE_PX)} for name in names
    ]


def _recipe_words(stylizations: Sequence[Trace], recipe: str) -> str:
    settings = next(trace.recipe for trace in stylizations if trace.labels.recipe == recipe)
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
        f"to a structure kept (SSIM) of {settings['content_target']:g}" if settings.get("content_target") else None,
    ]
    return ", ".join(word for word in words if word)


def _picture(trace: Trace, axes: Axes, store: ImageStore, scores: Scores) -> dict[str, Any]:
    """A picture with its snapshots, scores and loss.

    `steps` has an entry [iteration, image, scores] for each snapshot before the end. `image` is the finished picture,
    `thumbnail` the same in small.
    """
    end = trace.iteration[-1]
    return {
        "at": axes.place(trace.labels),
        "image": store.add_jpeg(trace.preview),
        "thumbnail": store.add_thumbnail(trace.preview, THUMBNAIL_PX),
        "width": trace.width_px,
        "height": trace.height_px,
        "end": end,
        "scores": scores.of(trace),
        "failures": scores.failures(trace),
        "steps": [
            [tile.iteration, store.add_tile(tile.picture, SNAPSHOT_PX), scores.at(trace, tile.iteration)]
            for tile in snapshot_tiles(trace)
            if tile.iteration < end
        ],
        # Four digits draw the same curve and halve the size of the page.
        "loss": [finite(float(f"{loss:.4g}")) for loss in trace.total_loss],
    }


def _training(paths: Sequence[Path], axes: Axes) -> list[dict[str, Any]]:
    """For each network and seed of the page: each checkpoint's accuracies, and those measured during training.

    Both are lists of [epoch, clean accuracy, robust accuracy], fractions or None.
    """
    by_training: dict[tuple[str, int], list[Evaluation]] = {}
    for evaluation in map(Evaluation.load, paths):
        if evaluation.network in axes.networks and evaluation.seed in axes.seeds:
            by_training.setdefault((evaluation.network, evaluation.seed), []).append(evaluation)
    curves = []
    for (network, seed), evaluations in by_training.items():
        evaluations.sort(key=lambda evaluation: evaluation.epoch)
        # The history of the last checkpoint contains those of all earlier ones.
        history = evaluations[-1].history
        curves.append(
            {
                "network": axes.networks.index(network),
                "seed": axes.seeds.index(seed),
                "checkpoints": [[e.epoch, e.clean_accuracy, e.robust_accuracy] for e in evaluations],
                "history": [[row.epoch, row.test_clean_accuracy, row.test_robust_accuracy] for row in history],
            }
        )
    return curves
