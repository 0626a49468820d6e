"""The trajectory of one optimisation: losses of all iterations, pictures of some."""

import math
from collections.abc import Callable, Collection

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.transfer.optimisers.problem import PictureLosses

Report = Callable[[int, float], None]
# The largest ratio of losses: JSON has no infinity.
_LARGEST = 1e300


def eight_bit(image: Float[Tensor, "1 3 height width"]) -> UInt8[Tensor, "3 height width"]:
    """The picture as it is saved: clamped to [0, 1], rounded to 8 bit, on the CPU."""
    return image[0].detach().clamp(0, 1).mul(255).round().to(device="cpu", dtype=torch.uint8)


class BestSoFar:
    """The picture of the smallest total loss so far, for an optimisation that may be interrupted.

    Over the sizes of a coarse-to-fine recipe it is always a picture of the current size. `iterations` is the number of
    iterations after the start, over all sizes. It keeps references to parameters, no copies.
    """

    def __init__(self) -> None:
        self.iterations = 0
        self.trajectory: Trajectory | None = None
        self._loss = math.inf
        self._parameters: Tensor | None = None
        self._latest: tuple[Trajectory, Tensor] | None = None

    def update(self, trajectory: "Trajectory", parameters: Tensor) -> None:
        """Consider the iteration that `trajectory` has just recorded, at `parameters`."""
        self._latest = trajectory, parameters
        loss = trajectory.losses[-1].total
        # losses at another size or in another precision are not comparable
        is_first_of_its_kind = trajectory.last in (0, trajectory.float32_from)
        if is_first_of_its_kind or loss < self._loss:
            self.trajectory, self._loss, self._parameters = trajectory, loss, parameters
        self.iterations += trajectory.last > 0

    def picture(self) -> UInt8[Tensor, "3 height width"]:
        """The picture. Requires `iterations` above 0."""
        assert self.trajectory is not None
        assert self._parameters is not None
        return self.trajectory.develop(self._parameters)

    def latest_picture(self) -> UInt8[Tensor, "3 height width"]:
        """The picture of the last iteration, whatever its loss. Requires one iteration, which may be the start."""
        assert self._latest is not None
        trajectory, parameters = self._latest
        return trajectory.develop(parameters)


class Trajectory:
    """Losses and kept pictures of one optimisation. Iteration 0 is the start; `iterations` more complete it.

    `losses` are those of the picture at each iteration; `evaluated` are the total losses that the optimiser computed
    there. They differ for `lbfgs`, whose picture is the best so far: a step that its line search rejects is evaluated
    only.

    `keep` are the iterations whose picture is kept as 8 bit in `pictures`; the last one is always kept. `report` is
    called with the number of each iteration and its total loss; `develop` makes a picture of parameters; `best` is
    updated at each iteration.

    `float32_from` is the first iteration in float32 after others in bfloat16 (None: no change of precision): losses
    before it are not comparable with those after it.
    """

    def __init__(
        self,
        iterations: int,
        keep: Collection[int],
        report: Report,
        develop: Callable[[Tensor], UInt8[Tensor, "3 height width"]] = eight_bit,
        best: BestSoFar | None = None,
    ) -> None:
        self.iterations = iterations
        self.keep = frozenset((*keep, iterations))
        self.report = report
        self.develop = develop
        self.best = best
        self.losses: list[PictureLosses] = []
        self.evaluated: list[float] = []
        self.has_diverged = False
        self.pictures: dict[int, UInt8[Tensor, "3 height width"]] = {}
        self.float32_from: int | None = None

    @property
    def total(self) -> list[float]:
        """The total loss at each iteration."""
        return [losses.total for losses in self.losses]

    @property
    def is_complete(self) -> bool:
        """True if all iterations are recorded."""
        return len(self.losses) > self.iterations

    @property
    def last(self) -> int:
        """The number of the last recorded iteration."""
        return len(self.losses) - 1

    @property
    def remaining(self) -> int:
        """The number of iterations to come."""
        return self.iterations - self.last

    def record(self, losses: PictureLosses, parameters: Tensor, evaluated: float | None = None) -> None:
        """Record one iteration, whose picture is that of `parameters` (one row).

        `evaluated` is the total loss computed at this iteration, where it is not that of the picture.
        """
        self.losses.append(losses)
        self.evaluated.append(losses.total if evaluated is None else evaluated)
        if self.last in self.keep:
            self.pictures[self.last] = self.develop(parameters)
        if self.best is not None:
            self.best.update(self, parameters)
        self.report(self.last, losses.total)

    def set_float32(self) -> None:
        """Mark that losses are computed in float32 from the next iteration on."""
        self.float32_from = len(self.losses)

    def close(self, parameters: Tensor) -> None:
        """Keep the picture of the last iteration, also if the optimisation ended early."""
        if self.last not in self.pictures:
            self.pictures[self.last] = self.develop(parameters)

    def picture_at(self, iteration: int) -> UInt8[Tensor, "3 height width"]:
        """The picture kept at `iteration`, or the last one if the optimisation ended before it."""
        return self.pictures[min(iteration, self.last)]

    @property
    def worst_rise(self) -> float:
        """The largest ratio of an evaluated total loss to the best before it: 1 if the loss never rose.

        All evaluations count, also those of steps that a line search rejected; 1e300 if the optimisation diverged. A
        picture that is evaluated again in float32 has another loss by rounding, which is no rise: the best is reset at
        `float32_from`.
        """
        if self.has_diverged:
            return _LARGEST
        best, worst = math.inf, 1.0
        for number, loss in enumerate(self.evaluated):
            best = loss if number == self.float32_from else min(best, loss)
            worst = max(worst, _ratio(loss, best))
        return worst

    @property
    def final_over_best(self) -> float:
        """The final total loss over the smallest in the same precision: 1 if the final one is the best."""
        total = self.total[self.float32_from or 0 :] or self.total
        return _ratio(total[-1], min(total))


def _ratio(loss: float, best: float) -> float:
    # A start that already is the target has loss 0; the smallest float keeps the ratio finite.
    return 1.0 if loss == best else min(loss / max(best, 1 / _LARGEST), _LARGEST)
