"""A part of the dataset as tensors for the device that trains."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from robust_style.training.subset import class_balanced

# Of the memory that a GPU has free, what images may take; the rest is for the network and the batch under way, whose
# feature maps are what fills it.
_SHARE_OF_IMAGES = 0.25


@dataclass(frozen=True)
class LabelledImages:
    """Stored images (0 to 255) and their labels.

    Labels lie on the device that trains. Images do, too, or, where they would take more than a quarter of its free
    memory, stay where they are: in the memory of the host, mapped from the dataset's file.
    """

    images: UInt8[Tensor, "images 3 height width"]
    labels: Int64[Tensor, " images"]

    @classmethod
    def from_arrays(
        cls,
        images: UInt8[np.ndarray, "images 3 height width"],
        labels: Int64[np.ndarray, " images"],
        device: torch.device,
    ) -> "LabelledImages":
        """The arrays of a dataset for `device`: copied to it if they fit."""
        place = device if images.nbytes <= _room_on(device) else torch.device("cpu")
        return cls(torch.from_numpy(images).to(place), torch.from_numpy(labels).to(device))

    def first_of_each_class(self, count: int | None, classes: int) -> "LabelledImages":
        """The first `count` images, classes in equal shares; None: every image."""
        return self if count is None else self.at(class_balanced(self.labels, count, classes))

    def at(self, chosen: Int64[Tensor, " chosen"]) -> "LabelledImages":
        """The images at these positions, on the device that trains: few enough to fit."""
        images = self.images[chosen.to(self.images.device)]
        return LabelledImages(images.to(self.labels.device), self.labels[chosen])


def _room_on(device: torch.device) -> float:
    """Bytes that images may take on `device`. On the CPU they stay in the file, mapped: there is nothing to copy."""
    if device.type != "cuda":
        return float("inf")
    free, _ = torch.cuda.mem_get_info(device)
    return _SHARE_OF_IMAGES * free
