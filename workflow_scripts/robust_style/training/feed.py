"""Batches of stored images where they are trained on, wherever the images lie."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

# In host memory, for batches on their way: one is picked while another travels, and one to spare.
_PLACES = 3

StoredImages = UInt8[Tensor, "images 3 height width"]
Batches = Sequence[Int64[Tensor, " _"]]
Fed = Iterator[tuple[UInt8[Tensor, "_ 3 height width"], Int64[Tensor, " _"]]]


def fed(images: StoredImages, labels: Int64[Tensor, " images"], batches: Batches) -> Fed:
    """Images and labels of each of `batches` (positions, on the device of `images`), on the device of `labels`.

    Images that lie there already are picked there. Of images that lie in host memory (`on_device.LabelledImages`) the
    next batch is picked while the device works on this one: the same bits, and three batches of host
    memory.
    """
    if are_on_one_device(images, labels):
        return ((images[chosen], labels[chosen]) for chosen in batches)
    return _fetched_ahead(images, labels, batches)


def are_on_one_device(images: Tensor, labels: Tensor) -> bool:
    """Whether images need not be sent to the device that holds their labels."""
    return images.device == labels.device


def _fetched_ahead(images: StoredImages, labels: Int64[Tensor, " images"], batches: Batches) -> Fed:
    device = labels.device
    largest = max(map(len, batches), default=0)
    # Page-locked where a GPU fetches them: only then it does so while both work. Made here, once: a call of CUDA's in
    # the thread would break into a graph that is being recorded (`recorded_step`).
    places = [
        torch.empty((largest, *images.shape[1:]), dtype=images.dtype, pin_memory=device.type == "cuda")
        for _ in range(_PLACES)
    ]
    sent: list[torch.cuda.Event | None] = [None] * _PLACES
    # One thread: picking waits for the disk and copies memory, neither of which holds Python up.
    with ThreadPoolExecutor(1, thread_name_prefix="feed") as fetching:

        def pick(number: int) -> Future[Tensor]:
            place, chosen = number % _PLACES, batches[number]
            if (event := sent[place]) is not None:
                event.synchronize()  # what lay there has arrived
            return fetching.submit(_picked, images, chosen, places[place][: len(chosen)])

        ahead = [pick(0)] if batches else []
        for number, batch in enumerate(batches):
            if number + 1 < len(batches):
                ahead.append(pick(number + 1))
            # On the stream that trains, so that nothing must wait for it: 128 images of 224 px are 19 MB, 1 ms.
            batch_there = ahead.pop(0).result().to(device, non_blocking=True, copy=True)
            if device.type == "cuda":
                event = sent[number % _PLACES] = torch.cuda.Event()  # type: ignore[no-untyped-call]
                event.record()
            yield batch_there, labels[batch.to(device)]


def _picked(images: StoredImages, chosen: Tensor, place: Tensor) -> Tensor:
    return torch.index_select(images, 0, chosen, out=place)
