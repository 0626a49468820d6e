from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pillow_oracle import enhanced, kinds_of_images, rotated, to_pillow, to_tensor, torchvision_functional
from robust_style.training import augment as augment_module
from robust_style.training.augment import Augmentation, Chance
from robust_style.training.pixels import unit_scale
from robust_style.training.rotation import rotation_matrices

LIBRARY: dict[str, Any] = {"crop_padding": 4, "flip": True, "colour_jitter": 0.25, "rotation": 2.0}
NOTHING: dict[str, Any] = {"crop_padding": 0, "flip": False, "colour_jitter": 0.0, "rotation": 0.0}


def some_images(batch: int, size: int = 6) -> torch.Tensor:
    return torch.randint(1, 256, (batch, 3, size, size), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def augmented(images: torch.Tensor, seed: int = 0, **changes: Any) -> torch.Tensor:
    augmentation = Augmentation(**(NOTHING | changes))
    chance = augmentation.draw(images.shape, torch.Generator().manual_seed(seed))
    return augmentation(images, Chance(*(one if one is None else one.to(images.device) for one in chance)))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 4), st.booleans(), st.integers(0, 1000))
def test_crops_and_flips_equal_slicing_by_hand(batch: int, padding: int, flip: bool, seed: int) -> None:
    images, size = some_images(batch), 6
    found = augmented(images, seed, crop_padding=padding, flip=flip).numpy()
    again = torch.Generator().manual_seed(seed)
    tops = torch.randint(2 * padding + 1, (batch, 1), generator=again)
    lefts = torch.randint(2 * padding + 1, (batch, 1), generator=again)
    mirrored = torch.rand((batch, 1), generator=again) < 0.5
    for i, image in enumerate(images.numpy()):
        padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
        top, left = int(tops[i]), int(lefts[i])
        cut = padded[:, top : top + size, left : left + size]
        np.testing.assert_array_equal(found[i], cut[:, :, ::-1] if flip and mirrored[i] else cut)


def drawn(monkeypatch: pytest.MonkeyPatch, images: torch.Tensor, **changes: Any) -> tuple[torch.Tensor, list[Any]]:
    """The augmented images, and what was drawn for them: cuts and mirrors, factors and orders, angles."""
    seen: list[torch.Tensor] = []

    def spy(degrees: torch.Tensor, height: int, width: int) -> torch.Tensor:
        seen.append(degrees)
        return rotation_matrices(degrees, height, width)

    monkeypatch.setattr(augment_module, "rotation_matrices", spy)
    augmentation = Augmentation(**(LIBRARY | changes))
    chance = augmentation.draw(images.shape, torch.Generator().manual_seed(0))
    monkeypatch.undo()
    return augmentation(images, chance), [*chance[:-1], *seen]


def test_whole_equals_the_library_s_transforms_on_pillow_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """RandomCrop(32, padding 4), flip, ColorJitter(0.25), RandomRotation(2) in this order, with our random numbers."""
    functional = torchvision_functional()
    images = kinds_of_images(200, 32, 32, torch.Generator().manual_seed(1))
    found, (top, left, is_mirrored, factors, order, degrees) = drawn(monkeypatch, images)
    for i, image in enumerate(images):
        picture = functional.crop(functional.pad(to_pillow(image), 4), int(top[i]) + 4, int(left[i]) + 4, 32, 32)
        cut = to_tensor(functional.hflip(picture) if is_mirrored[i] else picture)
        expected = rotated(enhanced(cut, factors[i].tolist(), order[i].tolist()), degrees[i].item())
        assert torch.equal(found[i], expected), i


def test_factors_angles_and_orders_are_uniform_within_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """6000 draws; means and counts within 5 sigma."""
    count = 6000
    _, (*_, factors, order, degrees) = drawn(
        monkeypatch, torch.zeros(count, 3, 2, 2, dtype=torch.uint8), colour_jitter=0.5, rotation=10.0
    )
    for values, middle, reach in ((factors, 1, 0.5), (degrees, 0, 10)):
        assert float(values.min()) < middle - 0.99 * reach
        assert float(values.max()) > middle + 0.99 * reach
        assert float((values - middle).abs().max()) <= reach
        assert float((values.double().mean(0) - middle).abs().max()) < 5 * reach / (3 * count) ** 0.5
    assert order.sort(1).values.unique(dim=0).tolist() == [[0, 1, 2]]
    _, counts = order.unique(dim=0, return_counts=True)
    assert len(counts) == 6
    assert int((counts - 1000).abs().max()) < 5 * (1000 * 5 / 6) ** 0.5


def test_every_place_and_half_of_the_mirrors_occur() -> None:
    """One lit pixel tells where each image was cut: 2000 draws of 9 places, each within 5 sigma of 222."""
    images = torch.zeros(2000, 3, 4, 4, dtype=torch.uint8)
    images[:, :, 1, 1] = 255
    cut = augmented(images, crop_padding=1)
    counts = (cut[:, 0] == 255).sum(0)[:3, :3]
    assert int(counts.sum()) == 2000
    assert int((counts - 2000 / 9).abs().max()) < 5 * (2000 * 8 / 81) ** 0.5
    mirrored = augmented(images, flip=True)[:, 0, 1, 2] == 255
    assert abs(int(mirrored.sum()) - 1000) < 5 * 500**0.5


@pytest.mark.parametrize("key", ["flip", "crop_padding", "colour_jitter", "rotation"])
def test_each_setting_does_something_and_draws_nothing_of_its_own(key: str) -> None:
    """The same amounts are drawn whatever the settings, so that switching one off leaves the others as they were."""
    images = some_images(20, 32)
    assert not torch.equal(augmented(images, **{key: LIBRARY[key]}), images)
    generators = [torch.Generator().manual_seed(0) for _ in range(2)]
    for source, change in zip(generators, ({}, {key: NOTHING[key]}), strict=True):
        Augmentation(**(LIBRARY | change)).draw(images.shape, source)
    assert torch.equal(generators[0].get_state(), generators[1].get_state())


def test_all_switched_off_is_the_images_themselves() -> None:
    images = some_images(20, 32)
    assert torch.equal(augmented(images), images)


def test_deterministic_algorithms_only() -> None:
    torch.set_deterministic_debug_mode("error")
    images = some_images(20, 32)
    assert torch.equal(augmented(images, **LIBRARY), augmented(images, **LIBRARY))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_every_device_gives_the_same_bits() -> None:
    torch.set_deterministic_debug_mode("error")
    images = kinds_of_images(200, 32, 32, torch.Generator().manual_seed(1))
    assert torch.equal(augmented(images, **LIBRARY), augmented(images.to("cuda"), **LIBRARY).cpu())


def test_unit_scale_is_division_by_255_in_any_layout() -> None:
    images = some_images(2)
    for layout in (torch.contiguous_format, torch.channels_last):
        scaled = unit_scale(images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), layout)
        assert scaled.is_contiguous(memory_format=layout)
        assert torch.equal(scaled, images.float() / 255)
