"""The training step: one batch seen, attacked where the regime wants it, learnt from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from robust_style.attack.pgd import Images
from robust_style.model.forward import logits_of
from robust_style.model.network import NormalisedNetwork
from robust_style.training.augment import Augmentation, Chance
from robust_style.training.pixels import unit_scale
from robust_style.training.regime import View


class Batch(NamedTuple):
    """Everything a step is given: stored images, labels, and what chance decides of augmentation and view."""

    images: UInt8[Tensor, "batch 3 height width"]
    labels: Int64[Tensor, " batch"]
    chance: Chance
    drawn: Images | None

    def each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        """A batch of changed tensors."""
        chance = Chance(*(one if one is None else change(one) for one in self.chance))  # type: ignore[arg-type]
        drawn = self.drawn if self.drawn is None else change(self.drawn)
        return Batch(change(self.images), change(self.labels), chance, drawn)

    def to(self, device: torch.device) -> "Batch":
        """On `device`, which is not waited for."""
        return self.each(lambda tensor: tensor.to(device, non_blocking=True))


class Taken(NamedTuple):
    """What a step tells: loss and logits of its forward pass in training mode, before the weights moved."""

    loss: Float[Tensor, ""]
    logits: Float[Tensor, "batch classes"]


@dataclass(frozen=True)
class Step:
    """A step of stochastic gradient descent on `network`, whose parameters `optimiser` moves.

    Images in [0, 1] lie in memory as `layout`, which should be that of the network's weights. Nothing in a step depends
    on a value, so that a GPU can record and repeat it.
    """

    network: NormalisedNetwork
    optimiser: torch.optim.Optimizer
    augmentation: Augmentation
    view: View
    precision: str
    layout: torch.memory_format

    def __call__(self, batch: Batch) -> Taken:
        """Takes the step."""
        augmented = unit_scale(self.augmentation(batch.images, batch.chance), self.layout)
        x = self.view(self.network, augmented, batch.labels, batch.drawn)
        logits = logits_of(self.network, x, self.precision)
        loss = F.cross_entropy(logits, batch.labels)
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        self.optimiser.step()
        return Taken(loss.detach(), logits.detach())
