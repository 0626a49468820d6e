"""Which images, in which batches."""

import torch
from jaxtyping import Int64
from torch import Tensor


def class_balanced(labels: Int64[Tensor, " images"], count: int | None, classes: int) -> Int64[Tensor, " chosen"]:
    """Positions of the first images of every class, `count` in all (None: every image), in ascending order.

    The first classes give one image more where `count` is no multiple of `classes`; a class that has fewer images than
    its share gives all of them.
    """
    if count is None:
        return torch.arange(len(labels), device=labels.device)
    share, extra = divmod(count, classes)
    chosen = [torch.nonzero(labels == label).flatten()[: share + (label < extra)] for label in range(classes)]
    return torch.cat(chosen).sort().values


def batches_of(order: Int64[Tensor, " images"], batch_size: int) -> list[Int64[Tensor, " batch"]]:
    """`order` cut into batches of `batch_size`; a single image left over joins the batch before it.

    In the last block of a VGG at 32 px one image has 2 × 2 positions: statistics of four values would be noise.
    Differs from `robustness` (drop_last False), where such a batch stands alone.
    """
    batches = list(torch.split(order, batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches
