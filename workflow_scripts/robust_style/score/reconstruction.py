"""What one checkpoint's reconstructions say about themselves."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json


@dataclass(frozen=True)
class Part:
    """One picture of the strip and the layers it is made from.

    Losses are relative, 0 where nothing is missing: the optimiser's at the start and at the end, `shown_loss` that of
    the picture as it is shown, `pixel_loss` its distance from the content in pixels.
    """

    layers: tuple[str, ...]
    first_loss: float
    last_loss: float
    shown_loss: float
    pixel_loss: float


@dataclass(frozen=True)
class Reconstructions:
    """One checkpoint's; `content` and `texture` have a part per layer, in the order of the strip."""

    path: Path
    network: str
    regime: str
    seed: int
    epoch: int
    content_name: str
    style_name: str
    width_px: int
    height_px: int
    content: tuple[Part, ...]
    texture: tuple[Part, ...]

    @property
    def strip(self) -> Path:
        """All pictures side by side, a PNG beside the record."""
        return self.path.with_suffix(".png")


def read_reconstructions(path: Path) -> Reconstructions:
    """The record at `path`. Raises ResultError if it is missing, damaged or of another kind."""
    found = read_json(path)
    try:
        return _reconstructions_of(path, found)
    except (KeyError, TypeError, ValueError) as problem:
        raise ResultError(
            f"{path}: expected the record of reconstructions, found a fault in {problem}; delete it and run again"
        ) from None


def _reconstructions_of(path: Path, found: dict[str, Any]) -> Reconstructions:
    labels = found["labels"]
    content, texture = (tuple(_part_of(part) for part in found[kind]) for kind in ("content", "texture"))
    if not 0 < len(content) == len(texture):
        raise ValueError("the number of its pictures")
    return Reconstructions(
        path=path,
        network=labels["network"],
        regime=labels["regime"],
        seed=int(labels["seed"]),
        epoch=int(labels["epoch"]),
        content_name=labels["content"],
        style_name=labels["style"],
        width_px=int(found["width_px"]),
        height_px=int(found["height_px"]),
        content=content,
        texture=texture,
    )


def _part_of(found: dict[str, Any]) -> Part:
    losses = {kind: float(found[kind]) for kind in ("first_loss", "last_loss", "shown_loss", "pixel_loss")}
    if not all(math.isfinite(loss) for loss in losses.values()):
        raise ValueError("its losses, which are not finite")
    return Part(layers=tuple(found["layers"]), **losses)
