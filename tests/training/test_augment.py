import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robust_style.training.augment import augment
from robust_style.training.pixels import unit_scale


def some_images(batch: int, size: int = 6) -> torch.Tensor:
    return torch.randint(1, 256, (batch, 3, size, size), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 4), st.booleans(), st.integers(0, 1000))
def test_equals_slicing_by_hand(batch: int, padding: int, flip: bool, seed: int) -> None:
    images, size = some_images(batch), 6
    found = augment(images, crop_padding=padding, flip=flip, generator=torch.Generator().manual_seed(seed)).numpy()
    again = torch.Generator().manual_seed(seed)
    tops = torch.randint(2 * padding + 1, (batch, 1), generator=again)
    lefts = torch.randint(2 * padding + 1, (batch, 1), generator=again)
    mirrored = torch.rand((batch, 1), generator=again) < 0.5
    for i, image in enumerate(images.numpy()):
        padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
        top, left = int(tops[i]), int(lefts[i])
        cut = padded[:, top : top + size, left : left + size]
        np.testing.assert_array_equal(found[i], cut[:, :, ::-1] if flip and mirrored[i] else cut)


def test_every_place_and_half_of_the_mirrors_occur() -> None:
    """One lit pixel tells where each image was cut: 2000 draws of 9 places, each within 5 sigma of 222."""
    images = torch.zeros(2000, 3, 4, 4, dtype=torch.uint8)
    images[:, :, 1, 1] = 255
    cut = augment(images, crop_padding=1, flip=False, generator=torch.Generator().manual_seed(0))
    counts = (cut[:, 0] == 255).sum(0)[:3, :3]
    assert int(counts.sum()) == 2000
    assert int((counts - 2000 / 9).abs().max()) < 5 * (2000 * 8 / 81) ** 0.5
    mirrored = augment(images, crop_padding=0, flip=True, generator=torch.Generator().manual_seed(0))[:, 0, 1, 2] == 255
    assert abs(int(mirrored.sum()) - 1000) < 5 * 500**0.5


def test_draws_the_same_amount_whatever_the_settings() -> None:
    """So that switching the flip off changes the flips and nothing else."""
    states = []
    for padding, flip in ((0, False), (4, True)):
        generator = torch.Generator().manual_seed(0)
        augment(some_images(3), crop_padding=padding, flip=flip, generator=generator)
        states.append(generator.get_state())
    assert torch.equal(*states)


def test_unit_scale_is_division_by_255_in_any_layout() -> None:
    images = some_images(2)
    for layout in (torch.contiguous_format, torch.channels_last):
        scaled = unit_scale(images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), layout)
        assert scaled.is_contiguous(memory_format=layout)
        assert torch.equal(scaled, images.float() / 255)
