from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robust_style.errors import ConfigError
from robust_style.training.regime import view_of
from robust_style.training.settings import NetworkSettings
from tiny_training import NOISE, STANDARD

GREY = torch.full((6, 3, 32, 32), 0.5)


def seen(block: dict[str, Any], images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    view = view_of(NetworkSettings.from_config("n", block), "float32")
    labels = torch.zeros(len(images), dtype=torch.int64)
    drawn = view.draw(images.shape, torch.Generator().manual_seed(seed))
    return view(torch.nn.Identity(), images, labels, drawn)


def random_images(batch: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(batch, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


def test_unknown_regime_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected standard, adversarial or noise, found 'robust'"):
        seen(STANDARD | {"regime": "robust"}, GREY)


def test_standard_regime_sees_the_images_themselves() -> None:
    images = random_images(2)
    assert seen(STANDARD, images) is images


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 3.0])
def test_noise_has_the_norm_epsilon_where_nothing_is_cut(epsilon: float) -> None:
    """Seen on grey images, from which no value gets as far as 0 or 1."""
    lengths = (seen(NOISE | {"epsilon": epsilon}, GREY) - GREY).flatten(1).norm(dim=1)
    torch.testing.assert_close(lengths, torch.full((6,), epsilon), rtol=1e-4, atol=0)


def test_noise_is_gaussian() -> None:
    """Its standardised values have the mean, variance and kurtosis of a normal distribution, within 5 sigma."""
    noise = (seen(NOISE, GREY) - GREY).flatten().double()
    count = len(noise)
    values = noise / noise.square().mean().sqrt()
    assert abs(float(values.mean())) < 5 / count**0.5
    assert abs(float(values.pow(4).mean()) - 3) < 5 * (24 / count) ** 0.5


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.floats(0, 20), st.integers(0, 1000))
def test_noise_stays_between_black_and_white_and_never_exceeds_epsilon(batch: int, epsilon: float, seed: int) -> None:
    images = random_images(batch, seed)
    found = seen(NOISE | {"epsilon": epsilon}, images, seed)
    assert 0 <= float(found.min()) <= float(found.max()) <= 1
    assert float((found - images).flatten(1).norm(dim=1).max()) <= epsilon * 1.0001 + 1e-5  # float32 pixels


def test_noise_of_no_length_is_the_images() -> None:
    images = random_images(3)
    assert torch.equal(seen(NOISE | {"epsilon": 0.0}, images), images)


def test_noise_is_decided_by_its_generator() -> None:
    images = random_images(3)
    assert torch.equal(seen(NOISE, images, 1), seen(NOISE, images, 1))
    assert not torch.equal(seen(NOISE, images, 1), seen(NOISE, images, 2))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_noise_of_an_image_depends_on_no_other_and_not_on_the_layout(layout: torch.memory_format) -> None:
    images, others = random_images(4), random_images(4, 9)
    others[2] = images[2]
    found, beside_others = seen(NOISE, images), seen(NOISE, others.contiguous(memory_format=layout))
    assert beside_others.is_contiguous(memory_format=layout)
    assert torch.equal(found[2], beside_others[2])
    noise = (seen(NOISE, GREY) - GREY).flatten(1)
    assert float(torch.corrcoef(noise).fill_diagonal_(0).abs().max()) < 5 / noise.shape[1] ** 0.5
