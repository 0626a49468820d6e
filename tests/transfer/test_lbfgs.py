import math
from itertools import pairwise

import pytest
import torch
from scipy.optimize import minimize

from descents import START, Counted, alone, bowl, new_trajectory, rosenbrock
from robust_style.errors import Divergence
from robust_style.transfer.losses import Losses
from robust_style.transfer.optimisers.lbfgs import FLOAT32_AT_THE_END, HISTORY, Curvature, minimise
from robust_style.transfer.optimisers.problem import Problem


def test_minimum_of_a_bowl():
    outcome = alone(minimise, bowl, START, new_trajectory(40))
    torch.testing.assert_close(outcome.parameters, torch.full_like(START, 0.25), atol=1e-3, rtol=0)


def test_minimum_of_rosenbrocks_function():
    start, trajectory = torch.zeros(1, 3, 1, 2, dtype=torch.float64), new_trajectory(300)
    outcome = alone(minimise, rosenbrock, start, trajectory)
    assert trajectory.total[-1] < 1e-8
    torch.testing.assert_close(outcome.parameters, torch.ones_like(start), atol=1e-3, rtol=0)


def test_as_good_as_scipys_l_bfgs_with_as_many_iterations():
    start = torch.rand(1, 3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))

    def numpys(x):
        leaf = torch.from_numpy(x).view_as(start).requires_grad_()
        loss = rosenbrock(leaf).sum()
        return loss.item(), torch.autograd.grad(loss, leaf)[0].flatten().numpy()

    theirs = minimize(numpys, start.flatten().numpy(), jac=True, method="L-BFGS-B", options={"maxfun": 60})
    trajectory = new_trajectory(60)
    alone(minimise, rosenbrock, start, trajectory)
    assert trajectory.total[-1] < 10 * theirs.fun + 1e-9


@pytest.mark.parametrize("budget", [1, 2, 3, 7, 25])
def test_the_number_of_iterations_is_exact(budget):
    objective, trajectory = Counted(rosenbrock), new_trajectory(budget)
    (outcome,) = minimise(Problem(objective), torch.zeros(1, 3, 4, 4), [trajectory])
    assert outcome.stopped == "iterations"
    assert objective.calls == len(trajectory.total) == budget + 1
    assert trajectory.last == budget


def test_never_goes_uphill_and_keeps_the_best():
    trajectory = new_trajectory(60)
    start = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    outcome = alone(minimise, rosenbrock, start, trajectory)
    assert all(later <= earlier for earlier, later in pairwise(trajectory.total))
    assert trajectory.final_over_best == 1.0
    # the rejected steps are recorded, and the rise is theirs
    best = [min(trajectory.evaluated[: at + 1]) for at in range(len(trajectory.evaluated))]
    assert trajectory.total == best
    assert trajectory.worst_rise == max(loss / least for loss, least in zip(trajectory.evaluated, best, strict=True))
    assert trajectory.worst_rise > 1
    assert rosenbrock(outcome.parameters).item() == trajectory.total[-1]


def test_a_cliff_of_nan_is_not_stepped_over():
    def cliff(image):
        return torch.where(image.mean((1, 2, 3)) < 0.3, torch.full((1,), math.nan), bowl(image))

    trajectory = new_trajectory(40)
    alone(minimise, cliff, START, trajectory)
    assert all(math.isfinite(loss) for loss in trajectory.total)
    assert trajectory.worst_rise == 1.0, "a rejected step is no failure"
    assert trajectory.total[-1] < bowl(START).item()


def test_no_step_changes_a_pixel_by_more_than_half_the_range():
    seen = []

    def long_slope(image):
        seen.append(image.detach().clone())
        return image.flatten(1).sum(1).mul(1e-3).exp()

    alone(minimise, long_slope, START, new_trajectory(20))
    assert max((later - earlier).abs().max().item() for earlier, later in pairwise(seen)) <= 0.5 + 1e-6


def test_a_start_at_the_minimum_has_converged():
    trajectory = new_trajectory(50, (0, 50))
    outcome = alone(minimise, bowl, torch.full((1, 3, 2, 2), 0.25), trajectory)
    assert outcome.stopped == "converged"
    assert trajectory.total[-1] == 0
    assert torch.equal(trajectory.picture_at(50), trajectory.picture_at(0))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_at_the_start_is_divergence(value):
    with pytest.raises(Divergence, match="finite loss at the start"):
        alone(minimise, lambda image: image.flatten(1).sum(1) * value, START, new_trajectory(5))


