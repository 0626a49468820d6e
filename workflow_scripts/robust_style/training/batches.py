"""Images of the dataset on the training device, and the batches they are cut into.

A GPU holds the whole dataset if it fits; otherwise images stay in host memory and the next batch is copied while the
GPU computes. Both give the same bits.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

# The share of a GPU's free memory that images may take; the rest is for the network and its feature maps.
_SHARE_OF_IMAGES = 0.25
# Host buffers for batches under way: one being filled, one being copied to the GPU, one to spare.
_BUFFERS = 3
_MAX_BYTE = 255

StoredImages = UInt8[Tensor, "images 3 height width"]
StoredLabels = Int64[Tensor, " images"]
BatchIterator = Iterator[tuple[UInt8[Tensor, "_ 3 height width"], Int64[Tensor, " _"]]]


@dataclass(frozen=True)
class LabelledImages:
    """Stored images (0 to 255) and their labels.

    Labels are on the training device. Images are there too, or in host memory, memory-mapped from the dataset file, if
    they would take more than a quarter of the device's free memory.
    """

    images: StoredImages
    labels: StoredLabels

    @classmethod
    def from_arrays(
        cls,
        images: UInt8[np.ndarray, "images 3 height width"],
        labels: Int64[np.ndarray, " images"],
        device: torch.device,
    ) -> "LabelledImages":
        """The arrays of a dataset for `device`: copied to it if they fit."""
        place = device if images.nbytes <= _memory_for_images(device) else torch.device("cpu")
        return cls(torch.from_numpy(images).to(place), torch.from_numpy(labels).to(device))

    def first_of_each_class(self, count: int | None, classes: int) -> "LabelledImages":
        """The first `count` images, classes in equal shares; None: every image."""
        return self if count is None else self.at(class_balanced(self.labels, count, classes))

    def at(self, indices: Int64[Tensor, " indices"]) -> "LabelledImages":
        """The images at `indices`, copied to the training device, where they must fit."""
        images = self.images[indices.to(self.images.device)]
        return LabelledImages(images.to(self.labels.device), self.labels[indices])


def class_balanced(labels: StoredLabels, count: int | None, classes: int) -> Int64[Tensor, " chosen"]:
    """Indices of the first images of every class, `count` in all (None: every image), in ascending order.

    If `count` is no multiple of `classes`, the first classes give one image more. A class with fewer images than its
    share gives all of them.
    """
    if count is None:
        return torch.arange(len(labels), device=labels.device)
    share, extra = divmod(count, classes)
    chosen = [torch.nonzero(labels == label).flatten()[: share + (label < extra)] for label in range(classes)]
    return torch.cat(chosen).sort().values


def split_batches(order: Int64[Tensor, " images"], batch_size: int) -> list[Int64[Tensor, " batch"]]:
    """`order` cut into batches of `batch_size`; a single image left over joins the batch before it.

    In the last block of a VGG at 32 px one image has 2 x 2 positions: batch statistics of four values would be noise.
    Differs from `robustness` (drop_last False), which trains on such a batch.
    """
    batches = list(torch.split(order, batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def load_batches(images: StoredImages, labels: StoredLabels, batches: Sequence[Int64[Tensor, " _"]]) -> BatchIterator:
    """Images and labels of each of `batches` (indices, on the device of `images`), on the device of `labels`.

    Images in host memory are loaded one batch ahead.
    """
    if are_on_one_device(images, labels):
        return ((images[batch], labels[batch]) for batch in batches)
    return _load_ahead(images, labels, batches)


def are_on_one_device(images: Tensor, labels: Tensor) -> bool:
    """Whether images are already on the device of their labels."""
    return images.device == labels.device


def unit_scale(
    images: UInt8[Tensor, "batch 3 height width"], layout: torch.memory_format = torch.contiguous_format
) -> Float[Tensor, "batch 3 height width"]:
    """`images` divided by 255: float32 in [0, 1], in memory format `layout`."""
    return images.to(torch.float32, memory_format=layout).div_(_MAX_BYTE)


def _load_ahead(images: StoredImages, labels: StoredLabels, batches: Sequence[Int64[Tensor, " _"]]) -> BatchIterator:
    device = labels.device
    largest = max(map(len, batches), default=0)
    # Pinned memory makes the copy to the GPU asynchronous. Allocated here, once: a CUDA call in the thread would break
    # a CUDA graph that is being captured.
    buffers = [
        torch.empty((largest, *images.shape[1:]), dtype=images.dtype, pin_memory=device.type == "cuda")
        for _ in range(_BUFFERS)
    ]
    copied: list[torch.cuda.Event | None] = [None] * _BUFFERS
    # One thread: it waits for the disk and copies memory, both without the GIL.
    with ThreadPoolExecutor(1, thread_name_prefix="load_batches") as pool:

        def start_loading(number: int) -> Future[Tensor]:
            slot, batch = number % _BUFFERS, batches[number]
            if (event := copied[slot]) is not None:
                event.synchronize()  # the buffer's last content has reached the GPU
            return pool.submit(_select, images, batch, buffers[slot][: len(batch)])

        ahead = [start_loading(0)] if batches else []
        for number, batch in enumerate(batches):
            if number + 1 < len(batches):
                ahead.append(start_loading(number + 1))
            # On the training stream, which needs no synchronisation: 128 images of 224 px are 19 MB, 1 ms.
            on_device = ahead.pop(0).result().to(device, non_blocking=True, copy=True)
            if device.type == "cuda":
                event = copied[number % _BUFFERS] = torch.cuda.Event()  # type: ignore[no-untyped-call]
                event.record()
            yield on_device, labels[batch.to(device)]


def _select(images: StoredImages, indices: Tensor, buffer: Tensor) -> Tensor:
    return torch.index_select(images, 0, indices, out=buffer)


def _memory_for_images(device: torch.device) -> float:
    """Bytes that images may take on `device`. No limit on the CPU, where they are memory-mapped, not copied."""
    if device.type != "cuda":
        return float("inf")
    free, _ = torch.cuda.mem_get_info(device)
    return _SHARE_OF_IMAGES * free
