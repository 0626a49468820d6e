import math
from itertools import pairwise

import pytest
import torch

from robust_style.errors import Divergence
from robust_style.transfer.course import Course, eight_bit
from robust_style.transfer.features import Encoder
from robust_style.transfer.lbfgs import minimise
from robust_style.transfer.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.losses import Losses, Objective
from robust_style.transfer.optimise import optimise, start_image


def quiet(evaluation, loss):
    pass


def losses_of(total):
    return Losses(total, total, torch.zeros_like(total))


class Counted:
    """An objective that counts its evaluations."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, image):
        self.calls += 1
        return losses_of(self.function(image))


def bowl(image):
    """Lowest at 0.25; its curvature differs by 1:100 between the channels."""
    scale = torch.tensor([1.0, 10.0, 100.0], dtype=image.dtype).view(1, 3, 1, 1)
    return (scale * (image - 0.25).square()).flatten(1).sum(1)


def rosenbrock(image):
    x = image.flatten(1)
    return (100 * (x[:, 1:] - x[:, :-1].square()).square() + (1 - x[:, :-1]).square()).sum(1)


START = torch.full((1, 3, 2, 2), 0.75)


def test_finds_the_bottom_of_a_bowl():
    point, _ = minimise(Counted(bowl), START, Course(40, (), quiet))
    torch.testing.assert_close(point.image, torch.full_like(START, 0.25), atol=1e-3, rtol=0)


def test_finds_the_end_of_rosenbrocks_valley():
    start = torch.zeros(1, 3, 1, 2, dtype=torch.float64)
    point, _ = minimise(Counted(rosenbrock), start, Course(300, (), quiet))
    assert point.total < 1e-8
    torch.testing.assert_close(point.image, torch.ones_like(start), atol=1e-3, rtol=0)


@pytest.mark.parametrize("budget", [1, 2, 3, 7, 25])
@pytest.mark.parametrize("run", [minimise, minimise_unguarded])
def test_the_budget_is_exact(run, budget):
    objective, course = Counted(rosenbrock), Course(budget, (), quiet)
    _, stopped = run(objective, torch.zeros(1, 3, 4, 4), course)
    assert stopped == "evaluations"
    assert objective.calls == len(course.total) == budget + 1
    assert course.last == budget


def test_never_goes_uphill_and_keeps_the_best():
    course = Course(60, (), quiet)
    point, _ = minimise(Counted(rosenbrock), torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)), course)
    assert all(later <= earlier for earlier, later in pairwise(course.total))
    assert course.worst_rise == 1.0
    assert course.final_over_best == 1.0
    assert point.total == course.total[-1]


def test_a_cliff_of_nan_is_not_stepped_over():
    def cliff(image):
        return torch.where(image.mean((1, 2, 3)) < 0.3, torch.full((1,), math.nan), bowl(image))

    point, _ = minimise(Counted(cliff), START, Course(40, (), quiet))
    assert math.isfinite(point.total)
    assert point.total < bowl(START).item()


def test_no_step_changes_a_pixel_by_more_than_half_the_range():
    seen = []

    def long_slope(image):
        seen.append(image.detach().clone())
        return image.flatten(1).sum(1).mul(1e-3).exp()

    minimise(Counted(long_slope), START, Course(20, (), quiet))
    assert max((later - earlier).abs().max().item() for earlier, later in pairwise(seen)) <= 0.5 + 1e-6


def test_at_the_bottom_it_says_converged():
    course = Course(50, (0, 50), quiet)
    point, stopped = minimise(Counted(bowl), torch.full((1, 3, 2, 2), 0.25), course)
    assert stopped == "converged"
    assert point.total == 0
    assert torch.equal(course.picture_at(50), course.picture_at(0))


@pytest.mark.parametrize("run", [minimise, minimise_unguarded])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_at_the_start_is_divergence(run, value):
    with pytest.raises(Divergence, match="finite loss at the start"):
        run(Counted(lambda image: image.flatten(1).sum(1) * value), START, Course(5, (), quiet))


def literal_notebook(objective, start, evaluations):
    """The notebook's loop as it stands there."""
    image = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([image])
    seen, trace = [], []
    while len(trace) <= evaluations:

        def closure():
            image.data.clamp_(0, 1)
            optimiser.zero_grad()
            loss = objective(image).total.sum()
            loss.backward()
            trace.append(loss.item())
            seen.append(image.detach().clone())
            return loss

        optimiser.step(closure)
    return trace[: evaluations + 1], seen[: evaluations + 1]


