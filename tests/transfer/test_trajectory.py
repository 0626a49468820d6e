import math

import torch

from descents import new_trajectory
from robust_style.transfer.optimisers.problem import PictureLosses


def trajectory_of(*losses):
    trajectory = new_trajectory(len(losses))
    trajectory.losses = [PictureLosses(loss, 0.0, 0.0, 0.0) for loss in losses]
    trajectory.evaluated = list(losses)
    return trajectory


def test_worst_rise_and_final_over_best():
    trajectory = trajectory_of(10.0, 2.0, 8.0, 1.0, 3.0)
    assert trajectory.worst_rise == 4.0
    assert trajectory.final_over_best == 3.0


def test_a_loss_of_zero_has_a_finite_rise():
    assert math.isfinite(trajectory_of(0.0, 0.0, 5.0).worst_rise)
    constant = trajectory_of(0.0, 0.0)
    assert constant.worst_rise == constant.final_over_best == 1.0


def test_the_best_is_reset_where_the_precision_changes():
    trajectory = trajectory_of(10.0, 2.0, 3.0, 2.5, 3.5)
    trajectory.float32_from = 2
    assert trajectory.worst_rise == 3.5 / 2.5
    assert trajectory.final_over_best == 3.5 / 2.5


def test_the_worst_rise_is_that_of_evaluated_losses_not_of_the_best_so_far():
    trajectory = trajectory_of(10.0, 10.0, 2.0, 2.0)
    assert trajectory.worst_rise == 1.0
    trajectory.evaluated = [10.0, 50.0, 2.0, 6.0]
    assert trajectory.worst_rise == 5.0
    assert trajectory.final_over_best == 1.0
    trajectory.has_diverged = True
    assert trajectory.worst_rise == 1e300


def test_chosen_pictures_and_the_last_are_kept():
    trajectory = new_trajectory(4, (1,))
    for value in (0.0, 0.2, 0.4):
        trajectory.record(PictureLosses(value, 0.0, 0.0, 0.0), torch.full((1, 3, 1, 1), value))
    trajectory.close(torch.full((1, 3, 1, 1), 0.4))
    assert sorted(trajectory.pictures) == [1, 2]
    assert trajectory.picture_at(1).unique().tolist() == [51]
    assert trajectory.picture_at(4).unique().tolist() == [102]
