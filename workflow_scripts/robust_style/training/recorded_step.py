"""A training step on a GPU: recorded once, then repeated without the CPU."""

from typing import Any

import torch
from torch import Tensor

from robust_style.training.step import Batch, Step, Taken

# As many as torch's notes on CUDA graphs ask for: libraries choose their kernels in them.
_WARM_UPS = 3


def step_on(device: torch.device, step: Step) -> "Step | RecordedStep":
    """`step` as it is fastest on `device`."""
    return RecordedStep(step) if device.type == "cuda" else step


class RecordedStep:
    """`step` on a CUDA device, as one graph: some thousand small kernels that the CPU could not launch in time.

    Recorded for the first batch and again where the learning rate changed; a batch of another size, such as the last
    one of an epoch, is done kernel by kernel. Weights, statistics and momentum stay where they are and are changed in
    place. Source: torch's notes on CUDA graphs (whole-network capture).
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.network, self.optimiser = step.network, step.optimiser
        self.augmentation, self.view = step.augmentation, step.view
        self._recorded: _Recording | None = None

    def __call__(self, batch: Batch) -> Taken:
        """As `Step`."""
        rates = [group["lr"] for group in self.optimiser.param_groups]
        if self._recorded is None or (self._recorded.rates != rates and self._recorded.fits(batch)):
            self._recorded = None  # its memory serves the next
            self._recorded = _Recording(self.step, batch, rates)
        return self._recorded.repeat(batch) if self._recorded.fits(batch) else self.step(batch)


class _Recording:
    def __init__(self, step: Step, batch: Batch, rates: list[Any]) -> None:
        self.rates = rates
        # A place for every batch to come.
        self.batch = batch.each(torch.clone)
        self.graph = torch.cuda.CUDAGraph()
        state = _state_of(step)
        before = [tensor.clone() for tensor in state]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                step(self.batch)
        torch.cuda.current_stream().wait_stream(stream)
        with torch.cuda.graph(self.graph):
            self.taken = step(self.batch)
        # The warm-ups were steps: taken back.
        with torch.no_grad():
            for tensor, old in zip(state, before, strict=True):
                tensor.copy_(old)

    def fits(self, batch: Batch) -> bool:
        return batch.images.shape == self.batch.images.shape

    def repeat(self, batch: Batch) -> Taken:
        for mine, given in zip(_tensors(self.batch), _tensors(batch), strict=True):
            mine.copy_(given)
        self.graph.replay()
        return Taken(*(tensor.clone() for tensor in self.taken))


def _state_of(step: Step) -> list[Tensor]:
    """What a step changes. Momentum that is not there yet becomes 0, from which the first step gives the same."""
    state = list(step.network.state_dict().values())
    for group in step.optimiser.param_groups:
        for parameter in group["params"]:
            if group["momentum"]:
                own = step.optimiser.state[parameter]
                if own.get("momentum_buffer") is None:
                    own["momentum_buffer"] = torch.zeros_like(parameter)
                state.append(own["momentum_buffer"])
    return state


def _tensors(batch: Batch) -> list[Tensor]:
    everything = (batch.images, batch.labels, *batch.chance, batch.drawn)
    return [tensor for tensor in everything if tensor is not None]
