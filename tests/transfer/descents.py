"""Small objectives with known bottoms, for the tests of optimisers."""

import torch

from robust_style.transfer.losses import Losses
from robust_style.transfer.problem import Problem

START = torch.full((1, 3, 2, 2), 0.75)


def quiet(iteration, loss):
    pass


class Counted:
    """An objective that counts its iterations, and notes which rows it was asked for."""

    def __init__(self, function):
        self.function, self.calls, self.rows = function, 0, []

    def __call__(self, image, rows=None, exact=False):
        self.calls += 1
        self.rows.append(list(range(len(image)) if rows is None else rows))
        total = self.function(image)
        nothing = torch.zeros_like(total)
        return Losses(total, total, nothing, nothing)


def alone(run, function, start, course, **settings):
    """The outcome of one problem."""
    (outcome,) = run(Problem(Counted(function)), start, [course], **settings)
    return outcome


def bowl(image):
    """Lowest at 0.25; its curvature differs by 1:100 between the channels."""
    scale = torch.tensor([1.0, 10.0, 100.0], dtype=image.dtype).view(1, 3, 1, 1)
    return (scale * (image - 0.25).square()).flatten(1).sum(1)


def rosenbrock(image):
    x = image.flatten(1)
    return (100 * (x[:, 1:] - x[:, :-1].square()).square() + (1 - x[:, :-1]).square()).sum(1)
