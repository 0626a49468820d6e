"""One epoch of training."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Int64, UInt8
from torch import Tensor

from robust_style.errors import Divergence
from robust_style.model.vgg import NormalisedNetwork
from robust_style.provenance.precision import autocast
from robust_style.provenance.randomness import stream
from robust_style.training.augment import augment
from robust_style.training.pixels import unit_scale
from robust_style.training.regime import View
from robust_style.training.schedule import learning_rate
from robust_style.training.settings import TrainingSettings
from robust_style.training.subset import batches_of


@dataclass(frozen=True)
class EpochResult:
    """Learning rate of the epoch; mean loss and accuracy over its images, as the training forward pass saw them."""

    learning_rate: float
    loss: float
    accuracy: float


def train_epoch(
    network: NormalisedNetwork,
    optimiser: torch.optim.Optimizer,
    images: UInt8[Tensor, "images 3 height width"],
    labels: Int64[Tensor, " images"],
    *,
    view: View,
    settings: TrainingSettings,
    seed: int,
    epoch: int,
    precision: str,
    layout: torch.memory_format,
    name: str,
    pass_number: int = 1,
) -> EpochResult:
    """Trains `network` on every image once; `epoch` counts from 1, images and labels lie on the network's device.

    Images in [0, 1] are laid out in memory as `layout`, which should be the layout of the network's weights.
    Order, augmentation, random starts and noise are functions of seed, epoch and `pass_number` (which pass over the
    data of this epoch, from 1), not of the network, so that regimes of equal seed see the same batches. Batch norm is
    in evaluation mode for the attack and in training mode for the training forward pass, as in `robustness`. Raises
    Divergence, naming network (`name`), epoch and batch, at the first loss that is not finite.
    """
    rate = _set_learning_rate(optimiser, settings, epoch)
    when = (epoch,) if pass_number == 1 else (epoch, pass_number)
    order = torch.randperm(len(images), generator=stream(seed, "order", *when))
    augmentation, randomness = stream(seed, "augmentation", *when), stream(seed, "attack", *when)
    loss_sum, correct, last_loss = 0.0, 0, math.nan
    network.train()
    for number, chosen in enumerate(batches_of(order, settings.batch_size), start=1):
        chosen = chosen.to(images.device)
        augmented = augment(
            images[chosen],
            crop_padding=settings.crop_padding,
            flip=settings.flip,
            colour_jitter=settings.colour_jitter,
            rotation=settings.rotation,
            generator=augmentation,
        )
        y = labels[chosen]
        x = view(network, unit_scale(augmented, layout), y, randomness)
        with autocast(precision, x.device):
            logits = network(x)
        logits = logits.float()
        mean_loss = F.cross_entropy(logits, y)
        loss = mean_loss.item()
        if not math.isfinite(loss):
            raise Divergence(_diverged(name, when, number, last_loss))
        optimiser.zero_grad()
        torch.autograd.backward(mean_loss)
        optimiser.step()
        last_loss = loss
        loss_sum += loss * len(y)
        correct += int((logits.argmax(1) == y).sum())
    return EpochResult(rate, loss_sum / len(images), correct / len(images))


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


def _diverged(name: str, when: tuple[int, ...], batch: int, last_loss: float) -> str:
    words = ", pass ".join(map(str, when))
    return (
        f"networks.{name}: expected a finite training loss, found NaN or infinity in epoch {words}, batch {batch} "
        f"(last finite loss {last_loss:.4g}); lower training.learning_rate or the attack's step_size and run again"
    )
