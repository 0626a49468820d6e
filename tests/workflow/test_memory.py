"""What the scheduler is told of memory holds what was measured, and grows with what is painted."""

import inspect

import pytest
from torch.optim import LBFGS

from robust_style.transfer.curvature import HISTORY
from robust_style.workflow.memory import painting_mb


# MB of a process that painted one square picture in float32, as measured.
@pytest.mark.parametrize(("size_px", "measured_mb"), [(256, 700), (512, 1117), (1024, 2634)])
def test_it_holds_what_was_measured_and_is_not_far_above(size_px: int, measured_mb: int) -> None:
    assert measured_mb < painting_mb(size_px, 1) < 4 * measured_mb


def test_1024_px_fit_16_gib() -> None:
    assert painting_mb(1024, 1) < 16 * 1024


def test_wide_maps_take_more_and_narrow_ones_no_less_than_vgg19() -> None:
    blocks = [{"architecture": name, "width": width} for name, width in (("vgg11", 0.1), ("resnet50", 0.5))]
    assert painting_mb(512, 1, blocks[:1]) == painting_mb(512, 1)
    assert painting_mb(512, 1, blocks) > 3 * painting_mb(512, 1)


def test_a_batch_takes_as_much_as_its_pictures() -> None:
    one, three = painting_mb(512, 1), painting_mb(512, 3)
    assert three - one == pytest.approx(2 * (one - painting_mb(0, 1)), abs=2)


def test_a_longer_memory_of_the_optimiser_takes_room_in_every_picture() -> None:
    torchs = inspect.signature(LBFGS).parameters["history_size"].default
    remembered_mb = (torchs - HISTORY) * 2 * 3 * 4 * 1.5 * 512**2 / 2**20
    more = painting_mb(512, 4, optimiser="lbfgs_unguarded") - painting_mb(512, 4)
    assert more == pytest.approx(4 * remembered_mb, abs=2)
    assert painting_mb(512, 4, optimiser="adam") == painting_mb(512, 4)
