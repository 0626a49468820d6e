"""The record of one checkpoint's reconstructions: what each picture shows and its losses, as JSON beside the strip."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json, write_json


@dataclass(frozen=True)
class Part:
    """One picture of the strip and the layers it is made from.

    Losses are relative, 0 where nothing is missing: `first_loss` and `last_loss` are the optimiser's, `shown_loss` that
    of the picture as stored (8 bits), `pixel_loss` its distance from the content in pixels.
    """

    layers: tuple[str, ...]
    first_loss: float
    last_loss: float
    shown_loss: float
    pixel_loss: float
    iterations: int
    worst_rise: float
    stopped: str
    out_of_range_fraction: float

    @classmethod
    def from_json(cls, content: Any) -> "Part":
        """Convert a JSON object. Raises KeyError, TypeError or ValueError if it is not a part."""
        losses = ("first_loss", "last_loss", "shown_loss", "pixel_loss")
        if not all(math.isfinite(content[name]) for name in losses):
            raise ValueError("its losses, which are not finite")
        return cls(**{name: content[name] for name in cls.__dataclass_fields__} | {"layers": tuple(content["layers"])})


@dataclass(frozen=True)
class Reconstructions:
    """The reconstructions of one checkpoint.

    `content` and `texture` have a part per layer, in the order of the strip. `path` is the record's own file and not
    part of it.
    """

    path: Path
    network: str
    regime: str
    seed: int
    epoch: int
    content_name: str
    style_name: str
    layers: tuple[str, ...]
    size_px: int
    width_px: int
    height_px: int
    content: tuple[Part, ...]
    texture: tuple[Part, ...]
    precision: str
    threads: int
    device: str

    @property
    def strip(self) -> Path:
        """All pictures side by side, a PNG beside the record."""
        return self.path.with_suffix(".png")

    def save(self) -> None:
        """Write the record to `path`. Raises StorageError if it cannot be written."""
        content = asdict(self)
        del content["path"]
        labels = {label: content.pop(name) for label, name in _LABELS.items()}
        write_json(self.path, {"labels": labels, **content})

    @classmethod
    def load(cls, path: Path) -> "Reconstructions":
        """Read the record at `path`. Raises ResultError if it is missing, damaged or of another kind."""
        content = read_json(path)
        try:
            values = {name: content["labels"][label] for label, name in _LABELS.items()}
            values |= {name: content[name] for name in cls.__dataclass_fields__ if name not in {"path", *values}}
            values |= {kind: tuple(map(Part.from_json, content[kind])) for kind in ("content", "texture")}
            if not 0 < len(values["content"]) == len(values["texture"]):
                raise ValueError("the number of its pictures")
            return cls(path=path, **values | {"layers": tuple(content["layers"])})
        except (KeyError, TypeError, ValueError) as problem:
            raise ResultError(
                f"{path}: expected the record of reconstructions, found a fault in {problem}; delete it and run again"
            ) from None


# Keys of the JSON object `labels`, and the fields that hold them.
_LABELS = {
    "network": "network",
    "regime": "regime",
    "seed": "seed",
    "epoch": "epoch",
    "content": "content_name",
    "style": "style_name",
}
