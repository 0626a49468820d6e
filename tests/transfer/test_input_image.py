"""The size to paint at, the part of an image that is used, and the images that are refused."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from robust_style.errors import ConfigError, ImageError
from robust_style.transfer.geometry import central_box, check_mask_shape, painting_size, rounding_note, scaled_box
from robust_style.transfer.input_image import read_picture
from robust_style.transfer.picture_file import write_picture

SIDE = some.integers(32, 3000)


def test_the_shorter_side_is_the_size_asked_for():
    assert painting_size(1024, 768, 256) == (336, 256)
    assert painting_size(768, 1024, 256) == (256, 336)
    assert painting_size(512, 512, 128) == (128, 128)


@given(some.integers(32, 3000), some.integers(32, 3000), some.integers(2, 64))
def test_sides_are_multiples_of_16_and_the_shape_is_nearly_kept(width, height, sixteenths):
    painted = painting_size(width, height, 16 * sixteenths)
    assert min(painted) == 16 * sixteenths
    assert all(side % 16 == 0 for side in painted)
    assert abs(max(painted) - 16 * sixteenths * max(width, height) / min(width, height)) <= 8


@given(SIDE, SIDE, some.integers(2, 64), SIDE, SIDE)
def test_the_central_box_has_the_painting_s_shape_and_lies_in_the_image(width, height, sixteenths, across, down):
    painted = painting_size(width, height, 16 * sixteenths)
    box = left, upper, right, lower = central_box(width, height, painted)
    assert (right - left) / (lower - upper) == pytest.approx(painted[0] / painted[1])
    assert (left, right) == (0, width) or (upper, lower) == (0, height)
    assert (left + right, upper + lower) == (pytest.approx(width), pytest.approx(height))
    for size, (first, above, last, below) in (
        ((width, height), box),
        ((across, down), scaled_box(box, (width, height), (across, down))),
    ):
        # Pillow refuses a box that is outside by a rounding error
        assert 0 <= first < last <= size[0]
        assert 0 <= above < below <= size[1]


def test_rounded_sides_are_said_once_they_cost_a_pixel():
    size = "200 x 150 px, painted at 176 x 128 px: sides are multiples of 16, so "
    assert rounding_note(200, 150, (176, 128), is_cropped=True) == size + "5 of 150 px of its height are cropped"
    assert rounding_note(200, 150, (176, 128), is_cropped=False) == size + "it is stretched by 3.1 %"
    assert rounding_note(150, 200, (128, 176), is_cropped=False).endswith("it is stretched by 3.1 %")
    assert rounding_note(768, 512, (768, 512), is_cropped=True) is None
    assert rounding_note(640, 427, (240, 160), is_cropped=True) is None


@pytest.mark.parametrize(
    ("mask", "content"), [((100, 75), (4000, 3000)), ((1333, 1000), (400, 300)), ((50, 37), (200, 150))]
)
def test_a_scaled_mask_has_the_content_s_shape(mask, content):
    check_mask_shape(mask, content)
    check_mask_shape(content, mask)


@pytest.mark.parametrize("mask", [(150, 200), (176, 128), (200, 145), (400, 400)])
def test_a_mask_of_another_shape_is_refused(mask):
    with pytest.raises(ImageError, match=rf"200 x 150 px, found {mask[0]} x {mask[1]} px"):
        check_mask_shape(mask, (200, 150))


@pytest.mark.parametrize("size_px", [0, 16, 33, 100, -32])
def test_an_unusable_size_is_refused(size_px):
    with pytest.raises(ConfigError, match=r"transfer\.size_px"):
        painting_size(512, 512, size_px)


def test_a_picture_survives_the_disk(tmp_path):
    picture = torch.randint(0, 256, (3, 32, 48), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    write_picture(tmp_path / "p.png", picture)
    back = read_picture(tmp_path / "p.png", 32)
    assert back.is_contiguous()
    assert back.dtype == torch.float32
    assert torch.equal((back[0] * 255).round().to(torch.uint8), picture)


def test_resizing_keeps_a_plain_colour(tmp_path):
    Image.new("RGB", (100, 70), (255, 128, 0)).save(tmp_path / "p.png")
    picture = read_picture(tmp_path / "p.png", 64)
    assert picture.shape == (1, 3, 64, 96)
    torch.testing.assert_close(picture[0, :, 10, 10], torch.tensor([1.0, 128 / 255, 0.0]))


def test_missing(tmp_path):
    with pytest.raises(ImageError, match="found no file"):
        read_picture(tmp_path / "absent.png", 32)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_image(tmp_path, content):
    (tmp_path / "p.png").write_bytes(content)
    with pytest.raises(ImageError, match="found damage"):
        read_picture(tmp_path / "p.png", 32)


@pytest.mark.parametrize("share", [0.3, 0.95])
def test_a_truncated_image(tmp_path, share):
    picture = torch.randint(0, 256, (3, 64, 64), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    write_picture(tmp_path / "p.png", picture)
    whole = (tmp_path / "p.png").read_bytes()
    (tmp_path / "p.png").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ImageError, match="found damage"):
        read_picture(tmp_path / "p.png", 32)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (Image.new("RGBA", (64, 64)), "found mode RGBA"),
        (Image.new("RGB", (31, 64)), r"p\.png: expected an image of at least 32 x 32 px, found 31 x 64"),
    ],
)
def test_an_image_that_was_not_prepared(tmp_path, image, message):
    image.save(tmp_path / "p.png")
    with pytest.raises(ImageError, match=message):
        read_picture(tmp_path / "p.png", 32)
