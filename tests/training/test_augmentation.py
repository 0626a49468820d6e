"""Augmentation against Pillow and torchvision, bit for bit, and the distribution of its random parameters."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pillow_oracle import enhanced, kinds_of_images, rotated, to_pillow, to_tensor, torchvision_functional
from robust_style.training import augmentation as augmentation_module
from robust_style.training.augmentation import (
    BRIGHTNESS,
    CONTRAST,
    SATURATION,
    Augmentation,
    adjust_colours,
    rotate,
    rotation_matrices,
)

LIBRARY: dict[str, Any] = {"crop_padding": 4, "flip": True, "colour_jitter": 0.25, "rotation": 2.0}
NOTHING: dict[str, Any] = {"crop_padding": 0, "flip": False, "colour_jitter": 0.0, "rotation": 0.0}
ORDERS = torch.tensor(list(itertools.permutations((BRIGHTNESS, CONTRAST, SATURATION))))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_images(batch: int, size: int = 6) -> torch.Tensor:
    return torch.randint(1, 256, (batch, 3, size, size), generator=generator()).to(torch.uint8)


def augmented(images: torch.Tensor, seed: int = 0, **changes: Any) -> torch.Tensor:
    augmentation = Augmentation(**(NOTHING | changes))
    parameters = augmentation.draw(images.shape, generator(seed))
    on_device = (value if value is None else value.to(images.device) for value in parameters)
    return augmentation(images, type(parameters)(*on_device))


def with_parameters(
    monkeypatch: pytest.MonkeyPatch, images: torch.Tensor, **changes: Any
) -> tuple[torch.Tensor, list[Any]]:
    """The augmented images and their random parameters: crops and flips, factors and orders, angles in degrees."""
    angles: list[torch.Tensor] = []

    def spy(degrees: torch.Tensor, height: int, width: int) -> torch.Tensor:
        angles.append(degrees)
        return rotation_matrices(degrees, height, width)

    monkeypatch.setattr(augmentation_module, "rotation_matrices", spy)
    augmentation = Augmentation(**(LIBRARY | changes))
    parameters = augmentation.draw(images.shape, generator())
    monkeypatch.undo()
    return augmentation(images, parameters), [*parameters[:-1], *angles]


def test_whole_equals_the_library_s_transforms_on_pillow_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """RandomCrop(32, padding 4), flip, ColorJitter(0.25), RandomRotation(2) in this order, with our random numbers."""
    functional = torchvision_functional()
    images = kinds_of_images(200, 32, 32, generator(1))
    ours, (top, left, is_mirrored, factors, order, degrees) = with_parameters(monkeypatch, images)
    for i, image in enumerate(images):
        picture = functional.crop(functional.pad(to_pillow(image), 4), int(top[i]) + 4, int(left[i]) + 4, 32, 32)
        cropped = to_tensor(functional.hflip(picture) if is_mirrored[i] else picture)
        expected = rotated(enhanced(cropped, factors[i].tolist(), order[i].tolist()), degrees[i].item())
        assert torch.equal(ours[i], expected), i


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 4), st.booleans(), st.integers(0, 1000))
def test_crops_and_flips_equal_slicing(batch: int, padding: int, flip: bool, seed: int) -> None:
    images, size = random_images(batch), 6
    ours = augmented(images, seed, crop_padding=padding, flip=flip).numpy()
    same = generator(seed)
    tops = torch.randint(2 * padding + 1, (batch, 1), generator=same)
    lefts = torch.randint(2 * padding + 1, (batch, 1), generator=same)
    mirrored = torch.rand((batch, 1), generator=same) < 0.5
    for i, image in enumerate(images.numpy()):
        padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
        top, left = int(tops[i]), int(lefts[i])
        crop = padded[:, top : top + size, left : left + size]
        np.testing.assert_array_equal(ours[i], crop[:, :, ::-1] if flip and mirrored[i] else crop)


def test_factors_angles_and_orders_are_uniform_within_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """6000 draws; means and counts within 5 sigma."""
    count = 6000
    _, (*_, factors, order, degrees) = with_parameters(
        monkeypatch, torch.zeros(count, 3, 2, 2, dtype=torch.uint8), colour_jitter=0.5, rotation=10.0
    )
    for values, middle, limit in ((factors, 1, 0.5), (degrees, 0, 10)):
        assert float(values.min()) < middle - 0.99 * limit
        assert float(values.max()) > middle + 0.99 * limit
        assert float((values - middle).abs().max()) <= limit
        assert float((values.double().mean(0) - middle).abs().max()) < 5 * limit / (3 * count) ** 0.5
    _, counts = order.unique(dim=0, return_counts=True)
    assert len(counts) == 6
    assert int((counts - 1000).abs().max()) < 5 * (1000 * 5 / 6) ** 0.5


def test_crops_and_flips_are_uniform() -> None:
    """One white pixel shows each crop: 2000 draws of 9 positions, each within 5 sigma of 222."""
    images = torch.zeros(2000, 3, 4, 4, dtype=torch.uint8)
    images[:, :, 1, 1] = 255
    counts = (augmented(images, crop_padding=1)[:, 0] == 255).sum(0)[:3, :3]
    assert int(counts.sum()) == 2000
    assert int((counts - 2000 / 9).abs().max()) < 5 * (2000 * 8 / 81) ** 0.5
    mirrored = augmented(images, flip=True)[:, 0, 1, 2] == 255
    assert abs(int(mirrored.sum()) - 1000) < 5 * 500**0.5


@pytest.mark.parametrize("key", ["flip", "crop_padding", "colour_jitter", "rotation"])
def test_switching_one_part_off_leaves_the_random_numbers_of_the_others(key: str) -> None:
    images = random_images(20, 32)
    assert torch.equal(augmented(images), images)
    assert not torch.equal(augmented(images, **{key: LIBRARY[key]}), images)
    generators = [generator() for _ in range(2)]
    for source, change in zip(generators, ({}, {key: NOTHING[key]}), strict=True):
        Augmentation(**(LIBRARY | change)).draw(images.shape, source)
    assert torch.equal(generators[0].get_state(), generators[1].get_state())


def test_deterministic_algorithms_only() -> None:
    torch.set_deterministic_debug_mode("error")
    images = random_images(20, 32)
    assert torch.equal(augmented(images, **LIBRARY), augmented(images, **LIBRARY))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_every_device_gives_the_same_bits() -> None:
    torch.set_deterministic_debug_mode("error")
    images = kinds_of_images(200, 32, 32, generator(1))
    assert torch.equal(augmented(images, **LIBRARY), augmented(images.to("cuda"), **LIBRARY).cpu())


# Colours


def adjusted(image: torch.Tensor, factors: list[float], order: torch.Tensor = ORDERS[0]) -> torch.Tensor:
    return adjust_colours(image[None], torch.tensor([factors]), order[None])[0]


@pytest.mark.parametrize(("lowest", "highest", "size"), [(0.75, 1.25, (32, 32)), (0, 9, (7, 13))])
def test_colours_equal_pillow(lowest: float, highest: float, size: tuple[int, int]) -> None:
    source = generator()
    images = kinds_of_images(240, *size, source)
    factors = lowest + (highest - lowest) * torch.rand((240, 3), generator=source)
    order = ORDERS[torch.randint(6, (240,), generator=source)]
    ours = adjust_colours(images, factors, order)
    for i, image in enumerate(images):
        expected = enhanced(image, factors[i].tolist(), order[i].tolist())
        assert torch.equal(ours[i], expected), (i, factors[i], order[i])
    assert sum(not torch.equal(after, before) for after, before in zip(ours, images, strict=True)) > 180


@pytest.mark.parametrize("factor", [0.0, 0.8, 1.0, 1.25, 2.0])
def test_colours_equal_pillow_where_products_are_close_to_integers(factor: float) -> None:
    """Every value of red beside every value of green."""
    red, green = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="ij")
    image = torch.stack([red, green, green.flip(1)]).to(torch.uint8)
    for kind in (BRIGHTNESS, CONTRAST, SATURATION):
        factors = [factor if other == kind else 1.0 for other in range(3)]
        assert torch.equal(adjusted(image, factors), enhanced(image, factors, [kind]))


def test_mean_grey_is_exact_and_rounded_half_up() -> None:
    """The second image's grey values have an odd sum above 2^24, which float32 would round down."""
    large = torch.tensor([247, 248], dtype=torch.uint8).repeat(303 * 151).view(1, 303, 302).expand(3, 303, 302)
    for image, mean in ((torch.tensor([[10, 11]], dtype=torch.uint8).expand(3, 1, 2), 11), (large, 248)):
        assert adjusted(image, [1.0, 0.0, 1.0]).unique().tolist() == [mean]
        assert enhanced(image, [1.0, 0.0, 1.0], [CONTRAST]).unique().tolist() == [mean]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(0, 1000))
