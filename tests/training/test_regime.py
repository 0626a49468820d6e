from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robust_style.errors import ConfigError
from robust_style.training.regime import input_transform
from robust_style.training.settings import NetworkSettings
from tiny_training import NOISE, STANDARD

GREY = torch.full((6, 3, 32, 32), 0.5)


def inputs(block: dict[str, Any], images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    transform = input_transform(NetworkSettings.from_config("n", block), "float32")
    labels = torch.zeros(len(images), dtype=torch.int64)
    random_values = transform.draw(images.shape, torch.Generator().manual_seed(seed))
    return transform(torch.nn.Identity(), images, labels, random_values)


def random_images(batch: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(batch, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


def test_unknown_regime_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected standard, adversarial or noise, found 'robust'"):
        inputs(STANDARD | {"regime": "robust"}, GREY)


def test_the_standard_regime_changes_nothing() -> None:
    images = random_images(2)
    assert inputs(STANDARD, images) is images
    assert torch.equal(inputs(NOISE | {"epsilon": 0.0}, images), images)


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 3.0])
def test_noise_has_norm_epsilon_where_nothing_is_clipped(epsilon: float) -> None:
    norms = (inputs(NOISE | {"epsilon": epsilon}, GREY) - GREY).flatten(1).norm(dim=1)
    torch.testing.assert_close(norms, torch.full((6,), epsilon), rtol=1e-4, atol=0)


def test_noise_is_gaussian_and_independent() -> None:
    """Mean and kurtosis of its standardised values are those of a normal distribution, within 5 sigma."""
    noise = (inputs(NOISE, GREY) - GREY).flatten(1).double()
    values, count = noise / noise.square().mean().sqrt(), noise.numel()
    assert abs(float(values.mean())) < 5 / count**0.5
    assert abs(float(values.pow(4).mean()) - 3) < 5 * (24 / count) ** 0.5
    assert float(torch.corrcoef(noise).fill_diagonal_(0).abs().max()) < 5 / noise.shape[1] ** 0.5


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.floats(0, 20), st.integers(0, 1000))
def test_noise_stays_in_range_and_never_exceeds_epsilon(batch: int, epsilon: float, seed: int) -> None:
    images = random_images(batch, seed)
    noisy = inputs(NOISE | {"epsilon": epsilon}, images, seed)
    assert 0 <= float(noisy.min()) <= float(noisy.max()) <= 1
    assert float((noisy - images).flatten(1).norm(dim=1).max()) <= epsilon * 1.0001 + 1e-5  # float32 pixels


def test_noise_depends_on_its_generator_only() -> None:
    images, others = random_images(4), random_images(4, 9)
    others[2] = images[2]
    noisy = inputs(NOISE, images)
    assert not torch.equal(noisy, inputs(NOISE, images, 1))
    assert torch.equal(noisy[2], inputs(NOISE, others.contiguous(memory_format=torch.channels_last))[2])
