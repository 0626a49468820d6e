"""The search of the style weight that gives a picture a chosen structural similarity to its content.

All networks then paint at equal content, and their style distances can be compared.

The weight is changed on the way, in one optimisation that never starts anew. From a content start the similarity falls
about linearly in the logarithm of the iterations, and faster with a larger weight; a content loss of a deep layer does
not bring lost detail back. So the search predicts the similarity and corrects the weight before the target is passed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.transfer.optimisers.trajectory import Trajectory
from robust_style.transfer.structural_similarity import luma, structural_similarity

# Largest distance of the similarity to the target: half of the smallest difference that matters, 0.02.
TOLERANCE = 0.01
# Measurements of a picture in a full number of iterations; a round has two. For 150 iterations a round has 24.
CHECKS = 12
# Evaluations that a picture may take, as a multiple of those of the same recipe without a target.
LARGEST_COST = 3
# The style weight stays within so many powers of ten of its value in the recipe. ASSUME: beyond it one of the losses
# has no effect any more.
LARGEST_DECADES = 4.0
# Fall of the similarity by a tenfold weight: before there are two rounds, and the limits of the secant.
# MEASURED (pilot networks, 64 to 128 px): 0.02 to 0.25.
SENSITIVITY, LEAST_SENSITIVITY, LARGEST_SENSITIVITY = 0.15, 0.08, 0.4
# Powers of ten: the largest corrections up and down, and the smallest one that gives a secant. Down is faster, because
# lost detail does not come back.
LARGEST_RISE, LARGEST_FALL, SMALLEST_SECANT = 0.7, 1.5, 0.15
# How far the trend between two measurements is extrapolated.
FARTHEST = 4.0
# The same for a rise, which is the short response to a smaller weight.
RISING = 1.0
# The search aims above the target, because the similarity falls slowly on: so much at the end, and more before it.
ABOVE, RESERVE = TOLERANCE / 4, 0.04
# Error of an extrapolation, as a share of its length: a smaller correction is left out, because each one slows L-BFGS.
UNCERTAINTY = 0.3


class Round(NamedTuple):
    """Iterations with one style weight, and the similarity at their end."""

    style_weight: float
    iterations: int
    content_ssim: float


@dataclass(frozen=True)
class TargetResult:
    """The end of a search: `rounds` in order; `evaluations` are those of loss and gradient, of all rounds.

    `reached`: the finished picture's similarity is within `TOLERANCE` of the target.
    """

    target: float
    reached: bool
    evaluations: int
    rounds: Sequence[Round]

    @property
    def style_weight(self) -> float:
        """The style weight at the end."""
        return self.rounds[-1].style_weight

    @property
    def content_ssim(self) -> float:
        """The structural similarity of the finished picture, as saved, and its content."""
        return self.rounds[-1].content_ssim

    def as_json(self) -> dict[str, Any]:
        """The result as it is in a trace."""
        return {
            "target": self.target,
            "reached": self.reached,
            "style_weight": self.style_weight,
            "content_ssim": self.content_ssim,
            "evaluations": self.evaluations,
            "rounds": [done._asdict() for done in self.rounds],
        }


class WeightSearch:
    """The style weight of one picture: corrected by the error of its predicted similarity, in the logarithm.

    The sensitivity of the similarity to the weight is the secant of the last two predictions.
    """

    def __init__(self, first_weight: float) -> None:
        self.first_weight = first_weight
        self._sensitivity = SENSITIVITY
        self._previous: tuple[float, float] | None = None

    def next_weight(self, weight: float, prediction: float, aim: float) -> float:
        """The weight that leads to the similarity `aim`, where `weight` leads to `prediction`."""
        place = math.log10(weight / self.first_weight)
        if self._previous and abs(place - self._previous[0]) > SMALLEST_SECANT:
            secant = (self._previous[1] - prediction) / (place - self._previous[0])
            self._sensitivity = min(max(secant, LEAST_SENSITIVITY), LARGEST_SENSITIVITY)
        self._previous = (place, prediction)
        step = min(max((prediction - aim) / self._sensitivity, -LARGEST_FALL), LARGEST_RISE)
        return float(self.first_weight * 10 ** min(max(place + step, -LARGEST_DECADES), LARGEST_DECADES))


def predicted(before: tuple[int, float], now: tuple[int, float], end: int) -> float:
    """The similarity at iteration `end`, from (iteration, similarity) twice: linear in log(iteration), but not far.

    It falls by at most `FARTHEST` times the change between the two, and rises by at most `RISING` times.
    """
    far = math.log(end / now[0]) / math.log(now[0] / before[0])
    change = now[1] - before[1]
    return now[1] + change * min(max(far, 0.0), FARTHEST if change < 0 else RISING)


@dataclass
class _Picture:
    """The search of one picture of a batch."""

    content: Float[np.ndarray, "height width"]
    trajectory: Trajectory
    note: Callable[[str], None]
    search: WeightSearch
    weight: float
    rounds: list[Round] = field(default_factory=list)
    # iterations before the last restart of the trajectory, and those before the current round
    earlier: int = 0
    before_round: int = 0
    evaluations: int = 0
    is_last_finish: bool = False
    # the last measurement: iteration (at least 1: the start has no logarithm) and similarity
    measured: tuple[int, float] = (1, 1.0)

    @property
    def iteration(self) -> int:
        """Number of iterations since the first start."""
        return self.earlier + self.trajectory.last

    def similarity(self, picture: UInt8[Tensor, "3 height width"]) -> float:
        return structural_similarity(_luma(picture), self.content)

    def end_round(self, similarity: float) -> None:
        self.rounds.append(Round(self.weight, self.iteration - self.before_round, similarity))
        self.before_round = self.iteration


class ContentTarget:
    """The searches of a batch of pictures, which are independent. `revise` is the callback of `minimise`.

    Every picture starts with `first_weight`. `CHECKS` times in a full number of iterations its similarity is measured.
    After two measurements the weight is corrected, if the predicted similarity needs it. The first full number of
    iterations is the search, the second the finish, whose corrections are small. If the finished picture is out of
    tolerance, it is finished once more.
    """

    def __init__(
        self,
        target: float,
        first_weight: float,
        contents: Sequence[UInt8[Tensor, "3 height width"]],
        trajectories: Sequence[Trajectory],
        notes: Sequence[Callable[[str], None]],
        set_style_weight: Callable[[int, float], None],
    ) -> None:
        """`set_style_weight` is given row and weight; `notes` are called with a line at each change."""
        self.target, self.set_style_weight = target, set_style_weight
        self.pictures = [
            _Picture(_luma(content), trajectory, note, WeightSearch(first_weight), first_weight)
            for content, trajectory, note in zip(contents, trajectories, notes, strict=True)
        ]

    def revise(self, row: int, parameters: Tensor, ends: bool) -> bool:
        """Measure the picture where it is due, and correct its style weight; True if the row has to go on with it."""
        picture = self.pictures[row]
        trajectory = picture.trajectory
        interval = max(1, trajectory.iterations // CHECKS)
        is_start = trajectory.last == 0 and not picture.evaluations
        if not ends and not is_start and (trajectory.last == 0 or trajectory.last % interval):
            return False
        similarity = picture.similarity(trajectory.develop(parameters))
        before, picture.measured = picture.measured, (max(picture.iteration, 1), similarity)
        if ends:
            return self._restart(row, similarity)
        end = LARGEST_COST * trajectory.iterations if picture.is_last_finish else 2 * trajectory.iterations
        is_round = picture.iteration - picture.before_round >= 2 * interval
        if not is_round or before[0] >= picture.measured[0]:
            return False
        prediction = predicted(before, picture.measured, end)
        aim = self.target + ABOVE + RESERVE * max(0, end - picture.iteration) / end
        weight = picture.search.next_weight(picture.weight, prediction, aim)
        if weight == picture.weight or abs(prediction - aim) <= max(
            TOLERANCE / 4, UNCERTAINTY * abs(prediction - similarity)
        ):
            return False
        trajectory.change_style_weight(weight - picture.weight)
        self._change(row, weight, similarity)
        return True

    def _restart(self, row: int, similarity: float) -> bool:
        """Begin the finish after the search, or another finish if the picture is out of tolerance; True if begun."""
        picture = self.pictures[row]
        trajectory = picture.trajectory
        finish = trajectory.iterations + 1
        used = picture.evaluations + len(trajectory.losses)
        is_wrong = abs(similarity - self.target) > TOLERANCE
        if (picture.earlier and not is_wrong) or used + finish > LARGEST_COST * finish:
            return False
        picture.is_last_finish = picture.earlier > 0
        if is_wrong:
            self._change(row, picture.search.next_weight(picture.weight, similarity, self.target + ABOVE), similarity)
        picture.earlier += trajectory.last
        picture.evaluations = used
        trajectory.restart()
        return True

    def _change(self, row: int, weight: float, similarity: float) -> None:
        picture = self.pictures[row]
        picture.note(f"SSIM {similarity:.3f}, target {self.target}: style weight {picture.weight:.4g} -> {weight:.4g}")
        picture.end_round(similarity)
        picture.weight = weight
        self.set_style_weight(row, weight)

    def result(self, row: int, painted: UInt8[Tensor, "3 height width"]) -> TargetResult:
        """The result of a row whose finished picture is `painted`. To be called once, after `minimise`."""
        picture = self.pictures[row]
        similarity = picture.similarity(painted)
        picture.end_round(similarity)
        evaluations = picture.evaluations + len(picture.trajectory.losses)
        reached = abs(similarity - self.target) <= TOLERANCE
        picture.note(
            f"content target {self.target} {'reached' if reached else 'NOT reached'}: SSIM {similarity:.3f} with style "
            f"weight {picture.weight:.4g}, {len(picture.rounds)} rounds, {evaluations} evaluations"
        )
        return TargetResult(self.target, reached, evaluations, tuple(picture.rounds))


def _luma(picture: UInt8[Tensor, "3 height width"]) -> Float[np.ndarray, "height width"]:
    return luma(picture.permute(1, 2, 0).numpy().astype(np.float64) / 255)
