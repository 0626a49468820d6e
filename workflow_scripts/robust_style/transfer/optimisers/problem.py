"""What an optimiser minimises: parameters, the pictures they encode, and the losses of the pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor

from robust_style.errors import Divergence
from robust_style.transfer.losses import Losses, Rows
from robust_style.transfer.parameterisation import Parameterisation, Pixels


class PictureLosses(NamedTuple):
    """The losses of one picture."""

    total: float
    content: float
    style: float
    total_variation: float


@dataclass(frozen=True)
class LossAndGradient:
    """Some rows of a batch, their losses, and the gradients of their total losses.

    `is_finite`: for each row, whether its losses and its whole gradient are finite.
    """

    parameters: Tensor
    gradient: Tensor
    losses: list[PictureLosses]
    is_finite: list[bool]


@dataclass(frozen=True)
class Outcome:
    """The final parameters of one row (a batch of one), and why it stopped.

    `stopped` is "iterations" (all done), "converged" (the gradient is 0, or no step along it lowers the loss) or
    "diverged" (the loss became non-finite).
    """

    parameters: Tensor
    stopped: str


@dataclass(frozen=True)
class Problem:
    """Independent problems of one shape, one for each row of a batch.

    `objective(images, rows, in_float32)` returns the losses of the decoded parameters. `is_float32`: it computes in
    float32 whatever `in_float32` says.
    """

    objective: Callable[[Tensor, Rows, bool], Losses]
    parameterisation: Parameterisation = field(default_factory=Pixels)
    is_float32: bool = True

    def evaluate(self, parameters: Tensor, rows: Sequence[int], in_float32: Sequence[bool]) -> LossAndGradient:
        """Losses and gradients of `rows`, whose `parameters` are in this order; `in_float32`: the precision of each."""
        precision_of = in_float32.__getitem__
        groups = [list(group) for _, group in groupby(sorted(range(len(rows)), key=precision_of), precision_of)]
        if len(groups) == 1:
            return self._evaluate(parameters, rows, in_float32[0])
        parts = [self._evaluate(parameters[group], [rows[i] for i in group], in_float32[group[0]]) for group in groups]
        order = [i for group in groups for i in group]
        inverse = sorted(range(len(order)), key=order.__getitem__)
        losses = [losses for part in parts for losses in part.losses]
        finite = [finite for part in parts for finite in part.is_finite]
        return LossAndGradient(
            parameters,
            torch.cat([part.gradient for part in parts])[inverse],
            [losses[i] for i in inverse],
            [finite[i] for i in inverse],
        )

    def _evaluate(self, parameters: Tensor, rows: Sequence[int], in_float32: bool) -> LossAndGradient:
        leaf = parameters.detach().requires_grad_()
        losses = self.objective(self.parameterisation.decode(leaf), rows, in_float32)
        (gradient,) = torch.autograd.grad(losses.total.sum(), leaf)
        # The gradient inherits channels_last from the encoder; torch.optim.LBFGS needs contiguous gradients.
        gradient = gradient.contiguous()
        parts = torch.stack([losses.total, losses.content, losses.style, losses.total_variation])
        finite = torch.isfinite(parts).all(0) & torch.isfinite(gradient).flatten(1).all(1)
        # one synchronisation with the device
        *values, are_finite = torch.cat([parts, finite.to(parts).unsqueeze(0)]).tolist()
        return LossAndGradient(
            leaf.detach(),
            gradient,
            [PictureLosses(*row) for row in zip(*values, strict=True)],
            [bool(flag) for flag in are_finite],
        )


def refuse_divergence_at_start(start: LossAndGradient) -> None:
    """Raise Divergence if the loss of a start is not finite: then no optimiser can help."""
    for losses, finite in zip(start.losses, start.is_finite, strict=True):
        if not finite:
            raise Divergence(
                f"style transfer: expected a finite loss at the start, found {losses.total}; "
                "lower style_weight, or train the checkpoint again if its weights are not finite"
            )
