"""One training pass over the data: batch order, learning rate, random numbers, loss and accuracy."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from robust_style.compute.randomness import stream
from robust_style.errors import Divergence
from robust_style.training.batches import StoredImages, StoredLabels, load_batches, split_batches
from robust_style.training.settings import TrainingSettings
from robust_style.training.step import Batch, GraphedStep, Step, StepOutput

# Batches between two checks of the loss: rare enough to keep a GPU busy, frequent enough to stop a diverged training.
_CHECK_EVERY = 20


@dataclass(frozen=True)
class TrainingResult:
    """Learning rate; mean loss and accuracy (0 to 1) of the training forward passes of one pass or of an epoch."""

    learning_rate: float
    loss: float
    accuracy: float


def train_pass(
    step: Step | GraphedStep,
    images: StoredImages,
    labels: StoredLabels,
    *,
    settings: TrainingSettings,
    seed: int,
    epoch: int,
    name: str,
    pass_number: int = 1,
    after_batch: Callable[[int, int], None] = lambda done, batches: None,
) -> TrainingResult:
    """Train on every image once: pass `pass_number` of `epoch`, both from 1.

    Labels are on the network's device, images there or on the CPU. Order, augmentation, random starts and noise are
    functions of seed, epoch and pass, not of the network, so that networks of equal seed train on the same batches.
    Batch norm is in evaluation mode for the attack and in training mode for the training forward pass, as in
    `robustness`.
    `after_batch` is called with the number of batches done and in all. Raises Divergence if a loss is not finite, with
    the network (`name`), epoch, pass and batch.
    """
    rate = learning_rate(
        epoch,
        initial=settings.learning_rate,
        drop_every=settings.learning_rate_drop_every,
        drop_factor=settings.learning_rate_drop_factor,
    )
    for group in step.optimiser.param_groups:
        group["lr"] = rate
    key = (epoch,) if pass_number == 1 else (epoch, pass_number)
    order = torch.randperm(len(images), generator=stream(seed, "order", *key))
    augmentation_generator, attack_generator = stream(seed, "augmentation", *key), stream(seed, "attack", *key)
    batches = split_batches(order.to(images.device), settings.batch_size)
    losses = _LossHistory.on(labels.device)
    step.network.train()
    for number, (batch_images, batch_labels) in enumerate(load_batches(images, labels, batches), start=1):
        shape = tuple(batch_images.shape)
        parameters = step.augmentation.draw(shape, augmentation_generator)
        random_values = step.input_transform.draw(shape, attack_generator)
        batch = Batch(batch_images, batch_labels, parameters, random_values).to(labels.device)
        losses.append(step(batch), batch.labels)
        if number % _CHECK_EVERY == 0 or number == len(batches):
            losses.raise_if_diverged(name, key)
        after_batch(number, len(batches))
    return TrainingResult(rate, losses.total() / len(images), int(losses.correct) / len(images))


def learning_rate(epoch: int, *, initial: float, drop_every: int, drop_factor: float) -> float:
    """The learning rate during `epoch` (from 1): `initial`, times `drop_factor` after every `drop_every` epochs.

    A pure function of the epoch, so that a chain of segments has the schedule of one run.
    Source: torch.optim.lr_scheduler.StepLR, as `robustness` steps it. Differs from that library: after a resume its
    rate drops one epoch late, because it saves its schedule before stepping it.
    """
    return float(initial * drop_factor ** ((epoch - 1) // drop_every))


@dataclass
class _LossHistory:
    """Mean losses and sizes of the batches so far and the number of correct predictions.

    Values stay on the device: reading them makes the CPU wait for the GPU.
    """

    correct: Tensor
    losses: list[Tensor]
    sizes: list[int]

    @classmethod
    def on(cls, device: torch.device) -> "_LossHistory":
        return cls(torch.zeros((), dtype=torch.int64, device=device), [], [])

    def append(self, output: StepOutput, labels: Tensor) -> None:
        self.correct += (output.logits.argmax(1) == labels).sum()
        self.losses.append(output.loss)
        self.sizes.append(len(labels))

    def total(self) -> float:
        """The sum of the loss over all images."""
        losses = torch.stack(self.losses).double().cpu()
        return float((losses * torch.tensor(self.sizes, dtype=torch.float64)).sum())

    def raise_if_diverged(self, name: str, key: tuple[int, ...]) -> None:
        since_last_check = torch.stack(self.losses[-_CHECK_EVERY:]).cpu()
        if bool(torch.isfinite(since_last_check).all()):
            return
        losses = torch.stack(self.losses).cpu()
        first = int(torch.nonzero(~torch.isfinite(losses))[0])
        last_finite = float(losses[first - 1]) if first else math.nan
        raise Divergence(
            f"networks.{name}: training diverged: loss NaN or infinite in epoch {', pass '.join(map(str, key))}, "
            f"batch {first + 1} (last finite loss {last_finite:.4g}). Lower training.learning_rate or the attack's "
            "step_size and run again"
        )
