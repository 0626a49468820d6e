"""What the scheduler is told of memory holds what was measured, and grows with what is painted."""

import inspect

import pytest
from torch.optim import LBFGS

from robust_style.transfer.optimisers.lbfgs import HISTORY
from robust_style.workflow.memory import REMEMBERED, largest_size_px, painting_bytes, painting_mb


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


# Architecture, width, size of picture and style, optimiser, MB over the loaded network at the peak, as measured.
@pytest.mark.parametrize(
    ("architecture", "width", "size_px", "style_px", "optimiser", "measured_mb"),
    [
        ("vgg19", 1.0, 512, 512, "lbfgs", 751),
        ("vgg19", 1.0, 256, 256, "lbfgs", 313),
        ("vgg19", 0.125, 512, 512, "lbfgs", 315),
        ("vgg19", 0.125, 512, 512, "lbfgs_unguarded", 836),
        ("vgg19", 0.25, 512, 512, "adam", 343),
        ("resnet18", 0.25, 256, 256, "lbfgs", 127),
        ("resnet50", 0.25, 256, 256, "lbfgs", 369),
        ("densenet121", 0.25, 256, 256, "lbfgs", 661),
        ("mobilenet_v2", 0.5, 256, 256, "lbfgs", 534),
        ("vgg19", 1.0, 128, 768, "lbfgs", 436),
    ],
)
def test_the_estimate_of_one_picture_holds_what_was_measured(
    architecture: str, width: float, size_px: int, style_px: int, optimiser: str, measured_mb: int
) -> None:
    parts = painting_bytes(size_px**2, style_px**2, architecture=architecture, width=width, optimiser=optimiser)
    assert measured_mb < sum(parts) / 2**20 < 1.6 * measured_mb


def test_optimisers_remember_as_many_steps_as_counted() -> None:
    torchs = inspect.signature(LBFGS).parameters["history_size"].default
    assert (REMEMBERED["lbfgs"], REMEMBERED["lbfgs_unguarded"]) == (HISTORY, torchs)


def test_the_largest_size_is_the_last_that_fits() -> None:
    assert largest_size_px(512, 10, 512**2, 10 + 256**2, 16) == 256
    assert largest_size_px(512, 10, 512**2, 9 + 256**2, 16) == 240
    assert largest_size_px(512, 10, 512**2, 10, 16) is None
