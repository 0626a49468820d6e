"""One training step: augment, apply the regime, forward and backward pass, SGD; on a GPU as a CUDA graph."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from robust_style.attack.pgd import Images
from robust_style.model.forward import logits_of
from robust_style.model.network import NormalisedNetwork
from robust_style.training.augmentation import Augmentation, AugmentationParameters
from robust_style.training.batches import unit_scale
from robust_style.training.regime import InputTransform

# In float32, channels_last is faster than contiguous up to this width; in bfloat16, at every width.
# MEASURED (Xeon with AMX, 1 thread, batch 128, VGG19, standard regime; images/s contiguous -> channels_last):
# float32 537 -> 659 at width 1/4, 178 -> 184 at 1/2, 49 -> 44 at 1; bfloat16 879 -> 1164 at 1/4, 78 -> 93 at 1. The
# ratios under PGD with 3 steps are within 10 % of these.
_WIDEST_CHANNELS_LAST = 0.5
# A narrower ResNet can crash in channels_last: its first stage has fewer than 16 channels, and oneDNN writes out of
# bounds in the gradient of a strided 1 x 1 convolution (https://github.com/uxlfoundation/oneDNN/issues/6035).
# MEASURED (Xeon with AMX, torch 2.13, 8 channels, float32): segmentation fault at 8 of 8 map sizes from 64 to 224 px.
_NARROWEST_CHANNELS_LAST_RESNET = 0.25
# SOURCE: torch's notes on CUDA graphs; libraries choose their kernels during the first calls.
_WARM_UP_STEPS = 3


class Batch(NamedTuple):
    """The input of a step, on one device: stored images, labels, and the random numbers of augmentation and regime.

    `random_values` (`InputTransform.draw`) give the random start of the attack or the direction of the noise.
    """

    images: UInt8[Tensor, "batch 3 height width"]
    labels: Int64[Tensor, " batch"]
    augmentation: AugmentationParameters
    random_values: Images | None

    def map(self, function: Callable[[Tensor], Tensor]) -> "Batch":
        """A batch with `function` applied to every tensor."""
        parameters = (value if value is None else function(value) for value in self.augmentation)
        return Batch(
            function(self.images),
            function(self.labels),
            AugmentationParameters(*parameters),  # type: ignore[arg-type]
            self.random_values if self.random_values is None else function(self.random_values),
        )

    def to(self, device: torch.device) -> "Batch":
        """A copy on `device`, made asynchronously."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=True))

    def tensors(self) -> list[Tensor]:
        """Every tensor, in a fixed order."""
        values = (self.images, self.labels, *self.augmentation, self.random_values)
        return [value for value in values if value is not None]


class StepOutput(NamedTuple):
    """Mean loss and logits of the training forward pass, before the weights are updated."""

    loss: Float[Tensor, ""]
    logits: Float[Tensor, "batch classes"]


@dataclass(frozen=True)
class Step:
    """A step of stochastic gradient descent on `network` by `optimiser`.

    Converts its images to `layout`, the memory format of the network's weights. No control flow depends on tensor
    values, as CUDA graphs require.
    """

    network: NormalisedNetwork
    optimiser: torch.optim.Optimizer
    augmentation: Augmentation
    input_transform: InputTransform
    precision: str
    layout: torch.memory_format

    def __call__(self, batch: Batch) -> StepOutput:
        """Update the weights."""
        augmented = unit_scale(self.augmentation(batch.images, batch.augmentation), self.layout)
        x = self.input_transform(self.network, augmented, batch.labels, batch.random_values)
        logits = logits_of(self.network, x, self.precision)
        loss = F.cross_entropy(logits, batch.labels)
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        self.optimiser.step()
        return StepOutput(loss.detach(), logits.detach())


def fastest_step(device: torch.device, step: Step) -> "Step | GraphedStep":
    """`step`, on a GPU as a CUDA graph."""
    return GraphedStep(step) if device.type == "cuda" else step


def layout_for(precision: str, width: float, architecture: str = "vgg19") -> torch.memory_format:
    """The memory format in which convolutions are fastest and do not crash.

    The layout changes rounding, so it is a function of recorded values only.
    """
    if architecture.startswith("resnet") and width < _NARROWEST_CHANNELS_LAST_RESNET:
        return torch.contiguous_format
    if precision == "bfloat16" or width <= _WIDEST_CHANNELS_LAST:
        return torch.channels_last
    return torch.contiguous_format


class GraphedStep:
    """`step` on a CUDA device as one CUDA graph: the CPU could not launch its thousand small kernels fast enough.

    Captured for the first batch, and again when the learning rate changes. A batch of another size, such as the last
    of an epoch, is run without the graph. Weights, statistics and momentum are updated in place.
    Source: torch's notes on CUDA graphs (whole-network capture).
    """

    def __init__(self, step: Step) -> None:
        self.network, self.optimiser = step.network, step.optimiser
        self.augmentation, self.input_transform = step.augmentation, step.input_transform
        self._step = step
        self._captured: _CapturedStep | None = None

    def __call__(self, batch: Batch) -> StepOutput:
        """See `Step`."""
        rates = [group["lr"] for group in self.optimiser.param_groups]
        if self._captured is None or (self._captured.rates != rates and self._captured.fits(batch)):
            self._captured = None  # free its memory for the next
            self._captured = _CapturedStep(self._step, batch, rates)
        return self._captured.replay(batch) if self._captured.fits(batch) else self._step(batch)


class _CapturedStep:
    """A captured step, its learning rates and its static input batch."""

    def __init__(self, step: Step, batch: Batch, rates: list[Any]) -> None:
        self.rates = rates
        self._batch = batch.map(torch.clone)
        self._graph = torch.cuda.CUDAGraph()
        state = _mutable_state(step)
        before = [tensor.clone() for tensor in state]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP_STEPS):
                step(self._batch)
        torch.cuda.current_stream().wait_stream(stream)
        with torch.cuda.graph(self._graph):
            self._output = step(self._batch)
        # Undo the warm-up steps.
        with torch.no_grad():
            for tensor, old in zip(state, before, strict=True):
                tensor.copy_(old)

    def fits(self, batch: Batch) -> bool:
        return batch.images.shape == self._batch.images.shape

    def replay(self, batch: Batch) -> StepOutput:
        for static, value in zip(self._batch.tensors(), batch.tensors(), strict=True):
            static.copy_(value)
        self._graph.replay()
        return StepOutput(*(tensor.clone() for tensor in self._output))


def _mutable_state(step: Step) -> list[Tensor]:
    """The tensors that a step changes.

    Missing momentum buffers become zeros, which gives the same first update as SGD without a buffer.
    """
    tensors = list(step.network.state_dict().values())
    for group in step.optimiser.param_groups:
        for parameter in group["params"]:
            if group["momentum"]:
                state = step.optimiser.state[parameter]
                if state.get("momentum_buffer") is None:
                    state["momentum_buffer"] = torch.zeros_like(parameter)
                tensors.append(state["momentum_buffer"])
    return tensors
