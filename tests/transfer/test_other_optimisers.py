import math

import pytest
import torch

from descents import START, Counted, alone, bowl, quiet, rosenbrock
from robust_style.errors import Divergence
from robust_style.transfer.adam import minimise_by_adam
from robust_style.transfer.course import Course, eight_bit
from robust_style.transfer.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.losses import Objective
from robust_style.transfer.problem import Problem


def literal_notebook(objective, start, iterations, clamp=True, line_search=None):
    """The notebook's loop as it stands there."""
    image = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([image], line_search_fn=line_search)
    seen, trace = [], []
    while len(trace) <= iterations:

        def closure():
            if clamp:
                image.data.clamp_(0, 1)
            optimiser.zero_grad()
            loss = objective(image).total.sum()
            loss.backward()
            trace.append(loss.item())
            seen.append(image.detach().clone())
            return loss

        optimiser.step(closure)
    return trace[: iterations + 1], seen[: iterations + 1]


@pytest.mark.parametrize("clamp", [True, False])
@pytest.mark.parametrize("line_search", ["none", "strong_wolfe"])
def test_unguarded_is_the_notebook_bit_for_bit(
    encoder, scene, images, painted, recipe, seed_recipe, clamp, line_search
):
    settings = recipe(seed_recipe, iterations=45, snapshots=[0, 30, 45], clamp=clamp, line_search=line_search)
    objective = Objective(encoder(settings), settings, [scene])
    trace, seen = literal_notebook(
        lambda image: objective(image.contiguous()),
        images[0],
        45,
        clamp,
        None if line_search == "none" else line_search,
    )
    (painting,) = painted(settings, keep=(0, 30))
    assert painting.course.total == trace
    for iteration in (0, 30, 45):
        assert torch.equal(painting.course.picture_at(iteration), eight_bit(seen[iteration]))
    assert torch.equal(painting.picture, eight_bit(seen[45]))
    if clamp:
        assert painting.out_of_range_fraction == 0


@pytest.mark.parametrize("budget", [1, 2, 7, 25])
@pytest.mark.parametrize(("run", "settings"), [(minimise_unguarded, {}), (minimise_by_adam, {"learning_rate": 0.1})])
def test_the_budget_is_exact(run, settings, budget):
    objective, course = Counted(rosenbrock), Course(budget, (), quiet)
    (outcome,) = run(Problem(objective), torch.zeros(1, 3, 4, 4), [course], **settings)
    assert outcome.stopped == "iterations"
    assert objective.calls == len(course.total) == budget + 1


@pytest.mark.parametrize(("run", "settings"), [(minimise_unguarded, {}), (minimise_by_adam, {"learning_rate": 0.1})])
def test_a_loss_that_is_not_finite_at_the_start_is_divergence(run, settings):
    with pytest.raises(Divergence, match="finite loss at the start"):
        alone(run, lambda image: image.flatten(1).sum(1) * math.nan, START, Course(5, (), quiet), **settings)


@pytest.mark.parametrize(("run", "settings"), [(minimise_unguarded, {}), (minimise_by_adam, {"learning_rate": 0.1})])
def test_divergence_keeps_the_last_finite_picture(run, settings):
    calls = []

    def breaks(image):
        calls.append(image.detach().clone())
        return rosenbrock(image) * (math.nan if len(calls) > 5 else 1.0)

    course = Course(30, (0, 30), quiet)
    outcome = alone(run, breaks, torch.full((1, 3, 2, 2), 0.2), course, **settings)
    assert outcome.stopped == "diverged"
    assert course.last == 4
    assert all(math.isfinite(loss) for loss in course.total)
    assert torch.equal(outcome.parameters, calls[4])
    assert torch.equal(course.picture_at(30), eight_bit(calls[4]))


def test_adam_is_torchs_with_the_pixels_clamped_before_each_iteration():
    course = Course(12, (), quiet)
    outcome = alone(minimise_by_adam, bowl, START, course, learning_rate=0.2)
    leaf = START.clone().requires_grad_()
    optimiser, trace = torch.optim.Adam([leaf], lr=0.2), []
    for _ in range(13):
        leaf.data.clamp_(0, 1)
        loss = bowl(leaf).sum()
        trace.append(loss.item())
        last = leaf.detach().clone()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert course.total == trace
    assert torch.equal(outcome.parameters, last)


def test_adams_rows_do_not_touch_each_other():
    start = torch.rand(3, 3, 2, 2, generator=torch.Generator().manual_seed(2))
    courses = [Course(20, (), quiet) for _ in range(3)]
    outcomes = minimise_by_adam(Problem(Counted(rosenbrock)), start, courses, learning_rate=0.05)
    for row in range(3):
        own = Course(20, (), quiet)
        single = alone(minimise_by_adam, rosenbrock, start[row : row + 1], own, learning_rate=0.05)
        assert courses[row].total == own.total
        assert torch.equal(outcomes[row].parameters, single.parameters)
