"""Batches of stored images where they are trained on, wherever the images lie."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

StoredImages = UInt8[Tensor, "images 3 height width"]
Batches = Sequence[Int64[Tensor, " _"]]
Fed = Iterator[tuple[UInt8[Tensor, "_ 3 height width"], Int64[Tensor, " _"]]]


def fed(images: StoredImages, labels: Int64[Tensor, " images"], batches: Batches) -> Fed:
    """Images and labels of each of `batches` (positions, on the device of `images`), on the device of `labels`.

    Images that lie there already are picked there. Of images that lie in host memory (`on_device.LabelledImages`) the
    next batch is picked while the device works on this one: the same bits, and two batches of memory.
    """
    if are_on_one_device(images, labels):
        return ((images[chosen], labels[chosen]) for chosen in batches)
    return _fetched_ahead(images, labels, batches)


def are_on_one_device(images: Tensor, labels: Tensor) -> bool:
    """Whether images need not be sent to the device that holds their labels."""
    return images.device == labels.device


def _fetched_ahead(images: StoredImages, labels: Int64[Tensor, " images"], batches: Batches) -> Fed:
    device = labels.device
    # One thread: picking waits for the disk and copies memory, neither of which holds Python up.
    with ThreadPoolExecutor(1, thread_name_prefix="feed") as fetching:
        ahead = [fetching.submit(_picked, images, batch, device) for batch in batches[:1]]
        for number, batch in enumerate(batches, start=1):
            ahead += [fetching.submit(_picked, images, next_one, device) for next_one in batches[number : number + 1]]
            # On the stream that trains, so that nothing must be waited for: 128 images of 224 px are 19 MB, 1 ms.
            yield ahead.pop(0).result().to(device, non_blocking=True), labels[batch.to(device)]


def _picked(images: Tensor, chosen: Tensor, device: torch.device) -> Tensor:
    """The chosen images in host memory, page-locked where a GPU fetches them: only then it does so while it works."""
    picked = torch.empty((len(chosen), *images.shape[1:]), dtype=images.dtype, pin_memory=device.type == "cuda")
    return torch.index_select(images, 0, chosen, out=picked)
