"""A network in training: its weights, its optimiser, and the checkpoint of the two."""

from dataclasses import dataclass, replace
from typing import Any

import torch

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import network_of
from robust_style.training.settings import TrainingSettings


@dataclass(frozen=True)
class Trainee:
    """A network on its device and in its memory layout, with its optimiser (stochastic gradient descent)."""

    network: NormalisedNetwork
    optimiser: torch.optim.SGD

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, settings: TrainingSettings, device: torch.device, layout: torch.memory_format
    ) -> "Trainee":
        """The state that `checkpoint` holds: weights, batch-norm statistics, momentum."""
        network = network_of(checkpoint).to(device).to(memory_format=layout)  # type: ignore[call-overload]
        optimiser = make_optimiser(network, settings)
        optimiser.load_state_dict(checkpoint.optimiser)
        for parameter, state in optimiser.state.items():
            # In its weights' layout, as a first step would have made it: every step then runs the same loops.
            state["momentum_buffer"] = torch.empty_like(parameter).copy_(state["momentum_buffer"])
        return cls(network, optimiser)

    def checkpoint(self, origin: Checkpoint, epoch: int, history: list[dict[str, Any]]) -> Checkpoint:
        """The state after `epoch` completed epochs; everything that training leaves alone is as in `origin`."""
        weights, optimiser = self.network.network.state_dict(), self.optimiser.state_dict()
        return replace(origin, epoch=epoch, history=history, weights=weights, optimiser=optimiser)

    def is_finite(self) -> bool:
        """Whether no weight and no statistic is NaN or infinite."""
        return all(bool(torch.isfinite(tensor).all()) for tensor in self.network.state_dict().values())


def make_optimiser(network: NormalisedNetwork, settings: TrainingSettings) -> torch.optim.SGD:
    """SGD with momentum and weight decay over every parameter, as `robustness` has it; the rate is set each epoch.

    In one pass over the memory (`fused`).
    """
    return torch.optim.SGD(
        network.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        fused=True,
    )
