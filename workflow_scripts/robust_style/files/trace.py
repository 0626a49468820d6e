"""The trace of one stylization: labels, settings and loss history, as JSON beside its picture."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json, write_json


@dataclass(frozen=True)
class Labels:
    """What identifies a picture: the recipe, the checkpoint that painted it, and the images."""

    recipe: str
    network: str
    regime: str
    seed: int
    epoch: int
    content: str
    style: str

    @classmethod
    def from_json(cls, content: Any) -> "Labels":
        """Convert a JSON object. Raises KeyError, TypeError or ValueError if it is not one of labels."""
        types = {name: int if name in ("seed", "epoch") else str for name in cls.__dataclass_fields__}
        for name, kind in types.items():
            if type(content[name]) is not kind:
                raise ValueError(f"its label {name}")
        return cls(**{name: content[name] for name in types})


@dataclass(frozen=True)
class Trace:
    """The trajectory of one optimisation.

    `total_loss`, `content_loss`, `style_loss` and `total_variation` belong to the picture at each of `iteration`: with
    `lbfgs` to the best picture so far, otherwise to the current one. `evaluated_loss` are the total losses that the
    optimiser computed at each iteration, also those of steps that a line search rejected (the picture's where it is not
    finite); empty where they are `total_loss`. `worst_rise` is computed from them. Total is the sum of the others times
    their weights in the recipe; a loss without weight is 0. From iteration `float32_from` on, losses are computed in
    float32 (None: in `precision` throughout). `coarse` has the total losses at the smaller sizes before. `batch_size`
    pictures were painted together, which changes each by rounding. `snapshots` are the iterations of the tiles in the
    strip: those of the recipe, or the last iteration where the optimisation ended earlier. `content_target` has
    `target`, `reached` and `content_ssim` for a recipe with that key, else it is None; the total loss then also has the
    cost of the distance to the target. `recipe` are the settings. Nothing depends on the time or place of the run.
    `path` is the trace's own file and not part of it.
    """

    path: Path
    labels: Labels
    size_px: int
    width_px: int
    height_px: int
    iteration: tuple[int, ...]
    total_loss: tuple[float, ...]
    content_loss: tuple[float, ...]
    style_loss: tuple[float, ...]
    total_variation: tuple[float, ...]
    float32_from: int | None
    coarse: tuple[Mapping[str, Any], ...]
    snapshots: tuple[int, ...]
    worst_rise: float
    final_over_best: float
    out_of_range_fraction: float
    precision: str
    threads: int
    device: str
    batch_size: int
    stopped: str
    content_target: Mapping[str, Any] | None
    recipe: dict[str, Any]
    evaluated_loss: tuple[float | None, ...] = ()

    @property
    def target_is_reached(self) -> bool | None:
        """Whether the picture has the recipe's content target, None for a recipe without one."""
        return None if self.content_target is None else bool(self.content_target["reached"])

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

    def save(self) -> None:
        """Write the trace to `path`. Raises StorageError if it cannot be written."""
        content = asdict(self)
        del content["path"]
        write_json(self.path, content)

    @classmethod
    def load(cls, path: Path) -> "Trace":
        """Read the trace at `path`. Raises ResultError if it is missing, damaged or of another kind."""
        content = read_json(path)
        try:
            # Traces of earlier versions have no evaluated losses.
            evaluated = tuple(None if loss is None else float(loss) for loss in content.get("evaluated_loss", ()))
            fields = {name: convert(content[name]) for name, convert in _CONVERSIONS.items()}
            trace = cls(path=path, evaluated_loss=evaluated, **fields)
            lengths = {len(getattr(trace, name)) for name in _LOSSES} | {len(trace.evaluated_loss or trace.iteration)}
            if lengths != {len(trace.iteration)} or not trace.iteration:
                raise ValueError("the lengths of its loss histories")
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise ResultError(
                f"{path}: expected the trace of a stylization, found a fault in {problem}; delete it and run again"
            ) from None
        return trace


def _integers(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _target(value: Any) -> Mapping[str, Any] | None:
    if value is not None and not isinstance(value["reached"], bool):
        raise ValueError("its content target")
    return None if value is None else dict(value)


_LOSSES = ("total_loss", "content_loss", "style_loss", "total_variation")
_CONVERSIONS: dict[str, Any] = {
    "labels": Labels.from_json,
    **dict.fromkeys(("size_px", "width_px", "height_px", "threads", "batch_size"), int),
    **dict.fromkeys(("iteration", "snapshots"), _integers),
    **dict.fromkeys(_LOSSES, _numbers),
    **dict.fromkeys(("worst_rise", "final_over_best", "out_of_range_fraction"), float),
    **dict.fromkeys(("precision", "device", "stopped"), str),
    "float32_from": lambda value: None if value is None else int(value),
    "coarse": tuple,
    "content_target": _target,
    "recipe": dict,
}
