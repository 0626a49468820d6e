"""The course of one optimisation: its losses and pictures, evaluation by evaluation."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.transfer.losses import Losses


@dataclass(frozen=True)
class Point:
    """A picture, its losses, and the gradient of the total loss."""

    image: Float[Tensor, "1 3 height width"]
    total: float
    content: float
    style: float
    gradient: Float[Tensor, "1 3 height width"]

    @property
    def is_finite(self) -> bool:
        """Whether the losses and every entry of the gradient are numbers."""
        losses_are = all(math.isfinite(loss) for loss in (self.total, self.content, self.style))
        return losses_are and bool(torch.isfinite(self.gradient).all())


def evaluate(objective: Callable[[Tensor], Losses], image: Float[Tensor, "1 3 height width"]) -> Point:
    """One evaluation: the losses at `image` and their gradient."""
    image = image.detach().requires_grad_()
    losses = objective(image)
    (gradient,) = torch.autograd.grad(losses.total.sum(), image)
    # The encoder works in channels_last, which its gradient inherits; torch.optim.LBFGS takes contiguous ones only.
    gradient = gradient.contiguous()
    return Point(image.detach(), losses.total.item(), losses.content.item(), losses.style.item(), gradient)


class Course:
    """What the optimiser has shown so far. Evaluation 0 is the start; the course is complete after `evaluations` more.

    `keep` names the evaluations whose picture is kept as 8 bit in `pictures`; the last one is always kept.
    `report` is called with the number of each evaluation and its total loss.
    """

    def __init__(self, evaluations: int, keep: Collection[int], report: Callable[[int, float], None]) -> None:
        self.evaluations = evaluations
        self.keep = frozenset((*keep, evaluations))
        self.report = report
        self.total: list[float] = []
        self.content: list[float] = []
        self.style: list[float] = []
        self.pictures: dict[int, UInt8[Tensor, "3 height width"]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether the budget of evaluations is spent."""
        return len(self.total) > self.evaluations

    @property
    def last(self) -> int:
        """The number of the last evaluation recorded."""
        return len(self.total) - 1

    def record(self, point: Point) -> None:
        """Adds one evaluation, at which the picture is `point`."""
        self.total.append(point.total)
        self.content.append(point.content)
        self.style.append(point.style)
        if self.last in self.keep:
            self.pictures[self.last] = eight_bit(point.image)
        self.report(self.last, point.total)

    def close(self, point: Point) -> None:
        """Keeps `point`, the last one recorded, also if the course ended before its budget was spent."""
        self.pictures[self.last] = eight_bit(point.image)

    def picture_at(self, evaluation: int) -> UInt8[Tensor, "3 height width"]:
        """The picture kept at `evaluation`, or at the last one where the course ended earlier."""
        return self.pictures[min(evaluation, self.last)]

    @property
    def worst_rise(self) -> float:
        """The largest total loss over the best so far: 1 where it never rose."""
        best, worst = math.inf, 1.0
        for loss in self.total:
            best = min(best, loss)
            worst = max(worst, _ratio(loss, best))
        return worst

    @property
    def final_over_best(self) -> float:
        """The total loss at the end over the smallest of all: 1 where the end is the best."""
        return _ratio(self.total[-1], min(self.total))


def eight_bit(image: Float[Tensor, "1 3 height width"]) -> UInt8[Tensor, "3 height width"]:
    """The picture as it is saved: projected onto [0, 1], rounded to 8 bit, on the CPU."""
    return image[0].clamp(0, 1).mul(255).round().to(device="cpu", dtype=torch.uint8)


def _ratio(loss: float, best: float) -> float:
    # A loss of exactly 0 (a start that is already the target) has no ratio to it; the smallest float keeps it finite.
    return 1.0 if loss == best else min(loss / max(best, 1e-300), 1e300)