# Four problems of very different length and shape; the last starts at its minimum.
def starts():
    generator = torch.Generator().manual_seed(7)
    random = torch.rand(3, 3, 2, 2, dtype=torch.float64, generator=generator)
    return torch.cat([random, torch.full((1, 3, 2, 2), 0.25, dtype=torch.float64)])


def each_its_own(image, rows):
    return torch.cat([(rosenbrock if row < 2 else bowl)(image[i : i + 1]) for i, row in enumerate(rows)])


class Each(Counted):
    def __init__(self):
        super().__init__(None)

    def __call__(self, image, rows=None, in_float32=False):
        self.function = lambda image: each_its_own(image, rows)
        return super().__call__(image, rows, in_float32)


def test_a_batch_is_each_of_its_problems_alone():
    together = [new_trajectory(80) for _ in range(4)]
    objective = Each()
    outcomes = minimise(Problem(objective), starts(), together)
    for row, (outcome, trajectory) in enumerate(zip(outcomes, together, strict=True)):
        function = rosenbrock if row < 2 else bowl
        expected = new_trajectory(80)
        single = alone(minimise, function, starts()[row : row + 1], expected)
        assert trajectory.total == pytest.approx(expected.total, rel=1e-9, abs=1e-12)
        assert outcome.stopped == single.stopped
        torch.testing.assert_close(outcome.parameters, single.parameters)
    # a finished problem is not evaluated any more
    assert outcomes[3].stopped == "converged"
    assert sum(3 in rows for rows in objective.rows) == len(together[3].total)


def test_the_memory_of_a_row_is_its_own():
    memory, single = Curvature(2), Curvature(1)
    generator = torch.Generator().manual_seed(1)
    for number in range(3 * HISTORY):
        step = torch.randn(2, 6, dtype=torch.float64, generator=generator)
        change = step * torch.rand(6, dtype=torch.float64, generator=generator)
        rows = [0, 1] if number % 3 else [0]
        step[1, 0] = step[1, 0] if number % 3 else math.nan  # a row without a step may hold anything
        memory.remember(step, change, rows)
        if 1 in rows:
            single.remember(step[1:], change[1:], [0])
    gradient = torch.randn(2, 6, dtype=torch.float64, generator=generator)
    torch.testing.assert_close(memory.direction(gradient)[1:], single.direction(gradient[1:]))
    memory.forget(1)
    assert memory.has_pairs(0)
    assert not memory.has_pairs(1)
    # without memory: the negative gradient, scaled so that its largest absolute entry is 1
    torch.testing.assert_close(memory.direction(gradient)[1], -gradient[1] / gradient[1].abs().max())


class Coarse:
    """A bowl whose fast loss is rounded to steps of a tenth."""

    def __init__(self):
        self.in_float32 = []

    def __call__(self, image, rows=None, in_float32=False):
        self.in_float32.append(in_float32)
        total = bowl(image)
        if not in_float32:
            total = total + (total.detach().mul(10).floor().div(10) - total.detach())
        nothing = torch.zeros_like(total)
        return Losses(total, total, nothing, nothing)


def test_full_precision_where_rounding_hides_the_decrease():
    objective, trajectory = Coarse(), new_trajectory(200)
    (outcome,) = minimise(Problem(objective, is_float32=False), START, [trajectory])
    torch.testing.assert_close(outcome.parameters, torch.full_like(START, 0.25), atol=1e-3, rtol=0)
    assert trajectory.float32_from is not None
    assert trajectory.float32_from < 100
    assert objective.in_float32 == [number >= trajectory.float32_from for number in range(len(objective.in_float32))]
    # the same picture in another precision has another loss, which is its best: no rise
    assert trajectory.total[trajectory.float32_from] > trajectory.total[trajectory.float32_from - 1]
    assert trajectory.evaluated[trajectory.float32_from] == trajectory.total[trajectory.float32_from]


def test_the_last_iterations_are_in_float32():
    objective, trajectory = Coarse(), new_trajectory(14)
    minimise(Problem(objective, is_float32=False), START, [trajectory])
    assert trajectory.float32_from == 14 - FLOAT32_AT_THE_END + 1
    assert objective.in_float32 == [number >= 5 for number in range(len(objective.in_float32))]
