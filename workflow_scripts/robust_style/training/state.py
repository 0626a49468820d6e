"""The training state: a network and its optimiser, made from a checkpoint and written as one."""

from dataclasses import dataclass, replace
from typing import Any

import torch

from robust_style.files.checkpoint import Checkpoint
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import network_of
from robust_style.training.settings import TrainingSettings


@dataclass(frozen=True)
class TrainingState:
    """A network on its device and in its memory format, with its optimiser (stochastic gradient descent)."""

    network: NormalisedNetwork
    optimiser: torch.optim.SGD

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, settings: TrainingSettings, device: torch.device, layout: torch.memory_format
    ) -> "TrainingState":
        """Weights, batch-norm statistics and momentum of `checkpoint`."""
        network = network_of(checkpoint).to(device).to(memory_format=layout)  # type: ignore[call-overload]
        optimiser = make_optimiser(network, settings)
        optimiser.load_state_dict(checkpoint.optimiser)
        for parameter, state in optimiser.state.items():
            # The momentum of an uninterrupted run has the layout of its weights; the same layout gives the same bits.
            state["momentum_buffer"] = torch.empty_like(parameter).copy_(state["momentum_buffer"])
        return cls(network, optimiser)

    def checkpoint(self, origin: Checkpoint, epoch: int, history: list[dict[str, Any]]) -> Checkpoint:
        """The checkpoint after `epoch` completed epochs; what training does not change is copied from `origin`."""
        weights, optimiser = self.network.network.state_dict(), self.optimiser.state_dict()
        return replace(origin, epoch=epoch, history=history, weights=weights, optimiser=optimiser)

    def is_finite(self) -> bool:
        """Whether all weights and statistics are finite."""
        return all(bool(torch.isfinite(tensor).all()) for tensor in self.network.state_dict().values())


def make_optimiser(network: NormalisedNetwork, settings: TrainingSettings) -> torch.optim.SGD:
    """SGD with momentum and weight decay over every parameter, as in `robustness`; fused, which is faster.

    The learning rate is set at the start of each epoch.
    """
    return torch.optim.SGD(
        network.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        fused=True,
    )
