"""Batch norm over the whole batch, of which each of several processes has a share."""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

_OVER_POSITIONS = (0, 2, 3)


class GlobalBatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d whose statistics in training mode are those of the shares of all processes together.

    Outputs, gradients and running statistics are, but for rounding, those of nn.BatchNorm2d on the whole batch. The
    gradients of weight and bias are those of the loss of this process: they are added up with all others.
    Not torch.nn.SyncBatchNorm, which does the same but takes no tensors on the CPU.
    """

    def forward(
        self, input: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """In evaluation mode that of nn.BatchNorm2d."""
        if not self.training:
            return super().forward(input)
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        normalised, mean, variance, count = _normalise(input, self.weight, self.bias, self.eps)
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean)
            self.running_var.mul_(1 - self.momentum).add_(self.momentum * variance * (count / (count - 1)))
        return normalised


def with_global_batch_norm(network: nn.Module) -> None:
    """Puts a GlobalBatchNorm2d in the place of each nn.BatchNorm2d in `network`, around the very same tensors."""
    for parent in list(network.modules()):
        for name, module in list(parent.named_children()):
            if type(module) is nn.BatchNorm2d:
                setattr(parent, name, _around(module))


def _around(norm: nn.BatchNorm2d) -> GlobalBatchNorm2d:
    made = GlobalBatchNorm2d(norm.num_features, eps=norm.eps, momentum=norm.momentum, device="meta")
    made.weight, made.bias = norm.weight, norm.bias
    made.running_mean, made.running_var = norm.running_mean, norm.running_var
    made.num_batches_tracked = norm.num_batches_tracked
    return made.train(norm.training)


class _Normalisation(torch.autograd.Function):
    """The normalised share; mean, variance (biased) and count of the values of each channel in the whole batch.

    Source: Ioffe and Szegedy 2015, algorithm 1 and the gradients of § 3; what is communicated as in
    torch.nn.SyncBatchNorm. Differs from the latter: sums over processes are of float64, so that mean and mean square
    may be summed in place of mean and squared deviations.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, ...]:
        own_variance, own_mean = torch.var_mean(x.to(weight.dtype), _OVER_POSITIONS, correction=0)
        mean = own_mean.double()
        moments = torch.stack([torch.ones_like(mean), mean, own_variance.double() + mean * mean])
        moments *= x.numel() // x.shape[1]
        dist.all_reduce(moments)
        count = moments[0]
        mean = moments[1] / count
        variance = (moments[2] / count - mean * mean).clamp_min(0)
        inverse = (variance + eps).rsqrt().to(weight.dtype)
        mean, variance, count = (each.to(weight.dtype) for each in (mean, variance, count))
        normalised = F.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps)
        ctx.save_for_backward(x, weight, mean, inverse, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return normalised, mean, variance, count

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, inverse, count = ctx.saved_tensors
        gradient = gradients[0].to(weight.dtype)
        standard = (x.to(weight.dtype) - _by_channel(mean)) * _by_channel(inverse)
        own = torch.stack([gradient.sum(_OVER_POSITIONS), (gradient * standard).sum(_OVER_POSITIONS)])
        whole = own.to(torch.float64, copy=True)
        dist.all_reduce(whole)
        of_bias, of_weight = (whole / count).to(weight.dtype)
        centred = gradient - _by_channel(of_bias) - standard * _by_channel(of_weight)
        return (centred * _by_channel(weight * inverse)).to(x.dtype), own[1], own[0], None


# Typed, as torch's is not.
_normalise: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor, Tensor, Tensor]] = _Normalisation.apply


def _by_channel(values: Float[Tensor, " channels"]) -> Float[Tensor, "1 channels 1 1"]:
    return values.view(1, -1, 1, 1)