def test_unguarded_is_the_notebook_bit_for_bit(network, images, recipe, seed_recipe):
    settings = recipe(seed_recipe, evaluations=45, snapshots=[0, 30, 45])
    encoder = Encoder(network, "vgg19", settings.layers, pooling="average")
    objective = Objective(encoder, settings, *images)
    trace, seen = literal_notebook(lambda image: objective(image.contiguous()), images[0], 45)
    painting = optimise(objective, settings, images[0], keep=(0, 30), report=quiet)
    assert painting.course.total == trace
    for evaluation in (0, 30, 45):
        assert torch.equal(painting.course.picture_at(evaluation), eight_bit(seen[evaluation]))
    assert torch.equal(painting.picture, eight_bit(seen[45]))
    assert painting.out_of_range_fraction == 0


def test_unguarded_divergence_keeps_the_last_finite_picture():
    calls = []

    def breaks(image):
        calls.append(image.detach().clone())
        return rosenbrock(image) * (math.nan if len(calls) > 5 else 1.0)

    course = Course(30, (0, 30), quiet)
    point, stopped = minimise_unguarded(Counted(breaks), torch.full((1, 3, 2, 2), 0.2), course)
    assert stopped == "diverged"
    assert course.last == 4
    assert all(math.isfinite(loss) for loss in course.total)
    assert torch.equal(point.image, calls[4])
    assert torch.equal(course.picture_at(30), eight_bit(calls[4]))


def test_worst_rise_and_final_over_best():
    course = Course(4, (), quiet)
    course.total = [10.0, 2.0, 8.0, 1.0, 3.0]
    assert course.worst_rise == 4.0
    assert course.final_over_best == 3.0


def test_a_loss_of_zero_has_a_finite_rise():
    course = Course(2, (), quiet)
    course.total = [0.0, 0.0, 5.0]
    assert math.isfinite(course.worst_rise)
    course.total = [0.0, 0.0]
    assert course.worst_rise == course.final_over_best == 1.0


def test_pixels_out_of_range_are_counted_and_projected(recipe):
    target = torch.full((1, 3, 2, 2), 0.5)
    target[0, 1, 0, 0] = 1.5  # one channel of one of four pixels
    objective = Counted(lambda image: (image - target).square().flatten(1).sum(1))
    painting = optimise(objective, recipe(evaluations=30, snapshots=[0]), START, keep=(), report=quiet)
    assert painting.out_of_range_fraction == 0.25
    assert painting.picture[1, 0, 0] == 255


@pytest.mark.parametrize("base", ["fair", "seed_recipe"])
def test_the_same_twice_bit_for_bit(network, images, recipe, base, request):
    settings = recipe(request.getfixturevalue(base))
    encoder = Encoder(network, "vgg19", settings.layers, pooling="average")
    first, second = (
        optimise(Objective(encoder, settings, *images), settings, images[0], keep=(), report=quiet) for _ in range(2)
    )
    assert first.course.total == second.course.total
    assert torch.equal(first.picture, second.picture)


def test_starts(recipe, images):
    content = start_image(recipe(), images[0], torch.Generator())
    assert torch.equal(content, images[0])
    assert content.data_ptr() != images[0].data_ptr()
    noise, again, other = (
        start_image(recipe(initialisation="noise"), images[0], torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(noise, again)
    assert not torch.equal(noise, other)
    assert noise.shape == images[0].shape
    assert 0 <= noise.min() < 0.01 < 0.99 < noise.max() <= 1
