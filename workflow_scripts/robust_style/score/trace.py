"""What one stylization says about itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json


@dataclass(frozen=True)
class Labels:
    """Which checkpoint painted what, how."""

    recipe: str
    network: str
    regime: str
    seed: int
    epoch: int
    content: str
    style: str


@dataclass(frozen=True)
class Trace:
    """The course of one optimisation. Lists run over the iterations; the strip has a tile per snapshot."""

    path: Path
    labels: Labels
    size_px: int
    width_px: int
    height_px: int
    iteration: tuple[int, ...]
    total_loss: tuple[float, ...]
    content_loss: tuple[float, ...]
    style_loss: tuple[float, ...]
    snapshots: tuple[int, ...]
    worst_rise: float
    final_over_best: float
    out_of_range_fraction: float
    settings: dict[str, Any]

    @property
    def picture(self) -> Path:
        """The finished picture, a PNG beside the trace."""
        return self.path.with_suffix(".png")

    @property
    def preview(self) -> Path:
        """The finished picture as a small JPEG beside the trace."""
        return self.path.with_suffix(".jpg")

    @property
    def strip(self) -> Path:
        """The picture at the snapshot iterations, side by side in one PNG beside the trace."""
        return self.path.with_suffix(".snapshots.png")


def read_trace(path: Path) -> Trace:
    """The trace at `path`. Raises ResultError if it is missing, damaged or of another kind."""
    content = read_json(path)
    try:
        return _trace_of(path, content)
    except (KeyError, TypeError, ValueError) as problem:
        raise ResultError(
            f"{path}: expected the trace of a stylization, found a fault in {problem}; delete it and run again"
        ) from None


def _trace_of(path: Path, content: Any) -> Trace:
    total, of_content, of_style = (
        tuple(float(value) for value in content[kind]) for kind in ("total_loss", "content_loss", "style_loss")
    )
    iteration = tuple(int(value) for value in content["iteration"])
    if not len(iteration) == len(total) == len(of_content) == len(of_style) > 0:
        raise ValueError("the lengths of its loss curves")
    return Trace(
        path=path,
        labels=_labels_of(content["labels"]),
        size_px=int(content["size_px"]),
        width_px=int(content["width_px"]),
        height_px=int(content["height_px"]),
        iteration=iteration,
        total_loss=total,
        content_loss=of_content,
        style_loss=of_style,
        snapshots=tuple(int(value) for value in content["snapshots"]),
        worst_rise=float(content["worst_rise"]),
        final_over_best=float(content["final_over_best"]),
        out_of_range_fraction=float(content["out_of_range_fraction"]),
        settings=dict(content["recipe"]),
    )


def _labels_of(found: Any) -> Labels:
    kinds = {name: int if name in ("seed", "epoch") else str for name in Labels.__dataclass_fields__}
    if strange := [name for name, kind in kinds.items() if type(found[name]) is not kind]:
        raise ValueError(f"its label {strange[0]}")
    return Labels(**{name: found[name] for name in kinds})
