import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pillow_oracle import enhanced, kinds_of_images, to_pillow, to_tensor, torchvision_functional
from robust_style.training.colour import BRIGHTNESS, CONTRAST, SATURATION, adjust_colours

ORDERS = torch.tensor(list(itertools.permutations((BRIGHTNESS, CONTRAST, SATURATION))))
USUAL = ORDERS[0]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def adjusted(image: torch.Tensor, factors: list[float], order: torch.Tensor = USUAL) -> torch.Tensor:
    return adjust_colours(image[None], torch.tensor([factors]), order[None])[0]


@pytest.mark.parametrize(("lowest", "highest", "size"), [(0.75, 1.25, (32, 32)), (0, 2, (32, 32)), (0, 9, (7, 13))])
def test_equals_pillow(lowest: float, highest: float, size: tuple[int, int]) -> None:
    source = generator()
    images = kinds_of_images(240, *size, source)
    factors = lowest + (highest - lowest) * torch.rand((240, 3), generator=source)
    order = ORDERS[torch.randint(6, (240,), generator=source)]
    found = adjust_colours(images, factors, order)
    changed = 0
    for i, image in enumerate(images):
        expected = enhanced(image, factors[i].tolist(), order[i].tolist())
        assert torch.equal(found[i], expected), (i, factors[i], order[i])
        changed += not torch.equal(expected, image)
    assert changed > 180


def test_equals_torchvision() -> None:
    functional = torchvision_functional()
    adjust = (functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation)
    source = generator(1)
    images = kinds_of_images(120, 32, 32, source)
    factors = 0.75 + 0.5 * torch.rand((120, 3), generator=source)
    order = ORDERS.repeat(20, 1)
    found = adjust_colours(images, factors, order)
    for i, image in enumerate(images):
        picture = to_pillow(image)
        for which in order[i].tolist():
            picture = adjust[which](picture, float(factors[i, which]))
        assert torch.equal(found[i], to_tensor(picture)), i


@pytest.mark.parametrize("factor", [0.0, 0.5, 0.8, 1.0, 1.2, 1.25, 2.0])
def test_equals_pillow_at_factors_whose_products_are_round(factor: float) -> None:
    """Every value of red beside every value of green, so that products close to a whole number occur."""
    red, green = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="ij")
    image = torch.stack([red, green, green.flip(1)]).to(torch.uint8)
    for which in (BRIGHTNESS, CONTRAST, SATURATION):
        factors = [factor if kind == which else 1.0 for kind in range(3)]
        assert torch.equal(adjusted(image, factors), enhanced(image, factors, [which]))


def test_mean_grey_is_rounded_half_up() -> None:
    image = torch.tensor([[10, 11]], dtype=torch.uint8).expand(3, 1, 2)
    assert adjusted(image, [1.0, 0.0, 1.0]).unique().tolist() == [11]
    assert enhanced(image, [1.0, 0.0, 1.0], [CONTRAST]).unique().tolist() == [11]


def test_large_image_sums_exactly() -> None:
    """Grey values that add up to an odd number above 2^24, which float32 would round down, and with it the mean."""
    image = torch.tensor([247, 248], dtype=torch.uint8).repeat(303 * 151).view(1, 303, 302).expand(3, 303, 302)
    assert adjusted(image, [1.0, 0.0, 1.0]).unique().tolist() == [248]
    assert enhanced(image, [1.0, 0.0, 1.0], [CONTRAST]).unique().tolist() == [248]


def test_extremes_are_what_they_say() -> None:
    image = kinds_of_images(1, 8, 8, generator(3))[0]
    assert not adjusted(image, [0.0, 1.0, 1.0]).any()
    assert len(adjusted(image, [1.0, 0.0, 1.0]).unique()) == 1
    grey = adjusted(image, [1.0, 1.0, 0.0])
    assert torch.equal(grey[0], grey[1])
    assert torch.equal(grey[0], grey[2])
    assert torch.equal(adjusted(grey, [1.0, 1.0, 2.0]), grey)
    assert adjusted(image.clamp(min=1), [300.0, 1.0, 1.0]).unique().tolist() == [255]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 7), st.integers(1, 9), st.integers(1, 9), st.integers(0, 5), st.integers(0, 1000))
def test_factors_of_one_change_nothing_and_leave_the_input(
    batch: int, height: int, width: int, order: int, seed: int
) -> None:
    images = kinds_of_images(batch, height, width, generator(seed))
    before = images.clone()
    found = adjust_colours(images, torch.ones(batch, 3), ORDERS[order].expand(batch, 3))
    assert torch.equal(found, before)
    adjust_colours(images, torch.full((batch, 3), 0.5), ORDERS[order].expand(batch, 3))
    assert torch.equal(images, before)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(0, 1000))
def test_an_image_does_not_depend_on_its_batch(batch: int, seed: int) -> None:
    source = generator(seed)
    images = kinds_of_images(batch, 32, 32, source)
    factors = 2 * torch.rand((batch, 3), generator=source)
    order = ORDERS[torch.randint(6, (batch,), generator=source)]
    whole = adjust_colours(images, factors, order)
    some = torch.randperm(batch, generator=source)[: batch // 2]
    laid_out_otherwise = images[some].contiguous(memory_format=torch.channels_last)
    assert torch.equal(adjust_colours(laid_out_otherwise, factors[some], order[some]), whole[some])
