import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from crafted_images import stands_upright
from robust_style.data.image_file import read_image
from robust_style.errors import ImageError

ROW = "config/images.tsv line 2 (cat)"
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def saved(picture: Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, **options)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ImageError) as error:
        read_image(path, ROW)
    message = str(error.value)
    assert ROW in message
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".ppm"])
def test_lossless_pixels_come_back(tmp_path, suffix):
    path = saved(Image.fromarray(PIXELS), tmp_path / f"p{suffix}", **({"lossless": True} if suffix == ".webp" else {}))
    assert (read_image(path, ROW) == PIXELS).all()


def test_the_content_decides_not_the_suffix(tmp_path):
    path = saved(Image.fromarray(PIXELS), tmp_path / "lie.jpg", format="PNG")
    assert (read_image(path, ROW) == PIXELS).all()


def test_grey_palette_and_bilevel(tmp_path):
    grey = Image.fromarray(PIXELS[:, :, 0])
    assert (read_image(saved(grey, tmp_path / "l.png"), ROW) == PIXELS[:, :, :1]).all()
    bilevel = Image.fromarray(PIXELS[:, :, 0] > 127)
    assert bilevel.mode == "1"
    expected = np.where(PIXELS[:, :, :1] > 127, 255, 0)
    assert (read_image(saved(bilevel, tmp_path / "1.png"), ROW) == expected).all()
    palette = grey.convert("P")
    palette.putpalette([value for level in range(256) for value in (level, 255 - level, 7)])
    found = read_image(saved(palette, tmp_path / "p.png"), ROW)
    level = PIXELS[:, :, 0]
    assert (found == np.stack([level, 255 - level, np.full_like(level, 7)], axis=2)).all()


def test_transparency_is_laid_on_white(tmp_path):
    alpha = np.zeros((40, 50, 1), np.uint8)
    alpha[:, 10:20] = 255
    alpha[:, 20:] = 128
    found = read_image(saved(Image.fromarray(np.concatenate([PIXELS, alpha], 2)), tmp_path / "a.png"), ROW)
    assert (found[:, :10] == 255).all()
    assert (found[:, 10:20] == PIXELS[:, 10:20]).all()
    half = 255 + (PIXELS[:, 20:].astype(float) - 255) * 128 / 255
    assert np.abs(found[:, 20:] - half).max() <= 1
    grey = Image.fromarray(np.concatenate([PIXELS[:, :, :1], alpha], 2))
    assert grey.mode == "LA"
    found = read_image(saved(grey, tmp_path / "la.png"), ROW)
    assert (found[:, :10] == 255).all()
    assert (found[:, 10:20] == PIXELS[:, 10:20, :1]).all()
    # One colour of a palette or of RGB named as transparent.
    keyed = Image.fromarray(np.full((40, 40, 3), (9, 8, 7), np.uint8))
    assert (read_image(saved(keyed, tmp_path / "key.png", transparency=(9, 8, 7)), ROW) == 255).all()
    palette = keyed.convert("P", palette=Image.Palette.ADAPTIVE)
    path = saved(palette, tmp_path / "key.gif", transparency=palette.getpixel((0, 0)))
    assert (read_image(path, ROW) == 255).all()


def test_cmyk_without_a_profile_is_the_plain_complement(tmp_path):
    cmyk = Image.new("CMYK", (40, 40), (255, 0, 0, 0))
    found = read_image(saved(cmyk, tmp_path / "c.tif"), ROW)
    assert (found == (0, 255, 255)).all()
    found = read_image(saved(cmyk, tmp_path / "c.jpg", quality=95), ROW)
    assert np.abs(found.astype(int) - (0, 255, 255)).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = read_image(saved(Image.fromarray(PIXELS), tmp_path / "e.png", exif=exif), ROW)
    upright = stands_upright(PIXELS, orientation)
    assert found.shape == upright.shape
    assert (found == upright).all()


