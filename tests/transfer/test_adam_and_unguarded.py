"""The optimisers that take every step: Adam, and torch's L-BFGS with one evaluation of all rows."""

import math
import threading

import pytest
import torch

from descents import START, Counted, alone, bowl, new_trajectory, rosenbrock
from robust_style.errors import Divergence
from robust_style.transfer.losses import Objective
from robust_style.transfer.optimisers.adam import minimise_by_adam
from robust_style.transfer.optimisers.lbfgs_unguarded import interleave, minimise_unguarded
from robust_style.transfer.optimisers.problem import Problem
from robust_style.transfer.optimisers.trajectory import eight_bit

STARTS = torch.rand(3, 3, 2, 2, generator=torch.Generator().manual_seed(2))
BOTH = pytest.mark.parametrize(
    ("minimise", "settings"), [(minimise_unguarded, {}), (minimise_by_adam, {"learning_rate": 0.1})]
)


def notebook_loop(objective, start, iterations, clamp=True, line_search=None):
    """The loop of the original notebook."""
    image = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([image], line_search_fn=line_search)
    pictures, losses = [], []
    while len(losses) <= iterations:

        def closure():
            if clamp:
                image.data.clamp_(0, 1)
            optimiser.zero_grad()
            loss = objective(image).total.sum()
            loss.backward()
            losses.append(loss.item())
            pictures.append(image.detach().clone())
            return loss

        optimiser.step(closure)
    return losses[: iterations + 1], pictures[: iterations + 1]


@pytest.mark.parametrize("clamp", [True, False])
@pytest.mark.parametrize("line_search", ["none", "strong_wolfe"])
def test_unguarded_is_the_notebook_bit_for_bit(
    encoder, scene, images, painted, recipe, original_recipe, clamp, line_search
):
    settings = recipe(original_recipe, iterations=45, snapshots=[0, 30, 45], clamp=clamp, line_search=line_search)
    objective = Objective(encoder(settings), settings, [scene])
    losses, pictures = notebook_loop(
        lambda image: objective(image.contiguous()),
        images[0],
        45,
        clamp,
        None if line_search == "none" else line_search,
    )
    (painting,) = painted(settings, keep=(0, 30))
    assert painting.trajectory.total == losses
    for iteration in (0, 30, 45):
        assert torch.equal(painting.trajectory.picture_at(iteration), eight_bit(pictures[iteration]))
    assert torch.equal(painting.picture, eight_bit(pictures[45]))
    if clamp:
        assert painting.out_of_range_fraction == 0


def test_adam_is_torchs_with_the_pixels_clamped_before_each_iteration():
    ours = new_trajectory(12)
    outcome = alone(minimise_by_adam, bowl, START, ours, learning_rate=0.2)
    leaf = START.clone().requires_grad_()
    optimiser, losses = torch.optim.Adam([leaf], lr=0.2), []
    for _ in range(13):
        leaf.data.clamp_(0, 1)
        loss = bowl(leaf).sum()
        losses.append(loss.item())
        last = leaf.detach().clone()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert ours.total == losses
    assert torch.equal(outcome.parameters, last)


@BOTH
@pytest.mark.parametrize("budget", [1, 2, 7, 25])
def test_the_number_of_iterations_is_exact(minimise, settings, budget):
    objective, trajectory = Counted(rosenbrock), new_trajectory(budget)
    (outcome,) = minimise(Problem(objective), torch.zeros(1, 3, 4, 4), [trajectory], **settings)
    assert outcome.stopped == "iterations"
    assert objective.calls == len(trajectory.total) == budget + 1


@BOTH
def test_a_loss_that_is_not_finite_at_the_start_is_divergence(minimise, settings):
    with pytest.raises(Divergence, match="finite loss at the start"):
        alone(minimise, lambda image: image.flatten(1).sum(1) * math.nan, START, new_trajectory(5), **settings)


@BOTH
def test_divergence_keeps_the_last_finite_picture(minimise, settings):
    evaluated = []

    def breaks(image):
        evaluated.append(image.detach().clone())
        return rosenbrock(image) * (math.nan if len(evaluated) > 5 else 1.0)

    trajectory = new_trajectory(30, (0, 30))
    outcome = alone(minimise, breaks, torch.full((1, 3, 2, 2), 0.2), trajectory, **settings)
    assert outcome.stopped == "diverged"
    assert (trajectory.last, trajectory.worst_rise) == (4, 1e300)
    assert all(math.isfinite(loss) for loss in trajectory.total)
    assert torch.equal(outcome.parameters, evaluated[4])
    assert torch.equal(trajectory.picture_at(30), eight_bit(evaluated[4]))


@pytest.mark.parametrize(
    ("minimise", "settings"),
    [
        (minimise_by_adam, {"learning_rate": 0.05}),
        (minimise_unguarded, {"line_search": "none"}),
        (minimise_unguarded, {"line_search": "strong_wolfe"}),
    ],
)
def test_each_row_of_a_batch_is_the_row_alone(minimise, settings):
    budgets = [20, 20, 20] if minimise is minimise_by_adam else [20, 33, 7]
    objective, together = Counted(rosenbrock), [new_trajectory(budget) for budget in budgets]
    outcomes = minimise(Problem(objective), STARTS, together, **settings)
    assert objective.calls == max(budgets) + 1, "one evaluation for all rows"
    assert objective.rows[0] == [0, 1, 2]
    if minimise is minimise_unguarded:
        assert objective.rows[-1] == [1], "a finished row leaves the batch"
    for row, budget in enumerate(budgets):
        single = new_trajectory(budget)
        outcome = alone(minimise, rosenbrock, STARTS[row : row + 1], single, **settings)
        assert together[row].total == single.total
        assert torch.equal(outcomes[row].parameters, outcome.parameters)


def test_a_row_that_diverges_does_not_affect_the_others():
    def breaks(image):
        """The middle row is NaN once it has moved."""
        distance = (image - STARTS[1]).abs().flatten(1).sum(1)
        return rosenbrock(image) * torch.where((distance < 1) & (distance > 0), math.nan, 1.0)

    outcomes = minimise_unguarded(Problem(Counted(breaks)), STARTS, [new_trajectory(12) for _ in range(3)])
    assert [outcome.stopped for outcome in outcomes] == ["iterations", "diverged", "iterations"]
    assert torch.equal(outcomes[1].parameters, STARTS[1:2])


def test_interleaved_functions_run_in_the_order_of_the_rows():
    calls = []

    def row_of(name, evaluations):
        def row(evaluate):
            for _ in range(evaluations):
                calls.append(name)
                evaluate(torch.zeros(1, 3, 2, 2))
            return name

        return row

    rows = [row_of("a", 2), row_of("b", 1), row_of("c", 3)]
    assert interleave(Problem(Counted(rosenbrock)), rows) == ["a", "b", "c"]
    assert calls == ["a", "b", "c", "a", "c", "c"]


@pytest.mark.parametrize("error", [Divergence("lost"), KeyboardInterrupt()])
def test_an_error_ends_all_interleaved_functions_and_leaves_no_thread(error):
    def fails(evaluate):
        evaluate(torch.zeros(1, 3, 2, 2))
        raise error

    def goes_on(evaluate):
        while True:
            evaluate(torch.zeros(1, 3, 2, 2))

    def objective(image):
        raise error

    before = threading.active_count()
    with pytest.raises(type(error)):
        interleave(Problem(Counted(rosenbrock)), [goes_on, fails, goes_on])
    with pytest.raises(type(error)):
        interleave(Problem(Counted(objective)), [goes_on, goes_on])
    assert threading.active_count() == before
