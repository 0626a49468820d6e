import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pillow_oracle import kinds_of_images, rotated, to_pillow, to_tensor, torchvision_functional
from robust_style.training.rotation import rotation_matrices, turn


def numbered(height: int, width: int) -> torch.Tensor:
    """An image whose pixels all differ, none of them black: it tells where each came from."""
    number = torch.arange(1, height * width + 1).view(height, width)
    return torch.stack([number % 256, number // 256, torch.full_like(number, 9)]).to(torch.uint8)


def rotate(images: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
    return turn(images, rotation_matrices(degrees, *images.shape[2:]))


def turned(image: torch.Tensor, degrees: float) -> torch.Tensor:
    return rotate(image[None], torch.tensor([degrees], dtype=torch.float64))[0]


@pytest.mark.parametrize(("limit", "count"), [(2, 600), (45, 600), (400, 200)])
def test_equals_pillow(limit: float, count: int) -> None:
    degrees = limit * (2 * torch.rand(count, generator=torch.Generator().manual_seed(count)) - 1)
    image = numbered(32, 32)
    found = rotate(image.expand(count, 3, 32, 32), degrees)
    for i, angle in enumerate(degrees.tolist()):
        assert torch.equal(found[i], rotated(image, angle)), angle


@pytest.mark.parametrize("degrees", [0.0, -0.0, 1e-20, 1e-13, -1e-9, 1.0, 15.0, 30.0, -30.0, 45.0, -45.0, 60.0, 359.0])
def test_equals_pillow_at_angles_whose_matrix_is_round(degrees: float) -> None:
    for size in ((32, 32), (31, 32), (5, 3), (1, 1), (200, 7)):
        assert torch.equal(turned(numbered(*size), degrees), rotated(numbered(*size), degrees)), size


def test_equals_torchvision() -> None:
    functional = torchvision_functional()
    source = torch.Generator().manual_seed(0)
    images = kinds_of_images(120, 32, 32, source)
    degrees = 4 * torch.rand(120, generator=source) - 2
    found = rotate(images, degrees)
    for i, image in enumerate(images):
        assert torch.equal(found[i], to_tensor(functional.rotate(to_pillow(image), degrees[i].item(), fill=0))), i


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(-45, 45), st.integers(0, 1000))
def test_equals_pillow_at_any_size_and_angle(height: int, width: int, degrees: float, seed: int) -> None:
    image = kinds_of_images(3, height, width, torch.Generator().manual_seed(seed))[seed % 3]
    assert torch.equal(turned(image, degrees), rotated(image, degrees))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_are_anticlockwise(quarters: int) -> None:
    image = numbered(32, 32)
    assert torch.equal(turned(image, 90.0 * quarters), torch.rot90(image, quarters, (1, 2)))


def test_small_angles_lose_only_the_rim() -> None:
    """At 2 degrees a corner moves by 32 / sqrt(2) * sin(2 deg) = 0.8 px: black appears in the outermost pixels only."""
    found = turned(torch.full((3, 32, 32), 255, dtype=torch.uint8), 2.0)
    assert (found == 0).any()
    assert (found[:, 1:-1, 1:-1] == 255).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(0, 1000))
def test_an_image_does_not_depend_on_its_batch(batch: int, seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    images = kinds_of_images(batch, 32, 32, source)
    degrees = 90 * torch.rand(batch, generator=source) - 45
    some = torch.randperm(batch, generator=source)[: batch // 2]
    laid_out_otherwise = images[some].contiguous(memory_format=torch.channels_last)
    assert torch.equal(rotate(laid_out_otherwise, degrees[some]), rotate(images, degrees)[some])
