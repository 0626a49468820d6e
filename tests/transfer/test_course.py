import math

import torch

from descents import quiet
from robust_style.transfer.course import Course
from robust_style.transfer.problem import PictureLosses


def course_of(*losses):
    course = Course(len(losses), (), quiet)
    course.losses = [PictureLosses(loss, 0.0, 0.0, 0.0) for loss in losses]
    return course


def test_worst_rise_and_final_over_best():
    course = course_of(10.0, 2.0, 8.0, 1.0, 3.0)
    assert course.worst_rise == 4.0
    assert course.final_over_best == 3.0


def test_a_loss_of_zero_has_a_finite_rise():
    assert math.isfinite(course_of(0.0, 0.0, 5.0).worst_rise)
    still = course_of(0.0, 0.0)
    assert still.worst_rise == still.final_over_best == 1.0


def test_another_precision_counts_anew():
    course = course_of(10.0, 2.0, 3.0, 2.5, 3.5)
    course.exact_from = 2
    assert course.worst_rise == 3.5 / 2.5
    assert course.final_over_best == 3.5 / 2.5


def test_keeps_what_is_wanted_and_the_last():
    course = Course(4, (1,), quiet)
    for value in (0.0, 0.2, 0.4):
        course.record(PictureLosses(value, 0.0, 0.0, 0.0), torch.full((1, 3, 1, 1), value))
    course.close(torch.full((1, 3, 1, 1), 0.4))
    assert sorted(course.pictures) == [1, 2]
    assert course.picture_at(1).unique().tolist() == [51]
    assert course.picture_at(4).unique().tolist() == [102]