def test_a_colour_profile_is_honoured(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = read_image(saved(Image.fromarray(PIXELS), tmp_path / "s.png", icc_profile=srgb), ROW)
    assert np.abs(found.astype(int) - PIXELS).max() <= 1
    # sRGB with the red and green primaries exchanged: red ink shows as green.
    swapped = bytearray(srgb)
    # ICC.1, 7.3: after the header of 128 bytes the number of tags, then 12 bytes each, beginning with the name.
    (count,) = struct.unpack(">I", srgb[128:132])
    tags = {srgb[at : at + 4]: at for at in range(132, 132 + 12 * count, 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    exchanged = bytes(swapped)
    pure = Image.new("RGB", (40, 40), (255, 0, 0))
    found = read_image(saved(pure, tmp_path / "x.png", icc_profile=exchanged), ROW)
    assert np.abs(found.astype(int) - (0, 255, 0)).max() <= 2
    # With transparency, and as a palette, the colours are converted all the same.
    half = Image.new("RGBA", (40, 40), (255, 0, 0, 255))
    found = read_image(saved(half, tmp_path / "a.png", icc_profile=exchanged), ROW)
    assert np.abs(found.astype(int) - (0, 255, 0)).max() <= 2
    palette = pure.convert("P", palette=Image.Palette.ADAPTIVE)
    found = read_image(saved(palette, tmp_path / "p.png", icc_profile=exchanged), ROW)
    assert np.abs(found.astype(int) - (0, 255, 0)).max() <= 2


def test_a_broken_colour_profile_is_refused(tmp_path):
    path = saved(Image.fromarray(PIXELS), tmp_path / "b.png", icc_profile=b"no profile")
    assert "save it as sRGB" in refusal(path)


def test_a_cameras_second_picture_is_passed_over(tmp_path):
    first, second = Image.fromarray(PIXELS), Image.new("RGB", (50, 40))
    path = tmp_path / "m.jpg"
    first.save(path, format="MPO", save_all=True, append_images=[second], quality=95)
    assert read_image(path, ROW).mean() > 60


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_more_than_one_frame_is_refused(tmp_path, suffix):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    path = saved(frames[0], tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    assert "2 frames" in refusal(path)


def test_more_than_8_bits_are_refused(tmp_path):
    grey = Image.fromarray(np.full((40, 40), 40_000, np.uint16))
    for suffix in (".png", ".tif"):
        assert "8-bit" in refusal(saved(grey, tmp_path / f"g{suffix}"))
    assert "8-bit" in refusal(saved(Image.fromarray(np.zeros((40, 40), np.float32)), tmp_path / "f.tif"))
    rows = b"".join(b"\0" + bytes(40 * 6) for _ in range(40))
    (tmp_path / "c.png").write_bytes(png(40, 40, zlib.compress(rows), depth=16))
    assert "8-bit" in refusal(tmp_path / "c.png")


def png(width: int, height: int, data: bytes, depth: int = 8) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8001, 12_000, 20_000, 2**31 - 1])
def test_a_bomb_is_refused_unopened(tmp_path, side):
    # 64 to 89 megapixels Pillow opens, up to 178 it warns, above it refuses by itself.
    (tmp_path / "b.png").write_bytes(png(side, side, zlib.compress(b"")))
    assert "at most 64 megapixels" in refusal(tmp_path / "b.png")


@pytest.mark.parametrize(
    ("width", "height", "message"),
    [(1, 1, "at least 32 px"), (31, 200, "at least 32 px"), (32, 257, "8:1"), (400, 40, "8:1")],
)
def test_shapes_that_cannot_be_painted_are_refused(tmp_path, width, height, message):
    assert message in refusal(saved(Image.new("RGB", (width, height)), tmp_path / "s.png"))


@pytest.mark.parametrize(("width", "height"), [(32, 32), (32, 256)])
def test_shapes_at_the_limit_are_taken(tmp_path, width, height):
    assert read_image(saved(Image.new("RGB", (width, height)), tmp_path / "s.png"), ROW).shape == (height, width, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n", "something else"),
        (b"\x00" * 100, "something else"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path, content, message):
    (tmp_path / "x.png").write_bytes(content)
    assert message in refusal(tmp_path / "x.png")


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.png")
    assert "a folder" in refusal(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".gif", ".tif", ".bmp"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_picture_is_refused(tmp_path, suffix, part):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, format=Image.registered_extensions()[suffix])
    (tmp_path / f"t{suffix}").write_bytes(stream.getvalue()[: int(len(stream.getvalue()) * part)])
    refusal(tmp_path / f"t{suffix}")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP"]), st.data())
def test_any_damage_gives_a_picture_or_an_image_error(tmp_path_factory, kind, data):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, format=kind)
    content = bytearray(stream.getvalue())
    # Mostly where the headers are.
    for at in data.draw(st.lists(st.integers(0, min(len(content) - 1, 600)), min_size=1, max_size=5)):
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(content)
    try:
        found = read_image(path, ROW)
    except ImageError:
        return
    assert found.dtype == np.uint8