def test_the_result_for_an_image_does_not_depend_on_its_batch_or_layout(batch: int, seed: int) -> None:
    source = generator(seed)
    images = kinds_of_images(batch, 32, 32, source)
    before = images.clone()
    factors, degrees = 2 * torch.rand((batch, 3), generator=source), 90 * torch.rand(batch, generator=source) - 45
    order = ORDERS[torch.randint(6, (batch,), generator=source)]
    some = torch.randperm(batch, generator=source)[: batch // 2]
    channels_last = images[some].contiguous(memory_format=torch.channels_last)
    coloured = adjust_colours(images, factors, order)
    assert torch.equal(adjust_colours(channels_last, factors[some], order[some]), coloured[some])
    assert torch.equal(turned(channels_last, degrees[some]), turned(images, degrees)[some])
    assert torch.equal(images, before), "the input was changed in place"


# Rotation


def numbered(height: int, width: int) -> torch.Tensor:
    """An image whose pixels are all different and not black."""
    number = torch.arange(1, height * width + 1).view(height, width)
    return torch.stack([number % 256, number // 256, torch.full_like(number, 9)]).to(torch.uint8)


def turned(images: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
    return rotate(images, rotation_matrices(degrees, *images.shape[2:]))


def turned_one(image: torch.Tensor, degrees: float) -> torch.Tensor:
    return turned(image[None], torch.tensor([degrees], dtype=torch.float64))[0]


@pytest.mark.parametrize(("limit", "count"), [(2, 600), (400, 200)])
def test_rotations_equal_pillow(limit: float, count: int) -> None:
    degrees = limit * (2 * torch.rand(count, generator=generator(count)) - 1)
    image = numbered(32, 32)
    ours = turned(image.expand(count, 3, 32, 32), degrees)
    for i, angle in enumerate(degrees.tolist()):
        assert torch.equal(ours[i], rotated(image, angle)), angle


@pytest.mark.parametrize("degrees", [0.0, -0.0, 1e-20, 1e-13, -1e-9, 1.0, 15.0, 30.0, -30.0, 45.0, -45.0, 60.0, 359.0])
def test_rotations_equal_pillow_at_round_matrices(degrees: float) -> None:
    for size in ((32, 32), (31, 32), (5, 3), (1, 1), (200, 7)):
        assert torch.equal(turned_one(numbered(*size), degrees), rotated(numbered(*size), degrees)), size


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(-45, 45), st.integers(0, 1000))
def test_rotations_equal_pillow_at_any_size_and_angle(height: int, width: int, degrees: float, seed: int) -> None:
    image = kinds_of_images(3, height, width, generator(seed))[seed % 3]
    assert torch.equal(turned_one(image, degrees), rotated(image, degrees))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_anticlockwise(quarters: int) -> None:
    image = numbered(32, 32)
    assert torch.equal(turned_one(image, 90.0 * quarters), torch.rot90(image, quarters, (1, 2)))
