"""Training images as the `robustness` library loads them: PIL images, augmented one by one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Transform = Callable[[Image.Image], Float[Tensor, "3 32 32"]]


class PilImages(Dataset[tuple[Tensor, int]]):
    """Stored images and labels, each image a PIL image put through `transform`, as torchvision's CIFAR10 gives them."""

    def __init__(
        self,
        images: UInt8[np.ndarray, "images 3 height width"],
        labels: Int64[np.ndarray, " images"],
        transform: Transform,
    ) -> None:
        self._images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        self._labels = labels
        self._transform = transform

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(Image.fromarray(self._images[index])), int(self._labels[index])


def training_loader(
    images: UInt8[Tensor, "images 3 height width"],
    labels: Int64[Tensor, " images"],
    *,
    transform: Transform,
    batch_size: int,
) -> "DataLoader[Any]":
    """Batches of (images in [0, 1], labels) on the CPU, in an order drawn from torch's global state, as is `transform`.

    Source: `robustness.loaders.make_loaders`, whose last batch is as small as it happens to be, too.
    Differs from it: loads in this process, since the numbers that workers draw depend on how many they are.
    """
    data = PilImages(images.numpy(force=True), labels.numpy(force=True), transform)
    return DataLoader(data, batch_size=batch_size, shuffle=True, num_workers=0, pin_memory=torch.cuda.is_available())
