"""A part of the dataset as tensors on the device that trains."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from robust_style.training.subset import class_balanced


@dataclass(frozen=True)
class LabelledImages:
    """Stored images (0 to 255) and their labels, all on one device."""

    images: UInt8[Tensor, "images 3 height width"]
    labels: Int64[Tensor, " images"]

    @classmethod
    def from_arrays(
        cls,
        images: UInt8[np.ndarray, "images 3 height width"],
        labels: Int64[np.ndarray, " images"],
        device: torch.device,
    ) -> "LabelledImages":
        """The arrays of a dataset, copied to `device`."""
        return cls(torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device))

    def first_of_each_class(self, count: int | None, classes: int) -> "LabelledImages":
        """The first `count` images, classes in equal shares; None: every image."""
        chosen = class_balanced(self.labels, count, classes)
        return LabelledImages(self.images[chosen], self.labels[chosen])
