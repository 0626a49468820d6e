"""`robust-style paint`: paint photos from the command line."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml
from PIL import Image
from tqdm import tqdm

from robust_style.commands.painting_plan import (
    INTERRUPTED,
    PictureRequest,
    SideBySide,
    Style,
    pictures_in,
    plan_paintings,
)
from robust_style.commands.parser import number, whole_number
from robust_style.data.image_file import read_image, read_mask
from robust_style.errors import ConfigError, Divergence, ImageError, RobustStyleError
from robust_style.files.destination import is_folder, typed_input
from robust_style.messages import quoted
from robust_style.model.painters import painters
from robust_style.signals import Interrupted, uninterruptible
from robust_style.transfer.geometry import nearest_size
from robust_style.transfer.paint_photo import RESULT, Progress, paint, recipe_settings
from robust_style.transfer.painter import IMAGENET, Painter, load_painter, painter_path
from robust_style.transfer.picture_file import (
    QUALITY,
    alpha_endings,
    as_text,
    beside,
    frame_iterations,
    is_lossless,
    picture_endings,
    write_animation,
    write_painting,
)
from robust_style.transfer.recipe import inert_settings, seed_is_inert
from robust_style.workflow.schema import CONFIG, built_in_recipes, device_error

ANIMATION_PX = 320
ANIMATION_FRAMES = 24
# `--painter both`: these, left to right.
BOTH = ("standard", "adversarial")
# As transfer.threads in config/schema.yaml. More threads than cores are allowed, because the number of threads decides
# how sums are rounded: it is needed to repeat a picture of a larger machine.
_MAX_THREADS = 256
# Recipe keys with options of their own.
_RECIPE_OPTIONS = {
    "style_weight": "--style-weight",
    "content_weight": "--content-weight",
    "iterations": "--iterations",
    "style_scale": "--strokes",
    "colour_preservation": "--keep-colours",
    "initialisation": "--init",
}
_NAMES_ALONE = "is no longer an option; write robust-style paint PHOTO PAINTING"
# The reason of the end in words.
_STOPPED_TEXT = {
    "iterations": "finished all",
    "converged": "converged after",
    "diverged": "diverged and kept the last usable picture after",
}


def add_paint(commands: Any) -> None:
    """Add the sub-command `paint` to the parser."""
    blend = "is called --blend-weights now; the weight of the style loss is --style-weight"
    command = commands.add_parser(
        "paint",
        help="paint a photo in the style of a painting",
        description="Paint PHOTO in the style of PAINTING, into PHOTO--PAINTING.png beside the photo. Several "
        "paintings are blended; with --every each one is used by itself.",
        renamed={
            "--content": _NAMES_ALONE,
            "--style": _NAMES_ALONE,
            "--checkpoint": "is called --painter now",
            "--style-weights": blend,
            "--style-blend-weights": blend,
            "--precision": "is a key of the recipe now; write --set precision=float32",
        },
    )
    command.add_argument("photo", type=typed_input, metavar="PHOTO", help="a photo, or a folder of photos")
    command.add_argument(
        "paintings", type=typed_input, nargs="+", metavar="PAINTING",
        help="a painting, or several; with --every also a folder of paintings",
    )  # fmt: skip
    command.add_argument(
        "--painter", default="adversarial", metavar="NAME",
        help=f"the network: {', '.join(painters())}, both (side by side), {IMAGENET} (torchvision's VGG-19, downloaded "
        "once), or the file of a checkpoint (default: adversarial)",
    )  # fmt: skip
    command.add_argument(
        "--every", action="store_true", help="paint each photo with each painting by itself, instead of blending"
    )
    command.add_argument(
        "--blend-weights", type=number(0, 1e12, above=True), nargs="+", metavar="WEIGHT",
        help="of several paintings, one for each (default: equal)",
    )  # fmt: skip
    command.add_argument(
        "--mask", type=typed_input, nargs="+", help="for each painting a picture, white where it is wanted, or `none`"
    )
    command.add_argument(
        "--output",
        dest="destination",
        metavar="PATH",
        help=f"a picture ({', '.join(picture_endings())}), or a folder (existing, or with a slash)",
    )
    command.add_argument("--force", action="store_true", help="replace existing files (inputs are never replaced)")
    command.add_argument(
        "--format",
        choices=[ending[1:] for ending in picture_endings()],
        help="of the pictures in a folder (default: png); otherwise the ending of --output chooses it",
    )
    command.add_argument(
        "--quality", type=whole_number(1, 100), metavar="N",
        help=f"of JPEG, WebP and AVIF, 1 to 100 (default: {QUALITY})",
    )  # fmt: skip
    command.add_argument("--gif", action="store_true", help="also save an animated GIF of the optimisation")
    command.add_argument(
        "--keep-alpha", action="store_true", help=f"keep the photo's transparency ({', '.join(alpha_endings())})"
    )
    command.add_argument(
        "--size", type=whole_number(32, 10**9), default=512, metavar="PX",
        help="shorter side, rounded to a multiple of 16 (default: 512)",
    )  # fmt: skip
    _add_recipe_options(command)
    command.add_argument(
        "--seed", type=whole_number(0, 10**18), help="of a start from noise and random transformations (default: 0)"
    )
    command.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    command.add_argument(
        "--threads", type=whole_number(1, _MAX_THREADS), default=min(os.cpu_count() or 1, _MAX_THREADS),
        help=f"1 to {_MAX_THREADS} (default: all cores)",
    )  # fmt: skip
    command.set_defaults(run=_paint)


def _add_recipe_options(command: argparse.ArgumentParser) -> None:
    weight = number(0, 1e12)
    names = ", ".join(built_in_recipes(CONFIG / "recipes.yaml"))
    command.add_argument("--style-weight", type=weight, help="weight of the style loss (default: the recipe's)")
    command.add_argument("--content-weight", type=weight, help="weight of the content loss (default: the recipe's)")
    command.add_argument(
        "--iterations", type=whole_number(1, 100_000),
        help="iterations at the full size; those of the coarse sizes of a recipe change in proportion",
    )  # fmt: skip
    command.add_argument(
        "--strokes", dest="style_scale", type=number(0, 8, above=True), metavar="FACTOR",
        help="size of the painting relative to the picture: larger gives larger strokes (default: the recipe's)",
    )  # fmt: skip
    command.add_argument(
        "--keep-colours", dest="colour_preservation", action="store_const", const="luminance",
        help="keep the colours of the photo: paint its brightness only",
    )  # fmt: skip
    command.add_argument(
        "--init", dest="initialisation", choices=["content", "noise", "blend"],
        help="the start: the photo, noise, or both (default: the recipe's)",
    )  # fmt: skip
    command.add_argument("--recipe", default="painterly", help=f"{names} (default: painterly)")
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a key of the recipe, see config/README.md"
    )


def _paint(chosen: argparse.Namespace) -> None:
    if chosen.device != "mps" and (error := device_error(chosen.device)) is not None:
        raise ConfigError(f"device: {error}")
    changes = _changes(chosen)
    recipe = recipe_settings(chosen.recipe, changes)
    notes: list[str] = []
    style_sets = _style_sets(chosen, notes)
    names = BOTH if chosen.painter == "both" else (chosen.painter,)
    plan = plan_paintings(
        chosen.photo,
        style_sets,
        {name: painter_path(name, ["both"]) for name in names},
        output=chosen.destination,
        ending=chosen.format and f".{chosen.format}",
        animation=chosen.gif,
        force=chosen.force,
        settings={
            "recipe": chosen.recipe,
            "recipe_settings": recipe,
            "size": nearest_size(chosen.size),
            "seed": chosen.seed or 0,
            "keep_alpha": chosen.keep_alpha,
        },
    )
    for note in dict.fromkeys((*notes, *plan.notes)):
        print(f"note: {note}", file=sys.stderr)
    for warning in _warnings(chosen, recipe, set(changes)):
        print(f"warning: {warning}", file=sys.stderr)
    outputs = [step.output for step in plan.steps]
    if chosen.keep_alpha and (opaque := [path for path in outputs if path.suffix.lower() not in alpha_endings()]):
        raise ConfigError(
            f"--keep-alpha: {opaque[0]} cannot store transparency. Name an output with {', '.join(alpha_endings())}."
        )
    if chosen.quality is not None and any(map(is_lossless, outputs)):
        print("note: --quality has no effect on PNG and TIFF, which are lossless", file=sys.stderr)
    if outputs:
        # A missing painting is one error before the first photo, not one per photo.
        styles = [style for styles in style_sets for style in styles]
        for path in dict.fromkeys(style.image for style in styles):
            read_image(path)
        for mask in dict.fromkeys(style.mask for style in styles if style.mask):
            read_mask(mask)

    @cache  # a note on a painting or mask is printed once, not for each photo
    def say(note: str) -> None:
        print(f"note: {note}", file=sys.stderr, flush=True)

    painter = cache(load_painter)
    faults = list(plan.faults)
    pictures = sum(isinstance(step, PictureRequest) for step in plan.steps) + len(faults)
    missing: set[Path] = set()
    for step in plan.steps:
        if isinstance(step, SideBySide):
            if not missing.intersection(step.pictures):
                _write_side_by_side(step, chosen.quality or QUALITY)
                print(f"{step.output}: {' and '.join(BOTH)}, side by side", flush=True)
            continue
        try:
            print(_painted(step, painter(step.painter), chosen, changes, say), flush=True)
        except (ImageError, Divergence) as error:
            # One bad photo of a folder does not stop the others.
            faults.append(str(error))
            missing.add(step.output)
    if faults:
        were = "was" if len(faults) == 1 else "were"
        summary = f"{len(faults)} of {pictures} pictures {were} not painted: " if pictures > 1 else ""
        raise RobustStyleError(summary + "\n".join(dict.fromkeys(faults)))


def _painted(
    request: PictureRequest,
    painter: Painter,
    chosen: argparse.Namespace,
    changes: Mapping[str, Any],
    say: Callable[[str], None],
) -> str:
    """Paint one picture, write it, and return a sentence about it. On Interrupted write the best picture so far."""
    frames: dict[int, Image.Image] = {}
    write = partial(_write, request, frames, chosen.quality or QUALITY)
    latest: Progress | None = None
    bar: _Progress | None = None

    def callback(progress: Progress) -> None:
        nonlocal bar, latest
        latest = progress
        bar = bar or _Progress(request.photo.name, progress.iterations)
        bar(progress)
        if request.animation and progress.iteration in frame_iterations(progress.iterations, ANIMATION_FRAMES):
            frames[progress.iteration] = progress.picture()

    try:
        picture = paint(
            request.photo,
            [style.image for style in request.styles],
            painter,
            recipe=chosen.recipe,
            settings=changes,
            size_px=chosen.size,
            seed=chosen.seed or 0,
            weights=[style.weight for style in request.styles],
            masks=[style.mask for style in request.styles],
            keep_alpha=chosen.keep_alpha,
            device=chosen.device,
            threads=chosen.threads,
            callback=callback,
            say=say,
        )
    except Interrupted as interruption:
        interruption.kept = f"{request.photo}: nothing was painted yet"
        if latest is not None and latest.iteration:
            with uninterruptible():
                write(latest.best_picture(), latest.iteration, INTERRUPTED)
            interruption.kept = (
                f"{request.output}: the best picture so far, after {latest.iteration} of {latest.iterations} iterations"
            )
        raise
    finally:
        if bar is not None:
            bar.close()
    result = picture.info[RESULT]
    with uninterruptible():
        write(picture, result["iterations"], result["stopped"])
    # With lbfgs only rejected steps rise; the picture never does.
    rises = request.settings["recipe_settings"]["optimiser"] != "lbfgs" and result["worst_rise"] > 1
    rise = f", rose {result['worst_rise']:.3g}-fold on the way" if rises else ""
    start, end = result["loss"]
    return (
        f"{request.output}: {picture.width} x {picture.height} px, loss {start:.4g} -> {end:.4g} "
        f"({_STOPPED_TEXT[result['stopped']]} {result['iterations']} iterations{rise})"
        f"{'; ' + result['target'] if result['target'] else ''}"
    )


def _write(
    request: PictureRequest,
    frames: Mapping[int, Image.Image],
    quality: int,
    picture: Image.Image,
    iterations: int,
    stopped: str,
) -> None:
    """Write the picture, and the animation that ends with it, both with settings and result."""
    record = {"settings": request.settings, "result": {"iterations": iterations, "stopped": stopped}}
    write_painting(request.output, picture, record, quality)
    if request.animation:
        earlier = [frames[number] for number in sorted(frames) if number < iterations]
        write_animation(request.animation, [*earlier, picture], ANIMATION_PX, as_text(record))


def _write_side_by_side(step: SideBySide, quality: int) -> None:
    pictures = []
    for path in step.pictures:
        with Image.open(path) as picture:
            pictures.append(picture.copy())
    record = {"settings": step.settings, "result": {"stopped": "iterations"}}
    with uninterruptible():
        write_painting(step.output, beside(pictures), record, quality)


def _style_sets(chosen: argparse.Namespace, notes: list[str]) -> list[list[Style]]:
    """The paintings of each picture: all of them blended, or with `--every` one by one. `notes`: of skipped files."""
    if chosen.every:
        for option, given in (("--blend-weights", chosen.blend_weights), ("--mask", chosen.mask)):
            if given:
                raise ConfigError(f"{option} is for several paintings in one picture; leave out {option} or --every")
        paintings: list[Path] = []
        for path in chosen.paintings:
            paintings += pictures_in(path, notes) if is_folder(path) else [path]
        return [[Style(path, 1.0, None)] for path in dict.fromkeys(paintings)]
    for path in chosen.paintings:
        if is_folder(path):
            raise ConfigError(f"{path} is a folder; add --every to paint with each painting in it")
    count = len(chosen.paintings)
    weights = chosen.blend_weights or [1.0] * count
    masks = [None if mask == Path("none") else mask for mask in chosen.mask or [None] * count]
    for option, values in (("--blend-weights", weights), ("--mask", masks)):
        if len(values) != count:
            raise ConfigError(f"{option}: {len(values)} values for {count} paintings; give one for each")
    return [[Style(*parts) for parts in zip(chosen.paintings, weights, masks, strict=True)]]


def _warnings(chosen: argparse.Namespace, recipe: dict[str, Any], changed: set[str]) -> Iterator[str]:
    """Options that have no effect."""
    yield from inert_settings(recipe, changed)
    keys = [change.partition("=")[0].strip() for change in chosen.set]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"--set {key} is given {keys.count(key)} times; the last value is used"
    if "checkpoints" in changed:
        yield "checkpoints has no effect: only the workflow paints with several checkpoints"
    if "snapshots" in changed:
        yield "snapshots has no effect: only the workflow keeps them (--gif writes the pictures on the way)"
    if chosen.seed is not None and seed_is_inert(recipe):
        yield "--seed has no effect: the recipe starts from the content and has no random transformations"
    if chosen.blend_weights and len(chosen.paintings) == 1 and len(chosen.blend_weights) == 1:
        yield "--blend-weights has no effect with one painting; the weight of the style loss is --style-weight"
    if chosen.threads > (cores := os.cpu_count() or 1):
        yield f"--threads {chosen.threads}: this machine has {cores} cores; more threads than cores are slower"


def _changes(chosen: argparse.Namespace) -> dict[str, Any]:
    """The keys of the recipe that options and `--set` change, as YAML reads their values."""
    changes: dict[str, Any] = {}
    for change in chosen.set:
        key, equals, text = change.partition("=")
        key = key.strip()
        place = f"--set {quoted(change)}"
        if not key:
            raise ConfigError(f"{place}: the key is missing; write KEY=VALUE, as in iterations=200")
        if not equals or not text.strip():
            raise ConfigError(f"{place}: the value is missing; write {key}=VALUE")
        try:
            changes[key] = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            raise ConfigError(f"{place}: the value is not YAML; write a list as [a, b], in quotes") from None
    for key, option in _RECIPE_OPTIONS.items():
        value = getattr(chosen, key)
        if value is not None and key in changes:
            raise ConfigError(f"{option} and --set {key}: both set the same key; give one of them")
        if value is not None:
            changes[key] = value
    return changes


class _Progress:
    """A progress bar with loss and remaining time on a terminal, a line every 50 iterations elsewhere."""

    def __init__(self, name: str, iterations: int) -> None:
        self.name, self.iterations = name, iterations
        is_terminal = sys.stderr.isatty()
        self.bar: Any = tqdm(total=iterations, desc=name, unit="iteration", leave=False) if is_terminal else None

    def __call__(self, progress: Progress) -> None:
        iteration, loss = progress.iteration, progress.loss
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update(iteration - self.bar.n)
        elif iteration % 50 == 0 or iteration == self.iterations:
            print(f"{self.name} · iteration {iteration}/{self.iterations} · loss {loss:.4g}", file=sys.stderr)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
