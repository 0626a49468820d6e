import math
import threading

import pytest
import torch

from descents import Counted, alone, quiet, rosenbrock
from robust_style.errors import Divergence
from robust_style.transfer.course import Course
from robust_style.transfer.in_turns import in_turns
from robust_style.transfer.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.problem import Problem
from robust_style.transfer.scene import Scene

STARTS = torch.rand(3, 3, 2, 2, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("line_search", ["none", "strong_wolfe"])
def test_each_picture_of_a_batch_is_that_of_torch_s_optimiser_alone(line_search):
    objective, budgets = Counted(rosenbrock), [20, 33, 7]
    courses = [Course(budget, (), quiet) for budget in budgets]
    outcomes = minimise_unguarded(Problem(objective), STARTS, courses, line_search=line_search)
    assert objective.calls == max(budgets) + 1, "a call of the objective for each row would be the time of each alone"
    assert objective.rows[0] == [0, 1, 2]
    assert objective.rows[-1] == [1], "a finished picture stays in the batch"
    for row, budget in enumerate(budgets):
        own = Course(budget, (), quiet)
        single = alone(minimise_unguarded, rosenbrock, STARTS[row : row + 1], own, line_search=line_search)
        assert courses[row].total == own.total
        assert torch.equal(outcomes[row].parameters, single.parameters)


def test_pictures_of_a_batch_are_those_painted_alone_but_for_rounding(recipe, seed_recipe, painted, scene):
    settings = recipe(seed_recipe, iterations=6, snapshots=[0, 6])
    scenes = [scene, Scene(scene.content.flip(3).contiguous(), scene.styles)]
    singles = [painted(settings, [one])[0].course.total for one in scenes]
    assert singles[0] != pytest.approx(singles[1], rel=0.01)
    for together, single in zip(painted(settings, scenes), singles, strict=True):
        assert together.course.total == pytest.approx(single, rel=1e-3)


def test_one_that_breaks_leaves_the_others_alone():
    def breaks(image):
        """The middle row, once it has moved, is no number."""
        broken = (image - STARTS[1]).abs().flatten(1).sum(1) < 1
        moved = (image - STARTS[1]).abs().flatten(1).sum(1) > 0
        return rosenbrock(image) * torch.where(broken & moved, math.nan, 1.0)

    courses = [Course(12, (), quiet) for _ in range(3)]
    outcomes = minimise_unguarded(Problem(Counted(breaks)), STARTS, courses)
    assert [outcome.stopped for outcome in outcomes] == ["iterations", "diverged", "iterations"]
    assert torch.equal(outcomes[1].parameters, STARTS[1:2])


def test_they_have_their_turns_in_the_order_of_the_rows():
    said = []

    def asks(name, times):
        def row(ask):
            for _ in range(times):
                said.append(name)
                ask(torch.zeros(1, 3, 2, 2))
            return name

        return row

    assert in_turns(Problem(Counted(rosenbrock)), [asks("a", 2), asks("b", 1), asks("c", 3)]) == ["a", "b", "c"]
    assert said == ["a", "b", "c", "a", "c", "c"]


@pytest.mark.parametrize("error", [Divergence("lost"), KeyboardInterrupt()])
def test_an_error_of_one_or_of_the_objective_ends_all_and_leaves_no_thread(error):
    def fails(ask):
        ask(torch.zeros(1, 3, 2, 2))
        raise error

    def goes_on(ask):
        while True:
            ask(torch.zeros(1, 3, 2, 2))

    def objective(image):
        raise error

    before = threading.active_count()
    with pytest.raises(type(error)):
        in_turns(Problem(Counted(rosenbrock)), [goes_on, fails, goes_on])
    with pytest.raises(type(error)):
        in_turns(Problem(Counted(objective)), [goes_on, goes_on])
    assert threading.active_count() == before
