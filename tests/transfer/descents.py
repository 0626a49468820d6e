"""Small objectives with known minima, for the tests of optimisers."""

import torch

from robust_style.transfer.losses import Losses
from robust_style.transfer.optimisers.problem import Problem
from robust_style.transfer.optimisers.trajectory import Trajectory

START = torch.full((1, 3, 2, 2), 0.75)


def new_trajectory(iterations, keep=()):
    return Trajectory(iterations, keep, lambda iteration, loss: None)


class Counted:
    """An objective that counts its evaluations and records the rows of each."""

    def __init__(self, function):
        self.function, self.calls, self.rows = function, 0, []

    def __call__(self, image, rows=None, in_float32=False):
        self.calls += 1
        self.rows.append(list(range(len(image)) if rows is None else rows))
        total = self.function(image)
        zeros = torch.zeros_like(total)
        return Losses(total, total, zeros, zeros)


def alone(minimise, function, start, trajectory, **settings):
    """The outcome of one problem."""
    (outcome,) = minimise(Problem(Counted(function)), start, [trajectory], **settings)
    return outcome


def bowl(image):
    """Minimum at 0.25; its curvature differs by 1:100 between the channels."""
    scale = torch.tensor([1.0, 10.0, 100.0], dtype=image.dtype).view(1, 3, 1, 1)
    return (scale * (image - 0.25).square()).flatten(1).sum(1)


def rosenbrock(image):
    x = image.flatten(1)
    return (100 * (x[:, 1:] - x[:, :-1].square()).square() + (1 - x[:, :-1]).square()).sum(1)
