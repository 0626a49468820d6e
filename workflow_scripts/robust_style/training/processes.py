"""The processes that train one network together: which share of a batch each takes, and how they come to agree.

Every process holds the whole network and the whole dataset, draws the randomness of the whole batch and takes its own
share of it, so that the order of the images, their augmentation, random starts and noise are those of one process.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from robust_style.errors import ConfigError


@dataclass(frozen=True)
class Processes:
    """This process, number `rank` from 0, among `count` of torch's default process group; alone, it needs none."""

    rank: int
    count: int

    @classmethod
    def of_default_group(cls) -> "Processes":
        """Those that `torch.distributed.init_process_group` made a group of."""
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def is_alone(self) -> bool:
        """Whether nobody else trains this network."""
        return self.count == 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes, measures and tells."""
        return self.rank == 0

    def device(self, chosen: torch.device) -> torch.device:
        """The device of this process, of the kind `chosen`: of CUDA devices the one with its number.

        Raises ConfigError as `demand_devices`.
        """
        if chosen.type != "cuda" or self.is_alone:
            return chosen
        self.demand_devices(chosen)
        # All processes are on one machine: the number among them is torchrun's LOCAL_RANK.
        own = torch.device("cuda", self.rank)
        torch.cuda.set_device(own)
        return own

    def demand_devices(self, chosen: torch.device) -> None:
        """Raises ConfigError if there are fewer CUDA devices than processes that are to use them; touches none.

        Also for one numbered device (`cuda:1`) and several processes.
        """
        if chosen.index is not None and not self.is_alone:
            raise ConfigError(
                f"device: {chosen} names one device, but training.processes is {self.count}, each with a device of "
                "its own; set device: cuda"
            )
        if chosen.type == "cuda" and (found := torch.cuda.device_count()) < self.count:
            raise ConfigError(
                f"training.processes: expected a CUDA device for each of the {self.count} processes, found {found}; "
                "lower it, or ask for more GPUs (snakemake --resources gpu=N)"
            )

    def share(self, images: int) -> slice:
        """The places in a batch of `images` that this process trains on: contiguous, equal shares to within one."""
        return slice(images * self.rank // self.count, images * (self.rank + 1) // self.count)

    def demand_share_of_each(self, batches: Iterable[Sequence[object] | Tensor]) -> None:
        """Raises ConfigError if a batch has no image for some process."""
        smallest = min(len(batch) for batch in batches)
        if smallest < self.count:
            raise ConfigError(
                f"training.batch_size: expected each batch to hold an image for each of the {self.count} processes, "
                f"found one of {smallest}; choose another batch_size or fewer training.processes"
            )

    def sum_up(self, gradients: Iterable[Tensor | None], loss: Tensor) -> Tensor:
        """Adds up `gradients` over the processes, in place, and gives `loss` (a scalar) added up likewise.

        Not torch's DistributedDataParallel: it sums in buckets which it orders anew after the first backward pass of a
        process. Three or more summands then round otherwise in a process that goes on after a kill than in one that
        was never killed, and a resumed segment would not end on the same bits. One flat sum, always in the same order,
        has not that problem; nor does it mind shares of different size or a forward pass of our own.
        """
        if self.is_alone:
            return loss
        found = [loss, *(gradient for gradient in gradients if gradient is not None)]
        flat = torch.cat([tensor.reshape(-1) for tensor in found])
        dist.all_reduce(flat)
        first, *pieces = torch.split(flat, [tensor.numel() for tensor in found])
        for gradient, piece in zip(found[1:], pieces, strict=True):
            gradient.copy_(piece.view_as(gradient))
        return first.view_as(loss)

    def total(self, number: int) -> int:
        """The sum of `number` over the processes."""
        return self._over_all(number, dist.ReduceOp.SUM)

    def greatest(self, number: int) -> int:
        """The greatest `number` of any process; all wait here for one another."""
        return self._over_all(number, dist.ReduceOp.MAX)

    def wait_for_all(self) -> None:
        """Returns once every process has come here."""
        self.greatest(0)

    def demand_equal(self, tensors: Iterable[Tensor]) -> None:
        """Raises RuntimeError if the bits of `tensors` are others in another process: a defect, never the user's."""
        if self.is_alone:
            return
        own = sum(int(tensor.reshape(-1).view(torch.uint8).sum(dtype=torch.int64)) for tensor in tensors)
        if self.greatest(own) != -self.greatest(-own):
            raise RuntimeError("the processes that train one network no longer hold the same weights")

    def _over_all(self, number: int, operation: Any) -> int:
        if self.is_alone:
            return number
        # On the CPU, whatever trains: a GPU that is busy need not be waited for.
        shared = torch.tensor(number, dtype=torch.int64)
        dist.all_reduce(shared, op=operation)
        return int(shared)


ALONE = Processes(0, 1)
