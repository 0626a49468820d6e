"""One epoch of training."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from robust_style.errors import Divergence
from robust_style.provenance.randomness import stream
from robust_style.training.feed import fed
from robust_style.training.recorded_step import RecordedStep
from robust_style.training.schedule import learning_rate
from robust_style.training.settings import TrainingSettings
from robust_style.training.step import Batch, Step
from robust_style.training.subset import batches_of

# Batches between two looks at the loss: seldom enough that a GPU does not wait, often enough to stop a lost training.
_LOOK_EVERY = 20


@dataclass(frozen=True)
class EpochResult:
    """Learning rate of the epoch; mean loss and accuracy over its images, as the training forward pass saw them."""

    learning_rate: float
    loss: float
    accuracy: float


def train_epoch(
    step: Step | RecordedStep,
    images: UInt8[Tensor, "images 3 height width"],
    labels: Int64[Tensor, " images"],
    *,
    settings: TrainingSettings,
    seed: int,
    epoch: int,
    name: str,
    pass_number: int = 1,
    after_batch: Callable[[int, int], None] = lambda done, batches: None,
) -> EpochResult:
    """Takes `step` on every image once; `epoch` counts from 1, labels lie on the network's device, images there or
    in host memory (`training.feed`).

    Order, augmentation, random starts and noise are functions of seed, epoch and `pass_number` (which pass over the
    data of this epoch, from 1), not of the network, so that regimes of equal seed see the same batches. Batch norm is
    in evaluation mode for the attack and in training mode for the training forward pass, as in `robustness`.
    `after_batch` is called with the number of batches done and of all. Raises Divergence, naming network (`name`),
    epoch, pass and batch of the first loss that is not finite.
    """
    rate = _set_learning_rate(step.optimiser, settings, epoch)
    when = (epoch,) if pass_number == 1 else (epoch, pass_number)
    order = torch.randperm(len(images), generator=stream(seed, "order", *when))
    of_augmentation, of_view = stream(seed, "augmentation", *when), stream(seed, "attack", *when)
    course = _Course.on(labels.device)
    step.network.train()
    batches = batches_of(order.to(images.device), settings.batch_size)
    for number, (stored, y) in enumerate(fed(images, labels, batches), start=1):
        shape = tuple(stored.shape)
        chance, drawn = step.augmentation.draw(shape, of_augmentation), step.view.draw(shape, of_view)
        batch = Batch(stored, y, chance, drawn).to(labels.device)
        loss, logits = step(batch)
        course.add(loss, logits, batch.labels, len(stored))
        if number % _LOOK_EVERY == 0 or number == len(batches):
            course.refuse_divergence(name, when)
        after_batch(number, len(batches))
    return EpochResult(rate, course.loss_sum / len(images), course.correct / len(images))


def _set_learning_rate(optimiser: torch.optim.Optimizer, settings: TrainingSettings, epoch: int) -> float:
    rate = learning_rate(
        epoch,
        initial=settings.learning_rate,
        drop_every=settings.learning_rate_drop_every,
        drop_factor=settings.learning_rate_drop_factor,
    )
    for group in optimiser.param_groups:
        group["lr"] = rate
    return rate


@dataclass
class _Course:
    """Losses of the batches so far, hits, on the device: looking at them makes a GPU wait."""

    hits: Tensor
    losses: list[Tensor]
    sizes: list[int]

    @classmethod
    def on(cls, device: torch.device) -> "_Course":
        return cls(torch.zeros((), dtype=torch.int64, device=device), [], [])

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor, size: int) -> None:
        self.hits += (logits.argmax(1) == labels).sum()
        self.losses.append(loss)
        self.sizes.append(size)

    @property
    def loss_sum(self) -> float:
        """Over images."""
        losses = torch.stack(self.losses).double().cpu()
        return float((losses * torch.tensor(self.sizes, dtype=torch.float64)).sum())

    @property
    def correct(self) -> int:
        return int(self.hits)

    def refuse_divergence(self, name: str, when: tuple[int, ...]) -> None:
        recent = torch.stack(self.losses[-_LOOK_EVERY - 1 :]).cpu()
        if bool(torch.isfinite(recent).all()):
            return
        losses = torch.stack(self.losses).cpu()
        first = int(torch.nonzero(~torch.isfinite(losses))[0])
        last_finite = float(losses[first - 1]) if first else math.nan
        words = ", pass ".join(map(str, when))
        raise Divergence(
            f"networks.{name}: expected a finite training loss, found NaN or infinity in epoch {words}, batch "
            f"{first + 1} (last finite loss {last_finite:.4g}); lower training.learning_rate or the attack's "
            "step_size and run again"
        )
